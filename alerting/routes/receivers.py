"""Alertmanager's receivers: where notifications go. Secrets only as paths, so that all of it can be reviewed.

Fields: https://prometheus.io/docs/alerting/latest/configuration/#receiver-integration-settings
"""

from pathlib import PurePosixPath
from typing import Any, Final

from alerting import names
from alerting.model.policy import Policy
from alerting.model.routing import Routing

MAX_ALERTS: Final = 500
"""Alerts of one delivery to the bot, which takes bodies of up to 4 MiB; the rest is counted in `truncatedAlerts`."""


def secret(routing: Routing, name: str) -> str:
    """The path of a secret on Alertmanager's machine; a name that is a path already stays as it is."""
    return str(PurePosixPath(routing.secrets.folder) / name)


def pagerduty_key_file(routing: Routing, service: str) -> str:
    """Where the integration key of a service is."""
    return secret(routing, routing.secrets.pagerduty_key.replace("{service}", service))


def slack_webhook_file(routing: Routing, team: str) -> str:
    """Where the incoming webhook's address of a team is, for `slack: webhook`."""
    return secret(routing, routing.secrets.slack_webhook.replace("{team}", team))


def global_settings(routing: Routing) -> dict[str, Any]:
    """What all receivers share."""
    email = routing.email
    settings: dict[str, Any] = {
        "resolve_timeout": "5m",
        "pagerduty_url": routing.pagerduty_url,
        "smtp_smarthost": email.smarthost,
        "smtp_from": email.sender,
        "smtp_require_tls": email.require_tls,
    }
    if email.username is not None:
        settings["smtp_auth_username"] = email.username
    if email.password_file is not None:
        settings["smtp_auth_password_file"] = secret(routing, email.password_file)
    return settings


def bot(routing: Routing) -> dict[str, Any]:
    """The bot, which writes the record."""
    webhook = {
        "url": f"{routing.bot_url.rstrip('/')}/alertmanager",
        "send_resolved": True,
        "max_alerts": MAX_ALERTS,
        "http_config": _bearer(secret(routing, routing.secrets.bot_token)),
    }
    return {"name": names.BOT_RECEIVER, "webhook_configs": [webhook]}


def dead_mans_switch(routing: Routing) -> dict[str, Any]:
    """The outside service that misses the Watchdog."""
    webhook = {"url_file": secret(routing, routing.dead_mans_switch.url_file), "send_resolved": False}
    return {"name": names.DEAD_MANS_SWITCH_RECEIVER, "webhook_configs": [webhook]}


def email(routing: Routing) -> dict[str, Any]:
    """The incident list."""
    config = {
        "to": routing.email.incident_list,
        "send_resolved": True,
        "headers": {"Subject": _template("tocsin.subject")},
        "text": _template("tocsin.email.text"),
        "html": _template("tocsin.email.html"),
    }
    return {"name": names.EMAIL_RECEIVER, "email_configs": [config]}


def slack(policy: Policy, team: str) -> dict[str, Any]:
    """A team's channel."""
    routing = policy.routing
    where: dict[str, Any] = {"api_url_file": slack_webhook_file(routing, team)}
    if routing.slack == "token":
        token = secret(routing, routing.secrets.slack_token)
        where = {"api_url": routing.slack_api_url, "http_config": _bearer(token)}
    config = {
        **where,
        "channel": policy.teams[team].slack,
        "send_resolved": True,
        "username": "Tocsin",
        "color": _template("tocsin.slack.color"),
        "title": _template("tocsin.slack.title"),
        "title_link": _template("tocsin.current"),
        "text": _template("tocsin.slack.text"),
        "fallback": _template("tocsin.slack.title"),
    }
    return {"name": names.slack_receiver(team), "slack_configs": [config]}


def pagerduty(routing: Routing, service: str) -> dict[str, Any]:
    """A service's integration."""
    config = {
        "routing_key_file": pagerduty_key_file(routing, service),
        "send_resolved": True,
        "description": _template("tocsin.subject"),
        "severity": _template("tocsin.pagerduty.severity"),
        # PagerDuty refuses an event without a source, and alerts of other tools may lack the label.
        "source": service,
        "component": "{{ .GroupLabels.service }}",
        "group": "{{ .GroupLabels.team }}",
        "class": "{{ .GroupLabels.alertname }}",
        "client": "Tocsin",
        "client_url": _template("tocsin.current"),
        "details": {
            "priority": "{{ .CommonLabels.priority }}",
            "incident": _template("tocsin.current"),
            "runbook": _template("tocsin.runbook"),
            "dashboard": _template("tocsin.dashboard"),
            "firing": _template("tocsin.pagerduty.firing"),
            "resolved": _template("tocsin.pagerduty.resolved"),
        },
        # Alertmanager leaves out a link whose address comes out empty.
        "links": [
            {"href": _template("tocsin.current"), "text": "Incident"},
            {"href": _template("tocsin.runbook"), "text": "Runbook"},
            {"href": _template("tocsin.dashboard"), "text": "Dashboard"},
        ],
    }
    return {"name": names.pagerduty_receiver(service), "pagerduty_configs": [config]}


def _template(name: str) -> str:
    """A field that a shipped template fills."""
    return f'{{{{ template "{name}" . }}}}'


def _bearer(file: str) -> dict[str, Any]:
    # A redirect would carry the token to wherever it points.
    return {"authorization": {"type": "Bearer", "credentials_file": file}, "follow_redirects": False}
