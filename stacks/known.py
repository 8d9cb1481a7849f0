"""What can be checked of a configuration of which some sections are broken: whatever does not look at these."""

from collections.abc import Collection, Iterator
from typing import Any, cast

from alerting.model.policy import Policy
from alerting.syntax import Flaw
from stacks.checks import CHECKS
from stacks.sections.stack import Stack


class _Broken(Exception):
    """A check looked at what could not be read."""


class _Known:
    """A stack whose broken sections cannot be looked at, or a policy that cannot if it is broken."""

    def __init__(self, whole: Stack | Policy | None, broken: Collection[str]) -> None:
        self._whole, self._broken = whole, broken

    def __getattr__(self, name: str) -> Any:
        if self._whole is None or name in self._broken:
            raise _Broken(name)
        return getattr(self._whole, name)


def check(stack: Stack, broken: Collection[str], policy: Policy | None) -> Iterator[Flaw]:
    """Every mistake that the checks find without the sections in `broken`, by their fields; paths begin with a section.

    So that a wrong word in one section does not hide until the next run what is wrong between others. `policy` is
    None where it has mistakes of its own.
    """
    known, rules = cast(Stack, _Known(stack, broken)), cast(Policy, _Known(policy, ()))
    for one in CHECKS:
        try:
            yield from one(known, rules)
        except _Broken:
            continue
