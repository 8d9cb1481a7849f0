"""What people type after `/incident` and `/runbook`, and what they are told where it cannot be done."""

import json

import pytest

from bots.commands import speech
from bots.slack.answers import usage
from bots.slack.asking import COMMANDS, Asked, Wrong, clicked, slash
from tests.bots.slack.office import read
from tests.bots.slack.stage import MINI
from tools.standins.slack_blocks import MOST_CHARACTERS, problems


def said(text: str, here: int | None = None, command: str = "/incident") -> Asked | Wrong:
    """What a slash command asks in the miniature company."""
    return slash(command, text, MINI, here)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("list", Asked(command="list", args={"all": False})),
        ("list all", Asked(command="list", args={"all": True})),
        ("list payments", Asked(command="list", args={"team": "payments"})),
        ("list checkout", Asked(command="list", args={"service": "checkout"})),
        ("show INC-123", Asked(command="show", incident=123)),
        ("", Asked(command="help")),
        ("help", Asked(command="help")),
        ("declare", Asked(command="declare", form=True)),
        ("declare checkout", Asked(command="declare", form=True, args={"service": "checkout"})),
        (
            "declare checkout Nobody can pay",
            Asked(command="declare", args={"service": "checkout", "title": "Nobody can pay"}),
        ),
        ("ack INC-123", Asked(command="ack", incident=123)),
        ("ack inc-123 on it", Asked(command="ack", incident=123, args={"note": "on it"})),
        ("assign INC-123 <@U01BEN|ben>", Asked(command="assign", incident=123, args={"to": "ben"})),
        ("assign INC-123 @ben knows it", Asked(command="assign", incident=123, args={"to": "ben", "note": "knows it"})),
        ("assign INC-123", Asked(command="assign", incident=123, form=True)),
        ("priority INC-123 p1", Asked(command="priority", incident=123, args={"priority": "P1"})),
        ("priority INC-123", Asked(command="priority", incident=123, form=True)),
        ("note INC-123 a &lt; b", Asked(command="note", incident=123, args={"text": "a < b"})),
        ("note INC-123", Asked(command="note", incident=123, form=True)),
        ("mitigate INC-123", Asked(command="mitigate", incident=123)),
        ("resolve INC-123", Asked(command="resolve", incident=123)),
        (
            "resolve INC-123 noise a test",
            Asked(command="resolve", incident=123, args={"verdict": "noise", "note": "a test"}),
        ),
        ("handoff INC-123 <@U01BEN>", Asked(command="handoff", incident=123, args={"to": "ben"})),
        ("role INC-123 scribe @chi", Asked(command="role", incident=123, args={"role": "scribe", "to": "chi"})),
        ("INC-123", Asked(command="show", incident=123)),
        ("postmortem INC-123", Asked(command="postmortem", incident=123)),
        ("freeze the database moves", Asked(command="freeze", args={"reason": "the database moves"})),
        (
            "freeze --for 8h <@U01BEN|ben> moves it",
            Asked(command="freeze", args={"reason": "@ben moves it", "for": "8h"}),
        ),
        ("unfreeze", Asked(command="unfreeze")),
        ("freeze —for 8h it moves", Asked(command="freeze", args={"reason": "it moves", "for": "8h"})),
        ("note INC-123 –public up", Asked(command="note", incident=123, args={"text": "up", "public": True})),
        ("approve INC-123 2", Asked(command="approve", incident=123, args={"attempt": 2})),
    ],
)
def test_words_become_commands(text: str, asked: Asked) -> None:
    """Members by mention or name, priorities and incidents in any case, Slack's entities undone."""
    assert said(text) == asked


def test_help_says_every_command() -> None:
    """What is understood is in the help, with an example that is understood; all of it in one message."""
    told = usage()
    shown = read(told)
    for name, (example, _) in COMMANDS.items():
        assert f"/incident {name} {example}".strip() in shown
        assert isinstance(said(f"{name} {example}".replace("@ben", "<@U01BEN|ben>")), Asked), name
    assert set(COMMANDS) == set(speech.COMMANDS) - {"runbook"}
    assert problems(told["blocks"]) == []
    assert len(json.dumps(told["blocks"], ensure_ascii=False)) <= MOST_CHARACTERS


def test_in_its_own_channel_an_incident_needs_no_name() -> None:
    """The channel says which one is meant; a name says otherwise."""
    assert said("ack", 7) == Asked(command="ack", incident=7)
    assert said("ack INC-8", 7) == Asked(command="ack", incident=8)
    assert said("note", 7) == Asked(command="note", incident=7, form=True)
    assert said("run high-error-rate", 7, "/runbook") == Asked(
        command="run", incident=7, args={"alert": "HighErrorRate"}, runbook="HighErrorRate"
    )


@pytest.mark.parametrize(
    "name", ["high-error-rate", "HighErrorRate", "high_error_rate", "HIGHERRORRATE", "HighErrorRate.md"]
)
def test_runbooks_are_found_by_any_spelling(name: str) -> None:
    """Kebab-case is the one that is shown; the alert's own name and others mean the same."""
    assert said(f"show {name}", command="/runbook") == Asked(command="runbook show", args={"name": "HighErrorRate"})
    asked = said(f"run {name} INC-7 --dry-run", command="/runbook")
    args = {"alert": "HighErrorRate", "dry_run": True}
    assert asked == Asked(command="run", incident=7, args=args, runbook="HighErrorRate")
    assert said(f"runbook show {name}") == said(f"show {name}", command="/runbook")


@pytest.mark.parametrize(
    ("command", "text", "message"),
    [
        ("/incident", "asign INC-1 @ben", "no command /incident asign; did you mean /incident assign?"),
        (
            "/incident",
            "frobnicate INC-1",
            (
                "no command /incident frobnicate; expected one of list, show, declare, ack, assign, unassign, role, "
                "priority, note, mitigate, resolve, reopen, close, handoff, merge, approve, reject, postmortem, "
                "freeze, unfreeze, help; `/incident help` shows how"
            ),
        ),
        ("/incident", "postmortm INC-1", "no command /incident postmortm; did you mean /incident postmortem?"),
        (
            "/incident",
            "freeze",
            (
                "/incident freeze: missing; expected why, such as /incident freeze the database moves, or "
                "/incident freeze --for 8h the database moves"
            ),
        ),
        ("/incident", "ack INC-0", "'INC-0' is not an incident; expected one such as INC-7"),
        ("/runbook", "shw high-error-rate", "/runbook: got 'shw'; did you mean /runbook show?"),
        (
            "/incident",
            "ack",
            "which incident? expected one such as `/incident ack INC-7`; `/incident list` shows those that go on",
        ),
        (
            "/incident",
            "assign INC-1 @bob",
            "nobody is called 'bob'; expected a member of a team in policies/teams",
        ),
        (
            "/incident",
            "assign INC-1 <@U0STRANGER|eve>",
            "nobody in policies/teams has the Slack id U0STRANGER; expected a member whose file of the team has it",
        ),
        ("/incident", "priority INC-1 P9", "/incident priority: got 'P9'; expected one of P0, P1, P2, P3, P4"),
        (
            "/incident",
            "list nowhere",
            "'nowhere' is no team and no service; expected `/incident list`, `list all` or a name",
        ),
        (
            "/incident",
            "declare nowhere It is broken",
            (
                "no service 'nowhere'; expected `/incident declare SERVICE TITLE` with one of checkout, payments-db, "
                "platform"
            ),
        ),
        ("/runbook", "show high-eror-rate", "no runbook 'high-eror-rate'; did you mean high-error-rate?"),
        ("/runbook", "show", "/runbook: no runbook is named; expected one such as /runbook show high-error-rate"),
        ("/runbook", "burn it", "/runbook: got 'burn'; expected list, show NAME or run NAME"),
        (
            "/runbook",
            "run watchdog",
            "Watchdog has no remediation to run; `/runbook show watchdog` says what to do",
        ),
    ],
)
def test_mistakes_say_what_was_expected(command: str, text: str, message: str) -> None:
    """Whoever asked is told what is wrong, what was expected, and the way out."""
    assert said(text, command=command) == Wrong(message=message)


def test_buttons_ask() -> None:
    """A click carries the incident, and what it is about; anything else is no button of ours."""
    assert clicked({"action_id": "tocsin:do:ack", "value": "INC-7"}) == Asked(command="ack", incident=7)
    assert clicked({"action_id": "tocsin:form:note", "value": "INC-7"}) == Asked(command="note", incident=7, form=True)
    approve = Asked(command="approve", incident=7, args={"attempt": 2})
    assert clicked({"action_id": "tocsin:do:approve:2", "value": "INC-7"}) == approve
    run = Asked(command="run", incident=7, args={"action": "clear_cache", "alert": "HighErrorRate"})
    assert clicked({"action_id": "tocsin:do:run:clear_cache:HighErrorRate", "value": "INC-7"}) == run
    old = Wrong(message="this button means nothing any more; use the newest message of the incident")
    for action in ({}, {"action_id": "other:do:ack"}, {"action_id": "tocsin:x:ack"}, {"action_id": "a:b:c:d:e:f"}):
        assert clicked(action) == old
    none = "'INC-x' is not an incident; expected one such as INC-7"
    assert clicked({"action_id": "tocsin:do:ack", "value": "INC-x"}) == Wrong(message=none)
