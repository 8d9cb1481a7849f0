"""Approval and the freeze switch, asked of a real bot by the API and by the command line."""

import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.bots.asking import command, problem
from tests.bots.bodies import alert, body
from tests.bots.bot_process import BotProcess, wait_until
from tools.cli import main

ROOT = Path(__file__).parents[1] / "data" / "mini"
SWITCH = "/api/v1/remediation"


@contextmanager
def running(folder: Path, root: Path = ROOT) -> Iterator[BotProcess]:
    """A bot on whose machine a restart is a program that says so."""
    folder.mkdir()
    actions = folder / "actions.yaml"
    actions.write_text(json.dumps({"restart_deployment": [sys.executable, "-c", "print('restarted')"]}))
    made = BotProcess(root=root, folder=folder, settings={"TOCSIN_ACTIONS_FILE": str(actions)})
    made.prepare()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[BotProcess]:
    """Each test's own, since a target rests afterwards."""
    with running(tmp_path / "bot") as made:
        yield made


@pytest.fixture
def incident(bot: BotProcess, request: pytest.FixtureRequest) -> str:
    """One of its own for each test, with an alert that a restart is bound to."""
    number = zlib.crc32(request.node.name.encode())
    fired = alert(number, alertname="HighErrorRate", team=f"team-{number}")
    assert bot.deliver(body(fired)).ok
    found: list[dict[str, Any]] = []

    def opened() -> bool:
        found[:] = bot.get("/api/v1/incidents").json()["incidents"]
        return any(one["team"] == fired["labels"]["team"] for one in found)

    wait_until(opened, 20, lambda: f"no incident of {number}: {found}")
    return str(next(one["id"] for one in found if one["team"] == fired["labels"]["team"]))


def attempts(bot: BotProcess, name: str) -> list[dict[str, Any]]:
    """What was attempted in an incident."""
    return list(bot.get(f"/api/v1/incidents/{name}").json()["incident"].get("remediations", []))


def tocsin(bot: BotProcess, *arguments: str, member: str = "eli") -> Result:
    """A command as somebody types it."""
    return CliRunner(env=bot.client(member)).invoke(main, ["--root", str(ROOT), *arguments])


def test_what_one_asks_for_another_approves(bot: BotProcess, incident: str) -> None:
    """By the rights of access.yaml, and never the same person; then it runs."""
    done = tocsin(bot, "incident", "run", incident, "restart_deployment")
    assert done.exit_code == 0, done.stderr
    assert attempts(bot, incident)[0]["approval"] is True
    page = bot.get(f"/incidents/{incident}").text
    assert "waits for approval" in page
    assert f"tocsin incident approve {incident} 1" in page
    denied = command(bot, incident, "approve", attempt=1)
    assert problem(denied) == (
        403,
        "ana may not approve restart_deployment; policies/access.yaml says who may; the attempt is in the audit",
    )
    assert tocsin(bot, "incident", "approve", incident).stderr == (
        f"{incident} has an attempt 1 that eli asked for; somebody else has to approve it\n"
    )
    done = tocsin(bot, "incident", "approve", incident, member="fay")
    assert done.stdout.startswith(f"{incident} may run attempt 1; it is ")
    wait_until(lambda: attempts(bot, incident)[0].get("outcome") == "ran", 20, lambda: str(attempts(bot, incident)))
    ran = attempts(bot, incident)[0]
    assert (ran["approved_by"], ran["detail"]) == ("fay", "restarted")
    again = tocsin(bot, "incident", "approve", incident, member="fay")
    assert again.stderr == (
        f"{incident}: none waits for approval; `tocsin incident show {incident}` shows its attempts\n"
    )


def test_what_one_asked_for_one_may_take_back(bot: BotProcess, incident: str) -> None:
    """Without the right to approve it; somebody without either may not."""
    assert command(bot, incident, "run", "eli", action="restart_deployment").ok
    assert problem(command(bot, incident, "reject", "ben", attempt=1))[0] == 403
    done = tocsin(bot, "incident", "reject", incident, "1", "--reason", "it is the database")
    assert done.exit_code == 0, done.stderr
    (one,) = attempts(bot, incident)
    assert (one["outcome"], one["detail"]) == ("rejected", "it is the database")


def test_the_switch_stops_everything_at_once(bot: BotProcess, incident: str) -> None:
    """Who, why and until when are told to whoever asks; lifted, it runs again; both are in the audit trail."""
    assert tocsin(bot, "remediation", "status").stdout.startswith("remediation may run\n")
    done = tocsin(bot, "remediation", "freeze", "--reason", "database move", "--for", "8h")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("remediation is frozen until ")
    state = bot.get(SWITCH).json()
    assert state["frozen"] is True
    assert "\ntocsin_remediation_frozen 1.0\n" in bot.get("/metrics").text
    switch = state["switches"]["command"]
    assert (switch["by"], switch["reason"]) == ("eli", "database move")
    assert f"until {switch['until']} by eli: database move" in tocsin(bot, "remediation", "status").stdout
    refused = command(bot, incident, "run", "eli", action="restart_deployment")
    assert problem(refused) == (
        409,
        (
            f"remediation is frozen since {switch['since']} until {switch['until']} by eli: database move; "
            "`tocsin remediation unfreeze` lifts it"
        ),
    )
    assert tocsin(bot, "remediation", "unfreeze").stdout == ("remediation may run again; it is in the audit trail\n")
    assert bot.get(SWITCH).json()["frozen"] is False
    assert "\ntocsin_remediation_frozen 0.0\n" in bot.get("/metrics").text
    assert tocsin(bot, "remediation", "unfreeze").stderr == "remediation is not frozen; nothing is left to lift\n"
    assert command(bot, incident, "run", "eli", key="again", action="restart_deployment").ok


def test_the_other_switch_is_lifted_by_a_pull_request_only(tmp_path: Path, mini: Path) -> None:
    """Nobody is told that actions may run while the file says that they may not."""
    (mini / "policies" / "remediation.yaml").write_text("freeze: {reason: database move}\n", encoding="utf-8")
    in_file = "frozen in policies/remediation.yaml: database move\n"
    with running(tmp_path / "bot", mini) as bot:
        assert tocsin(bot, "remediation", "status").stdout.startswith(in_file)
        assert tocsin(bot, "remediation", "unfreeze").stderr == (
            "remediation is frozen in policies/remediation.yaml: database move; only a pull request lifts that\n"
        )
        assert tocsin(bot, "remediation", "freeze", "--reason", "tonight").exit_code == 0
        assert tocsin(bot, "remediation", "unfreeze").stdout == (
            f"this switch is off, and that is in the audit trail; remediation may not run all the same:\n{in_file}"
        )


def test_who_may_not_freeze_is_told_so(bot: BotProcess) -> None:
    """With the verb; and a switch without a reason is none."""
    assert tocsin(bot, "remediation", "freeze", "--reason", "x", member="ana").stderr == (
        "ana may not freeze; policies/access.yaml says who may; the attempt is in the audit\n"
    )
    assert problem(bot.post(f"{SWITCH}/unfreeze", {"key": "k"}, "ana"))[0] == 403
    answer = bot.post(f"{SWITCH}/freeze", {"key": "k", "reason": " "}, "eli")
    assert answer.status_code == 422
    assert bot.get(SWITCH, member="stranger").status_code == 403
