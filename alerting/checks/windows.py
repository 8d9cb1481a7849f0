"""The pairs of burn-rate windows."""

from collections.abc import Iterator

from alerting.checks.given import Given
from alerting.model.quantities import Duration
from alerting.problem import Problem
from alerting.sources import WINDOWS


def pairs_are_ordered(given: Given) -> Iterator[Problem]:
    """In each pair 0 < short < long ≤ period."""
    windows = given.policy.windows
    for at, pair in enumerate(windows.pairs):
        if not Duration(0) < pair.short < pair.long:
            yield given.error(
                WINDOWS,
                "",
                ("pairs", at, "short"),
                f"got short {pair.short} and long {pair.long}",
                "expected a short window above 0 and below the long one",
                "a twelfth of the long one is usual",
            )
        elif pair.long > windows.period:
            yield given.error(
                WINDOWS,
                "",
                ("pairs", at, "long"),
                f"got {pair.long} for a period of {windows.period}",
                "expected a window within the period",
                "shorten it",
            )


def pairs_are_unique(given: Given) -> Iterator[Problem]:
    """No two pairs have the same windows and severity."""
    seen = set()
    for at, pair in enumerate(given.policy.windows.pairs):
        key = (pair.severity, pair.long, pair.short)
        if key in seen:
            yield given.error(
                WINDOWS,
                "",
                ("pairs", at),
                f"the {pair.severity} over {pair.long} and {pair.short} is here twice",
                "expected each pair once",
                "remove the one with the larger factor, which never fires first",
            )
        seen.add(key)


def some_pair_pages(given: Given) -> Iterator[Problem]:
    """At least one pair pages: else no outage that an SLO sees would wake anybody."""
    if all(pair.severity != "page" for pair in given.policy.windows.pairs):
        yield given.error(
            WINDOWS,
            "",
            ("pairs",),
            "no pair has severity page",
            "expected at least one",
            "add `{severity: page, long: 1h, short: 5m, factor: 14.4}`",
        )
