"""Every metric, label, alert, group and receiver name that files, rules, routes and code share."""

import hashlib
from functools import lru_cache
from typing import Final

ALERTNAME: Final = "alertname"
SERVICE: Final = "service"
SLO: Final = "slo"
TEAM: Final = "team"
SEVERITY: Final = "severity"
PRIORITY: Final = "priority"

OBJECTIVE: Final = "slo:objective:ratio"
BUDGET_REMAINING: Final = "slo:error_budget:remaining_ratio"
WATCHDOG: Final = "Watchdog"
VANISHED: Final = "SloMetricsVanished"
"""The alert of an SLO whose metrics are gone, which is neither an idle service nor one without errors."""
PERIOD_START: Final = "slo:period_start:local_seconds"
"""When an SLO's calendar period began, in seconds of its time zone's clock."""
PERIOD_CURRENT: Final = "slo:period:current"
"""A series whose label `period` is that start."""
PERIOD: Final = "period"
PERIOD_RATIO: Final = "slo:error_ratio:period"
"""What a calendar period's ratio is averaged from when there are no events to weigh with."""
CATALOG_FILE: Final = "catalog"
"""The name of the rendered files that hold the catalogue's rules; no service may have it."""
BOT_RECEIVER: Final = "bot"
DEAD_MANS_SWITCH_RECEIVER: Final = "dead-mans-switch"
EMAIL_RECEIVER: Final = "email-incidents"
NOBODY_RECEIVER: Final = "nobody"


def bad_events(base: str) -> str:
    """The recorded rate of bad events over the base window."""
    return f"slo:bad_events:rate{base}"


def total_events(base: str) -> str:
    """The recorded rate of all events over the base window."""
    return f"slo:total_events:rate{base}"


def error_ratio(window: str) -> str:
    """The recorded ratio of bad to all events over a window."""
    return f"slo:error_ratio:{window}"


def burn_rate(window: str) -> str:
    """The recorded burn rate over a window."""
    return f"slo:burn_rate:{window}"


def camel(kebab: str) -> str:
    """`checkout-api` as `CheckoutApi`."""
    return "".join(part.capitalize() for part in kebab.split("-"))


@lru_cache(maxsize=65_536)
def burn_alert(service: str, slo: str) -> str:
    """The name of an SLO's burn-rate alerts; the page and the ticket are told apart by their severity."""
    return f"{camel(service)}{camel(slo)}Burn"


def pagerduty_receiver(service: str) -> str:
    """The receiver that opens an incident at a service's PagerDuty integration."""
    return f"pagerduty-{service}"


def pagerduty_schedule(team: str, layer: str) -> str:
    """The name of a layer's schedule in PagerDuty."""
    return f"{team}: {layer}"


def slack_receiver(team: str) -> str:
    """The receiver that posts to a team's Slack channel."""
    return f"slack-{team}"


def pagerduty_dedup_key(group_key: str) -> str:
    """PagerDuty's `incident_key` for an Alertmanager group: the hex sha256 of the group key."""
    return hashlib.sha256(group_key.encode()).hexdigest()


# The dashboards' UIDs. Addresses that people saved and links in notifications rely on them: they never change.
SERVICE_OVERVIEW: Final = "service-overview"
SLO_TRACKING: Final = "slo-tracking"
INCIDENT_METRICS: Final = "incident-metrics"
ALERT_REVIEW: Final = "alert-review"
ON_CALL: Final = "on-call"


def service_dashboard(service: str) -> str:
    """What follows `/d/` in the address of a service's dashboard; names of services need no escaping in it."""
    return f"{SERVICE_OVERVIEW}?var-{SERVICE}={service}"


# The bot's own metrics.
BOT_DELIVERIES: Final = "tocsin_deliveries"
BOT_ALERTS: Final = "tocsin_alerts"
BOT_COMMANDS: Final = "tocsin_commands"
BOT_INBOX_PENDING: Final = "tocsin_inbox_pending"
BOT_INBOX_OLDEST: Final = "tocsin_inbox_oldest_seconds"
BOT_INBOX_BYTES: Final = "tocsin_inbox_bytes"
BOT_UNUSABLE: Final = "tocsin_inbox_unusable"
BOT_OUTBOX_PENDING: Final = "tocsin_outbox_pending"
BOT_OUTBOX_LAG: Final = "tocsin_outbox_lag_seconds"
BOT_OUTBOX_ATTEMPTS: Final = "tocsin_outbox_attempts"
BOT_UNPUSHED: Final = "tocsin_unpushed_seconds"
BOT_PUSHES: Final = "tocsin_pushes"
BOT_COMMITS: Final = "tocsin_commits"
BOT_WRITER_FAILURES: Final = "tocsin_writer_failures"
BOT_INCIDENTS_OPEN: Final = "tocsin_incidents_open"
BOT_RECONCILIATIONS: Final = "tocsin_reconciliations"
BOT_RECONCILED: Final = "tocsin_last_reconcile_timestamp_seconds"
REMEDIATION_FROZEN: Final = "tocsin_remediation_frozen"
"""1 while nothing may be run, by either switch; no labels."""

# What the bot says about the policy, so that queries can join with it.
SERVICE_INFO: Final = "tocsin_service_info"
"""1 for each service; labels service, team, tier."""
DEPENDENCY_INFO: Final = "tocsin_service_dependency_info"
"""1 for each dependency of a service; labels service and dependency."""
ON_CALL_UNTIL: Final = "tocsin_on_call_until_timestamp_seconds"
"""When the duty of whoever is on call now ends (Unix time); labels team, layer, member. No series: nobody."""

# What the bot says about incidents. Drills are in none of these, and duplicates only among the pages. The figures of
# single incidents are exported rather than medians, because the median of a selection does not follow from medians of
# its parts: `quantile(0.5, …{team="payments"})`, `quantile(0.9, …)` and `count(…)` are exact for every choice of team,
# service and priority. They are of incidents that started within FIGURES_DAYS, of at most as many as the bot can show.
FIGURES_DAYS: Final = 28
"""How far back the figures look, in days: four whole weeks, so that every day of the week counts the same."""
INCIDENT: Final = "incident"
"""The label that names an incident, such as INC-7."""
INCIDENT_STARTED: Final = "tocsin_incident_started_timestamp_seconds"
"""When an incident that goes on started (Unix time); labels incident, team, service, priority, status."""
TIME_TO_DETECT: Final = "tocsin_incident_time_to_detect_seconds"
"""From when the trouble began to the first page; labels incident, team, service, priority. Without noise."""
TIME_TO_ACKNOWLEDGE: Final = "tocsin_incident_time_to_acknowledge_seconds"
"""From the first page to the acknowledgment; labels incident, team, service, priority."""
TIME_TO_RESOLVE: Final = "tocsin_incident_time_to_resolve_seconds"
"""From the first page to the resolution; labels incident, team, service, priority. Without noise."""
RESOLVE_BASELINE: Final = "tocsin_time_to_resolve_baseline_seconds"
"""The stored median time to resolve that improvement is measured against; no labels."""
FIGURES_LEFT_OUT: Final = "tocsin_incident_figures_left_out"
"""Incidents of the last FIGURES_DAYS whose figures are not shown, because there are too many; should be 0."""
PAGES: Final = "tocsin_pages_28d"
"""Pages of incidents of the last FIGURES_DAYS, one for all series of an alert that fire together; labels alertname,
team, service, verdict (or none)."""
PAGES_WEEK: Final = "tocsin_pages_7d"
"""The same for the last seven days."""
REMEDIATIONS: Final = "tocsin_remediations_28d"
"""Attempts at remediation that ended, without dry runs, in incidents of the last FIGURES_DAYS; labels team, service,
action, automatic (true or false), outcome."""
POSTMORTEMS: Final = "tocsin_postmortems_28d"
"""Incidents of the last FIGURES_DAYS that need a postmortem; labels team, service, state: complete (in time), late
(complete, but not in time), draft (still in time), overdue. No series while the main branch cannot be read."""
