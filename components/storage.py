"""The class of our volumes: one of our own on each cloud, since what a cluster comes with differs from age to age.

Encrypted, made where the pod is, able to grow, and kept when the claim goes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import pulumi

from components.component import Component
from components.objects import metadata

Flavour = Literal["eks", "gke", "aks", "kind"]

OWN: Final = "tocsin"
_KIND_CLASS: Final = "standard"
"""https://kind.sigs.k8s.io: folders of the machine, which nobody can configure."""
_CLOUDS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    # https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md
    "eks": ("ebs.csi.aws.com", {"type": "gp3", "encrypted": "true"}),
    # https://cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/gce-pd-csi-driver; encrypted always
    "gke": ("pd.csi.storage.gke.io", {"type": "pd-ssd"}),
    # https://github.com/kubernetes-sigs/azuredisk-csi-driver/blob/master/docs/driver-parameters.md; encrypted always
    "aks": ("disk.csi.azure.com", {"skuName": "Premium_LRS"}),
}


def class_of(flavour: Flavour, chosen: str | None) -> str:
    """The class that volumes name."""
    if chosen is not None:
        return chosen
    return OWN if flavour in _CLOUDS else _KIND_CLASS


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageArgs:
    """Which cloud it is."""

    flavour: Flavour


class Storage(Component):
    """The class, where the cloud has volumes of its own."""

    def __init__(
        self,
        name: str,
        args: StorageArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers the class, if there is one to register."""
        super().__init__("Storage", name, opts, after)
        if args.flavour in _CLOUDS:
            self.place(_class(args.flavour))
        self.finish(name=class_of(args.flavour, None))


def _class(flavour: Flavour) -> dict[str, Any]:
    provisioner, parameters = _CLOUDS[flavour]
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": metadata(OWN),
        "provisioner": provisioner,
        "parameters": dict(parameters),
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
        "reclaimPolicy": "Retain",
    }
