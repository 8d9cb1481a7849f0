"""Severities and priorities: every combination has an answer."""

import itertools
from collections.abc import Iterator
from typing import Final, get_args

from alerting.checks.given import Given
from alerting.model.document_model import Priority, Severity, Tier
from alerting.problem import Problem
from alerting.sources import SEVERITY

_SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
_PRIORITIES: Final[tuple[Priority, ...]] = get_args(Priority)
_TIERS: Final[tuple[Tier, ...]] = get_args(Tier)


def matrix_is_complete(given: Given) -> Iterator[Problem]:
    """The matrix gives a priority for every severity and tier."""
    matrix = given.policy.severity.matrix
    for severity in _SEVERITIES:
        if severity not in matrix:
            yield given.error(
                SEVERITY,
                "",
                ("matrix",),
                f"there is no row for {severity}",
                f"expected one for each of {', '.join(_SEVERITIES)}",
                f"add `{severity}: {{1: …, 2: …, 3: …}}`",
            )
            continue
        for tier in _TIERS:
            if tier not in matrix[severity]:
                yield given.error(
                    SEVERITY,
                    "",
                    ("matrix", severity),
                    f"there is no priority for tier {tier}",
                    f"expected one for each of {', '.join(map(str, _TIERS))}",
                    f"add `{tier}: …`",
                )


def priorities_have_meanings(given: Given) -> Iterator[Problem]:
    """Every priority says what it means."""
    for priority in _PRIORITIES:
        if priority not in given.policy.severity.priorities:
            yield given.error(
                SEVERITY,
                "",
                ("priorities",),
                f"{priority} is missing",
                f"expected all of {', '.join(_PRIORITIES)}",
                f"add `{priority}: {{means: …}}`",
            )


def foreign_words_are_foreign(given: Given) -> Iterator[Problem]:
    """A word of our own cannot mean something else."""
    for word in given.policy.severity.foreign:
        if word in _SEVERITIES:
            yield given.error(
                SEVERITY,
                "",
                ("foreign", word),
                f"{word} is a word of our own",
                "expected words of other tools, such as critical",
                "remove it",
            )


def urgency_follows_priority(given: Given) -> Iterator[Problem]:
    """A higher priority is acknowledged no later than a lower one; a warning."""
    known = [one for one in _PRIORITIES if one in given.policy.severity.priorities]
    for higher, lower in itertools.pairwise(known):
        first = given.policy.severity.priorities[higher].acknowledge_within
        second = given.policy.severity.priorities[lower].acknowledge_within
        if first is not None and second is not None and first > second:
            yield given.warning(
                SEVERITY,
                "",
                ("priorities", higher, "acknowledge_within"),
                f"got {first} and {second} for {lower}",
                f"expected {higher} to be acknowledged no later than {lower}",
                "swap or correct them",
            )
