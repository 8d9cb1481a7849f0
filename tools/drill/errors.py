"""What can go wrong in a drill, by who must act.

TocsinError
└── DrillError            whoever runs the drill; the message names the way out
    ├── StepFailed        a step of the outage did not happen in time
    ├── StepBroken        a step of the outage could not go on
    └── ProcessFailed     a program did not start or ended early; carries the end of its log
"""

from alerting.errors import TocsinError


class DrillError(TocsinError):
    """The drill cannot go on."""


class StepFailed(DrillError):
    """A step did not happen; `step` is its name, `waited_s` how long it was waited for."""

    def __init__(self, step: str, waited_s: float, seen: str) -> None:
        """Says what was waited for and what was seen instead."""
        self.step, self.waited_s, self.seen = step, waited_s, seen
        super().__init__(f"step `{step}` did not happen within {waited_s:.0f} s; last seen: {seen}")


class StepBroken(DrillError):
    """A step could not go on; `step` is its name."""

    def __init__(self, step: str, why: str) -> None:
        """Says what stood in the way."""
        self.step = step
        super().__init__(f"step `{step}` did not happen: {why}")


class ProcessFailed(DrillError):
    """A program of the drill is not running; `log_end` holds its last lines."""

    def __init__(self, name: str, why: str, log_end: str) -> None:
        """Names the program and shows the end of its log."""
        self.name, self.log_end = name, log_end
        super().__init__(f"{name}: {why}; its log ends with:\n{log_end or '(nothing)'}")
