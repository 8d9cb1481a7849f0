"""Kubernetes objects as plain manifests, exactly what kubectl would apply, and the one function that places them."""

import importlib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import pulumi

Manifest = Mapping[str, Any]
"""An object in camelCase; values may be Outputs, names may not."""

PART_OF: Final[Mapping[str, str]] = {"app.kubernetes.io/part-of": "tocsin"}
OPEN: Final[Mapping[str, str]] = {"tocsin/holds": "no secret"}
"""The annotation of a Secret that is one only because its reader wants it so: what is in it may be shown."""
_HEAD: Final = ("apiVersion", "kind")
_TEXTS: Final = "stringData"
"""A Secret's texts. With server-side apply a key that is taken out of them alone stays in the cluster for ever: what is
owned is `data`, which the server fills from them. So each key stands there too, empty."""
_CUSTOM: Final = frozenset({"metadata", "spec"})
"""What Pulumi's class for custom resources knows beside version and kind."""


def metadata(
    name: str,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The `metadata` of an object of ours."""
    found: dict[str, Any] = {"name": name}
    if namespace is not None:
        found["namespace"] = namespace
    found["labels"] = {**PART_OF, **(labels or {})}
    if annotations:
        found["annotations"] = dict(annotations)
    return found


def resource_name(manifest: Manifest) -> str:
    """`<kind>-<namespace>-<name>`, lower-case: what Pulumi calls the object, for ever."""
    about = manifest["metadata"]
    parts = (manifest["kind"], about.get("namespace"), about["name"])
    return "-".join(part for part in parts if part).lower()


def place(manifest: Manifest, opts: pulumi.ResourceOptions | None = None) -> pulumi.CustomResource:
    """Registers an object: as its own class where pulumi-kubernetes has one, as a custom resource otherwise.

    Raises ValueError for a top-level key that would be lost.
    """
    name, fields = resource_name(manifest), {key: manifest[key] for key in manifest if key not in _HEAD}
    version, kind = manifest["apiVersion"], manifest["kind"]
    if kind == "Secret" and _TEXTS in fields:
        fields |= {"data": dict.fromkeys(fields[_TEXTS], "")}
    typed = _class(version, kind)
    if typed is not None:
        made: pulumi.CustomResource = typed(name, opts=opts, **{_snake(key): value for key, value in fields.items()})
        return made
    if lost := sorted(fields.keys() - _CUSTOM):
        raise ValueError(f"{kind} {name}: {', '.join(lost)} would be lost; expected metadata and spec")
    from pulumi_kubernetes.apiextensions import CustomResource

    return CustomResource(name, version, kind, opts=opts, **fields)


@cache
def _class(version: str, kind: str) -> Any:
    """The class of a built-in kind; None for every other."""
    group, _, number = version.rpartition("/")
    if "." in group and not group.endswith(".k8s.io"):
        return None
    try:
        module = importlib.import_module(f"pulumi_kubernetes.{group.split('.')[0] or 'core'}.{number}")
    except ModuleNotFoundError:
        return None
    return getattr(module, kind, None)


@cache
def _snake(key: str) -> str:
    """`roleRef` as `role_ref`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
