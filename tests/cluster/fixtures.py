"""Fixtures for tests on a real control plane; `tests/conftest.py` offers them to every test."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import lightkube
import pytest

from tests.cluster.api import Answer, Api, Object
from tests.cluster.node import Node
from tests.cluster.operator import Operator, log_of
from tests.cluster.plane import ControlPlane
from tests.cluster.sharing import shared
from tests.cluster.waiting import until


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """The control plane of this run, with prometheus-operator at work; the workers of pytest-xdist share it."""
    own = tmp_path_factory.getbasetemp()
    run = own.parent if own.name.startswith("popen-") else own
    with shared(run / "plane") as control_plane:
        yield control_plane


@pytest.fixture(scope="session")
def operator(plane: ControlPlane) -> Operator:
    """prometheus-operator, with the role that comes with it."""
    return Operator(log=log_of(plane))


@pytest.fixture
def kube(plane: ControlPlane) -> Iterator[Api]:
    """The API server, for the administrator."""
    with plane.api() as administrator:
        yield administrator


@pytest.fixture
def kube_client(plane: ControlPlane, namespace: str) -> Iterator[lightkube.Client]:
    """A lightkube client of the administrator in the test's own namespace."""
    with plane.client(namespace=namespace) as administrator:
        yield administrator


@pytest.fixture
def node(plane: ControlPlane, tmp_path: Path) -> Iterator[Node]:
    """A node that runs the pods of the namespaces it is told to watch."""
    with Node(plane, tmp_path) as here:
        yield here


@pytest.fixture
def applied(kube: Api) -> Iterator[Callable[[Object], Answer]]:
    """Applies objects, such as those that belong to no namespace, and deletes them after the test."""
    made: list[Object] = []

    def apply(wanted: Object) -> Answer:
        answer = kube.apply(wanted)
        made.append(wanted)
        return answer

    yield apply
    for one in reversed(made):
        metadata = one["metadata"]
        kube.delete(one["apiVersion"], one["kind"], metadata["name"], metadata.get("namespace"))


@pytest.fixture
def new_namespace(kube: Api) -> Iterator[Callable[[Mapping[str, str]], str]]:
    """Makes namespaces with given labels, which go after the test."""
    made = []

    def make(labels: Mapping[str, str]) -> str:
        name = f"test-{secrets.token_hex(4)}"
        kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels)}})
        made.append(name)
        until("the account of a new namespace", lambda: kube.objects("v1", "ServiceAccount", name))
        return name

    yield make
    for name in made:
        kube.delete("v1", "Namespace", name)


@pytest.fixture
def namespace(new_namespace: Callable[[Mapping[str, str]], str]) -> str:
    """A namespace of the test's own."""
    return new_namespace({})
