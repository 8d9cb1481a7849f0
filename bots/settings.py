"""The environment, read once into a frozen value; every mistake is reported together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from alerting.model.quantities import Duration
from bots.access import settings as access_settings
from bots.access.settings import AccessSettings
from bots.actions.request import is_name
from bots.configuration.environment import Reader, file, folder, url, urls
from bots.errors import SettingsError
from bots.github import settings as github_settings
from bots.github.settings import GitHubSettings
from bots.jira import settings as jira_settings
from bots.jira.settings import JiraSettings
from bots.pagerduty import settings as pagerduty_settings
from bots.pagerduty.settings import PagerDutySettings
from bots.slack import settings as slack_settings
from bots.slack.settings import SlackSettings

STATE_DIR: Final = "TOCSIN_STATE_DIR"
REMOTE: Final = "TOCSIN_REMOTE"
ALERTMANAGER_TOKENS_FILE: Final = "TOCSIN_ALERTMANAGER_TOKENS_FILE"
MEMBER_TOKENS_FILE: Final = "TOCSIN_MEMBER_TOKENS_FILE"
PROMETHEUS_URLS: Final = "TOCSIN_PROMETHEUS_URLS"
ALERTMANAGER_URLS: Final = "TOCSIN_ALERTMANAGER_URLS"
CA_FILE: Final = "TOCSIN_CA_FILE"
RECONCILE_EVERY: Final = "TOCSIN_RECONCILE_EVERY"
PUBLIC_URL: Final = "TOCSIN_PUBLIC_URL"
ACTIONS_FILE: Final = "TOCSIN_ACTIONS_FILE"
REMEDIATION_NAMESPACE: Final = "TOCSIN_REMEDIATION_NAMESPACE"
KUBECONFIG: Final = "KUBECONFIG"
INBOX_LIMIT_MIB: Final = "TOCSIN_INBOX_LIMIT_MIB"
TIME_LAPSE: Final = "TOCSIN_TIME_LAPSE"
URL: Final = "TOCSIN_URL"
TOKEN_FILE: Final = "TOCSIN_TOKEN_FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `tocsin serve` takes from its environment."""

    state_dir: Path
    """The inbox, the outbox and the local copy of the records live here; one bot per folder."""
    remote: str | None
    """Where git pushes the records and the drafts of postmortems; None keeps them on this machine."""
    alertmanager_tokens_file: Path
    """Bearer tokens that Alertmanager may use, one a line."""
    member_tokens_file: Path
    """`<sha256 of a token, in hex> <member>` a line."""
    prometheus_urls: tuple[str, ...]
    alertmanager_urls: tuple[str, ...]
    ca_file: Path | None
    """The authority that signed the certificates of both; None takes those that the system knows."""
    reconcile_every: Duration
    public_url: str | None
    """The bot's address as people see it; None takes routing.yaml's."""
    actions_file: Path | None
    """What remediation actions run on this machine; None where none do."""
    remediation_namespace: str | None
    """Where remediation actions run as Jobs of a Kubernetes cluster; None where none do."""
    kubeconfig: Path | None
    """Which cluster that is; None is the one that the bot itself runs in."""
    inbox_limit_mib: int
    """How large the inbox's file may grow before deliveries are answered with 503, in MiB."""
    time_lapse: int = 1
    """How many times shorter the waiting times of remediation are, as the windows of a rehearsal's rules are."""
    access: AccessSettings = field(default_factory=AccessSettings)
    """Who vouches for people besides the file of tokens; by default nobody."""
    github: GitHubSettings | None = None
    """The repository that incidents are mirrored to as issues; None where there is none."""
    jira: JiraSettings | None = None
    """Where follow-ups of teams with a Jira project go; None where there is none."""
    pagerduty: PagerDutySettings | None = None
    """The account that people acknowledge in; None where there is none."""
    slack: SlackSettings | None = None
    """The workspace that incidents are worked on in; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """What the command line takes from its environment to talk to the bot."""

    url: str
    token: str


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise ValueError(f"{text!r} is not a number of MiB; expected a whole one such as 1024")
    return int(text)


def _factor(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 3_600:
        raise ValueError(
            f"{text!r} is not a factor; expected a whole one from 1 to 3600, such as 60, in rehearsals only"
        )
    return int(text)


def _object_name(text: str) -> str:
    if not is_name(text) or "." in text or len(text) > 63:
        raise ValueError(f"{text!r} is not a namespace; expected one such as tocsin-remediation")
    return text


def _interval(text: str) -> Duration:
    value = Duration.parse(text)
    if value.ms < 1000:
        raise ValueError(f"{text!r} is too short; expected at least 1s")
    return value


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The bot's settings; raises SettingsError with everything that is missing or wrong."""
    reader = Reader(environment)
    settings = Settings(
        state_dir=reader.need(STATE_DIR, folder, Path(), "a folder of the bot's own on a disk that survives a restart"),
        remote=reader.take(REMOTE, str, None),
        alertmanager_tokens_file=reader.need(
            ALERTMANAGER_TOKENS_FILE, file, Path(), "a file with the bearer tokens Alertmanager may use, one a line"
        ),
        member_tokens_file=reader.need(
            MEMBER_TOKENS_FILE, file, Path(), "a file with `<sha256 of a token> <member>` a line"
        ),
        prometheus_urls=reader.take(PROMETHEUS_URLS, urls, ()),
        alertmanager_urls=reader.take(ALERTMANAGER_URLS, urls, ()),
        ca_file=reader.take(CA_FILE, file, None),
        reconcile_every=reader.take(RECONCILE_EVERY, _interval, Duration(60_000)),
        public_url=reader.take(PUBLIC_URL, url, None),
        actions_file=reader.take(ACTIONS_FILE, file, None),
        remediation_namespace=reader.take(REMEDIATION_NAMESPACE, _object_name, None),
        kubeconfig=reader.take(KUBECONFIG, file, None) if REMEDIATION_NAMESPACE in environment else None,
        inbox_limit_mib=reader.take(INBOX_LIMIT_MIB, _positive, 1024),
        time_lapse=reader.take(TIME_LAPSE, _factor, 1),
        access=access_settings.take(reader),
        github=github_settings.take(reader),
        jira=jira_settings.take(reader),
        pagerduty=pagerduty_settings.take(reader),
        slack=slack_settings.take(reader),
    )
    if settings.actions_file is not None and settings.remediation_namespace is not None:
        reader.problems.append(
            f"{ACTIONS_FILE}, {REMEDIATION_NAMESPACE}: both set; expected one of them: an action runs in one place"
        )
    if reader.problems:
        raise SettingsError(reader.problems)
    return settings


def read_client_settings(environment: Mapping[str, str]) -> ClientSettings:
    """The command line's settings; raises SettingsError with everything that is missing or wrong."""
    reader = Reader(environment)
    address = reader.need(URL, url, "", "the bot's address, such as http://127.0.0.1:8000")
    kept = reader.need(TOKEN_FILE, file, None, "a file with your token; `tocsin incident token NAME` makes one")
    token = kept.read_text().strip() if kept else ""
    if kept and not token:
        reader.problems.append(f"{TOKEN_FILE}: {kept} is empty; expected your token")
    if reader.problems:
        raise SettingsError(reader.problems)
    return ClientSettings(url=address, token=token)
