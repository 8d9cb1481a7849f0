"""`policies/services/<service>.yaml`: one service, who owns it, what it promises."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from alerting.model.action import RemediationBinding
from alerting.model.document_model import AlertName, DocumentModel, Name, Tier
from alerting.model.quantities import Duration, Flag, Number, Rate, Ratio
from alerting.model.target import Database, Probes, Scrape
from alerting.model.timezone import Timezone


class EventsSli(DocumentModel):
    """Counters of events: all of them, and either the bad or the good ones."""

    total: str
    """Selector of the counter of all events."""
    bad: str | None = None
    """Selector of the counter of bad events; either this or `good`."""
    good: str | None = None
    """Selector of the counter of good events; either this or `bad`."""


class HistogramSli(DocumentModel):
    """Requests slower than a bound, from a histogram of durations."""

    histogram: str
    """The histogram's metric name without `_bucket`."""
    selector: str = "{}"
    """Label matchers that pick the service's series."""
    below: Duration
    """A request is good when it took at most this long; a bucket boundary for classic histograms."""
    native: Flag = False
    """The histogram is a native one (Prometheus 3.x)."""


class ProbeSli(DocumentModel):
    """A gauge that is 1 when a probe succeeded and 0 when it failed."""

    probe: str
    """Selector of the gauge, such as `up{job="checkout"}` or `probe_success{instance="…"}`."""


class RatioSli(DocumentModel):
    """Any PromQL that gives the ratio of bad events over `{{window}}`."""

    ratio: str
    """The expression, with `{{window}}` where the range goes."""


def _kind(value: Any) -> str:
    """The tag of the SLI that these keys belong to; events when in doubt, whose errors name the usual keys."""
    keys = value.keys() if isinstance(value, Mapping) else getattr(value, "__dict__", {}).keys()
    return next((f"<{kind}>" for kind in ("histogram", "probe", "ratio") if kind in keys), "<events>")


Sli = Annotated[
    Annotated[EventsSli, Tag("<events>")]
    | Annotated[HistogramSli, Tag("<histogram>")]
    | Annotated[ProbeSli, Tag("<probe>")]
    | Annotated[RatioSli, Tag("<ratio>")],
    Discriminator(_kind),
]
"""A service level indicator: the ratio of bad events to all events."""


class CalendarWindow(DocumentModel):
    """A window that starts anew with each month, quarter or week of the calendar."""

    calendar: Literal["week", "month", "quarter"]
    """The period."""
    timezone: Timezone = "UTC"
    """Where its midnights are."""


class Slo(DocumentModel):
    """One objective for one SLI."""

    name: Name
    """What is promised, such as `availability`; part of the name of its alerts."""
    objective: Ratio
    """The share of good events that is promised, such as 99.9%."""
    description: str = ""
    """What it means for users, for the notification."""
    window: Duration | CalendarWindow = Duration(30 * 86_400_000)
    """The period that the objective holds for; rolling by default."""
    traffic: Rate | None = None
    """Expected mean of events; the minimum-failures guard and `explain` use it."""
    false_pages_per_year: Annotated[Number, Field(gt=0)] = 1.0
    """How many pages a year without a real cause are acceptable for this SLO."""
    sli: Sli
    """How bad events are measured: `bad` or `good` beside `total`, `histogram`, `probe`, or `ratio`."""
    runbook: AlertName | None = None
    """The runbook's name; the alert's own name by default."""

    @property
    def error_budget(self) -> float:
        """The share of events that may be bad."""
        return float(1 - self.objective)

    @property
    def ratio(self) -> float:
        """The objective as a float."""
        return float(Decimal(self.objective))


class CatalogOverride(DocumentModel):
    """A service's own numbers for an alert of the catalogue."""

    values: Mapping[str, str | int | float] = Field(default_factory=dict)
    """The service's own values; the catalogue's otherwise."""
    for_: Annotated[Duration | None, Field(alias="for")] = None
    """How long the expression must match; the catalogue's otherwise."""
    severity: str | None = None
    """The alert's severity for this service; the catalogue's otherwise."""
    enabled: Flag = True
    """Whether the service has the alert at all."""


class StatusPage(DocumentModel):
    """How a service is shown on the public status page."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    """What users call it."""
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    """What users do with it, in a few words."""


class Service(DocumentModel):
    """What one file under `policies/services/` says."""

    service: Name
    """The file's own name."""
    owner: Name
    """The team that is paged."""
    tier: Tier
    """1 where users cannot go on without it, 3 where nobody outside notices."""
    description: str = ""
    """What it does, for people who are paged for it the first time."""
    scrape_interval: Duration = Duration(15_000)
    """How often Prometheus scrapes it; the base window of its SLOs is four of these."""
    dependencies: tuple[Name, ...] = ()
    """Services that this one needs."""
    slos: tuple[Slo, ...] = ()
    """What it promises."""
    alerts: Mapping[AlertName, CatalogOverride] = Field(default_factory=dict)
    """This service's own numbers for alerts of the catalogue."""
    remediations: Mapping[AlertName, RemediationBinding] = Field(default_factory=dict)
    """Actions that help against an alert, by its name."""
    target: Mapping[str, str] = Field(default_factory=dict)
    """What actions act on where a binding does not say, such as namespace and deployment."""
    dashboard: str | None = None
    """Address of a dashboard of the service's own; the generated one by default."""
    scrape: tuple[Scrape, ...] = ()
    """Where its own metrics are; `[]` says that somebody else scrapes it."""
    probes: Probes = ()
    """What is asked from outside."""
    database: Database | None = None
    """What it is, if it is a database."""
    status_page: StatusPage | None = None
    """Puts the service on the public status page (`tocsin site`); without it nothing of it is shown there."""
