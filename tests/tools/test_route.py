"""`tocsin route`: what people and programs are told."""

import json
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from tools.cli import main


def run(root: Path, *words: str) -> Result:
    """Runs the command on a repository, at a Monday noon unless it says otherwise."""
    at = () if "--at" in words else ("--at", "2026-03-09T12:00:00Z")
    return CliRunner().invoke(main, ["--root", str(root), "route", *words, *at], catch_exceptions=False)


def lines(result: Result) -> list[str]:
    """What was printed, without the spaces of the table."""
    assert result.exit_code == 0, result.stderr
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def test_a_page_names_everybody_it_reaches(mini: Path) -> None:
    """Receivers with their addresses, the people on call now, and whom it reaches next."""
    assert lines(run(mini, "severity=page", "service=checkout")) == [
        "page of checkout (payments), P0, at Mon 2026-03-09 12:00 UTC",
        "receiver who grouped by after",
        "bot writes the record team, service 0s",
        "email-incidents incidents@example.com team, service, alertname 10s",
        "pagerduty-checkout integration of checkout team, service, alertname 10s",
        "slack-payments #payments team, service, alertname 10s",
        "on call primary: ana <ana@example.com> (Slack U01ANA), office: dee <dee@example.com> (Slack U01DEE)",
        "escalation ana (primary) at once, ana after 3m",
    ]


def test_a_ticket_at_the_weekend_reaches_nobody(mini: Path) -> None:
    """The mute window is named, and that nobody is told; so is what would mute it."""
    assert lines(run(mini, "severity=ticket", "service=payments-db", "--at", "2026-03-07T12:00:00Z"))[3:] == [
        "slack-platform #platform team, service 10s",
        "slack-platform is muted at that time by weekend-tickets",
        "on call primary: eli <eli@example.com> (Slack U01ELI)",
        'muted while an alert fires with severity=~"page|critical", service="payments-db"',
        "no person is told",
    ]


def test_a_silence_is_named(mini: Path) -> None:
    """Under a silence nobody is told, the bot included."""
    shown = lines(run(mini, "severity=page", "service=payments-db", "--at", "2026-02-01T23:00:00Z"))
    assert "silenced at that time by policies/silences/db-upgrade.yaml: nobody is told, the bot included" in shown
    assert shown[-1] == "no person is told"


def test_what_is_assumed_is_noted(mini: Path) -> None:
    """Words and services that are not known are said to count as something else."""
    shown = lines(run(mini, "severity=fatal", "service=legacy", "--as-is"))
    assert shown[:3] == [
        "ticket of platform (platform), P3, at Mon 2026-03-09 12:00 UTC",
        "note: no service 'legacy' is known: it belongs to platform",
        "note: severity 'fatal' is not known: it counts as ticket",
    ]


def test_the_watchdog_goes_to_the_dead_mans_switch(mini: Path) -> None:
    """Its severity is filled in as the compiled catalogue has it."""
    shown = lines(run(mini, "alertname=Watchdog"))
    assert shown[0] == "info of platform (platform), P4, at Mon 2026-03-09 12:00 UTC"
    assert "dead-mans-switch expects this alert to fire always alertname 0s" in shown


def test_programs_get_json(mini: Path) -> None:
    """Everything that people see, and the keys of the groups."""
    found = json.loads(run(mini, "severity=critical", "service=checkout", "alertname=X", "--json").stdout)
    assert found["labels"] == {
        "service": "checkout",
        "team": "payments",
        "priority": "P0",
        "severity": "critical",
        "alertname": "X",
    }
    assert found["notes"] == ["severity 'critical' is page here"]
    assert [each["receiver"] for each in found["notifications"]] == [
        "bot",
        "email-incidents",
        "pagerduty-checkout",
        "slack-payments",
    ]
    assert found["on_call"][0] == {
        "layer": "primary",
        "who": "ana",
        "email": "ana@example.com",
        "slack": "U01ANA",
    }
    assert found["escalation"] == [
        {"who": "ana", "layer": "primary", "after": "0s", "wait": "3m"},
        {"who": "ana", "layer": None, "after": "3m", "wait": None},
    ]
    assert found["reaches_people"] is True


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("severity",), "'severity' is not a label; expected label=value such as severity=page"),
        (
            ("ser-vice=x", "a=1", "a=2"),
            (
                "'ser-vice=x' is not a label; expected label=value such as severity=page\n"
                "a is given twice; expected each label once"
            ),
        ),
        (
            ("service=checkot",),
            (
                "no service is called 'checkot'; expected one of checkout, payments-db, platform; "
                "did you mean checkout?; with --as-is the answer is for an alert of another tool"
            ),
        ),
        (
            ("service=x", "--at", "noon"),
            "Invalid value for '--at': 'noon' is not a time; expected one such as 2026-02-01T22:00:00Z or 2026-02-01",
        ),
        ((), "Missing argument 'LABEL=VALUE...'."),
    ],
)
def test_wrong_usage_is_explained(mini: Path, words: tuple[str, ...], message: str) -> None:
    """The exit status is 2 and the message says what was expected."""
    failed = run(mini, *words)
    assert failed.exit_code == 2
    assert failed.stderr.partition("Error: ")[2] == f"{message}\n"


def test_mistakes_in_the_files_come_first(mini: Path) -> None:
    """A policy that cannot be read ends the command with status 1 and every problem."""
    (mini / "policies" / "services" / "checkout.yaml").write_text("service: checkout\n")
    failed = run(mini, "severity=page")
    assert failed.exit_code == 1
    assert failed.stdout == ""
    assert all(line.startswith("policies/services/checkout.yaml:") for line in failed.stderr.splitlines())


def test_a_policy_that_cannot_be_routed_is_refused(mini: Path) -> None:
    """What fits in each file but not together is named, with the command that says more."""
    file = mini / "policies" / "services" / "checkout.yaml"
    file.write_text(file.read_text().replace("owner: payments", "owner: paiments"))
    failed = run(mini, "severity=page")
    assert failed.exit_code == 1
    assert failed.stderr == (
        "policies/services/checkout.yaml: owner paiments is not a team; expected the name of a file under "
        "policies/teams/; run `tocsin check`\n"
    )


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("se", ["service=", "severity="]),
        ("service=pa", ["service=payments-db"]),
        ("severity=", ["severity=page", "severity=ticket", "severity=info"]),
        ("team=", ["team=payments", "team=platform"]),
    ],
)
def test_a_shell_completes_labels_and_values(mini: Path, typed: str, offered: list[str]) -> None:
    """First the label, then the values that the repository has."""
    shell = ShellComplete(main, {}, "tocsin", "_TOCSIN_COMPLETE")
    found = [item.value for item in shell.get_completions(["--root", str(mini), "route"], typed)]
    assert found == offered
