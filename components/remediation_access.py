"""The accounts of remediation jobs: each may do what its action has to, to the targets that the policies name. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from alerting.actions import Action, Permission
from alerting.job_names import template_name
from alerting.remediations import Target
from components.objects import Manifest, metadata

_RBAC: Final = "rbac.authorization.k8s.io"


def service_account(action: Action, namespace: str) -> dict[str, Any]:
    """Its pods ask for the token where they need it."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(template_name(action.name), namespace),
        "automountServiceAccountToken": False,
    }


def roles(action: Action, targets: Iterable[Target], namespace: str) -> Iterator[Manifest]:
    """A Role and its RoleBinding in each namespace where the action has targets.

    `namespace` is that of the jobs. Where a permission is about the target itself, it is about that one name.
    """
    for where, some in groupby(sorted(targets), key=lambda target: target.namespace):
        here = tuple(some)
        rules = [rule(permission, here) for permission in action.permissions]
        name = f"tocsin-{template_name(action.name)}"
        if rules:
            yield {
                "apiVersion": f"{_RBAC}/v1",
                "kind": "Role",
                "metadata": metadata(name, where),
                "rules": rules,
            }
            yield role_binding(name, where, template_name(action.name), namespace)


def role_binding(name: str, namespace: str, account: str, account_namespace: str) -> dict[str, Any]:
    """Gives the Role `name` to a service account."""
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": metadata(name, namespace),
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": account_namespace}],
        "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": name},
    }


def rule(permission: Permission, targets: Sequence[Target]) -> dict[str, Any]:
    """One rule of a Role."""
    found: dict[str, Any] = {
        "apiGroups": [permission.group],
        "resources": list(permission.resources),
        "verbs": list(permission.verbs),
    }
    if permission.named:
        found["resourceNames"] = sorted({target.name for target in targets if target.key == permission.named})
    return found
