"""What the figures of incidents are measured against, where the policy says nothing of its own."""

from typing import Final

from alerting.model.severity import SeverityPolicy

DETECT_S: Final = 120.0
"""Seconds from when the trouble began to the first page."""
ACKNOWLEDGE_S: Final = 300.0
"""Seconds from the first page to the acknowledgment, for priorities without a time of their own."""
URGENT: Final = ("P0", "P1")
"""The priorities whose acknowledgment is measured against a target."""
RESOLVE_SHARE: Final = 0.7
"""Share of the stored baseline that the time to resolve must stay below: 30 % less."""
FALSE_PAGES_A_WEEK: Final = 5.0
"""Fewer than so many pages with the verdict noise."""
POSTMORTEMS: Final = 1.0
"""Share of the postmortems due that are complete in time."""
REMEDIATIONS: Final = 0.8
"""Share of remediations that must have worked."""


def acknowledge_s(severity: SeverityPolicy) -> float:
    """Seconds within which urgent incidents are acknowledged: the tightest that the policy asks for."""
    asked = [
        meaning.acknowledge_within.seconds
        for priority, meaning in severity.priorities.items()
        if priority in URGENT and meaning.acknowledge_within is not None
    ]
    return min(asked, default=ACKNOWLEDGE_S)
