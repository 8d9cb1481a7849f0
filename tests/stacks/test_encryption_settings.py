"""What would leave the cluster in clear is refused, before anything is registered."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.stacks.companies import cluster
from tools.program import record_stack
from tools.program.running import run_main, stack_recorder

WAY_OUT = (
    "to which everything would go in clear; expected https for what is outside the cluster; change it to https, or "
    "name a Service of the cluster such as http://jaeger.tracing.svc:16686"
)


def refusal(root: Path, **changes: Any) -> list[str]:
    """The lines of the error for changed sections, without file and line; nothing may be registered."""
    recorder = stack_recorder(root, "staging", changes={f"tocsin:{key}": value for key, value in changes.items()})
    with pytest.raises(pulumi.RunError) as error:
        recorder.run(run_main)
    assert recorder.recording.resources == ()
    return [line.partition(": stack staging: ")[2] for line in str(error.value).splitlines()]


def edit(file: Path, old: str, new: str) -> None:
    """Changes a policy file."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_addresses_outside_need_tls(mini: Path) -> None:
    """Of a Grafana that is there, which gets a token, and of logs and traces."""
    there = {"url": "http://grafana.example.com", "token": "a-token", "loki_url": "http://logs.example.com"}
    found = refusal(
        mini,
        grafana={"existing": there},
        logs={"opensearch": {"url": "http://search.example.com", "index": "logs-*", "version": "2.19.0"}},
        traces={"jaeger": {"url": "http://traces.example.com:16686"}},
    )
    assert found == [
        f"tocsin:grafana.existing.loki_url: got 'http://logs.example.com', {WAY_OUT}",
        f"tocsin:grafana.existing.url: got 'http://grafana.example.com', {WAY_OUT}",
        f"tocsin:logs.opensearch.url: got 'http://search.example.com', {WAY_OUT}",
        f"tocsin:traces.jaeger.url: got 'http://traces.example.com:16686', {WAY_OUT}",
    ]


def test_a_sign_on_needs_tls(mini: Path) -> None:
    """Whoever is on the way would be whoever they like."""
    okta = {"client_id": "id", "client_secret": "a-secret", "url": "http://example.okta.com"}
    server = {"login": {"okta": okta}, "admin_password": "a long one of ours", "secret_key": "another long one"}
    assert refusal(mini, grafana={"server": server}) == [
        f"tocsin:grafana.server.login.okta.url: got 'http://example.okta.com', {WAY_OUT}"
    ]


def test_pages_and_mail_need_tls(mini: Path) -> None:
    """Whoever is on the way would read them, and could keep them."""
    file = mini / "policies" / "routing.yaml"
    edit(file, "public_bot_url:", "slack_api_url: http://slack.example.com/api\npublic_bot_url:")
    edit(file, "  smarthost:", "  require_tls: false\n  smarthost:")
    assert refusal(mini) == [
        (
            "tocsin:alertmanager: policies/routing.yaml has mail go to mail.example.com:587 in clear; expected TLS for "
            "what leaves the cluster; change email.require_tls to true there"
        ),
        (
            "tocsin:alertmanager: policies/routing.yaml has slack_api_url: http://slack.example.com/api, to which "
            "pages and tokens would go in clear; expected TLS for what leaves the cluster; change slack_api_url there"
        ),
    ]


def test_logins_at_databases_outside_need_tls(mini: Path) -> None:
    """Wherever the stack says that the server is; inside the cluster it is the database's own business."""
    edit(mini / "policies" / "services" / "payments-db.yaml", "database:", "database:\n  tls: false")
    record_stack(mini, "staging")
    outside = {"payments-db": {"primary": "db.example.com:5432"}}
    assert refusal(mini, databases=outside) == [
        (
            "tocsin:databases: policies/services/payments-db.yaml has its exporter log in at db.example.com:5432 in "
            "clear; expected database.tls: true for a server outside the cluster; remove `tls: false` there, or name a "
            "Service of the cluster here"
        )
    ]


def test_services_of_the_cluster_and_one_machine_may_do_without(mini: Path) -> None:
    """They leave nothing."""
    inside = {"tocsin:traces": {"jaeger": {"url": "http://jaeger.tracing.svc:16686"}}}
    record_stack(mini, "staging", changes=inside)
    local = {"tocsin:traces": {"jaeger": {"url": "http://traces.example.com"}}}
    record_stack(mini, "dev", changes=local)
    assert refusal(mini, cluster=cluster(), traces={"jaeger": {"url": "http://traces.example.com"}})
