"""The figures of incidents beside their targets, and whether they are met."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from alerting import names, targets
from alerting.model.policy import Policy
from dashboards.choices import OF_BOTH, OF_PRIORITY
from dashboards.spec import GREEN, ORANGE, PLAIN, RED, Aside, Panel, Query, Step, Unit, Word

CHOSEN: Final = f"{OF_BOTH},{OF_PRIORITY}"
_MET: Final = Aside(words={"1": Word("met", GREEN), "0": Word("missed", RED)})
_NOISE: Final = f'sum({names.PAGES_WEEK}{{verdict="noise",{OF_BOTH}}})'
_WORKED: Final = (
    f'(sum({names.REMEDIATIONS}{{outcome="succeeded",{OF_BOTH}}}) or 0 * sum({names.REMEDIATIONS}{{{OF_BOTH}}}))'
    f" / sum({names.REMEDIATIONS}{{{OF_BOTH}}})"
)
_WRITTEN: Final = (
    f'(sum({names.POSTMORTEMS}{{state="complete",{OF_BOTH}}}) or 0 * sum({names.POSTMORTEMS}{{{OF_BOTH}}}))'
    f" / sum({names.POSTMORTEMS}{{{OF_BOTH}}})"
)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure is compared with, and how."""

    value: float
    operator: Literal["<", ">", ">="]
    unit: Unit


def times(policy: Policy) -> Iterator[Panel]:
    """How long it took to detect, to acknowledge and to resolve."""
    acknowledge = targets.acknowledge_s(policy.severity)
    urgent = f'{names.TIME_TO_ACKNOWLEDGE}{{{OF_BOTH},priority=~"{"|".join(targets.URGENT)}"}}'
    yield _time(
        "Time to detect",
        "From when the trouble began to the first page (MTTD), of incidents whose beginning is known.",
        f"{names.TIME_TO_DETECT}{{{CHOSEN}}}",
        f"vector({targets.DETECT_S:g})",
        (Step(targets.DETECT_S, RED),),
    )
    yield _time(
        f"Time to acknowledge, {' and '.join(targets.URGENT)}",
        "From the first page to the acknowledgment (MTTA), of the most urgent incidents.",
        urgent,
        f"vector({acknowledge:g})",
        (Step(acknowledge, RED),),
    )
    yield _time(
        "Time to resolve",
        (
            "From the first page to the resolution (MTTR). The target is 30 % less than the stored baseline; "
            "without a baseline there is no target."
        ),
        f"{names.TIME_TO_RESOLVE}{{{CHOSEN}}}",
        f"{targets.RESOLVE_SHARE:g} * {names.RESOLVE_BASELINE}",
        (),
    )


def _time(title: str, description: str, of: str, target: str, steps: tuple[Step, ...]) -> Panel:
    """Median, ninth tenth and number of incidents, beside the target and whether the median meets it."""
    median = f"quantile(0.5, {of})"
    return Panel(
        kind="stat",
        title=title,
        description=f"{description} Median and 90th percentile, and of how many incidents.",
        queries=(
            Query(expr=median, legend="median"),
            Query(expr=f"quantile(0.9, {of})", legend="p90"),
            Query(expr=f"count({of})", legend="incidents"),
            Query(expr=target, legend="target"),
            Query(expr=f"{median} < bool on () ({target})", legend="target is"),
        ),
        unit="dtdurations",
        asides={"incidents": Aside(), "target": Aside(unit="dtdurations"), "target is": _MET},
        first=GREEN if steps else PLAIN,
        steps=steps,
        empty="none",
        width=8,
        height=5,
    )


def shares() -> Iterator[Panel]:
    """Noise, remediations and postmortems, and what is open."""
    yield _share(
        "False pages in a week",
        "Page alerts of the last seven days that responders judged to be noise.",
        f"({_NOISE} or vector(0))",
        Goal(targets.FALSE_PAGES_A_WEEK, "<", "none"),
    )
    yield _share(
        "Remediations that worked",
        "Of all that ended, without dry runs.",
        f"({_WORKED})",
        Goal(targets.REMEDIATIONS, ">", "percentunit"),
    )
    yield _share(
        "Postmortems complete",
        "Of the incidents that need one. The bot does not export this figure yet.",
        f"({_WRITTEN})",
        Goal(targets.POSTMORTEMS, ">=", "percentunit"),
        empty="not exported yet",
    )
    yield Panel(
        kind="stat",
        title="Open incidents",
        description="Beside it, recent incidents that the other figures leave out since there are too many.",
        queries=(
            Query(expr=f"count({names.INCIDENT_STARTED}{{{CHOSEN}}}) or vector(0)", legend="open"),
            Query(expr=f"max({names.FIGURES_LEFT_OUT})", legend="left out"),
        ),
        asides={"left out": Aside()},
        steps=(Step(1, ORANGE),),
        width=6,
        height=5,
    )


def _share(title: str, description: str, value: str, goal: Goal, empty: str = "none") -> Panel:
    """A figure beside its target and whether it is met."""
    target = f"target {goal.operator}".replace(">=", "≥")
    low, high = (GREEN, RED) if goal.operator == "<" else (RED, GREEN)
    return Panel(
        kind="stat",
        title=title,
        description=description,
        queries=(
            Query(expr=value, legend="now"),
            Query(expr=f"vector({goal.value:g}) and on () {value}", legend=target),
            Query(expr=f"{value} {goal.operator} bool {goal.value:g}", legend="target is"),
        ),
        unit=goal.unit,
        asides={target: Aside(unit=goal.unit), "target is": _MET},
        first=low,
        steps=(Step(goal.value, high),),
        empty=empty,
        width=6,
        height=5,
    )
