"""One promtool test file for each service, and one more where only Prometheus 3 can read it."""

from typing import Any

from alerting.model.service import Service, Slo
from alerting.rule_tests.load import Load, load
from alerting.rules.indicator import take_apart
from alerting.rules.ratio_form import compiled_sli
from alerting.timescale import REAL, Timescale


def load_of(slo: Slo) -> Load | None:
    """The series that an SLO is tested with; None if none could be made up, such as for a ratio of an unknown form."""
    return load(*take_apart(compiled_sli(slo.sli)))


def head_of(service: Service, rule_file: str, scale: Timescale = REAL) -> dict[str, Any]:
    """The head of a file of tests against the rule file at that place."""
    interval = str(scale.evaluation(service.scrape_interval))
    return {"rule_files": [rule_file], "evaluation_interval": interval}
