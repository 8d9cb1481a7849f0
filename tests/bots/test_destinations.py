"""The places that this bot reaches."""

import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from bots import inbox as inbox_table
from bots import outbox as outbox_table
from bots.destination import Settled
from bots.destinations import Decisions, Postmortems, Remediations
from bots.errands import DECISIONS, POSTMORTEM, REMEDIATION
from bots.errors import Undeliverable, Unreachable
from bots.inbox import Inbox
from bots.incident import History
from bots.journal import Journal
from bots.outbox import Parcel
from bots.remediation import LocalRunner
from tests.bots.bodies import AT


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    """An empty inbox."""
    schema = inbox_table.SCHEMA + outbox_table.SCHEMA
    journal = Journal(tmp_path / "inbox.db", schema=schema, insert=inbox_table.INSERT, limit_bytes=2**26)
    made = Inbox(journal)
    yield made
    made.close()
    journal.close()


def parcel(destination: str, *, unknown: bool = False, **payload: object) -> Parcel:
    """Something for INC-1."""
    return Parcel(
        destination=destination,
        key="key",
        line="INC-1",
        incident=1,
        event_key="event",
        payload=payload,
        id=1,
        attempts=0,
        unknown=unknown,
        created_at=AT,
        why="",
    )


def run(**changes: object) -> Parcel:
    """A remediation that was asked for."""
    asked = {
        "incident": 1,
        "event_key": "event",
        "attempt": 2,
        "action": "restart_deployment",
        "target": {"namespace": "shop", "deployment": "checkout"},
        "parameters": {},
        "alert": "CheckoutAvailabilityBurn",
        "service": "checkout",
        "dry_run": False,
    }
    return parcel(REMEDIATION, **(asked | changes))


def said(inbox: Inbox) -> list[tuple[str, dict[str, object]]]:
    """The bot's own commands that wait in its inbox."""
    found = [orjson.loads(item.body) for item in inbox.pending(100)]
    assert {one["by"] for one in found} <= {"tocsin"}
    return [(one["name"], one["args"]) for one in found]


def _program(tmp_path: Path, text: str) -> dict[str, tuple[str, ...]]:
    script = tmp_path / "action.py"
    script.write_text(text)
    return {"restart_deployment": (sys.executable, str(script))}


def test_a_remediation_runs_and_is_written_down(inbox: Inbox, tmp_path: Path) -> None:
    """That it began, and how it ended; the program gets the request on standard input."""
    program = _program(tmp_path, "import json, sys; print(json.load(sys.stdin)['target']['deployment'])")
    Remediations(LocalRunner(program), inbox, lambda: AT).deliver(run())
    assert said(inbox) == [
        ("remediation_start", {"attempt": 2, "run": ""}),
        ("remediation_finish", {"attempt": 2, "outcome": "succeeded", "exit_code": 0, "detail": "checkout"}),
    ]


def test_a_remediation_that_fails_is_an_outcome_too(inbox: Inbox, tmp_path: Path) -> None:
    """It is not repeated: a person decides."""
    program = _program(tmp_path, "import sys; print('no such deployment'); sys.exit(3)")
    Remediations(LocalRunner(program), inbox, lambda: AT).deliver(run())
    assert said(inbox)[1] == (
        "remediation_finish",
        {"attempt": 2, "outcome": "failed", "exit_code": 3, "detail": "no such deployment"},
    )


def test_without_a_program_the_remediation_is_refused(inbox: Inbox) -> None:
    """And says so in the timeline."""
    Remediations(LocalRunner({}), inbox, lambda: AT).deliver(run())
    assert said(inbox)[1][1]["outcome"] == "refused"


def test_a_run_that_a_restart_interrupted_is_not_begun_again(inbox: Inbox) -> None:
    """Restarting a service twice may be worse than not knowing."""
    place = Remediations(LocalRunner({}), inbox, lambda: AT)
    assert place.settle(run()) is Settled.HAPPENED
    assert said(inbox) == [
        (
            "remediation_finish",
            {
                "attempt": 2,
                "outcome": "failed",
                "detail": "the bot was restarted while it ran; nobody knows how it ended",
            },
        )
    ]


def test_the_bot_s_decisions_go_back_into_its_inbox(inbox: Inbox) -> None:
    """With the key that makes a repetition harmless."""
    command = {
        "key": "k",
        "name": "run",
        "by": "tocsin",
        "incident": 1,
        "args": {"action": "x"},
        "source": "remediation",
    }
    place = Decisions(inbox, lambda: AT)
    place.deliver(parcel(DECISIONS, **command))
    assert place.settle(parcel(DECISIONS, **command)) is Settled.REPEAT
    assert said(inbox) == [("run", {"action": "x"})]


def test_a_full_inbox_is_waited_for(tmp_path: Path) -> None:
    """The command is not lost, only later."""
    journal = Journal(tmp_path / "small.db", schema=inbox_table.SCHEMA, insert=inbox_table.INSERT, limit_bytes=1)
    small = Inbox(journal)
    command = {"key": "k", "name": "ack", "by": "tocsin", "incident": 1, "args": {}, "source": "remediation"}
    with pytest.raises(Unreachable):
        Decisions(small, lambda: AT).deliver(parcel(DECISIONS, **command))
    small.close()
    journal.close()


class _Drafts:
    """Keeps what it was asked to draft."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def write(self, history: History) -> str | None:
        self.asked.append(history.number)
        return f"postmortem/INC-{history.number}"


def test_a_draft_of_an_incident_that_is_not_there_is_given_up() -> None:
    """Asking again cannot help."""
    place = Postmortems(_Drafts(), lambda number: None)
    with pytest.raises(Undeliverable) as caught:
        place.deliver(parcel(POSTMORTEM, incident=7))
    assert str(caught.value) == "no incident INC-7"
    assert place.settle(parcel(POSTMORTEM, incident=7)) is Settled.REPEAT
