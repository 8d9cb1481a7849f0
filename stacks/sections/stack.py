"""All sections of a stack together. A section that is None is a part of the product that the stack does without."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from alerting.model.document_model import Name
from alerting.model.target import Address
from stacks.sections.alertmanager import Alertmanager
from stacks.sections.bot import Bot
from stacks.sections.cluster import Cluster
from stacks.sections.github import GitHub
from stacks.sections.grafana import Grafana
from stacks.sections.object_store import ObjectStore
from stacks.sections.pagerduty import PagerDuty
from stacks.sections.prometheus import Prometheus
from stacks.sections.remediation import Remediation
from stacks.sections.secrets import Secrets
from stacks.sections.section import Section
from stacks.sections.telemetry import Logs, Traces
from stacks.sections.thanos import Thanos


class Stack(Section):
    """The whole configuration of a stack: one field for each `tocsin:<field>`."""

    cluster: Cluster
    """Which cluster."""
    prometheus: Prometheus = Prometheus()
    """The servers that scrape and evaluate."""
    alertmanager: Alertmanager = Alertmanager()
    """The servers that notify."""
    object_store: Annotated[ObjectStore | None, Field(alias="objectStore")] = None
    """The bucket for everything older than the servers keep; without it there is neither past nor Thanos."""
    thanos: Thanos | None = None
    """What looks at all servers and the bucket; with a bucket it is there, whether something is said here or not."""
    secrets: Secrets = Secrets()
    """What receivers and exporters show to others."""
    databases: Mapping[Name, Mapping[Name, Address]] = Field(default_factory=dict)
    """Database → server → address, where a stack's servers are other ones than the policy names."""
    bot: Bot | None = None
    """The bot that keeps the records; without it people are paged all the same."""
    remediation: Remediation | None = None
    """The actions that the bot may run; without it it runs none."""
    pagerduty: PagerDuty | None = None
    """Who is paged; without it nobody is."""
    github: GitHub | None = None
    """The repository, in the one stack that looks after it."""
    logs: Logs | None = None
    """Where logs are; none by default."""
    traces: Traces | None = None
    """Where traces are; none by default."""
    grafana: Grafana | None = None
    """Where people look at metrics; without it the dashboards are only files."""
