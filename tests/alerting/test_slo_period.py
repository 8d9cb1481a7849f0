"""The figures of a whole period are true: thirty days of uneven traffic, and months that begin at local midnight."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.model.service import CalendarWindow, Service, Slo
from alerting.policy import load
from alerting.promql import Expr
from alerting.rules import calendar
from alerting.rules.group import Rule, RuleGroup, rule_file
from alerting.rules.slo import slo_groups
from tests.alerting.prometheus_rules import run

POLICY: Policy = load(Path(__file__).parents[1] / "data" / "mini")
DAY = 86_400
RARELY = "10m"
"""How often the service is scraped: promtool evaluates no query of more than 10,000 samples."""


def service(scrape: str = RARELY, **more: Any) -> Service:
    """Checkout with one SLO."""
    slo = {
        "name": "availability",
        "objective": "99.9%",
        "traffic": "20/s",
        "sli": {"bad": "bad", "total": "all"},
    } | more
    return POLICY.services["checkout"].model_copy(
        update={"slos": (Slo.model_validate(slo),), "scrape_interval": Duration.parse(scrape)}
    )


def recorded(of: Service) -> dict[str, str]:
    """The expressions of an SLO's rules."""
    groups = slo_groups(POLICY, of, of.slos[0])
    return {rule.record: rule.expr for group in groups for rule in group.rules if rule.record}


def rules(of: Service, *names: str) -> dict[str, Any]:
    """Only these rules of an SLO, as a file: what the period's figures are made of, without what alerts."""
    found = [rule for group in slo_groups(POLICY, of, of.slos[0]) for rule in group.rules if rule.record in names]
    assert len(found) == len(names)
    return rule_file((RuleGroup(name="period", rules=tuple(found)),))


def day_and_night() -> Iterator[tuple[int, float, float]]:
    """Half days: scrapes, events between two, and which share is bad. Errors come at night, when few people come."""
    for day in range(30):
        yield 72, 60000.0 + 10000 * day, 0.0001
        yield 72, 2000.0, 0.02 if day % 3 == 0 else 0.0


def written(share: Callable[[float], float]) -> tuple[str, float]:
    """A counter in promtool's notation, and its last value."""
    parts, value = ["0"], 0
    for scrapes, events, bad in day_and_night():
        step = round(events * share(bad))
        parts.append(f"{value + step}+{step}x{scrapes - 1}")
        value += step * scrapes
    return " ".join(parts), value


def close_to(expr: str, truth: float, tolerance: float) -> str:
    """PromQL that gives a series exactly if the expression is within a share of the truth."""
    return f"abs(({expr}) - {truth!r}) < {abs(truth) * tolerance!r}"


def test_thirty_days_of_uneven_traffic_are_true_to_a_thousandth(part: Callable[[str], Path], tmp_path: Path) -> None:
    """Day has a hundred times the traffic of night or more; an average of ratios would be ten times the truth."""
    of = service()
    bad, total = written(lambda share: share), written(lambda _: 1.0)
    truth = bad[1] / total[1]
    ratio = recorded(of)["slo:error_ratio:30d"]
    averaged = (0.0001 + 0.02 / 3) / 2
    assert averaged > 10 * truth
    check = {
        "expr": f"vector(1) and on () ({close_to(ratio, truth, 0.001)})",
        "eval_time": "30d",
        "exp_samples": [{"labels": "{}", "value": 1}],
    }
    test = {
        "interval": RARELY,
        "input_series": [{"series": "bad", "values": bad[0]}, {"series": "all", "values": total[0]}],
        "promql_expr_test": [check],
    }
    names = (
        "slo:total_events:rate40m",
        "slo:bad_events:rate40m",
        "slo:total_events:rate3h20m",
        "slo:bad_events:rate3h20m",
    )
    assert run(part("promtool"), tmp_path, rules(of, *names), [test], interval=RARELY) == ""


ZONES = st.sampled_from(
    ["UTC", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "Asia/Tehran"]
)
INSTANTS = st.integers(1735776000, 2240438400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(ZONES, INSTANTS)
def test_the_changes_of_offset_are_those_of_the_zone(zone: str, at: datetime) -> None:
    """The sum of the changes so far is the offset, at any instant until 2041."""
    first, changes = calendar.offset_changes(zone)
    offset = first + sum(seconds for begins, seconds in changes if begins <= at.timestamp())
    assert timedelta(seconds=offset) == at.astimezone(ZoneInfo(zone)).utcoffset()


def truth_of(window: CalendarWindow, at: datetime) -> tuple[float, float]:
    """When the local period began, in seconds of the zone's clock, and how long it is."""
    local = at.astimezone(ZoneInfo(window.timezone)).replace(tzinfo=UTC, hour=0, minute=0, second=0, microsecond=0)
    if window.calendar == "week":
        begin = local - timedelta(days=local.weekday())
        return begin.timestamp(), 7 * DAY
    months = 1 if window.calendar == "month" else 3
    begin = local.replace(day=1, month=local.month - (local.month - 1) % months)
    after = begin.month - 1 + months
    end = begin.replace(year=begin.year + after // 12, month=after % 12 + 1)
    return begin.timestamp(), (end - begin).total_seconds()


@pytest.mark.parametrize("kind", ["week", "month", "quarter"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Lisbon", "America/New_York", "Asia/Kolkata"])
def test_periods_begin_at_local_midnight_and_have_their_true_length(
    kind: str, zone: str, part: Callable[[str], Path], tmp_path: Path
) -> None:
    """promtool's clock, which begins in 1970, stands in for `time()` at many instants of leap and other years."""
    window = CalendarWindow.model_validate({"calendar": kind, "timezone": zone})
    instants = [
        datetime(year, month, day, hour, 30, tzinfo=UTC)
        for year in (2026, 2028)
        for month, day in ((1, 1), (2, 29 if year == 2028 else 28), (3, 31), (4, 1), (7, 1), (10, 26), (12, 31))
        for hour in (3, 23)
    ]
    start = calendar.period_start(window).text
    checks = []
    for at in instants:
        begin, length = truth_of(window, at)
        now = f"{at.timestamp():.0f}"
        began = start.replace("time()", now)
        lasts = calendar.period_seconds(window, Expr(f"vector({begin:.0f})")).text
        checks.append({"expr": f"{began} == {begin:.0f}", "eval_time": "1m", "exp_samples": [one("{}", begin)]})
        checks.append({"expr": f"vector(1) * ({lasts})", "eval_time": "1m", "exp_samples": [one("{}", length)]})
    test = {"interval": "1m", "input_series": [{"series": "x", "values": "1x2"}], "promql_expr_test": checks}
    empty = rule_file((RuleGroup(name="none", rules=(Rule(record="a", expr="vector(1)"),)),))
    assert run(part("promtool"), tmp_path, empty, [test], interval="1m") == ""


def one(labels: str, value: float) -> dict[str, Any]:
    """A sample that is expected."""
    return {"labels": labels, "value": value}


def test_a_new_week_begins_with_a_whole_budget(part: Callable[[str], Path], tmp_path: Path) -> None:
    """Errors of last week are forgotten on Monday at local midnight; until then they weigh as much as they are.

    The coarse record of the first hour still holds some of Sunday (real ones are twelve times finer), and promtool
    evaluates it at every step, so that the running week looks over and that rest weighs seven times as much.
    """
    of = service("3m", window={"calendar": "week", "timezone": "UTC"}, objective="99%")
    names = (
        *("slo:total_events:rate12m", "slo:bad_events:rate12m", "slo:period_start:local_seconds", "slo:period:current"),
        *("slo:total_events:rate1h", "slo:bad_events:rate1h", "slo:error_ratio:week"),
        "slo:error_budget:remaining_ratio",
    )
    # 1970 began on a Thursday: Monday is at 4 days. Errors at 5 % until then, none afterwards.
    before, after = 4 * 480, 480
    bad = f"0+90x{before} {90 * before}x{after}"
    total = f"0+1800x{before + after}"
    labels = '{service="checkout",slo="availability",team="payments"}'

    def check(at: str, expr: str) -> dict[str, Any]:
        return {"expr": f"vector(1) and on () ({expr})", "eval_time": at, "exp_samples": [one("{}", 1)]}

    test = {
        "interval": "3m",
        "input_series": [{"series": "bad", "values": bad}, {"series": "all", "values": total}],
        "promql_expr_test": [
            check("3d23h", close_to(f"slo:error_ratio:week{labels}", 0.05, 0.005)),
            check("3d23h", f"slo:error_budget:remaining_ratio{labels} < 0"),
            check("5d", close_to(f"slo:error_ratio:week{labels} + 1", 1.0, 0.002)),
            check("5d", close_to(f"slo:error_budget:remaining_ratio{labels}", 1.0, 0.15)),
        ],
    }
    assert run(part("promtool"), tmp_path, rules(of, *names), [test], interval="3m") == ""
