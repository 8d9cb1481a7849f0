"""Whether the policy files fit together. Each check is a pure function in the table, documented by its docstring."""

from datetime import datetime

from alerting.checks.given import Check, Given
from alerting.checks.table import CHECKS
from alerting.policy import Loaded
from alerting.problem import Problem

__all__ = ["CHECKS", "Check", "Given", "run"]


def run(loaded: Loaded, at: datetime) -> tuple[Problem, ...]:
    """Every problem of the files: those of each by itself, and those between them, sorted; `at` has a zone.

    Files with mistakes of their own are left out of what the checks compare, but their names count as known. If a file
    that exists only once (such as severity.yaml) has one, the checks wait until it is corrected.
    """
    if loaded.partial is None:
        return loaded.problems
    given = Given(policy=loaded.partial, sources=loaded.sources, at=at)
    found = [problem for check in CHECKS for problem in check(given)]
    return tuple(sorted({*loaded.problems, *found}))
