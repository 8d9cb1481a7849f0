"""How well incidents are handled, in numbers: what each one is, from when to when it is measured, and its target.

Everything that shows one of them (metrics, dashboards, the weekly report) takes its words and its target from here.
Times count from the first page; where nothing paged from the first ticket; from the declaration where a person was
faster. Drills count nowhere. Duplicates count only among the pages, since somebody was woken. Noise has nothing to
detect and nothing to resolve. Where nothing is known there is no number, never a zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from alerting import targets
from alerting.model.severity import SeverityPolicy

Unit = Literal["seconds", "share", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a number means, and where the meaning comes from."""

    name: str
    """Its key for programs."""
    title: str
    meaning: str
    unit: Unit
    source: str
    """The page that the definition follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a number is compared with."""

    value: float
    """In the number's unit."""
    operator: Literal["<", ">", ">="]

    def met_by(self, number: float) -> bool:
        """Whether a number meets it."""
        if self.operator == "<":
            return number < self.value
        return number > self.value if self.operator == ">" else number >= self.value


DETECT: Final = Definition(
    name="time_to_detect",
    title="Time to detect",
    meaning=(
        "From when the SLI left its objective (or, if a person said so, when the trouble began) to the first page, "
        "ticket or declaration."
    ),
    unit="seconds",
    source="https://sre.google/resources/practices-and-processes/incident-metrics-in-sre/",
)
ACKNOWLEDGE: Final = Definition(
    name="time_to_acknowledge",
    title=f"Time to acknowledge, {' and '.join(targets.URGENT)}",
    meaning="From the first page, ticket or declaration to the acknowledgment, of the most urgent incidents.",
    unit="seconds",
    source="https://www.atlassian.com/incident-management/kpis/common-metrics",
)
RESOLVE: Final = Definition(
    name="time_to_resolve",
    title="Time to resolve",
    meaning="From the first page, ticket or declaration to the last resolution.",
    unit="seconds",
    source="https://www.atlassian.com/incident-management/kpis/common-metrics",
)
FALSE_PAGES: Final = Definition(
    name="false_pages",
    title="False pages in a week",
    meaning=(
        "How often people were paged in seven days for incidents with the verdict noise. An alert pages once for all "
        "of its series that fire together."
    ),
    unit="count",
    source="https://sre.google/sre-book/being-on-call/",
)
NOISE: Final = Definition(
    name="noise",
    title="Share of noise",
    meaning="Pages with the verdict noise among those that have a verdict.",
    unit="share",
    source="https://sre.google/workbook/alerting-on-slos/",
)
POSTMORTEMS: Final = Definition(
    name="postmortems",
    title="Postmortems in time",
    meaning=(
        "Postmortems that were complete on the main branch within the time that the priority allows after the "
        "resolution, among those whose time is over or that are complete."
    ),
    unit="share",
    source="https://sre.google/sre-book/postmortem-culture/",
)
REMEDIATIONS: Final = Definition(
    name="remediations",
    title="Remediations that worked",
    meaning=(
        "Attempts whose outcome is a success, among those that were carried out. What was refused, a dry run, and "
        "actions that only look change nothing and do not count."
    ),
    unit="share",
    source="https://sre.google/sre-book/automation-at-google/",
)
COMPLIANCE: Final = Definition(
    name="compliance",
    title="Time within the objective",
    meaning="Share of the time in which the error budget of an objective was not spent.",
    unit="share",
    source="https://sre.google/workbook/implementing-slos/",
)
BUDGET: Final = Definition(
    name="error_budget",
    title="Error budget left",
    meaning="What is left of the bad events that an objective allows in its period; below zero it is missed.",
    unit="share",
    source="https://sre.google/workbook/error-budget-policy/",
)
DEFINITIONS: Final = (
    *(DETECT, ACKNOWLEDGE, RESOLVE, FALSE_PAGES, NOISE, POSTMORTEMS, REMEDIATIONS),
    *(COMPLIANCE, BUDGET),
)


def goals(severity: SeverityPolicy) -> Mapping[str, Goal]:
    """The target of each number that has one, by the number's name; without a baseline none for the resolution."""
    found = {
        DETECT.name: Goal(value=targets.DETECT_S, operator="<"),
        ACKNOWLEDGE.name: Goal(value=targets.acknowledge_s(severity), operator="<"),
        FALSE_PAGES.name: Goal(value=targets.FALSE_PAGES_A_WEEK, operator="<"),
        POSTMORTEMS.name: Goal(value=targets.POSTMORTEMS, operator=">="),
        REMEDIATIONS.name: Goal(value=targets.REMEDIATIONS, operator=">"),
    }
    baseline = severity.baseline
    if baseline is not None:
        found[RESOLVE.name] = Goal(value=targets.RESOLVE_SHARE * baseline.time_to_resolve.seconds, operator="<")
    return found
