"""What leaves the cluster is encrypted: pages, mail, questions to a Grafana, logs, traces or databases elsewhere."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from alerting.model.policy import Policy
from alerting.syntax import Flaw
from stacks.sections.stack import Stack

_INSIDE = (".svc", ".svc.cluster.local")


def outside_is_encrypted(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Nothing goes out in clear, except on a cluster that is one machine."""
    if stack.cluster.flavour == "kind":
        return
    yield from (_plain(path, url) for path, url in _addresses(stack) if _in_clear(url))
    routing = policy.routing
    for key, url in (("slack_api_url", routing.slack_api_url), ("pagerduty_url", routing.pagerduty_url)):
        if _in_clear(url):
            yield _of_policy(
                f"policies/routing.yaml has {key}: {url}, to which pages and tokens would go in clear", key
            )
    if not routing.email.require_tls and not _inside(routing.email.smarthost.rpartition(":")[0]):
        yield _of_policy(
            f"policies/routing.yaml has mail go to {routing.email.smarthost} in clear", "email.require_tls to true"
        )
    yield from _databases(stack, policy)


def _addresses(stack: Stack) -> Iterator[tuple[tuple[str, ...], str]]:
    """The addresses in the stack's configuration to which something goes."""
    server = stack.grafana.server if stack.grafana is not None else None
    if server is not None and server.login.okta is not None:
        yield ("grafana", "server", "login", "okta", "url"), server.login.okta.url
    existing = stack.grafana.existing if stack.grafana is not None else None
    if existing is not None:
        for key in ("url", "prometheus_url", "alertmanager_url", "loki_url", "tempo_url"):
            url = getattr(existing, key)
            if url is not None:
                yield ("grafana", "existing", key), url
    if stack.logs is not None and stack.logs.opensearch is not None:
        yield ("logs", "opensearch", "url"), stack.logs.opensearch.url
    if stack.traces is not None and stack.traces.jaeger is not None:
        yield ("traces", "jaeger", "url"), stack.traces.jaeger.url


def _databases(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    for name, service in sorted(policy.services.items()):
        if service.database is None or service.database.tls:
            continue
        for instance in service.database.instances:
            address = stack.databases.get(name, {}).get(instance.name, instance.address)
            if not _inside(address.rpartition(":")[0]):
                yield Flaw(
                    path=("databases",),
                    wrong=f"policies/services/{name}.yaml has its exporter log in at {address} in clear",
                    expected="expected database.tls: true for a server outside the cluster",
                    fix="remove `tls: false` there, or name a Service of the cluster here",
                )


def _in_clear(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and not _inside(parts.hostname or "")


def _inside(host: str) -> bool:
    """Whether a name is that of a Service; a short one is of the namespace of who asks."""
    return host.endswith(_INSIDE) or "." not in host


def _plain(path: tuple[str, ...], url: str) -> Flaw:
    return Flaw(
        path=path,
        wrong=f"got {url!r}, to which everything would go in clear",
        expected="expected https for what is outside the cluster",
        fix="change it to https, or name a Service of the cluster such as http://jaeger.tracing.svc:16686",
    )


def _of_policy(wrong: str, what: str) -> Flaw:
    return Flaw(
        path=("alertmanager",),
        wrong=wrong,
        expected="expected TLS for what leaves the cluster",
        fix=f"change {what} there",
    )
