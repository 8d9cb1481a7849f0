"""Every object of a cluster."""

from typing import Any, Final

from tests.cluster.api import Api

_OF_NOBODY: Final = ("Event", "Lease")
"""What comes and goes by itself."""


def objects(kube: Api) -> frozenset[str]:
    """Kind, namespace and name of each object of each kind, as `Secret monitoring/tocsin-bot`."""
    found: set[str] = set()
    for version in ["v1", *(group["preferredVersion"]["groupVersion"] for group in _groups(kube))]:
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        for resource in kube.call("GET", root).object["resources"]:
            if "list" in resource["verbs"] and resource["kind"] not in _OF_NOBODY:
                listed = kube.call("GET", f"{root}/{resource['name']}").object["items"]
                found |= {_title(resource["kind"], one["metadata"]) for one in listed}
    return frozenset(found)


def _groups(kube: Api) -> list[Any]:
    groups: list[Any] = kube.call("GET", "/apis").object["groups"]
    return groups


def _title(kind: str, about: Any) -> str:
    return f"{kind} {'/'.join(part for part in (about.get('namespace'), about['name']) if part)}"
