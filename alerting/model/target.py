"""Where a service's metrics come from: what is scraped, what is probed, which database an exporter asks."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, Discriminator, Field, Tag

from alerting.model.document_model import DocumentModel, Name
from alerting.model.quantities import Flag, got
from alerting.model.routing import Url

Scheme = Literal["http", "https"]
Named = TypeVar("Named", bound="Probe | DatabaseInstance")

_HOST: Final = r"[A-Za-z0-9]([-A-Za-z0-9.]{0,251}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"{_HOST}:[1-9][0-9]{{0,4}}")
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_OURS: Final = frozenset({"service", "instance", "job"})


def _address(text: str) -> str:
    """`host:port`; raises ValueError otherwise."""
    if not _ADDRESS.fullmatch(text) or int(text.rpartition(":")[2]) > 65535:
        raise ValueError(f"{got(text)} is no host and port; expected one such as db.shop.svc:5432")
    return text


def _target_labels(labels: Mapping[str, str]) -> Mapping[str, str]:
    """Labels that a target may be given; raises ValueError otherwise."""
    for name in labels:
        if not _LABEL.fullmatch(name) or name.startswith("__"):
            raise ValueError(f"{got(name)} is not a label's name; expected one such as role")
        if name in _OURS:
            raise ValueError(f"the label {name} is set by Tocsin; expected another one such as role; remove it")
    return labels


Address = Annotated[str, AfterValidator(_address)]
"""A host and a port."""
TargetLabels = Annotated[Mapping[str, str], AfterValidator(_target_labels)]
"""Labels of every series of a target."""


class ClusterScrape(DocumentModel):
    """Pods behind a Service of Kubernetes."""

    namespace: Name
    """Where they run."""
    labels: Mapping[str, str] = Field(default_factory=dict)
    """Labels of the Service; `app.kubernetes.io/name` with the service's own name by default."""
    port: str = "metrics"
    """The name of the Service's port."""
    path: str = "/metrics"
    """The page with the metrics."""
    scheme: Scheme = "http"
    """With or without TLS."""


class StaticScrape(DocumentModel):
    """Programs outside the cluster."""

    addresses: Annotated[tuple[Address, ...], Field(min_length=1)]
    """Hosts with ports."""
    path: str = "/metrics"
    """The page with the metrics."""
    scheme: Scheme = "http"
    """With or without TLS."""
    labels: TargetLabels = Field(default_factory=dict)
    """Labels of every series."""


def _kind(value: Any) -> str:
    keys = value.keys() if isinstance(value, Mapping) else getattr(value, "__dict__", {}).keys()
    return "<static>" if "addresses" in keys else "<cluster>"


Scrape = Annotated[
    Annotated[ClusterScrape, Tag("<cluster>")] | Annotated[StaticScrape, Tag("<static>")], Discriminator(_kind)
]
"""Something to scrape."""


class Probe(DocumentModel):
    """Something that the blackbox exporter asks from outside the service; `probe_success{job="probe-<name>"}`."""

    name: Name
    """What is probed, in a word."""
    url: Url | Address
    """An address of the web, or a host and port for `tcp` and `tls`."""
    module: Literal["http", "tcp", "tls"] = "http"
    """What is asked: a page, a connection, a connection with a valid certificate."""


def _distinct(found: tuple[Named, ...]) -> tuple[Named, ...]:
    """Things of one kind with a name of their own each; raises ValueError otherwise."""
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"the name {name} is here twice; expected each name once; rename one of them")
    return found


class DatabaseInstance(DocumentModel):
    """One server of a database."""

    name: Name
    """Which one it is, such as `primary`."""
    address: Address
    """Its host and port."""
    labels: TargetLabels = Field(default_factory=dict)
    """Labels of its series, such as `role: primary`."""


class Database(DocumentModel):
    """A database that an exporter asks; credentials come from the Secret `database-<service>`."""

    engine: Literal["postgres", "mysql"]
    """Which exporter."""
    instances: Annotated[tuple[DatabaseInstance, ...], Field(min_length=1), AfterValidator(_distinct)]
    """Its servers; each has an exporter of its own."""
    database: str = "postgres"
    """The database to log in to, of PostgreSQL."""
    tls: Flag = True
    """Whether the exporter insists on TLS."""


Probes = Annotated[tuple[Probe, ...], AfterValidator(_distinct)]
"""What is probed of one service."""
