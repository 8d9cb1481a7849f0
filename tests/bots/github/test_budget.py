"""How often GitHub is written to."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bots.errors import Postponed
from bots.files import SCHEMA
from bots.github.budget import Budget, Urgency
from bots.inbox import INSERT, Inbox
from bots.journal import Journal
from tests.bots.office import TEN


class Till:
    """A budget with a clock that only moves when it is told to, or waited on."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(folder / "inbox.db", schema=SCHEMA, insert=INSERT, limit_bytes=2**24)
        self.inbox = Inbox(self.journal)
        self.now = TEN
        self.open()

    def open(self) -> None:
        """As a new process does."""
        self.budget = Budget(self.inbox, lambda: self.now, self.advance)

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.now += timedelta(seconds=seconds)

    def spend(self, urgency: Urgency) -> int:
        """Writes as often as it may."""
        count = 0
        while True:
            try:
                self.budget.spend(urgency)
            except Postponed:
                return count
            count += 1


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    """An untouched budget."""
    made = Till(tmp_path)
    yield made
    made.inbox.close()
    made.journal.close()


def test_a_second_lies_between_two_writes(till: Till) -> None:
    """It is waited for on the spot."""
    till.budget.spend(Urgency.OPEN)
    till.budget.spend(Urgency.OPEN)
    assert (till.now - TEN).total_seconds() == 1


def test_alerts_leave_room_for_people_and_people_for_new_incidents(till: Till) -> None:
    """36, then 54, then 60 a minute, which is one a second."""
    assert till.spend(Urgency.ROUTINE) == 36
    assert till.spend(Urgency.PEOPLE) == 18
    till.budget.spend(Urgency.OPEN)
    till.advance(60)
    assert till.spend(Urgency.ROUTINE) == 36


def test_an_hour_holds_450_writes_over_restarts(till: Till) -> None:
    """What was counted is on the disk before the call."""
    for _ in range(200):
        till.budget.spend(Urgency.OPEN)
    till.open()
    assert till.spend(Urgency.OPEN) == 250
    till.open()
    assert till.budget.recent(3600) == 450
    with pytest.raises(Postponed, match="the limit of writes to GitHub is reached"):
        till.budget.spend(Urgency.OPEN)
    till.advance(3600)
    till.budget.spend(Urgency.OPEN)


def test_a_clock_that_was_set_back_holds_nothing_up(till: Till) -> None:
    """What was written at a time that is still to come counts as written now, over a restart too."""
    till.budget.spend(Urgency.OPEN)
    till.now -= timedelta(days=900)
    till.open()
    begun = till.now
    till.budget.spend(Urgency.OPEN)
    assert (till.now - begun).total_seconds() == 1
