"""What every alert must say: how bad it is, whose it is, and what to do about it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

from alerting.model.document_model import Severity
from alerting.model.policy import Policy
from alerting.names import SEVERITY, TEAM
from policies.guardrails.registered import Resource, text
from policies.guardrails.rule import ResourceRule


def labelled(resource: Resource, policy: Policy) -> Iterator[str]:
    """A severity that has a meaning, and a team that exists."""
    severities = (*get_args(Severity), *policy.severity.foreign)
    for alert, rule in _alerts(resource):
        labels = rule.get("labels") or {}
        for label, known in ((SEVERITY, severities), (TEAM, tuple(policy.teams))):
            value = labels.get(label)
            # What a template makes of a series is known only when it fires.
            if value not in known and not (isinstance(value, str) and value.startswith("{{")):
                yield (
                    f"{resource.title}: alert {alert} has the {label} {text(value)}; expected one of "
                    f"{', '.join(sorted(known))}; set the label"
                )


def with_runbook(resource: Resource, policy: Policy) -> Iterator[str]:
    """A runbook whose file is there."""
    prefix = policy.routing.runbook_url
    for alert, rule in _alerts(resource):
        url = (rule.get("annotations") or {}).get("runbook_url")
        name = str(url).removeprefix(prefix).removesuffix(".md") if str(url).startswith(prefix) else ""
        if name not in policy.runbooks:
            yield (
                f"{resource.title}: alert {alert} has the runbook_url {text(url)}; expected {prefix}NAME.md of a file "
                f"under runbooks/; write runbooks/{alert}.md from runbooks/TEMPLATE.md"
            )


def _alerts(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if resource.kind != "PrometheusRule":
        return
    for group in resource.spec.get("groups") or ():
        for rule in group.get("rules") or ():
            if rule.get("alert"):
                yield rule["alert"], rule


RULES: Final = (
    ResourceRule(name="alert-labels", means="Every alert has a severity and a team that exist.", check=labelled),
    ResourceRule(name="alert-runbooks", means="Every alert has a runbook that exists.", check=with_runbook),
)
