"""A small shop in a namespace of a real cluster, and the actions run on it with the rights of their jobs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from alerting.actions import ACTIONS
from alerting.job_names import template_name
from alerting.remediations import Target
from bots.actions.__main__ import run
from bots.actions.request import Request, read_request, write_request
from bots.actions.result import Result
from components.remediation_access import roles, service_account
from tests.cluster.api import Api
from tests.cluster.node import Node
from tests.cluster.plane import ControlPlane
from tests.cluster.waiting import until

IMAGE = "registry.example/shop/checkout:1.4.2"


def deployment(namespace: str, name: str, replicas: int) -> dict[str, Any]:
    """A deployment of one container."""
    container = {
        "name": "main",
        "image": IMAGE,
        "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {
                "matchLabels": {"app": name},
                "matchExpressions": [{"key": "app", "operator": "In", "values": [name]}],
            },
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
        },
    }


@dataclass(slots=True, kw_only=True)
class Shop:
    """Deployments in one namespace, on a node that takes their pods."""

    plane: ControlPlane
    kube: Api
    node: Node
    namespace: str
    _accounts: dict[str, str] = field(default_factory=dict)

    def open(self, name: str = "checkout", replicas: int = 2) -> None:
        """Makes a deployment and waits until its pods are ready."""
        self.node.watched.add(self.namespace)
        self.kube.apply(deployment(self.namespace, name, replicas))
        until("pods", lambda: self.deployment(name)["status"].get("availableReplicas") == replicas)

    def deployment(self, name: str = "checkout") -> dict[str, Any]:
        """As the server knows it."""
        return self.kube.get("apps/v1", "Deployment", name, self.namespace)

    def pods(self, name: str = "checkout") -> list[dict[str, Any]]:
        """Its pods that are not ending."""
        listed = self.kube.objects("v1", "Pod", self.namespace)
        return [
            one
            for one in listed
            if one["metadata"].get("labels", {}).get("app") == name and "deletionTimestamp" not in one["metadata"]
        ]

    def request(self, action: str, target: Mapping[str, str], **more: Any) -> Request:
        """A request as the bot writes it."""
        asked = Request(action=action, target={"namespace": self.namespace, **target}, **more)
        return read_request(write_request(asked), ACTIONS[action])

    def perform(self, request: Request, *, fail_on_findings: bool = False) -> Result:
        """Runs the action with the token of a service account that has the action's own role, and no other right."""
        environment = {"KUBECONFIG": self.kubeconfig(request)}
        action = ACTIONS[request.action]
        return run(action, request, environment, datetime.now(UTC), fail_on_findings=fail_on_findings)

    def kubeconfig(self, request: Request) -> str:
        """A file with the token of an account that may do what the action has to, to this target."""
        action = ACTIONS[request.action]
        (key,) = set(action.target) - {"namespace"}
        target = Target(self.namespace, key, request.target[key])
        self.kube.apply(service_account(action, self.namespace))
        for manifest in roles(action, [target], self.namespace):
            self.kube.apply(manifest)
        token = self.plane.token(self.namespace, template_name(action.name))
        time.sleep(0.1)  # RBAC follows its watch
        return str(self.plane.kubeconfig_of(f"{self.namespace}-{action.name}", token))
