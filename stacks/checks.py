"""What must fit together in a stack's configuration, and between it and the policy: a flat table of pure checks."""

from collections.abc import Callable, Iterator
from typing import Final

from alerting.model.policy import Policy
from alerting.syntax import Flaw
from stacks.sections import core_checks
from stacks.sections.stack import Stack

Check = Callable[[Stack, Policy], Iterator[Flaw]]

CHECKS: Final[tuple[Check, ...]] = (
    core_checks.retention_covers_windows,
    core_checks.external_labels_are_free,
    core_checks.databases_exist,
    core_checks.receivers_find_their_secrets,
)


def check(stack: Stack, policy: Policy) -> list[Flaw]:
    """Every mistake that the checks find; paths begin with the section's name."""
    return [flaw for one in CHECKS for flaw in one(stack, policy)]
