"""Random schedules around changes of the clocks, against a walk minute by minute."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.model.team import Team
from alerting.model.wallclock import WEEKDAYS
from alerting.oncall import Gap, clip, gaps, on_call, shifts
from tests.alerting.minute_walker import MINUTE, PlainLayer, walk

PEOPLE = ("ana", "ben", "chi", "dee")
CHANGES = (
    ("Europe/Lisbon", date(2026, 3, 29)),
    ("Europe/Lisbon", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Santiago", date(2026, 9, 6)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Antarctica/Troll", date(2026, 3, 29)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Kathmandu", date(2026, 6, 1)),
    ("UTC", date(2026, 1, 1)),
)


@dataclass(frozen=True)
class Example:
    """A team, the same team in plain values, and a time to look at."""

    team: Team
    layers: dict[str, PlainLayer]
    zone: ZoneInfo
    start: datetime
    end: datetime


def clock(minutes: int) -> str:
    """Minutes after midnight as a file writes them."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def hours(draw: st.DrawFn) -> tuple[str, list[tuple[frozenset[int], timedelta, timedelta]]]:
    """Times of duty: as text, and as days with begin and end."""
    texts, plain = [], []
    for _ in range(draw(st.integers(1, 3))):
        first, length = draw(st.integers(0, 6)), draw(st.integers(1, 7))
        begin, end = draw(st.lists(st.integers(0, 95), min_size=2, max_size=2, unique=True))
        days = frozenset((first + n) % 7 for n in range(length))
        last = WEEKDAYS[(first + length - 1) % 7][:3]
        texts.append(f"{WEEKDAYS[first][:3]}-{last} {clock(begin * 15)}-{clock(end * 15)}")
        until = end * 15 if end > begin else end * 15 + 24 * 60
        plain.append((days, timedelta(minutes=begin * 15), timedelta(minutes=until)))
    return ", ".join(texts), plain


@st.composite
def overrides(draw: st.DrawFn, change: date) -> list[tuple[str, datetime, datetime]]:
    """Overrides near the change, on the wall clock or with an offset."""
    found = []
    for _ in range(draw(st.integers(0, 3))):
        begin = datetime.combine(change, time()) + timedelta(minutes=draw(st.integers(-3000, 3000)))
        end = begin + timedelta(minutes=draw(st.integers(1, 3000)))
        if draw(st.booleans()):
            begin, end = begin.replace(tzinfo=UTC), end.replace(tzinfo=UTC)
        found.append((draw(st.sampled_from(PEOPLE)), begin, end))
    return found


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """A team of one to three layers near a change of the clocks."""
    zone, change = draw(st.sampled_from(CHANGES))
    files, plain, overridden = [], {}, []
    for name in ("primary", "secondary", "office")[: draw(st.integers(1, 3))]:
        handoff = draw(st.integers(0, 287)) * 5
        every = draw(
            st.one_of(
                st.sampled_from((1, 2, 7, 14)).map(lambda days: timedelta(days=days)),
                st.integers(60, 3000).map(lambda minutes: timedelta(minutes=minutes)),
            )
        )
        start = change + timedelta(days=draw(st.integers(-8, 1)))
        order = tuple(draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4)))
        written, duty = draw(st.one_of(st.just((None, None)), hours()))
        exceptions = draw(overrides(change))
        files.append(
            {
                "name": name,
                "every": f"{every // MINUTE}m",
                "handoff": clock(handoff),
                "start": str(start),
                "order": order,
            }
            | ({"hours": written} if written else {})
        )
        overridden += [
            {"layer": name, "who": who, "from": begin.isoformat(), "to": end.isoformat()}
            for who, begin, end in exceptions
        ]
        plain[name] = PlainLayer(
            start=start,
            handoff=timedelta(minutes=handoff),
            every=every,
            order=order,
            hours=None if duty is None else tuple(duty),
            overrides=tuple(exceptions),
        )
    team = Team.model_validate(
        {
            "team": "payments",
            "slack": "#payments",
            "members": [{"name": name, "email": f"{name}@example.com", "timezone": zone} for name in PEOPLE],
            "on_call": {"timezone": zone, "layers": files, "overrides": overridden},
        }
    )
    begin = datetime.combine(change, time(), UTC) + timedelta(minutes=draw(st.integers(-2880, 1440)))
    end = begin + timedelta(minutes=draw(st.integers(1, 2880)))
    return Example(team=team, layers=plain, zone=ZoneInfo(zone), start=begin, end=end)


@settings(max_examples=120, deadline=None)
@given(examples())
def test_every_minute_has_the_person_whom_a_walk_finds(example: Example) -> None:
    """Each layer has exactly one person in every minute of its hours and nobody outside, as the walk finds."""
    for name, layer in example.layers.items():
        expected = walk(layer, example.zone, example.start, example.end)
        found: list[str | None] = [None] * len(expected)
        for shift in clip(shifts(example.team, name, example.start, example.end), example.start, example.end):
            assert shift.start.second == shift.end.second == 0
            for minute in range((shift.start - example.start) // MINUTE, (shift.end - example.start) // MINUTE):
                assert found[minute] is None, "two people have the same minute"
                found[minute] = shift.who
        assert found == expected


@settings(max_examples=60, deadline=None)
@given(examples(), st.data())
def test_on_call_agrees_with_the_shifts_of_any_range(example: Example, data: st.DataObject) -> None:
    """Whoever has the shift around an instant is on call then, however wide a range the shifts were asked for."""
    at = example.start + (example.end - example.start) * data.draw(st.floats(0, 0.999))
    around = shifts(example.team, None, example.start - timedelta(days=20), example.end + timedelta(days=20))
    expected = dict.fromkeys(example.layers) | {s.layer: s.who for s in around if s.start <= at < s.end}
    assert on_call(example.team, at) == expected


@settings(max_examples=60, deadline=None)
@given(examples())
def test_shifts_of_a_range_are_those_of_its_parts(example: Example) -> None:
    """Asking for two halves gives the same whole shifts as asking for both at once."""
    middle = example.start + (example.end - example.start) / 2
    halves = {*shifts(example.team, None, example.start, middle), *shifts(example.team, None, middle, example.end)}
    assert halves == set(shifts(example.team, None, example.start, example.end))


@settings(max_examples=60, deadline=None)
@given(examples())
def test_gaps_are_the_minutes_that_no_layer_has(example: Example) -> None:
    """The gaps hold exactly the minutes in which the walk finds nobody in any layer."""
    walks = [walk(layer, example.zone, example.start, example.end) for layer in example.layers.values()]
    expected = {n for n, people in enumerate(zip(*walks, strict=True)) if not any(people)}
    found: set[int] = set()
    last: Gap | None = None
    for gap in gaps(example.team, example.start, example.end):
        assert last is None or last.end < gap.start, "gaps are in order and never touch"
        found.update(range((gap.start - example.start) // MINUTE, (gap.end - example.start) // MINUTE))
        last = gap
    assert found == expected


@settings(max_examples=100, deadline=None)
@given(
    zone=st.sampled_from(sorted({zone for zone, _ in CHANGES})),
    year=st.integers(2010, 2040),
    minutes=st.integers(0, 24 * 60 - 1),
    days=st.sampled_from((1, 2, 7, 14)),
)
def test_handoffs_keep_their_local_time_all_year(zone: str, year: int, minutes: int, days: int) -> None:
    """Every handoff of a year is at the written wall-clock time; one that is skipped is at the change of the clocks."""
    layer = {"name": "primary", "every": f"{days}d", "handoff": clock(minutes), "start": f"{year}-01-03"}
    team = Team.model_validate(
        {
            "team": "payments",
            "slack": "#payments",
            "members": [{"name": "ana", "email": "ana@example.com", "timezone": zone}],
            "on_call": {"timezone": zone, "layers": [layer | {"order": ["ana"]}]},
        }
    )
    start = datetime(year, 1, 5, tzinfo=UTC)
    for shift in shifts(team, None, start, start + timedelta(days=365)):
        local = shift.start.astimezone(ZoneInfo(zone))
        if (local.hour, local.minute) != divmod(minutes, 60):
            before = (shift.start - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
            assert before.utcoffset() != local.utcoffset(), "only a change of the clocks moves a handoff"
            assert local.time() > time(*divmod(minutes, 60)) or local.date() > before.date() + timedelta(days=1)
