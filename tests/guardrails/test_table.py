"""Every guardrail that was promised is in the table, and something violates it."""

from collections.abc import Sequence
from typing import Any, Final

import pytest

from policies.guardrails.registered import Resource
from policies.guardrails.table import RULES
from tests.guardrails.conftest import Said
from tests.guardrails.objects import container, operated, resource, thanos, workload

_UPLOADS: Final[dict[str, Any]] = {
    "image": "registry.example.com/thanos:v0.42.4",
    "objectStorageConfig": {"name": "thanos-object-store", "key": "objstore.yml"},
}


def _object(
    version: str, kind: str, *, secrets: frozenset[tuple[str | int, ...]] = frozenset(), **more: Any
) -> Resource:
    about = {"name": "web", "namespace": "shop"}
    return resource({"apiVersion": version, "kind": kind, "metadata": about, **more}, secrets)


def _alert(**alert: Any) -> Resource:
    spec = {"groups": [{"name": "g", "rules": [{"alert": "A", "expr": "up", **alert}]}]}
    return _object("monitoring.coreos.com/v1", "PrometheusRule", spec=spec)


def _remediation() -> list[Resource]:
    group = "rbac.authorization.k8s.io"
    rule = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["delete"], "resourceNames": ["web"]}
    subject = {"kind": "ServiceAccount", "name": "restart-deployment", "namespace": "tocsin-remediation"}
    ref = {"apiGroup": group, "kind": "Role", "name": "web"}
    return [
        _object(f"{group}/v1", "Role", rules=[rule]),
        _object(f"{group}/v1", "RoleBinding", roleRef=ref, subjects=[subject]),
    ]


_HELD: Final = _object("v1", "Secret", secrets=frozenset({("stringData",)}), stringData={"a": "correct-horse-battery"})
_WILDCARD: Final = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["*"]}
_DOWNSAMPLED: Final = "--query.instant.default.max_source_resolution=1h"

VIOLATIONS: Final[dict[str, Sequence[Resource]]] = {
    "requests-and-limits": [workload(container(resources=None))],
    "probes": [workload(container(readinessProbe=None))],
    "non-root": [workload(pod={"securityContext": {"runAsUser": 0}})],
    "read-only-root": [workload(container(securityContext={"allowPrivilegeEscalation": False}))],
    "no-host": [workload(pod={"volumes": [{"name": "etc", "hostPath": {"path": "/etc"}}]})],
    "pinned-images": [workload(container(image="web:latest"))],
    "disruption-budgets": [workload(replicas=2)],
    "alert-labels": [_alert(labels={"severity": "page"})],
    "alert-runbooks": [_alert(labels={"severity": "page", "team": "payments"})],
    "one-compactor": [thanos("compact"), thanos("compact", name="again")],
    "external-labels": [operated(externalLabels={"cluster": "a"}), operated(name="b", externalLabels={"cluster": "a"})],
    "no-local-compaction": [
        operated(thanos=_UPLOADS, additionalArgs=[{"name": "storage.tsdb.max-block-duration", "value": "1d"}])
    ],
    "raw-ruler": [thanos("rule", "--query=query:9090"), thanos("query", _DOWNSAMPLED)],
    "retention": [operated(retention="30d")],
    "no-secret-in-config-map": [_object("v1", "ConfigMap", secrets=frozenset({("data", "a")}), data={"a": "word"})],
    "no-plain-secret": [workload(container(env=[{"name": "PASSWORD", "value": "hunter-two"}]))],
    "no-copied-secret": [_HELD, workload(container(args=["--word=correct-horse-battery"]))],
    "no-wildcard-rights": [_object("rbac.authorization.k8s.io/v1", "Role", rules=[_WILDCARD])],
    "remediation-rights": _remediation(),
}
"""One violation of each; the other tests have the ways in which it can be violated."""


def test_no_guardrail_is_without_a_violation() -> None:
    """A new one needs an entry here, and one that was renamed or lost is noticed."""
    assert [rule.name for rule in RULES] == list(VIOLATIONS)


@pytest.mark.parametrize("name", VIOLATIONS)
def test_every_guardrail_stops_what_violates_it(name: str, said: Said) -> None:
    """It says something, and that in the form of every message: what is wrong, what was expected, the way out."""
    found = said(name, *VIOLATIONS[name])
    assert found
    assert all("; expected " in message and message.count("; ") >= 2 for message in found)
