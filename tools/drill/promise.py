"""What the time from fault to page may consist of, term by term."""

from collections.abc import Sequence

from alerting import theory
from alerting.burn import pair_theories
from alerting.theory import PairTheory
from tools.drill.errors import DrillError
from tools.drill.report import Term
from tools.drill.stage import Stage

SERVICE = "checkout"


def terms(stage: Stage, errors: float) -> Sequence[Term]:
    """The theory's detection, a base window, a scrape, an evaluation and Alertmanager's `group_wait`; in seconds.

    Raises DrillError when this share of errors is too small to page at all.
    """
    service, pairs = stage.policy.services[SERVICE], _page_pairs(stage)
    detection = theory.detection_s(pairs, errors)
    if detection is None:
        lowest = min(pair.floor for pair in pairs)
        windows = "real windows" if stage.scale.factor == 1 else "time-lapse windows"
        raise DrillError(
            f"--errors {errors:.4g}: {SERVICE}/{service.slos[0].name} pages nobody for so few errors; "
            f"expected more than {lowest:.2%} of requests, with {windows}; give a larger share"
        )
    return (
        Term(name="theory", seconds=round(detection, 2)),
        Term(name="base", seconds=stage.scale.base(service.scrape_interval).seconds),
        Term(name="scrape", seconds=stage.scale.scrape(service.scrape_interval).seconds),
        Term(name="evaluation", seconds=stage.scale.evaluation(service.scrape_interval).seconds),
        Term(name="group_wait", seconds=stage.policy.routing.group_wait.seconds),
    )


def page_s(stage: Stage, errors: float) -> float:
    """The whole promised time from fault to page; raises DrillError as `terms` does."""
    return sum(term.seconds for term in terms(stage, errors))


def _page_pairs(stage: Stage) -> Sequence[PairTheory]:
    service = stage.policy.services[SERVICE]
    return theory.of_severity(pair_theories(service.slos[0], service, stage.policy.windows, stage.scale), "page")
