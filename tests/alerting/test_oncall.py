"""Who is on call: examples that people can check with a calendar."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerting.model.quantities import Duration
from alerting.model.team import Team
from alerting.oncall import (
    Gap,
    Notified,
    Shift,
    clip,
    gaps,
    idle_overrides,
    notified,
    on_call,
    overlapping_overrides,
    shifts,
    unreached,
)

WEEKLY = {"name": "primary", "every": "1w", "handoff": "monday 09:00", "start": "2026-01-05", "order": ["ana", "ben"]}
OFFICE = {
    "name": "office",
    "every": "1d",
    "handoff": "09:00",
    "start": "2026-01-05",
    "order": ["chi"],
    "hours": "mon-fri 09:00-17:00",
}


def team(*layers: dict[str, Any], timezone: str = "Europe/Lisbon", **more: Any) -> Team:
    """A team of ana, ben and chi with these layers."""
    people = [{"name": name, "email": f"{name}@example.com", "timezone": timezone} for name in ("ana", "ben", "chi")]
    on_call = {"timezone": timezone, "layers": layers, "overrides": more.pop("overrides", ())}
    return Team.model_validate({"team": "shop", "slack": "#shop", "members": people, "on_call": on_call, **more})


def layer(**changed: Any) -> dict[str, Any]:
    """The weekly layer with some values changed."""
    return WEEKLY | changed


def utc(text: str) -> datetime:
    """`2026-01-05 09:00` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def starts(of: Team, begin: str, end: str) -> list[tuple[str, str]]:
    """When shifts begin (in UTC), and whose they are."""
    return [(f"{shift.start:%m-%d %H:%M}", shift.who) for shift in shifts(of, None, utc(begin), utc(end))]


def test_people_take_turns_in_the_order_of_the_file() -> None:
    """After the last in the order comes the first again, each for one turn."""
    assert starts(team(WEEKLY), "2026-01-05 09:00", "2026-01-26 09:00") == [
        ("01-05 09:00", "ana"),
        ("01-12 09:00", "ben"),
        ("01-19 09:00", "ana"),
    ]


def test_the_next_person_has_the_very_instant_of_the_handoff() -> None:
    """Until the microsecond before nine it is ana; from nine on it is ben."""
    shop = team(WEEKLY)
    assert on_call(shop, utc("2026-01-12 09:00") - timedelta.resolution) == {"primary": "ana"}
    assert on_call(shop, utc("2026-01-12 09:00")) == {"primary": "ben"}


def test_nobody_is_on_call_before_the_first_handoff() -> None:
    """A layer has nobody until the handoff on its first day, and the time before is a gap."""
    shop = team(WEEKLY)
    assert on_call(shop, utc("2026-01-05 08:59")) == {"primary": None}
    assert gaps(shop, utc("2026-01-05 00:00"), utc("2026-02-01 00:00")) == (
        Gap(start=utc("2026-01-05 00:00"), end=utc("2026-01-05 09:00")),
    )


def test_handoffs_stay_at_nine_when_the_clocks_change() -> None:
    """Lisbon goes to summer time on 29 March: nine o'clock is 09:00 UTC before and 08:00 UTC after."""
    assert starts(team(WEEKLY), "2026-03-20 00:00", "2026-03-31 00:00") == [
        ("03-16 09:00", "ana"),
        ("03-23 09:00", "ben"),
        ("03-30 08:00", "ana"),
    ]


def test_turns_of_hours_are_elapsed_time() -> None:
    """Twelve hours stay twelve hours on the night of the change, so the local time of the handoffs moves."""
    half_days = team(layer(every="12h", handoff="08:00", start="2026-03-28"))
    assert starts(half_days, "2026-03-28 08:00", "2026-03-30 00:00") == [
        ("03-28 08:00", "ana"),
        ("03-28 20:00", "ben"),
        ("03-29 08:00", "ana"),
        ("03-29 20:00", "ben"),
    ]


def test_a_handoff_at_a_time_that_is_skipped_is_at_the_change() -> None:
    """New York has no 02:30 on 8 March 2026: the handoff is at 07:00 UTC, when its clocks jump from two to three."""
    shop = team(layer(every="1d", handoff="02:30", start="2026-03-07"), timezone="America/New_York")
    assert starts(shop, "2026-03-07 12:00", "2026-03-09 12:00") == [
        ("03-07 07:30", "ana"),
        ("03-08 07:00", "ben"),
        ("03-09 06:30", "ana"),
    ]


def test_a_handoff_at_a_time_that_comes_twice_is_at_the_first() -> None:
    """New York has 01:30 twice on 1 November 2026: the handoff is at 05:30 UTC, and not again at 06:30 UTC."""
    shop = team(layer(every="1d", handoff="01:30", start="2026-10-31"), timezone="America/New_York")
    assert starts(shop, "2026-10-31 12:00", "2026-11-02 12:00") == [
        ("10-31 05:30", "ana"),
        ("11-01 05:30", "ben"),
        ("11-02 06:30", "ana"),
    ]


def test_a_change_of_half_an_hour_is_half_an_hour() -> None:
    """Lord Howe Island moves its clocks by thirty minutes on 5 April 2026."""
    shop = team(layer(every="1d", handoff="09:00", start="2026-04-04"), timezone="Australia/Lord_Howe")
    assert starts(shop, "2026-04-04 00:00", "2026-04-05 12:00") == [("04-03 22:00", "ana"), ("04-04 22:30", "ben")]


def test_a_day_that_the_calendar_skips_takes_the_rest_of_its_turn_only() -> None:
    """Apia had no 30 December 2011: that day's turn begins at the change and ends at nine on the 31st."""
    shop = team(layer(every="1d", handoff="09:00", start="2011-12-28"), timezone="Pacific/Apia")
    assert starts(shop, "2011-12-29 19:00", "2011-12-31 00:00") == [
        ("12-29 19:00", "ben"),
        ("12-30 10:00", "ana"),
        ("12-30 19:00", "ben"),
    ]


def test_hours_leave_nights_and_weekends_free() -> None:
    """The office layer has chi from nine to five on working days and nobody else at any other time."""
    shop = team(OFFICE)
    assert on_call(shop, utc("2026-01-09 16:59")) == {"office": "chi"}
    assert on_call(shop, utc("2026-01-09 17:00")) == {"office": None}
    assert gaps(shop, utc("2026-01-09 12:00"), utc("2026-01-12 12:00")) == (
        Gap(start=utc("2026-01-09 17:00"), end=utc("2026-01-12 09:00")),
    )


def test_hours_over_midnight_belong_to_the_day_they_begin_on() -> None:
    """`fri 22:00-06:00` ends on Saturday morning."""
    shop = team(layer(hours="fri 22:00-06:00"))
    assert starts(shop, "2026-01-05 09:00", "2026-01-12 09:00") == [("01-09 22:00", "ana")]
    assert on_call(shop, utc("2026-01-10 05:59")) == {"primary": "ana"}
    assert on_call(shop, utc("2026-01-10 06:00")) == {"primary": None}


def test_hours_that_touch_are_one_shift() -> None:
    """Friday evening and the whole weekend run on without a break, but for the handoff on Monday."""
    shop = team(layer(hours="mon-fri 18:00-09:00, sat,sun 00:00-24:00, sat,sun 08:00-12:00"))
    found = shifts(shop, "primary", utc("2026-01-09 17:00"), utc("2026-01-12 12:00"))
    assert found == (Shift(layer="primary", who="ana", start=utc("2026-01-09 18:00"), end=utc("2026-01-12 00:00")),)


def test_hours_of_the_whole_week_leave_nothing_out() -> None:
    """Office hours and their complement together are as good as no hours."""
    both = team(
        layer(hours="mon-fri 09:00-17:00, mon-fri 17:00-09:00, sat 09:00-24:00, sun 00:00-24:00, mon 00:00-09:00")
    )
    year = utc("2026-01-05 09:00"), utc("2027-01-05 09:00")
    assert shifts(both, None, *year) == shifts(team(WEEKLY), None, *year)


def test_an_override_takes_the_layer_and_gives_it_back() -> None:
    """Ben has Christmas in the middle of ana's turn; his time is marked, the rest is as before."""
    swap = {"layer": "primary", "who": "ben", "from": "2026-12-24T09:00", "to": "2026-12-26T09:00"}
    found = shifts(team(WEEKLY, overrides=[swap]), None, utc("2026-12-21 09:00"), utc("2026-12-28 09:00"))
    assert found == (
        Shift(layer="primary", who="ana", start=utc("2026-12-21 09:00"), end=utc("2026-12-24 09:00")),
        Shift(layer="primary", who="ben", start=utc("2026-12-24 09:00"), end=utc("2026-12-26 09:00"), override=True),
        Shift(layer="primary", who="ana", start=utc("2026-12-26 09:00"), end=utc("2026-12-28 09:00")),
    )


def test_an_override_over_a_handoff_is_one_shift() -> None:
    """Whoever takes over for three weeks has one shift of three weeks."""
    swap = {"layer": "primary", "who": "chi", "from": "2026-01-08T12:00", "to": "2026-01-29T12:00"}
    assert starts(team(WEEKLY, overrides=[swap]), "2026-01-05 09:00", "2026-02-02 09:00") == [
        ("01-05 09:00", "ana"),
        ("01-08 12:00", "chi"),
        ("01-29 12:00", "ben"),
    ]


def test_of_two_overrides_the_later_in_the_file_wins() -> None:
    """Chi's two days cut a hole into ben's week."""
    week = {"layer": "primary", "who": "ben", "from": "2026-01-05T09:00", "to": "2026-01-12T09:00"}
    days = {"layer": "primary", "who": "chi", "from": "2026-01-07T09:00", "to": "2026-01-09T09:00"}
    shop = team(WEEKLY, overrides=[week, days])
    assert starts(shop, "2026-01-05 09:00", "2026-01-12 09:00") == [
        ("01-05 09:00", "ben"),
        ("01-07 09:00", "chi"),
        ("01-09 09:00", "ben"),
    ]
    assert overlapping_overrides(shop) == ((0, 1),)


def test_an_override_keeps_to_the_hours_of_its_layer() -> None:
    """Whoever takes the office layer for a week is not woken at night."""
    swap = {"layer": "office", "who": "ben", "from": "2026-01-05T00:00", "to": "2026-01-07T00:00"}
    shop = team(OFFICE, overrides=[swap])
    assert [(s.start, s.end, s.who) for s in shifts(shop, None, utc("2026-01-05 00:00"), utc("2026-01-08 00:00"))] == [
        (utc("2026-01-05 09:00"), utc("2026-01-05 17:00"), "ben"),
        (utc("2026-01-06 09:00"), utc("2026-01-06 17:00"), "ben"),
        (utc("2026-01-07 09:00"), utc("2026-01-07 17:00"), "chi"),
    ]


def test_an_override_with_an_offset_is_an_instant() -> None:
    """`+05:30` counts as written, whatever the team's own zone is."""
    swap = {"layer": "primary", "who": "chi", "from": "2026-07-01T12:00:00+05:30", "to": "2026-07-01T08:00:00Z"}
    found = [
        s for s in shifts(team(WEEKLY, overrides=[swap]), None, utc("2026-07-01"), utc("2026-07-02")) if s.override
    ]
    assert [(shift.start, shift.end) for shift in found] == [(utc("2026-07-01 06:30"), utc("2026-07-01 08:00"))]


def test_overrides_that_put_nobody_on_call_are_found() -> None:
    """One outside the hours, one before the layer's start, one that a later one hides, one that ends too early."""
    moments = [
        ("office", "2026-01-10T09:00", "2026-01-11T09:00"),
        ("office", "2026-01-01T09:00", "2026-01-05T09:00"),
        ("primary", "2026-01-06T09:00", "2026-01-07T09:00"),
        ("primary", "2026-01-06T09:00", "2026-01-07T09:00"),
        ("primary", "2026-01-08T09:00", "2026-01-08T09:00:00+02:00"),
        ("elsewhere", "2026-01-08T09:00", "2026-01-09T09:00"),
    ]
    swaps = [{"layer": of, "who": "ben", "from": begin, "to": end} for of, begin, end in moments]
    assert idle_overrides(team(WEEKLY, OFFICE, overrides=swaps)) == (0, 1, 2, 4)


def test_shifts_come_whole_and_can_be_cut() -> None:
    """A shift that began before the range keeps its own begin, unless it is clipped."""
    begin, end = utc("2026-01-14 00:00"), utc("2026-01-15 00:00")
    found = shifts(team(WEEKLY), "primary", begin, end)
    assert found == (Shift(layer="primary", who="ben", start=utc("2026-01-12 09:00"), end=utc("2026-01-19 09:00")),)
    assert clip(found, begin, end) == (Shift(layer="primary", who="ben", start=begin, end=end),)


def test_a_layer_that_is_not_there_is_an_error() -> None:
    """Asking for an unknown layer raises KeyError with its name."""
    with pytest.raises(KeyError, match="tertiary"):
        shifts(team(WEEKLY), "tertiary", utc("2026-01-05"), utc("2026-01-06"))


def test_a_team_without_layers_has_nobody_at_all() -> None:
    """No layers: nobody, no shifts, all of it a gap, and a page reaches nobody."""
    none = Team.model_validate(
        {"team": "x", "slack": "#x", "members": [{"name": "ana", "email": "a@example.com", "timezone": "UTC"}]}
    )
    begin, end = utc("2026-01-05"), utc("2026-01-06")
    assert on_call(none, begin) == {}
    assert shifts(none, None, begin, end) == ()
    assert gaps(none, begin, end) == (Gap(start=begin, end=end),)
    assert notified(none, begin) == ()
    assert overlapping_overrides(none) == ()
    assert idle_overrides(none) == ()


def test_a_gap_knows_its_minutes() -> None:
    """A gap's length is in whole minutes, and a part of a minute counts."""
    assert Gap(start=utc("2026-01-05 09:00"), end=utc("2026-01-05 10:30")).minutes == 90
    assert Gap(start=utc("2026-01-05 09:00"), end=utc("2026-01-05 10:30") + timedelta(seconds=1)).minutes == 91


def test_escalation_looks_each_step_up_at_its_own_time() -> None:
    """A page two minutes before the handoff reaches ana; three minutes later the same layer is ben's."""
    steps = [
        {"notify": {"layer": "primary"}, "wait": "3m"},
        {"notify": {"layer": "primary"}},
        {"notify": {"person": "chi"}},
    ]
    assert notified(team(WEEKLY, escalation=steps), utc("2026-01-12 08:58")) == (
        Notified(who="ana", layer="primary", after=Duration(0), wait=Duration(180_000)),
        Notified(who="ben", layer="primary", after=Duration(180_000), wait=Duration(300_000)),
        Notified(who="chi", layer=None, after=Duration(480_000), wait=None),
    )


def test_escalation_passes_a_layer_that_has_nobody_at_once() -> None:
    """At night the office is empty, and the page goes on without waiting."""
    steps = [{"notify": {"layer": "office"}, "wait": "15m"}, {"notify": {"layer": "primary"}}]
    assert notified(team(WEEKLY, OFFICE, escalation=steps), utc("2026-01-13 03:00")) == (
        Notified(who=None, layer="office", after=Duration(0), wait=Duration(0)),
        Notified(who="ben", layer="primary", after=Duration(0), wait=None),
    )


def test_escalation_defaults_to_the_layers_in_order() -> None:
    """A team that writes no escalation notifies its layers one after the other, five minutes apart."""
    assert notified(team(OFFICE, WEEKLY), utc("2026-01-13 12:00")) == (
        Notified(who="chi", layer="office", after=Duration(0), wait=Duration(300_000)),
        Notified(who="ben", layer="primary", after=Duration(300_000), wait=None),
    )


def test_minutes_that_the_escalation_cannot_reach_are_found() -> None:
    """Somebody is on call at night, but the escalation names only the office."""
    night = utc("2026-01-12 17:00"), utc("2026-01-13 09:00")
    only_office = team(WEEKLY, OFFICE, escalation=[{"notify": {"layer": "office"}}])
    assert gaps(only_office, *night) == ()
    assert unreached(only_office, *night) == (Gap(start=night[0], end=night[1]),)
    assert unreached(team(WEEKLY, OFFICE), *night) == ()
    assert unreached(team(OFFICE, escalation=[{"notify": {"person": "ana"}}]), *night) == ()


def test_a_year_of_five_teams_takes_less_than_a_tenth_of_a_second() -> None:
    """Coverage of 52 weeks for five teams with two layers each is quick enough for every check."""
    shop = team(WEEKLY, OFFICE)
    begin = utc("2026-01-05 09:00")

    def once() -> float:
        before = time.process_time()
        for _ in range(5):
            gaps(shop, begin, begin + timedelta(weeks=52))
        return time.process_time() - before

    assert min(once() for _ in range(5)) < 0.1
