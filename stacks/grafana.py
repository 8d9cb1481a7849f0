"""Settings → the finished values that the components of Grafana take."""

import hashlib
import hmac
from collections.abc import Iterable

import pulumi
import pulumiverse_grafana as grafana

import dashboards
from components import grafana_configuration as ini
from components.grafana import NAME, Grafana, GrafanaArgs
from components.grafana_content import GrafanaContent, GrafanaContentArgs, Group
from components.grafana_sources import Source, sources
from components.ingress import Entrance
from components.prometheus_server import client_tls
from components.scraping import METRICS_PASSWORD, METRICS_USERNAME
from stacks.monitoring import Monitoring, resources
from stacks.sections.cluster import Cluster
from stacks.sections.grafana import GrafanaServer, Login, Logins
from stacks.settings import Settings


def graphs(
    settings: Settings,
    inside: pulumi.ResourceOptions,
    after: Iterable[pulumi.Resource],
    listed: list[Source],
) -> str | None:
    """Registers the stack's Grafana with what is in it, and gives its address; None if it has none.

    `listed`: the data sources of a server in this cluster.
    """
    section = settings.stack.grafana
    if section is None:
        return None
    waits: list[pulumi.Resource] = []
    if section.server is not None:
        server = Grafana("grafana", _server(Monitoring(settings), section.server, listed), inside, after)
        waits, listed = list(server.placed), []
        auth = pulumi.Output.concat(f"{ini.ADMIN}:", _secret(section.server.admin_password.get_secret_value()))
        url = server.url
    else:
        assert section.existing is not None
        there = section.existing
        listed = sources(there.prometheus_url, there.alertmanager_url, there.loki_url, there.tempo_url)
        url, auth = there.url, _secret(there.token.get_secret_value())
    # A server that has just started may not be reachable through the ingress for a minute or two.
    account = grafana.Provider(
        "grafana",
        url=url,
        auth=auth,
        retries=12,
        retry_wait=10,
        insecure_skip_verify=True if section.server is not None and _self_signed(settings.stack.cluster) else None,
    )
    opts = pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(providers=[account]))
    GrafanaContent("grafana-content", _content(settings, listed, members=section.team_members), opts, waits)
    return url


def _self_signed(cluster: Cluster) -> bool:
    """On a cluster that is one machine, the ingress controller shows what it made itself, and nobody is between."""
    return cluster.flavour == "kind" and cluster.public_issuer is None


def _derived(key: str) -> str:
    """What Prometheus shows for Grafana's metrics: nobody has to choose it, and it tells nothing of the key."""
    return hmac.new(key.encode(), b"metrics of Grafana", hashlib.sha256).hexdigest()


def _secret(text: str) -> pulumi.Output[str]:
    return pulumi.Output.secret(text)


def _content(settings: Settings, listed: list[Source], *, members: bool) -> GrafanaContentArgs:
    teams = [
        Group(name=name, members=[member.email for member in team.members] if members else [])
        for name, team in sorted(settings.policy.teams.items())
    ]
    return GrafanaContentArgs(sources=listed, teams=teams, dashboards=dashboards.all(settings.policy))


def _server(monitoring: Monitoring, section: GrafanaServer, listed: list[Source]) -> GrafanaArgs:
    cluster = monitoring.cluster
    return GrafanaArgs(
        namespace=monitoring.namespace,
        images=monitoring.images,
        platform=monitoring.platform,
        host=section.host or f"grafana.{cluster.domain}",
        sign_ons=_sign_ons(section.login),
        secrets={
            "admin-password": _secret(section.admin_password.get_secret_value()),
            "secret-key": _secret(section.secret_key.get_secret_value()),
            METRICS_USERNAME: _secret("metrics"),
            METRICS_PASSWORD: _secret(_derived(section.secret_key.get_secret_value())),
            **{
                f"{kind}-client-secret": _secret(login.client_secret.get_secret_value())
                for kind, login in _logins(section.login)
            },
        },
        sources=listed,
        storage=section.storage,
        storage_class=monitoring.storage_class,
        resources=resources(section.resources),
        tls=cluster.tls,
        monitor_tls=client_tls(f"{NAME}.{monitoring.namespace}.svc") if cluster.tls else None,
        entrance=entrance(cluster),
        ingress_namespace=cluster.ingress_namespace,
    )


def entrance(cluster: Cluster) -> Entrance:
    """How browsers come in."""
    issuer = cluster.public_issuer
    return Entrance(
        ingress_class=cluster.ingress_class,
        issuer_kind=issuer.kind if issuer is not None else None,
        issuer=issuer.name if issuer is not None else None,
    )


def _logins(logins: Logins) -> list[tuple[str, Login]]:
    every: list[tuple[str, Login | None]] = [
        ("okta", logins.okta),
        ("google", logins.google),
        ("github", logins.github),
    ]
    return [(kind, login) for kind, login in every if login is not None]


def _sign_ons(logins: Logins) -> list[ini.SignOn]:
    found = {}
    if logins.okta is not None:
        found["okta"] = {**ini.okta(logins.okta.url), **_groups(logins.okta.groups)}
    if logins.google is not None:
        found["google"] = ini.google(logins.google.domains, groups=logins.google.admins is not None)
    if logins.github is not None:
        found["github"] = ini.github(logins.github.organizations)
    return [
        ini.SignOn(kind=kind, client_id=login.client_id, settings=found[kind], admins=login.admins)
        for kind, login in _logins(logins)
    ]


def _groups(groups: tuple[str, ...]) -> dict[str, str]:
    return {"allowed_groups": ",".join(groups)} if groups else {}
