"""The memory of mirrors."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bots import inbox
from bots.journal import Journal
from bots.outbound import mirror
from bots.outbound.mirror import Mirror, Mirrored, renumber

AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A file with the tables of mirrors."""
    schema = inbox.SCHEMA + mirror.SCHEMA
    made = Journal(tmp_path / "inbox.db", schema=schema, insert=inbox.INSERT, limit_bytes=2**26)
    yield made
    made.close()


def test_what_was_written_is_found_by_incident_and_by_its_remote_name(journal: Journal) -> None:
    """Each destination has a memory of its own."""
    github, slack = Mirror(journal, "github"), Mirror(journal, "slack")
    github.put(7, "45", {"title": "one"})
    github.put(7, "45", {"title": "two"})
    assert github.get(7) == Mirrored(incident=7, remote="45", state={"title": "two"})
    assert github.find("45") == 7
    assert (slack.get(7), slack.find("45"), github.get(8), github.find("46")) == (None, None, None, None)


def test_an_intent_stays_until_it_is_settled(journal: Journal) -> None:
    """The first time is kept; what is made in its name ends it."""
    github = Mirror(journal, "github")
    assert github.intended(7, "create") is None
    github.intend(7, "create", AT)
    github.intend(7, "create", AT + timedelta(minutes=5))
    assert github.intended(7, "create") == AT
    github.put(7, "45", {}, settles="create")
    assert github.intended(7, "create") is None
    github.intend(7, "comment", AT)
    github.settle(7, "comment")
    assert github.intended(7, "comment") is None


def test_numbers_that_change_places_take_their_memory_along(journal: Journal) -> None:
    """Two incidents that swap their numbers do not overwrite each other."""
    github = Mirror(journal, "github")
    github.put(7, "45", {"a": 1})
    github.put(8, "46", {"b": 2})
    github.intend(8, "comment", AT)
    renumber(journal, {7: 8, 8: 9})
    assert github.get(8) == Mirrored(incident=8, remote="45", state={"a": 1})
    assert github.get(9) == Mirrored(incident=9, remote="46", state={"b": 2})
    assert (github.get(7), github.intended(9, "comment")) == (None, AT)
