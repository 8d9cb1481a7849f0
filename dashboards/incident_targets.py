"""The figures of incidents beside their targets, and whether they are met."""

from collections.abc import Iterator, Mapping
from typing import Final

from alerting import names, numbers, outcomes, targets
from alerting.model.policy import Policy
from alerting.numbers import Definition, Goal
from dashboards.choices import NOTHING, OF_BOTH, OF_PRIORITY
from dashboards.spec import GREEN, ORANGE, PLAIN, RED, Aside, Panel, Query, Step, Unit, Word

CHOSEN: Final = f"{OF_BOTH},{OF_PRIORITY}"
_MET: Final = Aside(words={"1": Word("met", GREEN), "0": Word("missed", RED)})
_NOISE: Final = f'(sum({names.PAGES_WEEK}{{verdict="noise",{OF_BOTH}}}) or {NOTHING})'
_UNJUDGED: Final = f'(sum({names.PAGES_WEEK}{{verdict="none",{OF_BOTH}}}) or {NOTHING})'
_CARRIED_OUT: Final = (
    f'outcome=~"{"|".join((*outcomes.WORKED, *outcomes.FAILED))}",action!~"{"|".join(outcomes.LOOKING)}",{OF_BOTH}'
)
_WORKED: Final = (
    f'(sum({names.REMEDIATIONS}{{outcome=~"{"|".join(outcomes.WORKED)}",{_CARRIED_OUT}}})'
    f" or 0 * sum({names.REMEDIATIONS}{{{_CARRIED_OUT}}}))"
    f" / sum({names.REMEDIATIONS}{{{_CARRIED_OUT}}})"
)
_JUDGED: Final = f'{names.POSTMORTEMS}{{state!="draft",{OF_BOTH}}}'
_WRITTEN: Final = f'(sum({names.POSTMORTEMS}{{state="complete",{OF_BOTH}}}) or 0 * sum({_JUDGED})) / sum({_JUDGED})'
_UNITS: Final[Mapping[numbers.Unit, Unit]] = {"seconds": "dtdurations", "share": "percentunit", "count": "none"}


def times(policy: Policy) -> Iterator[Panel]:
    """How long it took to detect, to acknowledge and to resolve."""
    acknowledge = targets.acknowledge_s(policy.severity)
    urgent = f'{names.TIME_TO_ACKNOWLEDGE}{{{OF_BOTH},priority=~"{"|".join(targets.URGENT)}"}}'
    yield _time(
        numbers.DETECT.title,
        f"{numbers.DETECT.meaning} Of incidents whose beginning is known.",
        f"{names.TIME_TO_DETECT}{{{CHOSEN}}}",
        f"vector({targets.DETECT_S:g})",
        (Step(targets.DETECT_S, RED),),
    )
    yield _time(
        numbers.ACKNOWLEDGE.title,
        numbers.ACKNOWLEDGE.meaning,
        urgent,
        f"vector({acknowledge:g})",
        (Step(acknowledge, RED),),
    )
    yield _time(
        numbers.RESOLVE.title,
        (
            f"{numbers.RESOLVE.meaning} The target is 30 % less than the stored baseline; "
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


def shares(policy: Policy) -> Iterator[Panel]:
    """Noise, remediations and postmortems, and what is open."""
    goals = numbers.goals(policy.severity)
    most = goals[numbers.FALSE_PAGES.name].value
    yield _share(
        numbers.FALSE_PAGES,
        goals,
        _NOISE,
        "Pages of the last seven days that responders judged to be noise. Whether the target is met is open "
        "while pages without a verdict could change it.",
        met=f"(0 * ({_NOISE} >= {most:g})) or (1 + 0 * (({_NOISE} + {_UNJUDGED}) < {most:g}))",
        empty="the bot is not scraped",
    )
    yield _share(numbers.REMEDIATIONS, goals, f"({_WORKED})")
    yield _share(numbers.POSTMORTEMS, goals, f"({_WRITTEN})", empty="none due")
    yield Panel(
        kind="stat",
        title="Open incidents",
        description="Beside it, recent incidents that the other figures leave out since there are too many.",
        queries=(
            Query(expr=f"count({names.INCIDENT_STARTED}{{{CHOSEN}}}) or {NOTHING}", legend="open"),
            Query(expr=f"max({names.FIGURES_LEFT_OUT})", legend="left out"),
        ),
        asides={"left out": Aside()},
        steps=(Step(1, ORANGE),),
        empty="the bot is not scraped",
        width=6,
        height=5,
    )


def _share(
    of: Definition, goals: Mapping[str, Goal], value: str, description: str = "", empty: str = "none", met: str = ""
) -> Panel:
    """A figure beside its target and whether it is met; `met` says so where it does not follow from the figure."""
    goal, unit = goals[of.name], _UNITS[of.unit]
    target = f"target {goal.operator}".replace(">=", "≥")
    low, high = (GREEN, RED) if goal.operator == "<" else (RED, GREEN)
    return Panel(
        kind="stat",
        title=of.title,
        description=description or of.meaning,
        queries=(
            Query(expr=value, legend="now"),
            Query(expr=f"vector({goal.value:g}) and on () {value}", legend=target),
            Query(expr=met or f"{value} {goal.operator} bool {goal.value:g}", legend="target is"),
        ),
        unit=unit,
        asides={target: Aside(unit=unit), "target is": _MET},
        first=low,
        steps=(Step(goal.value, high),),
        empty=empty,
        width=6,
        height=5,
    )
