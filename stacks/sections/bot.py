"""`tocsin:bot`: the bot that keeps the records."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, SecretStr

from alerting.model.quantities import Flag, got
from stacks.sections.section import Bytes, ResourcesSection, Section, rule

# https://github.com/distribution/reference/blob/main/reference.go
_IMAGE: Final = re.compile(
    r"(?P<name>[a-z0-9]+(?:[._/:-]+[a-z0-9]+)*?)(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_EMAIL: Final = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+")
_GITHUB_REPOSITORY: Final = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9])*/[A-Za-z0-9._-]{1,100}")
_APP_ID: Final = re.compile(r"[A-Za-z0-9.]{1,64}")
_HTTPS: Final = re.compile(r"https://[^\s@?#]+")
ANYWHERE: Final = "anywhere"
"""In place of a network: everybody may come to the pages, which then ask who is there."""
# No network is larger, but for what the registries themselves hold:
# https://www.iana.org/assignments/ipv4-address-space/ and https://www.iana.org/assignments/ipv6-unicast-address-assignments/
_OWNED: Final = {4: 8, 6: 7}
_REMOTE: Final = re.compile(r"https://[^\s@]+|ssh://\S+|[\w.-]+@[\w.-]+:\S+")


def _image(text: str) -> str:
    found = _IMAGE.fullmatch(text)
    if found is None or (found["tag"] in (None, "latest") and found["digest"] is None):
        raise ValueError(f"{got(text)} is no pinned image; expected one such as ghcr.io/example/tocsin:1.4.0")
    return text


def _remote(text: str) -> str:
    if not _REMOTE.fullmatch(text):
        raise ValueError(
            f"{got(text)} is no repository that git reaches safely and without a password in its address; "
            "expected one such as git@github.com:example/tocsin.git or https://github.com/example/tocsin.git"
        )
    return text


def _network(text: str) -> str:
    if text == ANYWHERE:
        return text
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"{got(text)} is no network; expected one such as 10.0.0.0/8") from error
    if network.prefixlen < _OWNED[network.version]:
        raise ValueError(
            f"{got(text)} is more of the internet than anybody owns; expected a network such as 10.0.0.0/8; "
            f"if everybody may come to the bot's login, write {ANYWHERE}"
        )
    return str(network)


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError(f"{got(text)} is no e-mail address; expected that of a user in PagerDuty")
    return text


def _github_repository(text: str) -> str:
    if not _GITHUB_REPOSITORY.fullmatch(text):
        raise ValueError(f"{got(text)} is no repository of GitHub; expected owner/name, such as example/incidents")
    return text


def _text(value: Any) -> Any:
    # YAML makes a number of an id, and so does the command line of Pulumi.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _app_id(text: str) -> str:
    if not _APP_ID.fullmatch(text):
        raise ValueError(f"{got(text)} is not the id of a GitHub App; expected one such as 123456")
    return text


def _https(text: str) -> str:
    if not _HTTPS.fullmatch(text):
        raise ValueError(f"{got(text)} is no address; expected one such as https://github.example.com/api/v3")
    return text.rstrip("/")


GitHubRepository = Annotated[str, AfterValidator(_github_repository)]
"""`owner/name`."""
AppId = Annotated[str, BeforeValidator(_text), AfterValidator(_app_id)]
"""The number of an App, or its client id."""
HttpsUrl = Annotated[str, AfterValidator(_https)]
"""An address with TLS."""
Email = Annotated[str, AfterValidator(_email)]
"""An address."""
Image = Annotated[str, AfterValidator(_image)]
"""An image with its tag or its sum."""
Remote = Annotated[str, AfterValidator(_remote)]
"""A git repository by SSH or HTTPS."""
CidrNetwork = Annotated[str, AfterValidator(_network)]
"""Addresses, `10.0.0.0/8`, or `anywhere`."""


class BotPagerDuty(Section):
    """How the bot works with PagerDuty; docs/setup-pagerduty-webhook.md."""

    sender: Email
    """The e-mail of the user in whose name it acts where nobody with an account there did."""
    webhook: Flag = True
    """Whether PagerDuty tells the bot what people do there."""
    region: Literal["us", "eu"] = "us"
    """Where the account is."""


class BotSlack(Section):
    """How the bot works with Slack; docs/setup-slack-app.md."""

    socket: Flag = False
    """Whether the bot opens the connection (Socket Mode); by default Slack posts to its address."""


class BotGitHub(Section):
    """How the bot works with GitHub; docs/setup-github-app.md."""

    repository: GitHubRepository
    """The repository whose issues mirror the incidents."""
    app: AppId | None = None
    """The id of the GitHub App that the bot is; without it the bot is the account of a token."""
    webhook: Flag = True
    """Whether GitHub tells the bot what people do there."""
    url: HttpsUrl = "https://api.github.com"
    """The REST API; that of an Enterprise Server ends in /api/v3."""


class BotJira(Section):
    """Where follow-ups of postmortems go for teams that name a Jira project; docs/postmortems.md."""

    url: HttpsUrl
    """The site, such as https://example.atlassian.net."""
    email: Email
    """The account that opens issues."""


def _for_somebody(keys: Mapping[str, Any]) -> str | None:
    """A token must be for somebody whom we know."""
    if "client_id" in keys or "audience" in keys:
        return None
    return "got neither client_id nor audience; expected one of them; add what the issuer calls the bot"


class BotSignOn(Section):
    """The company's OpenID Connect issuer; docs/setup-login.md."""

    issuer: HttpsUrl
    """Its address, as its tokens name it."""
    client_id: str | None = None
    """What the issuer calls the bot; with it the pages ask people to log in."""
    audience: str | None = None
    """Whom tokens on the API must be for; the client by default."""
    groups_claim: str = "groups"
    """The claim with the groups that grants name."""

    _for_somebody = rule(_for_somebody)


class BotLogin(Section):
    """Who vouches for people besides the bot's own tokens; docs/setup-login.md."""

    sign_on: BotSignOn | None = None
    """Okta, Google or another issuer."""
    github_client_id: str | None = None
    """Of an OAuth app of GitHub."""


class BotSecrets(Section):
    """The files of the Secret `tocsin-bot`; leave it out where a store outside has them."""

    alertmanager_tokens: SecretStr
    """Bearer tokens that Alertmanager may use, one a line; the first is the one it does use."""
    member_tokens: SecretStr
    """`<sha256 of a token> <member>` a line, as `tocsin incident token` prints it."""
    ssh_key: SecretStr | None = None
    """The private half of a deploy key, for a remote by SSH."""
    known_hosts: SecretStr | None = None
    """The host keys of the remote, as `ssh-keyscan` prints them."""
    git_credentials: SecretStr | None = None
    """`https://user:token@host`, for a remote by HTTPS."""
    pagerduty_token: SecretStr | None = None
    """A key of PagerDuty's REST API that may write, for `pagerduty`."""
    pagerduty_webhook_secrets: SecretStr | None = None
    """The signing secrets of its webhook subscription, one a line."""
    slack_token: SecretStr | None = None
    """The bot token of the app, `xoxb-…`, for `slack`."""
    slack_signing_secrets: SecretStr | None = None
    """The app's signing secrets, one a line, where Slack posts to the bot."""
    slack_app_token: SecretStr | None = None
    """The app-level token, `xapp-…`, for Socket Mode."""
    github_token: SecretStr | None = None
    """A token that may write issues, for `github` without an App."""
    github_app_key: SecretStr | None = None
    """The App's private key, the PEM file that GitHub made, for `github` with an App."""
    github_webhook_secrets: SecretStr | None = None
    """The secrets of the webhook, one a line."""
    jira_token: SecretStr | None = None
    """An API token of the account, for `jira`."""
    sign_on_client_secret: SecretStr | None = None
    """The client's secret, for a login by `sign_on`."""
    github_login_secret: SecretStr | None = None
    """The OAuth app's secret, for a login by GitHub."""


class Bot(Section):
    """The whole of `tocsin:bot`."""

    image: Image
    """The image of this repository, which holds the bot, the policies and the remediation actions."""
    remote: Remote
    """Where git pushes the records."""
    storage: Bytes = "10Gi"
    """The volume with the inbox, the outbox and the copy of the records."""
    resources: ResourcesSection = ResourcesSection(cpu="100m", memory="256Mi", cpu_limit="1", memory_limit="1Gi")
    """Of the one pod."""
    networks: tuple[CidrNetwork, ...] = ()
    """Whose people may open the bot's pages; without `login` reading them asks for nothing, and `anywhere` is refused.

    Webhooks come from everywhere, signed.
    """
    pagerduty: BotPagerDuty | None = None
    """The account in which people acknowledge; nothing is exchanged with it by default."""
    slack: BotSlack | None = None
    """The workspace in which people work on incidents; nothing is exchanged with it by default."""
    github: BotGitHub | None = None
    """The repository whose issues mirror the incidents; there are none by default."""
    jira: BotJira | None = None
    """The Jira of teams that have a project there; follow-ups go to GitHub by default."""
    login: BotLogin | None = None
    """Who vouches for people in a browser and on the API; by default the bot's own tokens alone."""
    secrets: BotSecrets | None = None
    """Encrypted by Pulumi; without them they come from the store of `tocsin:secrets`."""
