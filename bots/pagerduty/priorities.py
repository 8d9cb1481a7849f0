"""The names of priorities here and in PagerDuty: the same, unless `policies/severity.yaml` says otherwise."""

from collections.abc import Mapping

from alerting.model.document_model import Priority
from alerting.model.policy import Policy


def theirs(policy: Policy) -> Mapping[Priority, str]:
    """What each of our priorities is called there."""
    return {name: meaning.pagerduty or name for name, meaning in policy.severity.priorities.items()}


def ours(policy: Policy, name: str) -> Priority | None:
    """The highest of our priorities that is called so there; None if none is."""
    found = [priority for priority, there in theirs(policy).items() if there == name]
    return min(found, default=None)
