"""Remediations as a destination of the outbox: begun, waited for, found again, refused when too late."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from bots.destinations import Remediations
from bots.errors import Unreachable
from bots.inbox import INSERT, SCHEMA, Inbox
from bots.journal import Journal
from bots.local_runner import LocalRunner
from bots.outbound.destination import Settled
from bots.outbox import Parcel
from bots.outcome import Outcome
from bots.timeline.effect import RunRemediation
from tests.bots.office import TEN

PAYLOAD = {
    "incident": 7,
    "event_key": "0" * 64,
    "attempt": 2,
    "action": "restart_deployment",
    "target": {"namespace": "shop", "deployment": "checkout"},
    "parameters": {},
    "alert": "HighErrorRate",
    "service": "checkout",
    "dry_run": False,
}
DONE = Outcome(outcome="succeeded", exit_code=0, detail="restarted", output="all is well")


class Runner:
    """Does what it is told to; notes what it is asked."""

    def __init__(self, *, begins: Any = None, ends: Any = DONE, finds: Outcome | None = None) -> None:
        self.begins, self.ends, self.finds = begins, ends, finds
        self.asked: list[str] = []

    def name(self, run: RunRemediation) -> str:
        """Of the run."""
        return f"jobs/inc-{run.incident}-{run.attempt}"

    def begin(self, run: RunRemediation) -> Outcome | None:
        """As it was told."""
        self.asked.append("begin")
        return self._give(self.begins)

    def apply(self, run: RunRemediation) -> Outcome:
        """As it was told."""
        self.asked.append("apply")
        found = self._give(self.ends)
        assert found is not None
        return found

    def find(self, run: RunRemediation) -> Outcome | None:
        """As it was told."""
        self.asked.append("find")
        return self.finds

    def _give(self, what: Any) -> Outcome | None:
        if isinstance(what, Exception):
            raise what
        assert what is None or isinstance(what, Outcome)
        return what


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    """A real one."""
    journal = Journal(tmp_path / "inbox.db", schema=SCHEMA, insert=INSERT, limit_bytes=2**26)
    box = Inbox(journal)
    yield box
    box.close()
    journal.close()


def parcel(*, unknown: bool = False, why: str = "") -> Parcel:
    """Asked for at ten."""
    return Parcel(
        id=1,
        destination="remediation",
        key="k" * 64,
        line="INC-7",
        incident=7,
        event_key="0" * 64,
        payload=PAYLOAD,
        attempts=1,
        unknown=unknown,
        created_at=TEN,
        why=why,
    )


def said(inbox: Inbox) -> list[tuple[str, dict[str, Any]]]:
    """The commands that went back into the inbox."""
    found = [orjson.loads(item.body) for item in inbox.pending(100)]
    return [(one["name"], one["args"]) for one in found]


def test_a_run_is_told_when_it_begins_and_when_it_ends(inbox: Inbox) -> None:
    """With where to find it, and with what it found out."""
    runner = Runner()
    Remediations(runner, inbox, lambda: TEN).deliver(parcel())
    assert runner.asked == ["begin", "apply"]
    assert said(inbox) == [
        ("remediation_start", {"attempt": 2, "run": "jobs/inc-7-2"}),
        (
            "remediation_finish",
            {"attempt": 2, "outcome": "succeeded", "exit_code": 0, "detail": "restarted", "output": "all is well"},
        ),
    ]


def test_a_run_that_has_to_wait_has_not_begun(inbox: Inbox) -> None:
    """Nothing is told, and it is tried again."""
    runner = Runner(begins=Unreachable("shop/checkout is being worked on by inc-6-1", alone=True, after_s=10))
    with pytest.raises(Unreachable):
        Remediations(runner, inbox, lambda: TEN).deliver(parcel())
    assert runner.asked == ["begin"]
    assert said(inbox) == []


def test_a_run_that_could_not_begin_in_time_is_refused(inbox: Inbox) -> None:
    """Nobody wants a restart an hour after it was asked for."""
    runner = Runner()
    late = TEN + timedelta(minutes=15, seconds=1)
    Remediations(runner, inbox, lambda: late).deliver(parcel(why="checkout is being worked on by inc-6-1"))
    assert runner.asked == []
    detail = (
        "could not begin within 15 minutes: checkout is being worked on by inc-6-1; ask again if it is still wanted"
    )
    assert said(inbox) == [("remediation_finish", {"attempt": 2, "outcome": "refused", "detail": detail})]


def test_a_switch_that_was_thrown_after_the_approval_holds(inbox: Inbox) -> None:
    """Nothing is begun, and the record says why."""
    runner = Runner()
    Remediations(runner, inbox, lambda: TEN, lambda run: "remediation is frozen by lea: database move").deliver(
        parcel()
    )
    assert runner.asked == []
    detail = "remediation is frozen by lea: database move"
    assert said(inbox) == [("remediation_finish", {"attempt": 2, "outcome": "refused", "detail": detail})]


def test_a_refused_run_never_began(inbox: Inbox) -> None:
    """Its end says why."""
    refused = Outcome(outcome="refused", exit_code=None, detail="no template")
    Remediations(Runner(begins=refused), inbox, lambda: TEN).deliver(parcel())
    assert said(inbox) == [("remediation_finish", {"attempt": 2, "outcome": "refused", "detail": "no template"})]


def test_the_end_of_an_earlier_process_s_run_is_found(inbox: Inbox) -> None:
    """And it is never begun again, whether it is found or not."""
    runner = Runner(finds=DONE)
    assert Remediations(runner, inbox, lambda: TEN).settle(parcel(unknown=True)) is Settled.HAPPENED
    assert runner.asked == ["find"]
    lost = Remediations(LocalRunner({}), inbox, lambda: TEN)
    assert lost.settle(parcel(unknown=True)) is Settled.HAPPENED
    assert said(inbox) == [
        ("remediation_finish", DONE.args(2)),
        (
            "remediation_finish",
            {
                "attempt": 2,
                "outcome": "failed",
                "detail": "the bot was restarted while it ran; nobody knows how it ended",
            },
        ),
    ]


def test_a_run_that_nobody_was_told_of_is_begun(inbox: Inbox) -> None:
    """The bot was killed before it said so, and it says so before it makes anything; a program leaves no trace."""
    settled = Remediations(Runner(), inbox, lambda: TEN, begun=lambda run: False).settle(parcel(unknown=True))
    assert settled is Settled.REPEAT
    assert said(inbox) == []
    local = Remediations(LocalRunner({}), inbox, lambda: TEN, begun=lambda run: False)
    assert local.settle(parcel(unknown=True)) is Settled.HAPPENED


def test_a_run_of_which_there_is_no_trace_is_told_by_its_name(inbox: Inbox) -> None:
    """The bot was killed before it made the Job, or somebody deleted that meanwhile; nobody is left to guess where."""
    assert Remediations(Runner(), inbox, lambda: TEN).settle(parcel(unknown=True)) is Settled.HAPPENED
    detail = (
        "the bot was restarted, and there is no jobs/inc-7-2: it was never made, or somebody deleted it; ask again if "
        "it is still wanted"
    )
    assert said(inbox) == [("remediation_finish", {"attempt": 2, "outcome": "failed", "detail": detail})]
