"""How long series must be kept so that every window of an objective sees all of itself."""

from typing import Final

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.model.service import CalendarWindow

_DAY_MS: Final = 86_400_000
_LONGEST_DAYS: Final = {"week": 7, "month": 31, "quarter": 92}
MARGIN: Final = Duration(2 * _DAY_MS)
"""Blocks are cut every two hours and go as a whole; `avg_over_time` over less than its window does not say so."""


def longest_window(policy: Policy) -> Duration:
    """The longest window that any objective looks back over; a day if there is none."""
    windows = [slo.window for service in policy.services.values() for slo in service.slos]
    return max((_length(window) for window in windows), default=Duration(_DAY_MS))


def least_retention(policy: Policy) -> Duration:
    """What a Prometheus that evaluates the objectives must keep at least."""
    return Duration(longest_window(policy).ms + MARGIN.ms)


def _length(window: Duration | CalendarWindow) -> Duration:
    return window if isinstance(window, Duration) else Duration(_LONGEST_DAYS[window.calendar] * _DAY_MS)
