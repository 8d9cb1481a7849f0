"""What `tocsin check` accepts compiles: no mistake is left for render to stumble over."""

import random
from datetime import UTC, datetime
from pathlib import Path

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from alerting.checks import run
from alerting.document import read as read_document
from alerting.policy import read
from alerting.routes import alertmanager_config
from alerting.rules.catalog import catalog_groups
from alerting.rules.slo import service_groups
from tests.alerting.test_policy import FILES, MINI, paths, spoiled

__all__ = ["spoiled"]

AT = datetime(2026, 1, 20, tzinfo=UTC)
PLAUSIBLE = st.sampled_from(
    [
        *[
            "1s",
            "5m",
            "30d",
            "90d",
            "0.5",
            "99%",
            "50%",
            "99.99%",
            "1/d",
            "5000/s",
            "up",
            'x{a=~"b|c"}',
            "page",
            "info",
        ],
        *[
            "ticket",
            "critical",
            "P0",
            "checkout",
            "platform",
            "payments",
            "ana",
            "a b",
            "{{threshold}}",
            "{{value}}",
            "é",
        ],
        *["{{service}} $x", "vector(1)", "sum(up)", "1", '"', "\\", "`", "{{ .X }}", "https://a.example/{{x}}", "'"],
        *[True, False, 0, 1, 2, 3, 0.01, 1e-9, 10**9, None, [], {}, ["slack"], {"calendar": "month"}],
    ]
)


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(file=st.sampled_from(FILES), seed=st.integers(0, 2**32), value=PLAUSIBLE)
def test_what_is_accepted_compiles(spoiled: Path, file: str, seed: int, value: object) -> None:
    """A policy with another plausible value somewhere is refused, or its rules and routes can be made."""
    original = (MINI / file).read_text()
    tree = read_document(original.encode()).tree
    chosen = random.Random(seed).choice([path for path in paths(tree) if path])
    around = tree
    for step in chosen[:-1]:
        around = around[step]
    around[chosen[-1]] = value
    (spoiled / file).write_text(yaml.dump(tree, Dumper=yaml.CSafeDumper, allow_unicode=True))
    try:
        loaded = read(spoiled)
        assume(not any(problem.level == "error" for problem in run(loaded, AT)))
        assert loaded.policy is not None
        for service in loaded.policy.services.values():
            service_groups(loaded.policy, service)
        catalog_groups(loaded.policy)
        alertmanager_config(loaded.policy)
    finally:
        (spoiled / file).write_text(original)


def test_the_miniature_repository_compiles(mini: Path) -> None:
    """The policy that the others are made from compiles."""
    policy = read(mini).policy
    assert policy is not None
    assert [group.name for service in policy.services.values() for group in service_groups(policy, service)]
