"""The policy pack as the engine runs it: what it forbids is not made."""

from pathlib import Path

import pytest

from tests.engine.company import STACK
from tests.engine.deployment import deployment
from tests.engine.repository import fork

PROGRAM = """
import pulumi

from components.objects import metadata, place

about = metadata("web", "shop")
labels = {"app": "web"}
probe = {"httpGet": {"path": "/", "port": 80}}
container = {
    "name": "web",
    "image": "IMAGE",
    "readinessProbe": probe,
    "livenessProbe": probe,
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
}
pod = {
    "containers": [container],
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "automountServiceAccountToken": False,
}
first = place({"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": {"a": "b"}})
place(
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": about,
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    },
    pulumi.ResourceOptions(depends_on=[first]),
)
"""
"""A ConfigMap, and a workload after it."""


def program(folder: Path, image: str, replicas: int) -> Path:
    """A repository with nothing but that program."""
    root = fork(folder)
    text = PROGRAM.replace("IMAGE", image).replace("REPLICAS", str(replicas))
    (root / "stacks" / "__main__.py").write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("image", "replicas", "words"),
    [
        pytest.param("web:latest", 1, ("pinned-images", "Deployment shop/web"), id="one-resource"),
        pytest.param("web:1.0.0", 2, ("disruption-budgets", "2 replicas without a PodDisruptionBudget"), id="stack"),
    ],
)
def test_a_violating_program_is_stopped_before_anything_is_made(
    image: str, replicas: int, words: tuple[str, ...], tmp_path: Path
) -> None:
    """`make up` says which rule and why, and asks no provider for anything."""
    with deployment(program(tmp_path, image, replicas), STACK, None) as stack:
        said = stack.make("up", "--yes")
    assert said.code != 0
    assert [word for word in words if word not in said.text] == [], said.text
    assert said.calls == ()


def test_a_sound_program_is_made_and_does_not_drift(tmp_path: Path) -> None:
    """`make up` makes all of it, and `make drift` succeeds as long as nobody changes anything."""
    with deployment(program(tmp_path, "web:1.0.0", 1), STACK, None) as stack:
        made, drift = stack.make("up", "--yes"), stack.make("drift")
    assert made.code == 0, made.text
    assert [(call.verb, call.name) for call in made.calls] == [
        ("create", "configmap-shop-web"),
        ("create", "deployment-shop-web"),
    ]
    assert drift.code == 0, drift.text
    assert drift.calls == ()
