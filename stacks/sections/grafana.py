"""`tocsin:grafana`: a Grafana that the stack runs, or one that is there already, such as in Grafana Cloud."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, SecretStr

from alerting.model.quantities import Flag
from alerting.model.routing import Url
from stacks.sections.section import Bytes, Host, ResourcesSection, Section, either, rule, shaped

Group = Annotated[str, shaped(r"[A-Za-z0-9@._/ -]{1,100}", "name of a group", "letters, digits and @._/-, such as sre")]
"""A group's name; no quotes, since it becomes part of an expression."""


class Login(Section):
    """What every sign-on has: the client that was registered with it, for `<address>/login/<sign-on>`."""

    client_id: str
    """The client's id."""
    client_secret: SecretStr
    """The client's secret."""
    admins: Group | None = None
    """The group whose members administer Grafana; everybody else reads."""


class OktaLogin(Login):
    """Okta, by OpenID Connect."""

    url: Url
    """The organisation's address, such as https://example.okta.com."""
    groups: tuple[Group, ...] = ()
    """Groups that may log in; all by default."""


class GoogleLogin(Login):
    """Google, by OpenID Connect."""

    domains: Annotated[tuple[Host, ...], Field(min_length=1)]
    """Domains whose accounts may log in; without any the whole world might."""


class GitHubLogin(Login):
    """GitHub, by OAuth 2."""

    organizations: Annotated[tuple[Group, ...], Field(min_length=1)]
    """Organisations whose members may log in; without any the whole world might."""


def _some(keys: Mapping[str, Any]) -> str | None:
    if keys:
        return None
    return "got none; expected okta, google or github, since nobody logs in with a password; add one of them"


class Logins(Section):
    """How people log in; at least one."""

    okta: OktaLogin | None = None
    """Okta."""
    google: GoogleLogin | None = None
    """Google."""
    github: GitHubLogin | None = None
    """GitHub."""

    _some = rule(_some)


class GrafanaServer(Section):
    """A Grafana in the cluster."""

    login: Logins
    """How people log in."""
    admin_password: SecretStr
    """Of the account by which Pulumi fills it; there is no default one. People never use it."""
    secret_key: SecretStr
    """What encrypts secrets in its database; the one that Grafana ships with is known to everybody."""
    host: Host | None = None
    """Where people reach it; `grafana.` and the cluster's domain by default."""
    storage: Bytes = "10Gi"
    """Its volume, with the database of people and preferences."""
    resources: ResourcesSection = ResourcesSection(cpu="100m", memory="256Mi", cpu_limit="1", memory_limit="512Mi")
    """What it gets."""


class ExistingGrafana(Section):
    """A Grafana that is there already."""

    url: Url
    """Its address."""
    token: SecretStr
    """Of a service account that administers it."""
    prometheus_url: Url | None = None
    """The address of our metrics as that Grafana reaches it; without one the data sources there are used."""
    alertmanager_url: Url | None = None
    """The same of Alertmanager."""
    loki_url: Url | None = None
    """The same of logs."""
    tempo_url: Url | None = None
    """The same of traces."""


class Grafana(Section):
    """The whole of `tocsin:grafana`: exactly one of `server` and `existing`."""

    server: GrafanaServer | None = None
    """One that the stack runs."""
    existing: ExistingGrafana | None = None
    """One that is there."""
    team_members: Flag = False
    """Whether members are put into Grafana's teams, which it allows only once each of them has logged in."""

    _one = either("server", "existing")
