"""The accounts of remediation jobs: each may do what its action has to, to the targets that the policies name. Pure."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from alerting.actions import Action, Permission
from alerting.job_names import template_name
from alerting.remediations import Target
from components import rbac
from components.objects import Manifest, metadata


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
    account = template_name(action.name)
    for where, some in groupby(sorted(targets), key=lambda target: target.namespace):
        names = sorted({target.name for target in some})
        rules = [_rule(permission, names) for permission in action.permissions]
        if rules:
            yield from rbac.role(f"tocsin-{account}", where, rules, rbac.account(account, namespace))


def _rule(permission: Permission, names: list[str]) -> dict[str, Any]:
    return rbac.rule(permission.group, permission.resources, permission.verbs, names if permission.named else ())
