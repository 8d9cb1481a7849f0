"""`policies/routing.yaml`: who hears of what, when, and what mutes what."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from alerting.model.document_model import DocumentModel, Name, Priority, Severity
from alerting.model.quantities import Duration

Channel = Literal["pagerduty", "slack", "email"]


class Inhibition(DocumentModel):
    """While an alert of `source` fires, notifications of `target` are muted."""

    name: Name
    source: tuple[str, ...]
    """Matchers of the alert that mutes."""
    target: tuple[str, ...]
    """Matchers of the alerts that are muted."""
    equal: tuple[str, ...] = ()
    """Labels that must have the same value on both; missing on both sides counts as equal."""


class TimeRange(DocumentModel):
    """Times of day, `22:00` to `24:00`."""

    from_: Annotated[str, Field(alias="from")]
    to: str


class MuteWindow(DocumentModel):
    """A recurring time in which the matched alerts notify nobody."""

    name: Name
    matchers: tuple[str, ...]
    reason: str
    timezone: str = "UTC"
    weekdays: tuple[str, ...] = ()
    """Alertmanager's weekday ranges, such as `saturday` or `monday:friday`; every day by default."""
    times: tuple[TimeRange, ...] = ()


class Email(DocumentModel):
    """How mail is sent."""

    smarthost: str
    sender: str
    incident_list: str
    """The address that P0 incidents are mailed to."""
    require_tls: bool = True
    username: str | None = None
    password_file: str | None = None


class DeadMansSwitch(DocumentModel):
    """The outside service that raises the alarm when the Watchdog alert stops arriving."""

    url_file: str
    every: Duration = Duration(60_000)


class Secrets(DocumentModel):
    """Where the receivers find their secrets, as paths on Alertmanager's machine."""

    folder: str = "/etc/alertmanager/secrets"
    bot_token: str = "bot-token"
    slack_token: str = "slack-token"


class Routing(DocumentModel):
    """The whole of `policies/routing.yaml`."""

    group_wait: Duration = Duration(10_000)
    group_interval: Duration = Duration(60_000)
    repeat_interval: Duration = Duration(4 * 3_600_000)
    channels: Mapping[Severity, tuple[Channel, ...]]
    priority_channels: Mapping[Priority, tuple[Channel, ...]] = Field(default_factory=dict)
    """Channels in addition, for these priorities."""
    inhibitions: tuple[Inhibition, ...] = ()
    mute_windows: tuple[MuteWindow, ...] = ()
    email: Email
    dead_mans_switch: DeadMansSwitch
    secrets: Secrets = Secrets()
    bot_url: str
    """Address of the bot as Alertmanager sees it."""
    public_bot_url: str
    """Address of the bot as people see it."""
    runbook_url: str
    """Start of a runbook's address; `<AlertName>.md` is added."""
    dashboard_url: str
    """Start of a dashboard's address."""
    slack_api_url: str = "https://slack.com/api/chat.postMessage"
    pagerduty_url: str = "https://events.pagerduty.com/v2/enqueue"
