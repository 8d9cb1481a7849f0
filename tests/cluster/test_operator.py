"""prometheus-operator runs on the control plane and turns its objects into what runs."""

from typing import Any

from tests.cluster.api import Api
from tests.cluster.operator import Operator, generated
from tests.cluster.waiting import until

MONITORING = "monitoring.coreos.com/v1"


def object_of(kind: str, namespace: str, spec: dict[str, Any], name: str = "main") -> dict[str, Any]:
    """A custom resource."""
    return {"apiVersion": MONITORING, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def names(kube: Api, version: str, kind: str, namespace: str) -> set[str]:
    """What is there."""
    return {one["metadata"]["name"] for one in kube.objects(version, kind, namespace)}


def test_custom_resources_become_workloads(kube: Api, operator: Operator, namespace: str) -> None:
    """A Prometheus, an Alertmanager and a PrometheusRule become StatefulSets, Secrets and rule files."""
    rule = {"alert": "Watchdog", "expr": "vector(1)", "labels": {"severity": "info"}}
    kube.apply(object_of("PrometheusRule", namespace, {"groups": [{"name": "watchdog", "rules": [rule]}]}))
    kube.apply(object_of("Alertmanager", namespace, {"replicas": 3}))
    alertmanagers = [{"name": "alertmanager-operated", "namespace": namespace, "port": "web"}]
    kube.apply(
        object_of(
            "Prometheus",
            namespace,
            {
                "replicas": 2,
                "externalLabels": {"cluster": "test"},
                "ruleSelector": {},
                "serviceMonitorSelector": {},
                "alerting": {"alertmanagers": alertmanagers},
            },
        )
    )
    expected = {"prometheus-main", "alertmanager-main"}
    until("both StatefulSets", lambda: names(kube, "apps/v1", "StatefulSet", namespace) == expected)
    until("the rules", lambda: "prometheus-main-rulefiles-0" in names(kube, "v1", "ConfigMap", namespace))
    config = generated(kube.get("v1", "Secret", "prometheus-main", namespace), "prometheus.yaml.gz")
    assert "cluster: test" in config
    assert "alertmanager-operated" in config
    rules = kube.get("v1", "ConfigMap", "prometheus-main-rulefiles-0", namespace)["data"]
    assert [text for text in rules.values() if "alert: Watchdog" in text]
    replicas = {
        one["metadata"]["name"]: one["spec"]["replicas"] for one in kube.objects("apps/v1", "StatefulSet", namespace)
    }
    assert replicas == {"prometheus-main": 2, "alertmanager-main": 3}
    assert operator.complaints(namespace) == []


def test_rule_that_cannot_be_is_complained_about(kube: Api, operator: Operator, namespace: str) -> None:
    """A rule that does not parse is left out, and the log says whose it is: silence is a real proof."""
    kube.apply(
        object_of("PrometheusRule", namespace, {"groups": [{"name": "bad", "rules": [{"alert": "A", "expr": "(("}]}]})
    )
    kube.apply(object_of("Prometheus", namespace, {"ruleSelector": {}, "serviceMonitorSelector": {}}))
    complaint = until("a complaint", lambda: operator.complaints(namespace))[0]
    assert f'namespace={namespace} error="invalid rule" prometheusrule=main' in complaint
