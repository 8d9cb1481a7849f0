"""One promtool test file for each service."""

from dataclasses import dataclass
from typing import Any

from alerting.model.policy import Policy
from alerting.model.service import Service
from alerting.rule_tests.cases import cases
from alerting.rule_tests.load import load
from alerting.rules.subject import Subject
from alerting.timescale import REAL, Timescale


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTests:
    """Test files, and the SLOs that they do not test."""

    document: dict[str, Any] | None
    """None if there is nothing to test."""
    native: dict[str, Any] | None
    """Tests with native histograms, which only promtool 3 can read; None if there are none."""
    untested: tuple[str, ...]
    """SLOs whose metrics could not be made up, such as a ratio of a form that nothing is known of."""


def rule_tests(policy: Policy, service: Service, rule_file: str, scale: Timescale = REAL) -> RuleTests:
    """Tests of every SLO of a service, against the rule file at that place."""
    tests: list[dict[str, Any]] = []
    native: list[dict[str, Any]] = []
    untested = []
    for slo in service.slos:
        subject = Subject(policy=policy, service=service, slo=slo, scale=scale)
        written = load(subject.sli)
        if written is None:
            untested.append(slo.name)
        elif written.kind == "native":
            native += cases(subject, written).all()
        else:
            tests += cases(subject, written).all()
    interval = str(scale.evaluation(service.scrape_interval))

    def document(content: list[dict[str, Any]]) -> dict[str, Any] | None:
        whole = {"rule_files": [rule_file], "evaluation_interval": interval, "tests": content}
        return whole if content else None

    return RuleTests(document=document(tests), native=document(native), untested=tuple(untested))
