"""The guardrails over everything that the program registers."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from alerting.policy import load
from policies.guardrails.registered import Resource
from policies.guardrails.table import RULES, violations
from policies.guardrails.thanos import programs
from tests.stacks.companies import MINI, ROOT, STACKS
from tools.program import Recording, record_stack


def resources(recording: Recording) -> list[Resource]:
    """What was recorded, as the guardrails see it."""
    return [
        Resource(type=one.type, name=one.name, urn=one.urn, inputs=one.inputs, secrets=one.secrets) for one in recording
    ]


@cache
def recorded(root: Path, stack: str) -> Recording:
    """A stack, run once."""
    return record_stack(root, stack)


def said(recording: Recording, root: Path) -> list[str]:
    """What the guardrails find."""
    return [f"{one.rule}: {one.message}" for one in violations(resources(recording), load(root))]


@pytest.mark.parametrize(("root", "stack"), [*((ROOT, stack) for stack in STACKS), (MINI, "production")])
def test_no_stack_violates_a_guardrail(root: Path, stack: str) -> None:
    """Whichever company and whichever stack."""
    assert said(recorded(root, stack), root) == []


def test_a_first_preview_violates_none() -> None:
    """When much is unknown, nothing is taken for a violation."""
    assert said(record_stack(ROOT, "production", preview=True), ROOT) == []


def test_a_stack_that_keeps_too_little_is_stopped_by_the_guardrails_too() -> None:
    """One object of the real program, changed: its rule finds it among all the others."""
    found = resources(recorded(MINI, "production"))
    server = next(one for one in found if one.kind == "Prometheus")
    inputs = {**server.inputs, "spec": {**server.spec, "retention": "1d"}}
    changed = Resource(type=server.type, name=server.name, urn=server.urn, inputs=inputs)
    broken = violations([changed if one is server else one for one in found], load(MINI))
    assert [(one.rule, one.urn) for one in broken] == [("retention", server.urn)]


def test_a_query_of_downsampled_data_is_stopped_in_the_real_stack() -> None:
    """Whichever way the ruler of the program names whom it asks."""
    found = resources(recorded(ROOT, "production"))
    wrong = "--query.instant.default.max_source_resolution=1h"
    changed = []
    for one in found:
        text = json.dumps(one.inputs).replace("--query.instant.default.max_source_resolution=0s", wrong)
        changed.append(replace(one, inputs=json.loads(text)))
    assert {one.rule for one in violations(changed, load(ROOT))} == {"raw-ruler"}


def test_rules_have_names_of_their_own() -> None:
    """A name is what an exception or a report refers to."""
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)


def test_programs_of_thanos_are_recognised() -> None:
    """If production has Thanos, the rules about it see its programs: they would pass over what they do not know."""
    found = resources(recorded(ROOT, "production"))
    own = {
        one.object_name for one in found if one.kind in ("Deployment", "StatefulSet") and "thanos" in one.object_name
    }
    known = {one.resource.object_name for one in programs(found, "query", "store", "compact", "rule", "query-frontend")}
    assert own <= known
