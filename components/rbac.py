"""Rights in the cluster: every verb and resource named, nothing by wildcard."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from components.objects import Manifest, metadata

_RBAC: Final = "rbac.authorization.k8s.io"


def rule(group: str, resources: Iterable[str], verbs: Iterable[str], names: Iterable[str] = ()) -> dict[str, Any]:
    """These verbs on these resources of one API group; only on objects of these names if there are some."""
    found: dict[str, Any] = {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}
    if listed := list(names):
        found["resourceNames"] = listed
    return found


def pages(paths: Iterable[str]) -> dict[str, Any]:
    """Reading pages of the API server that are no objects."""
    return {"nonResourceURLs": list(paths), "verbs": ["get"]}


def account(name: str, namespace: str) -> dict[str, Any]:
    """A service account as the one who gets rights."""
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


def role(name: str, namespace: str, rules: Sequence[Manifest], subject: Manifest) -> list[Manifest]:
    """Rights in one namespace, and who has them."""
    about = metadata(name, namespace)
    return _pair("Role", "RoleBinding", about, rules, subject)


def cluster_role(name: str, rules: Sequence[Manifest], subject: Manifest) -> list[Manifest]:
    """Rights in all namespaces and on what is in none, and who has them."""
    return _pair("ClusterRole", "ClusterRoleBinding", metadata(name), rules, subject)


def _pair(
    kind: str, binding: str, about: dict[str, Any], rules: Sequence[Manifest], subject: Manifest
) -> list[Manifest]:
    ref = {"apiGroup": _RBAC, "kind": kind, "name": about["name"]}
    return [
        {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": about, "rules": [dict(one) for one in rules]},
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": binding,
            "metadata": about,
            "roleRef": ref,
            "subjects": [dict(subject)],
        },
    ]
