"""`tocsin:cluster`: which cluster, and how it differs from others."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from alerting.model.quantities import Flag
from stacks.sections.section import LABEL, Host, ObjectName, Section, shaped

Flavour = Literal["eks", "gke", "aks", "kind"]


class Issuer(Section):
    """Who signs certificates, an object of cert-manager."""

    kind: Literal["ClusterIssuer", "Issuer"] = "ClusterIssuer"
    """Which of the two kinds it is."""
    name: ObjectName
    """Its name."""


class Cluster(Section):
    """The whole of `tocsin:cluster`."""

    name: Annotated[str, shaped(LABEL, "name of a cluster", "lower-case words with hyphens, such as shop-production")]
    """The cluster's own name, the external label `cluster` of everything that is measured in it."""
    context: str
    """The context of the kubeconfig that reaches it; named, so that no other cluster is changed by mistake."""
    flavour: Flavour
    """Whose Kubernetes it is."""
    domain: Host
    """The domain under which people reach Grafana and the bot."""
    namespace: ObjectName = "monitoring"
    """Where everything lives."""
    storage_class: str | None = None
    """Of all volumes; one of our own by default, `standard` on kind."""
    registries: Mapping[str, str] = Field(default_factory=dict)
    """Registry → where its images are mirrored, for clusters without internet."""
    ingress_class: str = "nginx"
    """The class of the ingress controller that is there."""
    ingress_namespace: ObjectName = "ingress-nginx"
    """The namespace of its pods, the only ones from outside that may talk to Grafana and the bot."""
    public_issuer: Issuer | None = None
    """Who signs the certificates that browsers see; without one the ingress controller's own is used."""
    tls: Flag = True
    """Whether programs speak TLS among each other, with certificates of an authority of our own (cert-manager)."""
    cert_manager_namespace: ObjectName = "cert-manager"
    """Where cert-manager keeps the keys of ClusterIssuers."""
