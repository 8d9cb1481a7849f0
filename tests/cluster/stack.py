"""A whole stack on a control plane of its own: what the program registers, in the order in which it asks for it.

Names are those of a real cluster, some of which belong to no namespace, so a stack cannot share a control plane.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final

from components.operator import NAME as OPERATOR
from tests.cluster.api import Answer, Api, Object, Refused
from tests.cluster.plane import ControlPlane
from tests.cluster.waiting import until
from tools.program import Recording, Registered
from tools.program.checking import FOREIGN_CRDS

GIVEN: Final = ("cert-manager", "ingress", "shop")
"""Namespaces that a cluster has before: of cert-manager and of what is watched."""
_KIND_STORAGE: Final = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "standard"},
    "provisioner": "rancher.io/local-path",
    "volumeBindingMode": "WaitForFirstConsumer",
}
"""What a cluster of kind has before; on the others the program makes its own class."""
_CRD: Final = "CustomResourceDefinition"


@dataclass(slots=True, kw_only=True)
class Deployed:
    """A stack in its cluster."""

    plane: ControlPlane
    kube: Api
    recording: Recording
    warnings: list[str] = field(default_factory=list)
    """What the server had to say, each after the kind and name of its object."""
    generations: dict[str, int] = field(default_factory=dict)
    """How often the wish of each of the program's objects has changed."""

    def place(self) -> None:
        """Applies everything; raises Refused, with the object's name."""
        for name in GIVEN:
            self._apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        if not self.recording.manifests("StorageClass"):
            self._apply(_KIND_STORAGE)
        for path in sorted(FOREIGN_CRDS.rglob("*.json")):
            self._apply(json.loads(path.read_bytes()))
        for one in in_order(self.recording):
            answer = self._apply(one.manifest)
            self.generations[one.name] = answer.object["metadata"].get("generation", 0)
            for made in stand_in(one.manifest, self.plane.folder):
                self._apply(made)

    def changed_by_a_second_placing(self) -> list[str]:
        """The objects that the server takes for changed, though the same is placed again."""
        before = dict(self.generations)
        for one in in_order(self.recording):
            self.generations[one.name] = self._apply(one.manifest).object["metadata"].get("generation", 0)
        return [name for name in before if before[name] != self.generations[name]]

    def _apply(self, manifest: Object) -> Answer:
        about = f"{manifest['kind']} {manifest['metadata']['name']}"
        try:
            answer = self.kube.apply(manifest)
        except Refused as refused:
            raise Refused(refused.code, refused.reason, f"{about}: {refused.message}") from refused
        self.warnings += [f"{about}: {words}" for words in answer.warnings]
        if manifest["kind"] == _CRD:
            until(f"{about} to be served", lambda: self._serves(manifest))
        return answer

    def _serves(self, definition: Object) -> bool:
        """Pulumi's provider waits for this too."""
        spec = definition["spec"]
        try:
            for version in (one for one in spec["versions"] if one["served"]):
                self.kube.objects(f"{spec['group']}/{version['name']}", spec["names"]["kind"])
        except Refused:
            return False
        return True

    @property
    def namespace(self) -> str:
        """The main one."""
        found: str = self.operator["metadata"]["namespace"]
        return found

    @property
    def operator(self) -> dict[str, Any]:
        """The deployment of prometheus-operator."""
        return self.recording.manifest("Deployment", OPERATOR)

    def flags(self) -> list[str]:
        """The operator's, but for where it listens."""
        (container,) = self.operator["spec"]["template"]["spec"]["containers"]
        return [word for word in container["args"] if not word.startswith("--web.listen")]

    def names(self, version: str, kind: str) -> set[str]:
        """Of the objects of a kind in the main namespace."""
        return {one["metadata"]["name"] for one in self.kube.objects(version, kind, self.namespace)}

    def accounts(self) -> list[tuple[str, str]]:
        """Namespace and name of every service account that the program makes."""
        found = [one["metadata"] for one in self.recording.manifests("ServiceAccount")]
        return sorted((one["namespace"], one["name"]) for one in found)


def in_order(recording: Recording) -> Iterator[Registered]:
    """The objects, each after what it waits for, and in nobody's favour otherwise."""
    found = {one.urn: one for one in recording}
    # Of what waits for nothing, the last by name comes first: by name, a definition would come before its objects.
    order: TopologicalSorter[str] = TopologicalSorter({urn: found[urn].depends_on for urn in sorted(found)[::-1]})
    return (found[urn] for urn in order.static_order() if found[urn].is_kubernetes)


def stand_in(manifest: Object, folder: Path) -> Iterator[dict[str, Any]]:
    """The Secret that cert-manager or the External Secrets Operator would make of an object."""
    if manifest["apiVersion"].startswith("cert-manager.io") and manifest["kind"] == "Certificate":
        yield tls_secret(folder, manifest["spec"]["secretName"], manifest["metadata"]["namespace"])
    if manifest["kind"] == "ExternalSecret":
        keys = [one["secretKey"] for one in manifest["spec"]["data"]]
        about = {"name": manifest["spec"]["target"]["name"], "namespace": manifest["metadata"]["namespace"]}
        texts = {key: f"https://example.com/{key}" if key.endswith("url") else f"the-{key}" for key in keys}
        yield {"apiVersion": "v1", "kind": "Secret", "metadata": about, "type": "Opaque", "stringData": texts}


def tls_secret(folder: Path, name: str, namespace: str) -> dict[str, Any]:
    """What cert-manager would write; `folder` is the control plane's."""
    files = {"tls.crt": "certificate.pem", "tls.key": "key.pem", "ca.crt": "authority.pem"}
    texts = {key: (folder / file).read_text(encoding="utf-8") for key, file in files.items()}
    about = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": about, "type": "kubernetes.io/tls", "stringData": texts}


def pod_of(workload: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    """A pod as a workload would make it, but in another namespace, for the account that is there, without claims."""
    spec = workload["spec"]
    spec = spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec
    template = spec["template"]
    inside = {key: value for key, value in template["spec"].items() if not key.startswith("serviceAccount")}
    claims = [one["metadata"]["name"] for one in spec.get("volumeClaimTemplates", ())]
    inside["volumes"] = [*inside.get("volumes", ()), *({"name": name, "emptyDir": {}} for name in claims)]
    about = {"name": "probe", "namespace": namespace, "labels": template["metadata"].get("labels", {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": inside}
