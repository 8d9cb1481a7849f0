"""What the bot may do in the cluster: make Jobs from templates, see how they end, and hold locks. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from components import rbac
from components.objects import Manifest

RULES: Final[Sequence[dict[str, Any]]] = (
    rbac.rule("batch", ["cronjobs"], ["get"]),
    rbac.rule("batch", ["jobs"], ["create", "get", "watch"]),
    rbac.rule("", ["pods"], ["list"]),
    rbac.rule("", ["pods/log"], ["get"]),
    rbac.rule("coordination.k8s.io", ["leases"], ["create", "get", "update"]),
)
"""In the namespace of remediations, and nowhere else. Which Jobs it may make is for admission to say."""


def manifests(name: str, namespace: str, remediation_namespace: str) -> list[Manifest]:
    """Its Role there, and who has it: the account `name` of `namespace`."""
    return rbac.role(name, remediation_namespace, RULES, rbac.account(name, namespace))
