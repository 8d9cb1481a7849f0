"""What the time from fault to page may consist of, term by term."""

from collections.abc import Sequence

from alerting import theory
from alerting.burn import pair_theories
from tools.drill.report import Term
from tools.drill.stage import Stage

SERVICE = "checkout"


def terms(stage: Stage, errors: float) -> Sequence[Term]:
    """The theory's detection, a base window, a scrape, an evaluation and Alertmanager's `group_wait`; in seconds.

    Empty when this share of errors is too small to page at all.
    """
    service = stage.policy.services[SERVICE]
    slo = service.slos[0]
    pairs = theory.of_severity(pair_theories(slo, service, stage.policy.windows, stage.scale), "page")
    detection = theory.detection_s(pairs, errors)
    if detection is None:
        return ()
    return (
        Term(name="theory", seconds=round(detection, 2)),
        Term(name="base", seconds=stage.scale.base(service.scrape_interval).seconds),
        Term(name="scrape", seconds=stage.scale.scrape(service.scrape_interval).seconds),
        Term(name="evaluation", seconds=stage.scale.evaluation(service.scrape_interval).seconds),
        Term(name="group_wait", seconds=stage.policy.routing.group_wait.seconds),
    )
