"""What tests of the guardrails ask for."""

from collections.abc import Callable, Sequence

import pytest

from alerting.model.policy import Policy
from alerting.policy import load
from policies.guardrails.registered import Resource
from policies.guardrails.table import violations
from tests.stacks.companies import MINI

Said = Callable[..., list[str]]
"""(rule, resources…) → the messages of that rule."""


@pytest.fixture(scope="session")
def company() -> Policy:
    """The miniature company's policy, whose longest window is 30 days."""
    return load(MINI)


@pytest.fixture
def said(company: Policy) -> Said:
    """What a rule says about resources; the other rules may say what they like."""

    def run(rule: str, *resources: Resource) -> list[str]:
        return [one.message for one in violations(resources, company) if one.rule == rule]

    return run


@pytest.fixture
def all_said(company: Policy) -> Callable[[Sequence[Resource]], list[str]]:
    """What all rules say."""

    def run(resources: Sequence[Resource]) -> list[str]:
        return [f"{one.rule}: {one.message}" for one in violations(resources, company)]

    return run
