"""How the clouds' Kubernetes differ: volumes, and how a service account becomes an identity of the cloud."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from components.network import Allow

Flavour = Literal["eks", "gke", "aks", "kind"]

STORAGE_CLASSES: Final[Mapping[Flavour, str]] = {
    # https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html: the class is made with the driver.
    "eks": "gp3",
    # https://cloud.google.com/kubernetes-engine/docs/concepts/persistent-volumes#storageclasses
    "gke": "premium-rwo",
    # https://learn.microsoft.com/azure/aks/concepts-storage#storage-classes
    "aks": "managed-csi-premium",
    # https://kind.sigs.k8s.io/docs/user/configuration/
    "kind": "standard",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What makes a pod's service account stand for an identity of the cloud."""

    annotations: Mapping[str, str]
    """Of the service account."""
    pod_labels: Mapping[str, str]
    egress: tuple[Allow, ...]
    """What the pod must reach to get its credentials, beside TLS to the outside."""


NO_IDENTITY: Final = Identity(annotations={}, pod_labels={}, egress=())


def identity(flavour: Flavour, name: str | None) -> Identity:
    """The identity called `name`: a role's ARN on EKS, an account's address on GKE, a client id on AKS."""
    if name is None or flavour == "kind":
        return NO_IDENTITY
    if flavour == "eks":  # https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
        return Identity(annotations={"eks.amazonaws.com/role-arn": name}, pod_labels={}, egress=())
    if flavour == "gke":  # https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
        servers = ({"ipBlock": {"cidr": "169.254.169.252/32"}}, {"ipBlock": {"cidr": "169.254.169.254/32"}})
        return Identity(
            annotations={"iam.gke.io/gcp-service-account": name},
            pod_labels={},
            egress=(Allow(peers=servers, ports=(80, 988)),),
        )
    # https://learn.microsoft.com/azure/aks/workload-identity-overview
    return Identity(
        annotations={"azure.workload.identity/client-id": name},
        pod_labels={"azure.workload.identity/use": "true"},
        egress=(),
    )
