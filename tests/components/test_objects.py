"""How manifests are placed."""

from typing import Any

import pytest

from components.objects import metadata, place, resource_name
from tools.program import record


def test_an_object_is_called_by_kind_namespace_and_name() -> None:
    """The name that Pulumi knows it by never changes as long as the object is the same."""
    assert resource_name({"kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}}) == "configmap-b-a"
    assert resource_name({"kind": "ClusterRole", "metadata": {"name": "a"}}) == "clusterrole-a"


@pytest.mark.parametrize(
    ("manifest", "token"),
    [
        ({"apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": False}, "core/v1:"),
        (
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
                "subjects": [],
            },
            "rbac.authorization.k8s.io/v1:",
        ),
        (
            {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "p", "volumeBindingMode": "x"},
            "storage.k8s.io/v1:",
        ),
        ({"apiVersion": "monitoring.coreos.com/v1", "kind": "Probe", "spec": {}}, "monitoring.coreos.com/v1:"),
        ({"apiVersion": "apps/v1", "kind": "Nothing", "spec": {}}, "apps/v1:"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_an_object_arrives_as_it_is_written(manifest: dict[str, Any], token: str) -> None:
    """Whether Pulumi has a class for the kind or not, no key is lost or renamed."""
    whole = {**manifest, "metadata": metadata("a", "b")}
    (found,) = record(lambda: place(whole) and None)
    assert found.type == f"kubernetes:{token}{manifest['kind']}"
    assert found.manifest == whole


def test_keys_inside_a_custom_resource_keep_their_spelling() -> None:
    """Underscores in a foreign schema stay."""
    spec = {"snake_case": {"client_ca": 1}, "camelCase": {"x-y": [True, 1.5, "1"]}}
    manifest = {"apiVersion": "a.example.com/v1", "kind": "B", "metadata": {"name": "c"}, "spec": spec}
    (found,) = record(lambda: place(manifest) and None)
    assert found.inputs["spec"] == spec


def test_a_key_that_would_be_lost_is_refused() -> None:
    """Pulumi's class for custom resources knows nothing but metadata and spec."""
    manifest = {"apiVersion": "a.example.com/v1", "kind": "B", "metadata": {"name": "c"}, "data": {}}
    with pytest.raises(ValueError, match="B b-c: data would be lost; expected metadata and spec"):
        record(lambda: place(manifest) and None)


def test_each_text_of_a_secret_is_owned() -> None:
    """Server-side apply removes a key that it was given as `data`, not one that it was given as a text alone."""
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"b": "c", "d": "e"}}
    (found,) = record(lambda: place(manifest) and None)
    assert found.manifest == {**manifest, "data": {"b": "", "d": ""}}
