"""Reminders until a postmortem is merged, and the issues of those that are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from alerting.model.quantities import Duration
from bots.clock import Look
from bots.incident import History
from bots.outbox import Errand
from bots.postmortems.document import Postmortem, read
from bots.postmortems.due import PostmortemsDue, reminders
from bots.timeline.intake import Command
from tests.bots.office import Office, alert, at, command, delivery
from tests.bots.postmortems.texts import WHOLE
from tests.bots.test_clock import MINI, Shelf

_HOURS = 60.0


def _office(**labels: str) -> Office:
    office = Office()
    office.take(delivery(alert("Broken", 0, **labels)), command("ack", received=3))
    office.take(delivery(alert("Broken", 0, 10, **labels)))
    return office


def _due(office: Office, hours: float, merged: Mapping[int, Postmortem] | None = {}) -> Sequence[Command | Errand]:
    due = PostmortemsDue(lambda: merged, lambda number: f"https://tocsin.example.com/incidents/INC-{number}")
    return tuple(due(Look(Shelf(office)), MINI, at(10 + hours * _HOURS)))


def _merged(text: bytes = WHOLE) -> Mapping[int, Postmortem]:
    found = read("postmortems/2026/INC-1.md", text.replace(b"INC-7", b"INC-1")).postmortem
    assert found is not None
    return {1: found}


def _texts(found: Sequence[Command | Errand]) -> list[str]:
    return [str(one.args["text"]) for one in found if isinstance(one, Command)]


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (23.9, []),
        (24.1, ["The postmortem is due in 1 d 23 h. ana, it waits for you: finish the draft and merge it."]),
        (48.1, ["The postmortem is due in 23 h 54 min. ana, it waits for you: finish the draft and merge it."]),
        (
            72.1,
            [
                (
                    "The postmortem is overdue: it was due within 3 d after the incident ended. ana, it waits for you: "
                    "finish the draft and merge it."
                )
            ],
        ),
    ],
)
def test_people_are_reminded_until_it_is_merged(hours: float, said: list[str]) -> None:
    """After 24 and 48 hours, and when it is overdue; each reminder is one key, however often it is looked."""
    office = _office()
    assert _texts(_due(office, hours)) == said
    first, again = _due(office, hours), _due(office, hours + 0.05)
    assert [one.key for one in first] == [one.key for one in again]


def test_a_postmortem_that_has_months_is_overdue_in_the_end() -> None:
    """Although its incident ended long ago."""
    whole = MINI.severity.priorities
    slow = {name: one.model_copy(update={"postmortem_within": Duration.parse("60d")}) for name, one in whole.items()}
    policy = replace(MINI, severity=MINI.severity.model_copy(update={"priorities": slow}))
    due = PostmortemsDue(dict, lambda number: "")
    (said,) = _texts(tuple(due(Look(Shelf(_office())), policy, at(10 + 61 * 24 * _HOURS))))
    assert said.startswith("The postmortem is overdue: it was due within 60 d after the incident ended.")


def test_a_published_postmortem_reminds_nobody() -> None:
    """However late."""
    assert b"status: published" in WHOLE
    assert not _texts(_due(_office(), 100, _merged()))


@pytest.mark.parametrize("status", ["draft", "review"])
def test_one_that_was_merged_unfinished_is_waited_for(status: str) -> None:
    """Until it is published, as the numbers count it."""
    merged = _merged(WHOLE.replace(b"status: published", f"status: {status}".encode()))
    (said,) = _texts(_due(_office(), 24.1, merged))
    assert said == (
        "The postmortem is due in 1 d 23 h. ana, it waits for you: "
        f"it is merged with `status: {status}`; finish it and set `status: published`."
    )


def test_nobody_is_reminded_while_it_is_not_known_what_is_merged() -> None:
    """A bot that has just started has not looked yet."""
    assert not _due(_office(), 100, None)


@pytest.mark.parametrize("verdict", ["noise", "duplicate", "drill"])
def test_what_was_no_trouble_needs_no_postmortem(verdict: str) -> None:
    """Nor a reminder of one."""
    office = _office()
    office.take(command("close", received=20, verdict=verdict))
    assert not _due(office, 100)


def test_a_duplicate_needs_no_postmortem_of_its_own() -> None:
    """Also where the bot found out, and nobody has said so with a verdict: its draft is not made either."""
    (summary,) = Look(Shelf(_office())).ended(at(0))
    assert list(reminders(summary, None, MINI, at(100 * _HOURS)))
    assert not list(reminders(replace(summary, duplicate_of=2), None, MINI, at(100 * _HOURS)))


def test_a_merged_postmortem_that_cannot_be_read_is_said() -> None:
    """Once for what is wrong: nobody would learn from a log why no issue was opened."""
    wrong = "postmortems/2026/INC-1.md:1: postmortem INC-1: the file has no front matter; expected one; add it"
    due = PostmortemsDue(dict, lambda number: "", unreadable=lambda: {1: wrong, 99: "of an incident that is unknown"})
    first, again = (tuple(due(Look(Shelf(_office())), MINI, at(40))) for _ in range(2))
    (said,) = _texts(first)
    why = "The postmortem on the main branch cannot be read, so its follow-ups are not opened"
    assert said == f"{why}: {wrong}. Correct it there."
    assert [one.key for one in first] == [one.key for one in again]


def test_a_drill_reminds_nobody() -> None:
    """Its postmortem is an exercise."""
    assert not _due(_office(drill="true"), 100)


def test_follow_ups_of_a_merged_postmortem_are_wanted_once() -> None:
    """Those that the incident has a link to are there already."""
    office = _office()
    found = _due(office, 1, _merged())
    assert [(one.destination, one.payload["title"]) for one in found if isinstance(one, Errand)] == [
        ("follow_ups_github", "Alert on the length of the queue"),
        ("follow_ups_jira", "Limit retries"),
    ]
    link = {"relation": "follow_up", "url": "https://github.com/example/tocsin/issues/9", "title": "Limit retries"}
    office.take(command("link", received=30, by="tocsin", **link))
    assert [one.payload["title"] for one in _due(office, 1, _merged()) if isinstance(one, Errand)] == [
        "Alert on the length of the queue"
    ]


def test_what_no_tracker_is_configured_for_is_said_once() -> None:
    """Then its incident is not read again: there is nothing to try before the bot is started with one."""
    office, merged = _office(), _merged()
    due = PostmortemsDue(lambda: merged, lambda number: "", ["github"])
    first, again = (tuple(due(Look(Shelf(office)), MINI, at(40))) for _ in range(2))
    assert [one.payload["title"] for one in again if isinstance(one, Errand)] == ["Alert on the length of the queue"]
    assert _texts(first) == _texts(again)
    assert _texts(first) == [
        (
            "The follow-up 'Limit retries' is not opened: no jira is configured. "
            "It is opened once it is; ben sees to it until 2026-02-10."
        )
    ]
    assert {one.key for one in first} == {one.key for one in again}
    without = PostmortemsDue(lambda: merged, lambda number: "", [])
    looked = [tuple(without(Look(Shelf(office)), MINI, at(40))) for _ in range(2)]
    assert [len(found) for found in looked] == [2, 0]
    changed = replace(MINI)
    assert len(list(without(Look(Shelf(office)), changed, at(40)))) == 2


def test_incidents_of_years_ago_are_not_read_at_every_look() -> None:
    """Once all follow-ups have their issues; a changed postmortem is looked at anew."""
    office, merged = _office(), dict(_merged())
    read: list[int] = []

    class Counted(Look):
        def get(self, number: int) -> History | None:
            read.append(number)
            return super().get(number)

    for title in ("Limit retries", "Alert on the length of the queue"):
        link = {"relation": "follow_up", "url": "https://github.com/example/tocsin/issues/9", "title": title}
        office.take(command("link", received=30, by="tocsin", **link))
    due = PostmortemsDue(lambda: merged, lambda number: "")
    for _ in range(3):
        assert not list(due(Counted(Shelf(office)), MINI, at(40)))
    assert read == [1]
    merged |= _merged(WHOLE.replace(b"Limit retries", b"Limit them"))
    assert len(list(due(Counted(Shelf(office)), MINI, at(40)))) == 1


def test_a_title_decides_which_follow_up_it_is() -> None:
    """Another owner or day does not open it again; another title does."""
    first = {one.key for one in _due(_office(), 1, _merged())}
    moved = {one.key for one in _due(_office(), 1, _merged(WHOLE.replace(b"2026-02-10", b"2026-03-01")))}
    other = {one.key for one in _due(_office(), 1, _merged(WHOLE.replace(b"Limit retries", b"Limit them")))}
    assert first == moved
    assert len(first & other) == 1


def test_an_incident_that_opens_again_is_reminded_of_anew() -> None:
    """The time counts from its new end."""
    office = _office()
    before = _due(office, 30)
    office.take(command("reopen", received=20), command("resolve", received=30))
    assert not _due(office, 24.1)
    after = _due(office, 24.1 + timedelta(minutes=30) / timedelta(hours=1))
    assert {one.key for one in before}.isdisjoint({one.key for one in after})
    assert after
