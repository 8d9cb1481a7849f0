"""What can go wrong in `alerting`, by who must act.

TocsinError
├── PolicyError       the author of the policy files: carries every problem
└── RoutingError      the same, where routes cannot be compiled from files that `tocsin check` would refuse
"""

from collections.abc import Sequence

from alerting.problem import Problem


class TocsinError(Exception):
    """Anything this project raises on purpose."""


class PolicyError(TocsinError):
    """The policy files have mistakes; `problems` holds all of them, sorted."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keeps the problems and makes them the message, one a line."""
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RoutingError(TocsinError):
    """Routes that the policy asks for and Alertmanager cannot have; the message has a line for each mistake."""
