"""What the bot still has to do outside."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bots import inbox
from bots.journal import Journal
from bots.outbox import SCHEMA, Errand, Outbox
from tests.bots.bodies import AT


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """The file that inbox and outbox share."""
    made = Journal(tmp_path / "inbox.db", schema=inbox.SCHEMA + SCHEMA, insert=inbox.INSERT, limit_bytes=2**26)
    yield made
    made.close()


def errand(key: str, line: str = "INC-1", destination: str = "github", **payload: object) -> Errand:
    """Something to do for INC-1."""
    return Errand(destination=destination, key=key, line=line, incident=1, event_key=f"event-{key}", payload=payload)


def _release(journal: Journal, outbox: Outbox, *keys: str) -> None:
    journal.run(lambda connection: outbox.release(connection, keys))


def _heads(outbox: Outbox, minutes: float = 0) -> list[str]:
    return [parcel.key for parcel in outbox.heads("github", AT + timedelta(minutes=minutes), 10)]


def test_nothing_leaves_before_its_event_is_recorded(journal: Journal) -> None:
    """Held errands are not handed out; released ones are."""
    outbox = Outbox(journal)
    outbox.hold([errand("a"), errand("b", line="INC-2")], AT)
    assert _heads(outbox) == []
    assert [parcel.key for parcel in outbox.held()] == ["a", "b"]
    _release(journal, outbox, "a")
    assert _heads(outbox) == ["a"]


def test_an_errand_exists_once(journal: Journal) -> None:
    """Deciding again after a crash changes what is held, and nothing that has left."""
    outbox = Outbox(journal)
    outbox.hold([errand("a", number=7)], AT)
    outbox.hold([errand("a", number=8)], AT)
    (held,) = outbox.held()
    assert held.payload == {"number": 8}
    _release(journal, outbox, "a")
    outbox.hold([errand("a", number=9)], AT)
    (parcel,) = outbox.heads("github", AT, 10)
    assert parcel.payload == {"number": 8}
    outbox.done(parcel, AT)
    outbox.hold([errand("a", number=10)], AT)
    assert outbox.held() == []
    assert _heads(outbox) == []


def test_errands_of_a_line_keep_their_order_and_lines_do_not_wait(journal: Journal) -> None:
    """The second errand of an incident waits for the first, that of another incident does not."""
    outbox = Outbox(journal)
    outbox.hold([errand("a"), errand("b"), errand("c", line="INC-2")], AT)
    _release(journal, outbox, "a", "b", "c")
    assert _heads(outbox) == ["a", "c"]
    (first, _) = outbox.heads("github", AT, 10)
    outbox.later(first, AT + timedelta(minutes=5), "away", unknown=False)
    assert _heads(outbox, minutes=1) == ["c"]
    assert _heads(outbox, minutes=5) == ["a", "c"]
    outbox.done(first, AT)
    assert _heads(outbox) == ["b", "c"]


def test_a_call_that_was_begun_is_known_to_have_been(journal: Journal) -> None:
    """The intent is on the disk before the call: after a crash its outcome counts as unknown."""
    outbox = Outbox(journal)
    outbox.hold([errand("a")], AT)
    _release(journal, outbox, "a")
    (parcel,) = outbox.heads("github", AT, 10)
    assert (parcel.unknown, parcel.attempts) == (False, 0)
    outbox.start(parcel, AT)
    (parcel,) = outbox.heads("github", AT, 10)
    assert (parcel.unknown, parcel.attempts) == (True, 1)
    outbox.later(parcel, AT, "refused", unknown=False)
    (parcel,) = outbox.heads("github", AT, 10)
    assert (parcel.unknown, parcel.attempts, parcel.why) == (False, 1, "refused")


def test_what_failed_for_good_does_not_hold_up_its_line(journal: Journal) -> None:
    """The next errand of the incident goes on."""
    outbox = Outbox(journal)
    outbox.hold([errand("a"), errand("b")], AT)
    _release(journal, outbox, "a", "b")
    (parcel,) = outbox.heads("github", AT, 10)
    outbox.failed(parcel, AT, "no such repository")
    assert _heads(outbox) == ["b"]


def test_dropped_errands_are_gone_and_released_ones_are_not_dropped(journal: Journal) -> None:
    """Only what is held can be dropped."""
    outbox = Outbox(journal)
    outbox.hold([errand("a"), errand("b", line="INC-2")], AT)
    _release(journal, outbox, "a")
    outbox.drop(["a", "b"])
    assert _heads(outbox) == ["a"]
    assert outbox.held() == []


def test_the_lag_of_every_destination_is_known(journal: Journal) -> None:
    """Also of one for which nothing waits."""
    outbox = Outbox(journal)
    outbox.hold([errand("a"), errand("b")], AT)
    outbox.hold([errand("c", destination="slack")], AT + timedelta(minutes=1))
    _release(journal, outbox, "a", "b", "c")
    assert outbox.waiting(("github", "slack", "jira")) == {
        "github": (2, AT),
        "slack": (1, AT + timedelta(minutes=1)),
        "jira": (0, None),
    }


def test_errands_follow_an_incident_that_got_another_number(journal: Journal) -> None:
    """What has not left yet speaks of the new number."""
    outbox = Outbox(journal)
    outbox.hold([errand("a", incident=1), errand("b", incident=1)], AT)
    _release(journal, outbox, "a", "b")
    (first,) = outbox.heads("github", AT, 10)
    outbox.done(first, AT)
    outbox.renumber({1: 5})
    (second,) = outbox.heads("github", AT, 10)
    assert (second.incident, second.payload) == (5, {"incident": 5})


def test_an_answer_follows_too_by_name_and_by_number(journal: Journal) -> None:
    """Also one of which nobody knows whether it has left."""
    outbox = Outbox(journal)
    outbox.hold([errand("a", line="reply a", incident="INC-1", number=1)], AT)
    _release(journal, outbox, "a")
    (parcel,) = outbox.heads("github", AT, 10)
    outbox.start(parcel, AT)
    outbox.renumber({1: 5})
    (parcel,) = outbox.heads("github", AT, 10)
    assert (parcel.incident, parcel.payload, parcel.line) == (5, {"incident": "INC-5", "number": 5}, "reply a")


@pytest.mark.parametrize("merges", [False, True])
def test_a_clock_that_was_set_back_makes_nothing_wait(journal: Journal, merges: bool) -> None:
    """What was to be tried again at a time that is far away now is tried at once."""
    outbox = Outbox(journal)
    outbox.hold([errand("a")], AT)
    _release(journal, outbox, "a")
    (parcel,) = outbox.heads("github", AT, 10, merges=merges)
    outbox.start(parcel, AT)
    outbox.later(parcel, AT + timedelta(minutes=5), "away", unknown=False)
    assert outbox.heads("github", AT + timedelta(minutes=1), 10, merges=merges) == []
    assert len(outbox.heads("github", AT - timedelta(days=900), 10, merges=merges)) == 1


def test_calls_are_remembered_for_the_rate_limit(journal: Journal) -> None:
    """After a restart the destination is not called more often than it may be."""
    outbox = Outbox(journal)
    outbox.hold([errand("a"), errand("b", line="INC-2")], AT)
    _release(journal, outbox, "a", "b")
    first, second = outbox.heads("github", AT, 10)
    outbox.start(first, AT)
    outbox.start(second, AT + timedelta(minutes=2))
    assert outbox.calls_since("github", AT + timedelta(minutes=1)) == [AT + timedelta(minutes=2)]
    assert outbox.calls_since("slack", AT - timedelta(minutes=1)) == []
