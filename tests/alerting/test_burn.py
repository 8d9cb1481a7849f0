"""Windows scale with the period, and with the timescale of a rehearsal."""

from typing import Any

import pytest

from alerting import burn
from alerting.model.quantities import Duration
from alerting.model.service import Service, Slo
from alerting.model.windows import BurnWindows
from alerting.timescale import DRILL, REAL, Timescale

WINDOWS = BurnWindows.model_validate(
    {
        "source": "https://sre.google/workbook/alerting-on-slos/",
        "period": "30d",
        "pairs": [
            {"severity": "page", "long": "1h", "short": "5m", "factor": 14.4},
            {"severity": "page", "long": "6h", "short": "30m", "factor": 6},
            {"severity": "ticket", "long": "1d", "short": "2h", "factor": 3},
            {"severity": "ticket", "long": "3d", "short": "6h", "factor": 1},
        ],
    }
)


def slo(**more: Any) -> Slo:
    """An SLO of events."""
    sli = {"bad": "errors_total", "total": "requests_total"}
    return Slo.model_validate({"name": "availability", "objective": "99.9%", "traffic": "20/s", "sli": sli} | more)


def service(**more: Any) -> Service:
    """A service."""
    return Service.model_validate({"service": "web", "owner": "shop", "tier": 1} | more)


def lengths(window: Any, scale: Timescale = REAL, **more: Any) -> list[tuple[str, str]]:
    """Long and short windows of an SLO's pairs, on the timescale."""
    pairs = burn.burn_pairs(slo(window=window), service(**more), WINDOWS, scale)
    return [(str(pair.long.length), str(pair.short.length)) for pair in pairs]


def test_thirty_days_have_the_windows_of_the_workbook() -> None:
    """The file's own period takes its windows as they are."""
    assert lengths("30d") == [("1h", "5m"), ("6h", "30m"), ("1d", "2h"), ("3d", "6h")]


def test_a_week_shrinks_the_windows_but_never_below_two_bases() -> None:
    """7/30 of the windows; the shortest would be 70 s, but a rate needs two minutes."""
    assert lengths("7d") == [("14m", "2m"), ("1h24m", "7m"), ("5h36m", "28m"), ("16h48m", "1h24m")]


@pytest.mark.parametrize(("calendar", "longest"), [("week", "16h48m"), ("month", "3d"), ("quarter", "9d")])
def test_calendar_periods_count_as_their_nominal_lengths(calendar: str, longest: str) -> None:
    """Windows must not change in the middle of a period, so months are 30 days long for them."""
    assert lengths({"calendar": calendar})[-1][0] == longest


def test_rare_scrapes_lengthen_short_windows() -> None:
    """Scrapes every minute make a base of four, and no window is shorter than two of those."""
    assert lengths("30d", scrape_interval="1m")[0] == ("1h", "8m")


def test_a_rehearsal_has_short_windows_under_real_names() -> None:
    """A sixtieth, with floors; recorded names carry the real lengths."""
    first = burn.burn_pairs(slo(), service(), WINDOWS, DRILL)[0]
    assert (str(first.long.length), str(first.short.length)) == ("1m", "8s")
    assert (first.long.name, first.short.name) == ("1h", "5m")
    assert [str(DRILL.base(Duration(15_000))), str(DRILL.evaluation(Duration(15_000)))] == ["4s", "1s"]


def test_a_timescale_never_stretches() -> None:
    """Factors below one are refused."""
    with pytest.raises(ValueError, match=r"^a timescale shrinks windows by a whole factor of at least 1, got 0$"):
        Timescale(factor=0)


def test_zero_stays_zero_in_a_rehearsal() -> None:
    """An alert that does not wait does not wait in a rehearsal either; short waits have a floor."""
    assert DRILL.window(Duration(0)) == Duration(0)
    assert DRILL.window(Duration(10_000)) == Duration(1_000)


def test_every_pair_asks_for_more_failures_than_chance_gives() -> None:
    """The guard follows from budget, traffic and window."""
    assert [pair.failures for pair in burn.burn_pairs(slo(), service(), WINDOWS)] == [23, 69, 204, 530]
    assert [pair.failures for pair in burn.burn_pairs(slo(traffic="1/m"), service(), WINDOWS)] == [3, 3, 4, 5]


def test_a_probe_is_one_event_a_scrape() -> None:
    """Nobody needs to state the traffic of a probe."""
    probe = slo(sli={"probe": "up"}, traffic=None)
    assert burn.traffic(probe, Duration(15_000)) == pytest.approx(1 / 15)
    assert burn.traffic(slo(traffic=None), Duration(15_000)) is None
    assert burn.burn_pairs(probe, service(), WINDOWS)[0].failures == 3


def test_only_windows_of_half_a_day_and_more_use_the_coarse_record() -> None:
    """What the coarse record lags is a small part of them."""
    pairs = burn.burn_pairs(slo(), service(), WINDOWS)
    assert [(pair.long.coarse, pair.short.coarse) for pair in pairs] == [
        (False, False),
        (False, False),
        (True, False),
        (True, False),
    ]
