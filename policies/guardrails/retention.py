"""How long series are kept: `avg_over_time` over less than its window gives a number, and does not say so."""

from collections.abc import Iterator
from typing import Final

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.retention import MARGIN, least_retention, longest_window
from policies.guardrails.registered import Resource, text
from policies.guardrails.rule import ResourceRule


def long_enough(resource: Resource, policy: Policy) -> Iterator[str]:
    """Every Prometheus that evaluates rules keeps the longest window and two days."""
    if resource.kind != "Prometheus":
        return
    given = resource.spec.get("retention")
    if _ms(given) < least_retention(policy).ms:
        yield (
            f"{resource.title}: keeps series for {text(given)}; expected at least {least_retention(policy)}, the "
            f"longest window {longest_window(policy)} and {MARGIN}; raise tocsin:prometheus.retention"
        )


def _ms(given: object) -> int:
    """0 for what is no duration; the operator's own default is a day."""
    try:
        return Duration.parse(str(given)).ms
    except ValueError:
        return 0


RULES: Final = (
    ResourceRule(
        name="retention",
        means="Series are kept for the longest window of any objective and two days more.",
        check=long_enough,
    ),
)
