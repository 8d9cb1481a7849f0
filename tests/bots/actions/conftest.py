"""What the tests of the actions stand on."""

import pytest

from tests.bots.actions.shop import Shop
from tests.cluster.api import Api
from tests.cluster.node import Node
from tests.cluster.plane import ControlPlane


@pytest.fixture
def shop(plane: ControlPlane, kube: Api, node: Node, namespace: str) -> Shop:
    """A namespace with a node for its pods."""
    return Shop(plane=plane, kube=kube, node=node, namespace=namespace)
