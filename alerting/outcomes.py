"""How attempts at a remediation end, and whether that counts: the one place that judges an outcome."""

from typing import Final

from alerting.actions import ACTIONS

WORKED: Final = ("verified", "succeeded")
"""The SLI came back into its objective; old records, and services without an objective, know only that it ran well."""
FAILED: Final = ("not_verified", "failed", "timed_out")
"""It was carried out and did not help, or did not end."""
LOOKING: Final = tuple(sorted(name for name, action in ACTIONS.items() if not action.changes))
"""Actions that only look; they mend nothing, so they neither work nor fail."""


def worked(action: str, outcome: str) -> bool | None:
    """Whether an attempt worked; None for one that does not count: it runs, is not judged yet, was refused,
    was a dry run, only looks."""
    if action in LOOKING:
        return None
    if outcome in WORKED:
        return True
    return False if outcome in FAILED else None
