"""Every stack as a whole on a real control plane: admitted, turned into workloads, and with no right too many."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import run
from typing import Any, Final

import pytest

from components.operator import NAME as OPERATOR
from tests.cluster.operator import Operator, generated, running
from tests.cluster.plane import control_plane
from tests.cluster.rights import asked_too_much, check_bot_admission
from tests.cluster.stack import Deployed, pod_of
from tests.cluster.waiting import until
from tests.components.thanos_together import RULER, SIDECAR
from tools.program import record_stack

ROOT: Final = Path(__file__).parents[2]
JUDGED: Final = "judged"
TOLERATED: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    # It tells about the machine, which it has to see; so it has a namespace of its own, with nothing else in it.
    ("DaemonSet", "node-exporter"): ("host namespaces", "hostPort", "restricted volume types"),
}
"""Which pods are not `restricted`, and in what."""
# The operator gives its reloader the same port as an init container and beside the server.
_UNRELATED: Final = 'duplicate port name "reloader-web"'
_CHECK: Final = re.compile(r"(?:: |, )([^():,]+?) \(")
"""`would violate PodSecurity "restricted:latest": host namespaces (hostNetwork=true), hostPort (…)`"""
_WORKLOADS: Final = (
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "CronJob"),
)
_CUSTOM: Final = (("Prometheus", "prometheus"), ("Alertmanager", "alertmanager"), ("ThanosRuler", "thanos-ruler"))
"""Kinds, and what the operator puts before the names of what it makes of them."""
_GROUP: Final = "monitoring.coreos.com/v1"

Part = Callable[[str], Path]


@pytest.mark.parametrize("stack", ["dev", "staging", "production"])
def test_a_stack_is_admitted_and_becomes_workloads(stack: str, part: Part, tmp_path: Path) -> None:
    """One test for each stack, since all of it needs the stack in place: what the server says to every object, what
    the operator and the controllers make of it, what the programs say to their configuration, and who may do what.
    """
    recording = record_stack(ROOT, stack)
    with control_plane(tmp_path / "plane", with_operator_kinds=False) as plane, plane.api() as kube:
        deployed = Deployed(plane=plane, kube=kube, recording=recording)
        deployed.place()
        assert deployed.changed_by_a_second_placing() == []
        assert deployed.warnings == []
        with operator_of(deployed) as operator:
            check_made(deployed)
            check_reconciled(deployed)
            check_beside(deployed)
            check_pods(deployed)
            check_levels(deployed)
            check_configurations(deployed, part, tmp_path)
            assert operator.complaints(deployed.namespace) == []
        assert asked_too_much(deployed) == []
        check_bot_admission(deployed)


@contextmanager
def operator_of(deployed: Deployed) -> Iterator[Operator]:
    """The stack's operator, with its flags and its account's rights."""
    token = deployed.plane.token(deployed.namespace, OPERATOR)
    with running(deployed.plane, token, OPERATOR, *deployed.flags()) as operator:
        yield operator


def check_made(deployed: Deployed) -> None:
    """Each server has its StatefulSet, and the rules are there for each that judges."""
    wanted = {f"{before}-{name}" for kind, before in _CUSTOM for name in names_of(deployed, kind)}
    assert len(wanted) >= len(_CUSTOM)
    until("the StatefulSets", lambda: wanted <= deployed.names("apps/v1", "StatefulSet"), within_s=60)
    rules = {
        f"{before}-{name}-rulefiles-0"
        for kind, before in _CUSTOM
        for name in names_of(deployed, kind)
        if kind != "Alertmanager"
    }
    until("the rules", lambda: rules <= deployed.names("v1", "ConfigMap"))


def names_of(deployed: Deployed, kind: str) -> list[str]:
    """Of the program's objects of a kind."""
    return [one["metadata"]["name"] for one in deployed.recording.manifests(kind)]


def check_reconciled(deployed: Deployed) -> None:
    """The operator says so itself, of every server."""
    for kind, _ in _CUSTOM:
        for name in names_of(deployed, kind):

            def reconciled(kind: str = kind, name: str = name) -> bool:
                status = deployed.kube.get(_GROUP, kind, name, deployed.namespace).get("status", {})
                found = {one["type"]: one["status"] for one in status.get("conditions", ())}
                return found.get("Reconciled") == "True"

            until(f"{kind} {name} to be reconciled", reconciled)


def check_beside(deployed: Deployed) -> None:
    """The sidecar and the ruler get the arguments with which tests/components runs them."""
    if not deployed.recording.manifests("Certificate"):
        return
    for name, container, expected in (
        ("prometheus-prometheus-0", "thanos-sidecar", SIDECAR),
        ("thanos-ruler-global", "thanos-ruler", RULER),
    ):
        pod = deployed.kube.get("apps/v1", "StatefulSet", name, deployed.namespace)["spec"]["template"]["spec"]
        (words,) = [one["args"] for one in pod["containers"] if one["name"] == container]
        assert set(expected) - set(words) == set()
        assert {word for word in words if "tls" in word or "objstore" in word} <= set(expected)


def check_pods(deployed: Deployed) -> None:
    """The controllers get their pods past admission; what no node runs stays pending."""
    kube = deployed.kube
    for version, kind in _WORKLOADS[:2]:
        for workload in kube.objects(version, kind):
            namespace, labels = workload["metadata"]["namespace"], workload["spec"]["selector"]["matchLabels"]

            def pods(namespace: str = namespace, labels: Mapping[str, str] = labels) -> list[dict[str, Any]]:
                found = kube.objects("v1", "Pod", namespace)
                return [one for one in found if labels.items() <= one["metadata"].get("labels", {}).items()]

            until(f"a pod of {kind} {workload['metadata']['name']}", pods)
    failed = [one["message"] for one in kube.objects("v1", "Event") if one["reason"] == "FailedCreate"]
    # A workload may be placed a moment before its account; the controller tries again, and there is the pod.
    assert [words for words in failed if "error looking up service account" not in words] == []


def check_levels(deployed: Deployed) -> None:
    """Every pod there can be is `restricted`, also those of the operator, but for what is listed."""
    labels = {"pod-security.kubernetes.io/warn": "restricted"}
    deployed.kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": JUDGED, "labels": labels}})
    until("the account", lambda: deployed.kube.objects("v1", "ServiceAccount", JUDGED))
    seen: set[tuple[str, str]] = set()
    for version, kind in _WORKLOADS:
        for workload in deployed.kube.objects(version, kind):
            about = (kind, workload["metadata"]["name"])
            answer = deployed.kube.apply(pod_of(workload, JUDGED), dry_run=True)
            said = "; ".join(words for words in answer.warnings if _UNRELATED not in words)
            assert set(_CHECK.findall(said)) == set(TOLERATED.get(about, ())), f"{about}: {said}"
            assert bool(said) == (about in TOLERATED), f"{about}: {said}"
            seen |= {about} & set(TOLERATED)
    assert seen == set(TOLERATED)


def check_configurations(deployed: Deployed, part: Part, folder: Path) -> None:
    """What the operator generated, judged by the programs that would read it."""
    kube, namespace = deployed.kube, deployed.namespace
    for name in names_of(deployed, "Prometheus"):
        secret = kube.get("v1", "Secret", f"prometheus-{name}", namespace)
        file = written(folder / f"{name}.yaml", generated(secret, "prometheus.yaml.gz"))
        succeeds(part("promtool"), "check", "config", "--syntax-only", file)
    for one in kube.objects("v1", "ConfigMap", namespace):
        if "-rulefiles-" in one["metadata"]["name"]:
            for name, text in one["data"].items():
                file = written(folder / f"{one['metadata']['name']}-{name}", text)
                succeeds(part("promtool"), "check", "rules", file)
    for name in names_of(deployed, "Alertmanager"):
        secret = kube.get("v1", "Secret", f"alertmanager-{name}-generated", namespace)
        file = written(folder / f"alertmanager-{name}.yaml", generated(secret, "alertmanager.yaml.gz"))
        succeeds(part("amtool"), "check-config", file)


def written(path: Path, text: str) -> Path:
    """The file with that text."""
    path.write_text(text, encoding="utf-8")
    return path


def succeeds(*command: str | Path) -> None:
    """Runs a program that must be content."""
    done = run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
