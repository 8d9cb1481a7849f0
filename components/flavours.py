"""How a service account becomes an identity of the cloud, in each cloud's Kubernetes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from components.network import Allow
from components.storage import Flavour


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
