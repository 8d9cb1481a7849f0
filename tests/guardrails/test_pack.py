"""The pack as Pulumi's engine runs it: a process of its own, asked over gRPC."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policies.guardrails.pack import SEEING
from policies.guardrails.table import RULES
from tests.guardrails.objects import container, workload
from tests.stacks.companies import ROOT

PACK = ROOT / "policies" / "guardrails"


@pytest.fixture(scope="module")
def analyzer() -> Iterator[Any]:
    """The pack, started as the engine does, and a client of it."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PACK)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def struct(value: Any) -> struct_pb2.Struct:
    """A value of the wire."""
    found = struct_pb2.Struct()
    found.update(value)
    return found


def marked(value: Any) -> dict[str, Any]:
    """A secret, as the engine sends it."""
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


def about(name: str, inputs: Any, type_: str = "kubernetes:core/v1:ConfigMap") -> dict[str, Any]:
    """What every request says about a resource."""
    return {"type": type_, "urn": f"urn:{name}", "name": name, "properties": struct(inputs)}


def config_map(name: str, **data: Any) -> dict[str, Any]:
    """A ConfigMap of the wire."""
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}, "data": data}
    return about(name, manifest)


def said(response: Any) -> list[tuple[str, str]]:
    """Which rules complained, and how."""
    return [(one.policyName, one.message.partition("\n")[2]) for one in response.diagnostics]


def test_every_rule_is_mandatory(analyzer: Any) -> None:
    """None only warns, and the pack says what each is for."""
    info = analyzer.GetAnalyzerInfo(analyzer_pb2.google_dot_protobuf_dot_empty__pb2.Empty())
    assert info.name == "tocsin"
    assert [one.name for one in info.policies] == [SEEING, *(rule.name for rule in RULES)]
    levels = {one.name: one.enforcementLevel for one in info.policies}
    assert levels.pop(SEEING) == analyzer_pb2.REMEDIATE
    assert set(levels.values()) == {analyzer_pb2.MANDATORY}


def test_a_violating_workload_is_stopped_before_it_is_made(analyzer: Any) -> None:
    """Numbers, lists and nested values come through the SDK's wrapping as they were."""
    bad = workload(container(image="web:latest", readinessProbe=None), replicas=2)
    response = analyzer.Analyze(analyzer_pb2.AnalyzeRequest(**about("web", bad.inputs, bad.type)))
    assert [rule for rule, _ in said(response)] == ["probes", "pinned-images"]
    assert all(one.enforcementLevel == analyzer_pb2.MANDATORY for one in response.diagnostics)
    stack = analyzer_pb2.AnalyzeStackRequest(
        resources=[analyzer_pb2.AnalyzerResource(**about("web", bad.inputs, bad.type))]
    )
    response = analyzer.AnalyzeStack(stack)
    assert said(response) == [
        (
            "disruption-budgets",
            (
                "Deployment shop/web: 2 replicas without a PodDisruptionBudget; expected one in shop whose selector "
                "has their labels; place components.workload.disruption_budget"
            ),
        )
    ]
    assert response.diagnostics[0].urn == "urn:web"


def test_secrets_are_known_and_not_changed(analyzer: Any) -> None:
    """The engine asks for remediations first, which is where it says what is a secret."""
    leaky = config_map("leaky", word=marked("correct-horse-battery"))
    assert not analyzer.Remediate(analyzer_pb2.AnalyzeRequest(**leaky)).remediations
    assert [rule for rule, _ in said(analyzer.Analyze(analyzer_pb2.AnalyzeRequest(**leaky)))] == [
        "no-secret-in-config-map"
    ]
    copy = config_map("copy", text="the word is correct-horse-battery")
    assert not analyzer.Remediate(analyzer_pb2.AnalyzeRequest(**copy)).remediations
    assert said(analyzer.Analyze(analyzer_pb2.AnalyzeRequest(**copy))) == []
    # As the engine sends the state: nothing is marked there.
    both = [config_map("leaky", word="correct-horse-battery"), copy]
    stack = analyzer_pb2.AnalyzeStackRequest(resources=[analyzer_pb2.AnalyzerResource(**one) for one in both])
    assert said(analyzer.AnalyzeStack(stack)) == [
        (
            "no-copied-secret",
            (
                "ConfigMap shop/copy: data.text holds the secret of ConfigMap shop/leaky at data.word; expected no "
                "secret in a plain input; keep it as `secure:` configuration or in a Secret, and name the Secret here"
            ),
        )
    ]


def test_unknown_values_stop_no_preview(analyzer: Any) -> None:
    """What only an update knows is judged by the update."""
    new = config_map("new", address=rpc.UNKNOWN, secret=marked(rpc.UNKNOWN))
    analyzer.Remediate(analyzer_pb2.AnalyzeRequest(**new))
    response = analyzer.Analyze(analyzer_pb2.AnalyzeRequest(**new))
    assert [rule for rule, _ in said(response)] == ["no-secret-in-config-map"]
