"""Every metric, label, alert, group and receiver name that files, rules, routes and code share."""

import hashlib
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


def burn_alert(service: str, slo: str) -> str:
    """The name of an SLO's burn-rate alerts; the page and the ticket are told apart by their severity."""
    return f"{camel(service)}{camel(slo)}Burn"


def pagerduty_receiver(service: str) -> str:
    """The receiver that opens an incident at a service's PagerDuty integration."""
    return f"pagerduty-{service}"


def slack_receiver(team: str) -> str:
    """The receiver that posts to a team's Slack channel."""
    return f"slack-{team}"


def pagerduty_dedup_key(group_key: str) -> str:
    """PagerDuty's `incident_key` for an Alertmanager group: the hex sha256 of the group key."""
    return hashlib.sha256(group_key.encode()).hexdigest()


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
