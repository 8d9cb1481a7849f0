"""Who may do what."""

from dataclasses import replace
from pathlib import Path

import pytest

from alerting.model.access import Access
from alerting.model.policy import Policy
from alerting.policy import load
from bots.commands.rights import members, rights


@pytest.fixture
def policy(mini: Path) -> Policy:
    """The miniature repository's: payments may respond, platform may operate."""
    return load(mini)


def _with(policy: Policy, document: object) -> Policy:
    return replace(policy, access=Access.model_validate(document))


def test_a_team_has_its_role(policy: Policy) -> None:
    """Responders work on incidents and run diagnostics only."""
    ana = rights(policy, "ana")
    assert ana.may("ack")
    assert ana.may("merge")
    assert not ana.may("redact")
    assert ana.may_run("run_diagnostics")
    assert not ana.may_run("restart_deployment")


def test_a_role_extends_another(policy: Policy) -> None:
    """Operators may do what responders may, and run everything."""
    eli = rights(policy, "eli")
    assert eli.may("ack")
    assert eli.may_run("restart_deployment")


def test_nobody_outside_the_teams_has_rights(policy: Policy) -> None:
    """Not even by name."""
    granted = _with(
        policy,
        {"roles": {"responder": {"may": ["ack"]}}, "grants": [{"role": "responder", "to": {"member": "stranger"}}]},
    )
    assert not rights(granted, "stranger").may("ack")
    assert "stranger" not in members(granted)


def test_a_grant_to_a_slack_user_is_one_to_the_member(policy: Policy) -> None:
    """By the id in the team's file, wherever they act; an id of nobody gives nothing."""
    granted = _with(
        policy,
        {
            "roles": {"a": {"may": ["ack"]}, "b": {"may": ["note"]}},
            "grants": [{"role": "a", "to": {"slack_user": "U01ANA"}}, {"role": "b", "to": {"slack_user": "U01GONE"}}],
        },
    )
    assert rights(granted, "ana").verbs == {"ack"}
    assert not rights(granted, "ben").verbs
    assert not rights(granted, "U01GONE").verbs


def test_a_grant_by_name_and_one_by_team_add_up(policy: Policy) -> None:
    """Everything that any role allows is allowed; groups of other systems mean nobody here."""
    granted = _with(
        policy,
        {
            "roles": {"a": {"may": ["ack"]}, "b": {"may": ["note"]}, "c": {"may": ["close"]}},
            "grants": [
                {"role": "a", "to": {"member": "ana"}},
                {"role": "b", "to": {"team": "payments"}},
                {"role": "c", "to": {"github_team": "payments"}},
            ],
        },
    )
    assert rights(granted, "ana").verbs == {"ack", "note"}
    assert rights(granted, "ben").verbs == {"note"}


def test_a_circle_of_roles_ends(policy: Policy) -> None:
    """`tocsin check` reports it; here it must only not go on for ever."""
    granted = _with(
        policy,
        {
            "roles": {"a": {"extends": "b", "may": ["ack"]}, "b": {"extends": "a", "may": ["note"]}},
            "grants": [{"role": "a", "to": {"member": "ana"}}],
        },
    )
    assert rights(granted, "ana").verbs == {"ack", "note"}
