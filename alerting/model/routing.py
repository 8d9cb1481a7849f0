"""`policies/routing.yaml`: who hears of what, when, and what mutes what."""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from alerting.model.document_model import DocumentModel, Name, Priority, Severity
from alerting.model.matcher import MatcherText
from alerting.model.quantities import Duration, Flag, got
from alerting.model.timezone import Timezone

Channel = Literal["pagerduty", "slack", "email"]

MAX_REPEAT: Final = Duration(120 * 3_600_000)
"""Alertmanager forgets what it sent after its `--data.retention`, 120 h by default, and then sends it again anyway."""
DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
"""In Alertmanager's order: https://prometheus.io/docs/alerting/latest/configuration/#time_interval"""

_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_URL: Final = re.compile(r"https?://[^\s\"'<>{}\\]+")


def _time_of_day(text: str) -> str:
    """`22:00`, up to `24:00`; raises ValueError otherwise."""
    if not _TIME.fullmatch(text):
        raise ValueError(f"{got(text)} is not a time of day; expected one such as 09:00, from 00:00 to 24:00")
    return text


def _weekdays(text: str) -> str:
    """`saturday` or `monday:friday`; raises ValueError otherwise."""
    days = text.split(":")
    if len(days) > 2 or any(day not in DAYS for day in days):
        raise ValueError(f"{got(text)} is not a day or range of days; expected one such as saturday or monday:friday")
    return text


def _repeat_interval(value: Duration) -> Duration:
    if not Duration(0) < value <= MAX_REPEAT:
        raise ValueError(
            f"{value} is not above 0 and at most {MAX_REPEAT}; "
            "expected less than the time that Alertmanager remembers what it sent, such as 4h"
        )
    return value


def _positive(value: Duration) -> Duration:
    if value <= Duration(0):
        raise ValueError(f"{value} is not above 0; expected a duration such as 1m")
    return value


def _url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise ValueError(f"{got(text)} is not an address; expected one such as https://incidents.example.com")
    return text


TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
Weekdays = Annotated[str, AfterValidator(_weekdays)]
Interval = Annotated[Duration, AfterValidator(_positive)]
Url = Annotated[str, AfterValidator(_url)]
Matchers = Annotated[tuple[MatcherText, ...], Field(min_length=1)]


class Inhibition(DocumentModel):
    """While an alert of `source` fires, notifications of `target` are muted."""

    name: Name
    """What it is called in messages."""
    source: Matchers
    """Matchers of the alert that mutes."""
    target: Matchers
    """Matchers of the alerts that are muted."""
    equal: tuple[str, ...] = ()
    """Labels that both must have, with the same value."""


class TimeRange(DocumentModel):
    """Times of day, `22:00` to `24:00`; a range that ends earlier than it starts goes on until the next morning."""

    from_: Annotated[TimeOfDay, Field(alias="from")]
    """When it starts."""
    to: TimeOfDay
    """When it ends; `24:00` is midnight."""

    @model_validator(mode="after")
    def _not_empty(self) -> "TimeRange":
        if self.from_ == self.to or self.from_ == "24:00":
            raise ValueError(
                f"from {self.from_} to {self.to} is no time at all; "
                "expected two different times of day such as 22:00 and 06:00"
            )
        return self


class MuteWindow(DocumentModel):
    """A recurring time in which the matched alerts notify nobody; the bot goes on recording them."""

    name: Name
    """What it is called in messages."""
    matchers: Matchers
    """Which alerts it mutes; all of the matchers must match."""
    reason: str
    """Why nobody needs to hear of them."""
    timezone: Timezone = "UTC"
    """The zone of its days and times."""
    weekdays: tuple[Weekdays, ...] = ()
    """Days such as `saturday`, or ranges such as `monday:friday`; every day by default."""
    times: tuple[TimeRange, ...] = ()
    """Times of day; the whole day by default."""

    @model_validator(mode="after")
    def _sometimes(self) -> "MuteWindow":
        if not self.weekdays and not self.times:
            raise ValueError(
                "it has neither weekdays nor times, so it would mute for ever; expected one of them; "
                "for a stretch of time write a file under policies/silences/"
            )
        return self


class Email(DocumentModel):
    """How mail is sent."""

    smarthost: str
    """Host and port of the mail server."""
    sender: str
    """The address that mail comes from."""
    incident_list: str
    """The address that P0 incidents are mailed to."""
    require_tls: Flag = True
    """Whether to refuse a mail server without TLS."""
    username: str | None = None
    """The name to log in with; without one Alertmanager does not log in."""
    password_file: str | None = None
    """A path, or a name in the folder of secrets."""


class DeadMansSwitch(DocumentModel):
    """The outside service that raises the alarm when the Watchdog alert stops arriving."""

    url_file: str
    """File that holds the address: a path, or a name in the folder of secrets."""
    every: Interval = Duration(60_000)
    """How often the Watchdog is sent."""


class Secrets(DocumentModel):
    """Where the receivers find their secrets, as paths on Alertmanager's machine."""

    folder: str = "/etc/alertmanager/secrets"
    """The folder that every name below is in."""
    bot_token: str = "bot-token"
    """The bot's bearer token."""
    slack_token: str = "slack-token"
    """Slack's bot token."""
    pagerduty_key: str = "pagerduty-{service}"
    """The integration key of each service."""
    slack_webhook: str = "slack-webhook-{team}"
    """The incoming webhook of each team's channel, for `slack: webhook`."""


STANDARD_INHIBITIONS: Final = (
    Inhibition(
        name="page-mutes-ticket", source=('severity="page"',), target=('severity="ticket"',), equal=("service",)
    ),
    Inhibition(
        name="availability-mutes-latency",
        source=('severity="page"', 'slo="availability"'),
        target=('severity="page"', 'slo="latency"'),
        equal=("service",),
    ),
)


class Routing(DocumentModel):
    """The whole of `policies/routing.yaml`."""

    group_wait: Duration = Duration(10_000)
    """How long a new group waits for more alerts, and for the ones that mute it."""
    group_interval: Interval = Duration(60_000)
    """How long a group that was sent waits before it is sent again with what is new."""
    repeat_interval: Annotated[Duration, AfterValidator(_repeat_interval)] = Duration(4 * 3_600_000)
    """After how long a notification of which nothing changed is sent again."""
    reopen_within: Interval = Duration(30 * 60_000)
    """For how long after its end an incident that comes back is the same one, and reopened."""
    channels: Mapping[Severity, tuple[Channel, ...]]
    """Where alerts of each severity go; `[]` is nowhere."""
    priority_channels: Mapping[Priority, tuple[Channel, ...]] = Field(default_factory=dict)
    """Channels in addition, for pages and tickets of these priorities."""
    inhibitions: tuple[Inhibition, ...] = STANDARD_INHIBITIONS
    """What mutes what."""
    mute_dependents: Flag = True
    """Whether a page of a service mutes the tickets of the services that depend on it."""
    mute_windows: tuple[MuteWindow, ...] = ()
    """Recurring times in which some alerts notify nobody."""
    email: Email
    """How mail is sent."""
    dead_mans_switch: DeadMansSwitch
    """Who watches the watcher."""
    secrets: Secrets = Secrets()
    """Where secrets are found."""
    slack: Literal["token", "webhook"] = "token"
    """Post as a bot with one token, or through an incoming webhook per team."""
    bot_url: Url
    """Address of the bot as Alertmanager sees it."""
    public_bot_url: Url
    """Address of the bot as people see it."""
    runbook_url: Url
    """Start of a runbook's address; `<AlertName>.md` is added."""
    dashboard_url: Url
    """Grafana's address up to `/d/`; the dashboard and the service are added."""
    slack_api_url: Url = "https://slack.com/api/chat.postMessage"
    """Slack's address; another one for tests."""
    pagerduty_url: Url = "https://events.pagerduty.com/v2/enqueue"
    """PagerDuty's address; another one for tests."""
