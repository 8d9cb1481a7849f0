"""grafana.ini: no password that everybody knows, no way in but the sign-ons, nothing sent to anybody.

https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from components.scraping import METRICS_PASSWORD, METRICS_USERNAME

SECRETS: Final = "/etc/grafana/secrets"
"""Where the pod has the Secret's keys."""
TLS: Final = "/etc/grafana/tls"
ADMIN: Final = "tocsin"
"""The account by which Pulumi fills Grafana; `admin` is what everybody tries first."""
# https://grafana.com/docs/grafana/latest/setup-grafana/configure-security/configure-authentication/google/
GOOGLE_GROUPS: Final = "https://www.googleapis.com/auth/cloud-identity.groups.readonly"
# https://github.com/grafana/grafana/blob/v12.3.2/pkg/setting/setting_plugins.go: what it would fetch by itself.
_UNASKED: Final = (
    "grafana-exploretraces-app",
    "grafana-lokiexplore-app",
    "grafana-metricsdrilldown-app",
    "grafana-pyroscope-app",
)
Ini = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOn:
    """One way to log in."""

    kind: str
    """okta, google or github: the name of Grafana's section."""
    client_id: str
    settings: Mapping[str, str]
    """What differs from one to the other."""
    admins: str | None = None
    """The group whose members administer Grafana."""


def okta(url: str) -> dict[str, str]:
    """Where an organisation's endpoints are: https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/"""
    start = f"{url.rstrip('/')}/oauth2/v1"
    return {
        "scopes": "openid profile email groups",
        "auth_url": f"{start}/authorize",
        "token_url": f"{start}/token",
        "api_url": f"{start}/userinfo",
    }


def google(domains: Sequence[str], *, groups: bool = False) -> dict[str, str]:
    """Only accounts of these domains; Google tells the groups of a person only to whom the scope was granted."""
    scopes = f"openid email profile {GOOGLE_GROUPS}" if groups else "openid email profile"
    return {"scopes": scopes, "allowed_domains": " ".join(domains)}


def github(organizations: Sequence[str]) -> dict[str, str]:
    """Only members of these organisations."""
    return {"scopes": "user:email read:org", "allowed_organizations": " ".join(organizations)}


def configuration(
    host: str, sign_ons: Sequence[SignOn], *, tls: bool, plugins: Sequence[str] = ()
) -> dict[str, dict[str, str]]:
    """Sections, keys and values; secrets are files. `plugins` are installed before it starts, as `id@version`."""
    server = {"protocol": "http", "http_port": "3000", "domain": host, "root_url": f"https://{host}/"}
    if tls:
        server |= {"protocol": "https", "cert_file": f"{TLS}/tls.crt", "cert_key": f"{TLS}/tls.key"}
        # Certificates live 90 days, and Grafana reads a new one only if it is told to look.
        server["certs_watch_interval"] = "1h"
    found = {
        "server": server,
        "security": {
            "admin_user": ADMIN,
            "admin_password": file("admin-password"),
            "secret_key": file("secret-key"),
            "cookie_secure": "true",
            "cookie_samesite": "lax",
            "strict_transport_security": "true",
            "content_security_policy": "true",
            "disable_gravatar": "true",
        },
        "users": {"allow_sign_up": "false", "auto_assign_org_role": "Viewer", "viewers_can_edit": "false"},
        # The login form is for people; Pulumi's account uses the API, which needs `auth.basic`.
        "auth": {"disable_login_form": "true", "oauth_allow_insecure_email_lookup": "false"},
        "auth.anonymous": {"enabled": "false"},
        "auth.basic": {"enabled": "true"},
        "analytics": {"reporting_enabled": "false", "check_for_updates": "false", "check_for_plugin_updates": "false"},
        "snapshots": {"external_enabled": "false"},
        "plugins": _plugins(plugins),
        "unified_alerting": {"enabled": "false"},
        "database": {"type": "sqlite3", "wal": "true"},
        # The ingress leads to every page, and this one is shown without a login otherwise.
        "metrics": {
            "enabled": "true",
            "basic_auth_username": file(METRICS_USERNAME),
            "basic_auth_password": file(METRICS_PASSWORD),
        },
        "log": {"mode": "console"},
        "log.console": {"format": "json"},
    }
    return found | {f"auth.{one.kind}": _sign_on(one) for one in sign_ons}


def file(name: str) -> str:
    """A value that Grafana reads from a file."""
    return f"$__file{{{SECRETS}/{name}}}"


def text(ini: Ini) -> str:
    """The file; raises ValueError for a value that would end its line."""
    lines = []
    for section, values in ini.items():
        lines.append(f"[{section}]")
        for key, value in values.items():
            if not value.isprintable():
                raise ValueError(f"{section}.{key}: a value of more than one line; expected one line")
            # Grafana's reader takes ; and # for comments unless the value is quoted.
            shown = f'"""{value}"""' if set(value) & set(';#`"') else value
            lines.append(f"{key} = {shown}")
    return "\n".join(lines) + "\n"


def _plugins(wanted: Sequence[str]) -> dict[str, str]:
    """Nothing is fetched unless a data source needs it, and then none of what Grafana adds by itself."""
    found = {"plugin_admin_enabled": "false"}
    if not wanted:
        return {**found, "preinstall_disabled": "true"}
    return {**found, "preinstall_sync": ",".join(wanted), "disable_plugins": ",".join(_UNASKED)}


def _sign_on(one: SignOn) -> dict[str, str]:
    found = {
        "enabled": "true",
        "allow_sign_up": "true",
        "auto_login": "false",
        "use_pkce": "true",
        "client_id": one.client_id,
        "client_secret": file(f"{one.kind}-client-secret"),
        **one.settings,
    }
    if one.admins is not None:
        found["role_attribute_path"] = f"contains(groups[*], '{one.admins}') && 'GrafanaAdmin' || 'Viewer'"
        found["allow_assign_grafana_admin"] = "true"
    return found
