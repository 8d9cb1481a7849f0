"""Whether an action may run: every guard rail by its words, and what holds for all of them whatever was tried."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.guards.attempted import Attempted, aim
from bots.guards.freeze import Freeze
from bots.guards.limits import Limits
from bots.guards.rails import ALLOWED, Stopped, Surroundings, Wanted, may_run
from tests.bots.office import TEN, at

SHOP = aim({"namespace": "shop", "deployment": "checkout"})
CART = aim({"namespace": "shop", "deployment": "cart"})
WANTED = Wanted(
    incident=7,
    service="checkout",
    alert="CheckoutAvailabilityBurn",
    severity="page",
    action="restart_deployment",
    target=SHOP,
)
BY_ITSELF = replace(WANTED, automatic=True)
LIMITS = Limits(quiet_after={("checkout", "CheckoutAvailabilityBurn", "page"): timedelta(hours=6)})


def tried(minutes: float, outcome: str = "failed", **other: Any) -> Attempted:
    """An attempt in another incident, so many minutes after ten."""
    found: dict[str, Any] = {
        "incident": 6,
        "attempt": 1,
        "action": "restart_deployment",
        "target": SHOP,
        "requested_at": at(minutes),
        "outcome": outcome,
    }
    return Attempted(**found | other)


def said(wanted: Wanted, *attempts: Attempted, now: float = 60, limits: Limits = LIMITS, **around: Any) -> str:
    """What stops it, as `rail: reason`; empty if nothing does."""
    verdict = may_run(wanted, Surroundings(attempts=attempts, **around), limits, at(now))
    return f"{verdict.rail}: {verdict.reason}" if isinstance(verdict, Stopped) else ""


def test_where_nothing_was_tried_anything_may_run() -> None:
    """By itself or not."""
    assert said(WANTED) == said(BY_ITSELF) == said(replace(WANTED, dry_run=True)) == ""


def test_the_switch_of_the_night_stops_everything() -> None:
    """Dry runs and what only looks too; it names who, why, and the way out; it ends when it was said to."""
    frozen = Freeze(reason="database move", by="lea", at=TEN, until=at(90))
    expected = (
        "frozen: remediation is frozen since 2026-01-05T10:00:00Z until 2026-01-05T11:30:00Z by lea: database move; "
        "`tocsin remediation unfreeze` lifts it"
    )
    looks = replace(WANTED, action="run_diagnostics")
    for wanted in (WANTED, BY_ITSELF, looks, replace(WANTED, dry_run=True)):
        assert said(wanted, frozen=frozen) == expected
    assert said(WANTED, frozen=frozen, now=90) == ""


def test_the_switch_in_the_file_stops_everything() -> None:
    """It says which file."""
    limits = replace(LIMITS, frozen=Freeze(reason="sale of the year"))
    expected = "frozen: remediation is frozen in policies/remediation.yaml: sale of the year"
    assert said(WANTED, limits=limits) == expected


def test_one_attempt_of_an_incident_at_a_time() -> None:
    """Of the same action; also while it waits for approval."""
    assert said(WANTED, tried(50, "", incident=7)) == (
        "unfinished: INC-7 has an attempt at restart_deployment that has not ended yet"
    )
    assert said(WANTED, tried(50, "", incident=7, action="clear_cache", target=CART)) == ""


def test_three_attempts_an_incident() -> None:
    """However far apart; what was refused, rejected or dry does not count."""
    three = [tried(minutes, incident=7, attempt=minutes) for minutes in (-400, -200, -100)]
    assert said(WANTED, *three) == (
        "per_incident: INC-7 has had 3 attempts at restart_deployment, the most that are made; a person has to look"
    )
    assert said(WANTED, *three[1:]) == ""
    for harmless in (replace(three[0], outcome="refused"), replace(three[0], outcome="rejected")):
        assert said(WANTED, harmless, *three[1:]) == ""
    assert said(WANTED, replace(three[0], dry_run=True), *three[1:]) == ""


def test_three_attempts_an_hour_on_one_target() -> None:
    """Whatever the incident and the action; it says when there is room again."""
    three = [
        tried(10, incident=4),
        tried(20, incident=5, action="scale_deployment"),
        tried(30, incident=6, outcome="verified", judged_at=at(45)),
    ]
    assert said(WANTED, *three, now=60) == (
        "per_target: namespace shop, deployment checkout has had 3 attempts within an hour, the most that are made; "
        "it may be tried again at 2026-01-05T11:10:00Z, or a person has to look"
    )
    assert said(WANTED, *three, now=70) == ""
    assert said(replace(WANTED, target=CART), *three) == ""


def test_so_many_attempts_an_hour_in_all() -> None:
    """A machine that restarts everything is a fault of its own."""
    many = [tried(minute, incident=minute, target=f"namespace shop, deployment d{minute}") for minute in range(1, 13)]
    assert said(WANTED, *many, now=30) == (
        "per_hour: there have been 12 attempts within an hour, the most that are made; "
        "it may be tried again at 2026-01-05T11:01:00Z, or a person has to look"
    )
    assert said(replace(WANTED, action="run_diagnostics"), *many, now=30) == ""


def test_nothing_runs_by_itself_when_much_is_ill() -> None:
    """Its own target counts, once; a person may go on."""
    others = frozenset({CART, "namespace shop, deployment a", "namespace shop, deployment b"})
    expected = (
        "too_many_ill: 4 targets are ill at once, more than 3: the cause is somewhere else, and nothing runs by "
        "itself; a person has to look"
    )
    assert said(BY_ITSELF, ill=others) == said(BY_ITSELF, ill=others | {SHOP}) == expected
    assert said(BY_ITSELF, ill=frozenset({CART, SHOP})) == ""
    assert said(WANTED, ill=others) == said(replace(BY_ITSELF, action="run_diagnostics"), ill=others) == ""


@pytest.mark.parametrize(
    ("outcome", "doing"),
    [("", "has not ended yet"), ("ran", "has run, and whether it helped is not known yet")],
)
def test_what_is_not_judged_is_waited_for(outcome: str, doing: str) -> None:
    """By what runs by itself: the first restart may be about to help."""
    other = tried(55, outcome, attempt=2)
    expected = f"unjudged: attempt 2 of INC-6 on namespace shop, deployment checkout {doing}"
    assert said(BY_ITSELF, other) == expected
    assert said(WANTED, other) == ""


def test_quiet_after_success_outlasts_the_alert_s_own_window() -> None:
    """An alert that looks back six hours must not restart what was put right four hours ago."""
    helped = tried(0, "verified", judged_at=at(20))
    expected = (
        "quiet: attempt 1 of INC-6 on namespace shop, deployment checkout has helped, and nothing runs by itself there "
        "until 2026-01-05T16:20:00Z; a person has to look"
    )
    assert said(BY_ITSELF, helped, now=379) == expected
    assert said(BY_ITSELF, helped, now=380) == ""
    assert said(WANTED, helped, now=200) == ""
    other_alert = replace(BY_ITSELF, alert="HighErrorRate")
    assert said(other_alert, helped, now=49).startswith("quiet: ")
    assert said(other_alert, helped, now=50) == ""
    assert said(BY_ITSELF, tried(0, "not_verified", judged_at=at(20)), now=200) == ""


def test_what_waited_for_approval_counts_from_its_start() -> None:
    """Not from when it was asked for, long before."""
    late = [tried(0, started_at=at(29), incident=number) for number in (1, 2, 3)]
    assert said(WANTED, *late, now=61) == (
        f"per_target: {SHOP} has had 3 attempts within an hour, the most that are made; "
        "it may be tried again at 2026-01-05T11:29:00Z, or a person has to look"
    )
    assert said(WANTED, *late, now=89) == ""


OUTCOMES = st.sampled_from(
    ["", "ran", "verified", "not_verified", "failed", "timed_out", "refused", "rejected", "dry_run"]
)
MINUTES = st.integers(-600, 60)
ATTEMPTS = st.builds(
    lambda minutes, started, judged, **rest: Attempted(
        requested_at=at(minutes), started_at=started, judged_at=judged, **rest
    ),
    minutes=MINUTES,
    started=st.none() | MINUTES.map(at),
    judged=st.none() | MINUTES.map(at),
    incident=st.integers(1, 9),
    attempt=st.integers(1, 4),
    action=st.sampled_from(["restart_deployment", "scale_deployment", "run_diagnostics", "clear_cache"]),
    target=st.sampled_from([SHOP, CART]),
    outcome=OUTCOMES,
    automatic=st.booleans(),
    dry_run=st.booleans(),
)
AROUND = st.builds(
    Surroundings,
    attempts=st.lists(ATTEMPTS, max_size=20).map(tuple),
    ill=st.frozensets(st.sampled_from([SHOP, CART, "a", "b", "c"])),
    frozen=st.none() | st.builds(Freeze, reason=st.just("why"), by=st.just("lea"), until=st.none() | MINUTES.map(at)),
)
WANTS = st.builds(
    replace,
    st.just(WANTED),
    action=st.sampled_from(["restart_deployment", "run_diagnostics"]),
    automatic=st.booleans(),
    dry_run=st.booleans(),
    attempt=st.none() | st.integers(1, 4),
)
SMALL = st.builds(
    replace,
    st.just(LIMITS),
    per_incident=st.integers(1, 4),
    per_target=st.integers(1, 4),
    per_hour=st.integers(1, 8),
    most_ill=st.integers(1, 4),
)


@given(WANTS, AROUND, SMALL)
def test_what_may_run_by_itself_a_person_may_run(wanted: Wanted, around: Surroundings, limits: Limits) -> None:
    """Asking oneself never gets further than asking a person."""
    if may_run(replace(wanted, automatic=True), around, limits, at(60)) == ALLOWED:
        assert may_run(replace(wanted, automatic=False), around, limits, at(60)) == ALLOWED


@given(WANTS, AROUND, SMALL, ATTEMPTS)
def test_one_attempt_more_never_allows_what_was_stopped(
    wanted: Wanted, around: Surroundings, limits: Limits, more: Attempted
) -> None:
    """Nobody gets round a guard rail by trying."""
    if may_run(wanted, around, limits, at(60)) != ALLOWED:
        after = replace(around, attempts=(*around.attempts, more))
        assert may_run(wanted, after, limits, at(60)) != ALLOWED


@given(WANTS, AROUND, SMALL, st.randoms(use_true_random=False))
def test_the_order_of_what_was_tried_does_not_matter(
    wanted: Wanted, around: Surroundings, limits: Limits, chance: Any
) -> None:
    """Whether it may run, not which of several guard rails says no."""
    shuffled = list(around.attempts)
    chance.shuffle(shuffled)
    before = may_run(wanted, around, limits, at(60)) == ALLOWED
    assert (may_run(wanted, replace(around, attempts=tuple(shuffled)), limits, at(60)) == ALLOWED) == before


@given(WANTS, AROUND, SMALL)
def test_never_more_than_the_limits(wanted: Wanted, around: Surroundings, limits: Limits) -> None:
    """What may change something has room left in every limit, and nobody has frozen it."""
    wanted = replace(wanted, action="restart_deployment", dry_run=False)
    if may_run(wanted, around, limits, at(60)) != ALLOWED:
        return
    assert around.frozen is None or not around.frozen.holds(at(60))
    others = [one for one in around.attempts if (one.incident, one.attempt) != (7, wanted.attempt)]
    lately = [one for one in others if one.counts and at(60) - one.at < limits.hour]
    assert len(lately) < limits.per_hour
    assert sum(one.target == wanted.target for one in lately) < limits.per_target


@given(WANTS, AROUND, SMALL)
def test_time_alone_lifts_every_limit_of_an_hour(wanted: Wanted, around: Surroundings, limits: Limits) -> None:
    """An hour after the last attempt neither of both stands in the way."""
    verdict = may_run(wanted, around, limits, at(60) + limits.hour)
    assert not (isinstance(verdict, Stopped) and verdict.rail in ("per_target", "per_hour"))
