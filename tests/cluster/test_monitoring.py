"""The monitoring on a real API server, with the real operator under the rights that we give it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
import yaml

from components.operator import NAME as OPERATOR
from components.operator import arguments
from components.versions import Images
from tests.cluster.api import Api
from tests.cluster.operator import generated, running
from tests.cluster.plane import ControlPlane
from tests.cluster.stack import tls_secret
from tests.cluster.waiting import until
from tools.program import Recording, record_stack

FOREIGN = ("cert-manager.io", "external-secrets.io")
"""Kinds that the cluster of these tests does not know."""


@pytest.fixture
def recording(mini: Path, namespace: str) -> Recording:
    """Two shards of everything, in the test's namespace."""
    routing = mini / "policies" / "routing.yaml"
    routing.write_text(routing.read_text().replace("tocsin.monitoring.svc", f"tocsin.{namespace}.svc"))
    cluster = {"name": "test", "context": "test", "flavour": "eks", "domain": "example.com", "namespace": namespace}
    changes = {"tocsin:cluster": cluster, "tocsin:prometheus": {"shards": 2}}
    return record_stack(mini, "staging", changes=changes)


def objects(recording: Recording, namespace: str) -> list[dict[str, Any]]:
    """What belongs into the namespace, and the rights outside of it."""
    found = [one for one in recording.manifests() if not one["apiVersion"].startswith(FOREIGN)]
    return [
        one
        for one in found
        if one["metadata"].get("namespace") in (namespace, "kube-system")
        or one["kind"].startswith(("ClusterRole", "StorageClass"))
    ]


@pytest.fixture
def operator_log(
    kube: Api, plane: ControlPlane, recording: Recording, namespace: str, applied: Callable[[Any], Any]
) -> Iterator[Path]:
    """The monitoring in the cluster with its operator running; gives the operator's log."""
    for name in ("prometheus-tls", "alertmanager-tls"):
        kube.apply(tls_secret(plane.folder, name, namespace))
    for one in objects(recording, namespace):
        answer = applied(one) if one["metadata"].get("namespace") != namespace else kube.apply(one)
        assert answer.warnings == (), one["metadata"]
    flags = [word for word in arguments(namespace, Images({})) if not word.startswith("--web.listen")]
    name = f"{OPERATOR}-{namespace}"
    with running(plane, plane.token(namespace, OPERATOR), name, *flags) as operator:
        yield operator.log


def containers(kube: Api, stateful_set: str, namespace: str) -> list[dict[str, Any]]:
    """The containers that the operator made of an object."""
    found = kube.get("apps/v1", "StatefulSet", stateful_set, namespace)["spec"]["template"]["spec"]
    listed: list[dict[str, Any]] = found["containers"]
    return listed


def complaints(log: str) -> list[str]:
    """The operator's warnings and errors, but for what it says of nodes that other tests stand up on this machine.

    It keeps the endpoints of every node's kubelet, and Kubernetes takes no loopback address for one.
    """
    lines = [line for line in log.splitlines() if "level=warn" in line.lower() or "level=error" in line.lower()]
    return [line for line in lines if "may not be in the loopback range" not in line]


def flags_are_known(kube: Api, stateful_set: str, namespace: str, container: str, program: Path) -> None:
    """The real program knows every flag; it looks at them all before it answers for its version."""
    (args,) = [one["args"] for one in containers(kube, stateful_set, namespace) if one["name"] == container]
    done = run([program, *args, "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    unknown = run([program, *args, "--no-such-flag", "--version"], capture_output=True, check=False)
    assert unknown.returncode != 0


def test_operator_turns_the_monitoring_into_servers(
    operator_log: Path, kube: Api, namespace: str, part: Callable[[str], Path], tmp_path: Path
) -> None:
    """Two shards and a cluster of three, each service scraped and judged by one shard, nothing refused."""
    expected = {"prometheus-prometheus-0", "prometheus-prometheus-1", "alertmanager-alertmanager"}

    def names(version: str, kind: str) -> set[str]:
        return {one["metadata"]["name"] for one in kube.objects(version, kind, namespace)}

    until("the StatefulSets", lambda: expected <= names("apps/v1", "StatefulSet"))
    until("the rules", lambda: {f"prometheus-prometheus-{n}-rulefiles-0" for n in (0, 1)} <= names("v1", "ConfigMap"))
    rules = [kube.get("v1", "ConfigMap", f"prometheus-prometheus-{n}-rulefiles-0", namespace)["data"] for n in (0, 1)]
    for word, shards in (("service-checkout", 1), ("service-payments-db", 1), ("catalog", 2)):
        assert sum(any(word in name for name in shard) for shard in rules) == shards, word
    jobs: list[str] = []
    for shard in (0, 1):
        secret = kube.get("v1", "Secret", f"prometheus-prometheus-{shard}", namespace)
        file = tmp_path / f"prometheus-{shard}.yml"
        file.write_text(generated(secret, "prometheus.yaml.gz"))
        done = run(
            [part("promtool"), "check", "config", "--syntax-only", file], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        jobs += [job["job_name"] for job in yaml.safe_load(file.read_text())["scrape_configs"]]
    assert sorted(job.split("/")[2] for job in jobs if "service-" in job) == [
        "service-checkout",
        "service-platform-ingress",
    ]
    flags_are_known(kube, "prometheus-prometheus-0", namespace, "prometheus", part("prometheus"))
    flags_are_known(kube, "alertmanager-alertmanager", namespace, "alertmanager", part("alertmanager"))
    if any(one["name"] == "thanos-sidecar" for one in containers(kube, "prometheus-prometheus-0", namespace)):
        flags_are_known(kube, "prometheus-prometheus-0", namespace, "thanos-sidecar", part("thanos"))
    config = tmp_path / "alertmanager.yml"
    secret = kube.get("v1", "Secret", "alertmanager-alertmanager-generated", namespace)
    config.write_text(generated(secret, "alertmanager.yaml.gz"))
    assert {"email.tmpl", "slack.tmpl", "settings.tmpl"} <= secret["data"].keys()
    done = run([part("amtool"), "check-config", config], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert complaints(operator_log.read_text()) == []
