"""Grafana as the program registers it: a server of our own, and one that is there already."""

import configparser
import json
from pathlib import Path
from typing import Any

import pytest

import dashboards
from alerting.policy import load
from components.grafana_configuration import text
from components.grafana_sources import sources
from stacks.settings import SettingsError
from tests.conftest import DATA
from tools.program import Recording, record_stack
from tools.program.checking import mistakes
from tools.program.running import run_main, stack_recorder

SERVER: dict[str, Any] = {
    "login": {
        "okta": {
            "client_id": "okta-id",
            "client_secret": "okta-secret-1",
            "url": "https://example.okta.com",
            "admins": "sre",
        },
        "google": {"client_id": "google-id", "client_secret": "google-secret-1", "domains": ["example.com"]},
        "github": {
            "client_id": "github-id",
            "client_secret": "github-secret-1",
            "organizations": ["example"],
            "admins": "@example/sre",
        },
    },
    "admin_password": "correct horse battery",
    "secret_key": "a key of our own, long",
}
DEV = {"name": "dev", "context": "kind-dev", "flavour": "kind", "domain": "dev.example.com", "tls": False}
EXISTING = {
    "url": "https://example.grafana.net",
    "token": "a-token-of-a-service-account",
    "prometheus_url": "https://metrics.example.com",
    "alertmanager_url": "https://alerts.example.com",
    "loki_url": "https://logs.example.com",
    "tempo_url": "https://traces.example.com",
}


def run(root: Path, stack: str, **section: Any) -> Recording:
    """A stack with a Grafana."""
    return record_stack(root, stack, changes={"tocsin:grafana": section})


@pytest.fixture(scope="module")
def found() -> Recording:
    """The miniature company in production, with a server of its own."""
    return run(DATA / "mini", "production", server=SERVER)


@pytest.fixture(scope="module")
def cloud() -> Recording:
    """The same with Grafana Cloud."""
    return run(DATA / "mini", "production", existing=EXISTING, team_members=True)


def ini(found: Recording) -> configparser.ConfigParser:
    """The server's configuration."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(found.manifest("ConfigMap", "grafana")["data"]["grafana.ini"])
    return parser


@pytest.mark.parametrize("stack", ["dev", "staging", "production"])
def test_a_server_of_each_stack_would_be_taken(mini: Path, stack: str) -> None:
    """By the providers and by the API server."""
    assert mistakes(run(mini, stack, server=SERVER)) == []


def test_grafana_cloud_would_take_it(cloud: Recording) -> None:
    """Nothing is put into the cluster, and nothing is wrong."""
    assert mistakes(cloud) == []
    assert not [one for one in cloud.manifests() if "grafana" in one["metadata"]["name"]]


def test_people_log_in_with_the_company_s_sign_on_only(found: Recording) -> None:
    """By Okta, Google and GitHub; no form, no sign-up, no anonymous visitor, no well-known password or key."""
    read = ini(found)
    assert read["auth"]["disable_login_form"] == "true"
    assert read["auth.anonymous"]["enabled"] == "false"
    assert read["security"]["admin_password"] == "$__file{/etc/grafana/secrets/admin-password}"
    assert read["security"]["secret_key"] == "$__file{/etc/grafana/secrets/secret-key}"
    assert read["auth.okta"]["token_url"] == "https://example.okta.com/oauth2/v1/token"
    assert read["auth.okta"]["role_attribute_path"] == "contains(groups[*], 'sre') && 'GrafanaAdmin' || 'Viewer'"
    assert read["auth.google"]["allowed_domains"] == "example.com"
    assert read["auth.github"]["allowed_organizations"] == "example"
    assert all(read[f"auth.{kind}"]["use_pkce"] == "true" for kind in ("okta", "google", "github"))


def test_a_renewed_certificate_is_read(found: Recording, mini: Path) -> None:
    """Grafana looks for a new one only where it is told to; without TLS there is none."""
    assert ini(found)["server"]["certs_watch_interval"] == "1h"
    assert "certs_watch_interval" not in ini(run(mini, "dev", server=SERVER))["server"]


def test_google_tells_groups_to_whom_asks_for_them(found: Recording, mini: Path) -> None:
    """Without the scope nobody would be in the group of administrators, and nothing would say so."""
    groups = "https://www.googleapis.com/auth/cloud-identity.groups.readonly"
    assert ini(found)["auth.google"]["scopes"] == "openid email profile"
    google = {**SERVER["login"]["google"], "admins": "sre@example.com"}
    asked = ini(run(mini, "production", server={**SERVER, "login": {"google": google}}))["auth.google"]
    assert asked["scopes"] == f"openid email profile {groups}"
    assert asked["role_attribute_path"] == "contains(groups[*], 'sre@example.com') && 'GrafanaAdmin' || 'Viewer'"


def test_no_secret_is_in_the_config_map_or_in_clear(found: Recording) -> None:
    """Secrets are in a Secret, as secrets of the plan."""
    [config] = [one for one in found.resources if one.name == "configmap-monitoring-grafana"]
    assert "secret-1" not in json.dumps(config.inputs)
    secret = found.named("secret-monitoring-grafana")
    assert set(secret.inputs["stringData"]) == {
        "admin-password",
        "secret-key",
        "metrics-username",
        "metrics-password",
        "okta-client-secret",
        "google-client-secret",
        "github-client-secret",
    }
    for name in secret.inputs["stringData"]:
        path = ("stringData", name)
        assert any(path[: len(one)] == one for one in secret.secrets), name


def test_its_metrics_are_for_prometheus_only(found: Recording) -> None:
    """The ingress leads to them as well: they ask for a login that Prometheus has and nobody else knows."""
    read = ini(found)["metrics"]
    assert read["basic_auth_username"] == "$__file{/etc/grafana/secrets/metrics-username}"
    assert read["basic_auth_password"] == "$__file{/etc/grafana/secrets/metrics-password}"
    [endpoint] = found.manifest("ServiceMonitor", "grafana")["spec"]["endpoints"]
    assert endpoint["basicAuth"] == {
        "username": {"name": "grafana", "key": "metrics-username"},
        "password": {"name": "grafana", "key": "metrics-password"},
    }
    values = found.named("secret-monitoring-grafana").inputs["stringData"]
    assert len(values["metrics-password"]) == 64
    assert SERVER["secret_key"] not in values["metrics-password"]


def test_its_state_outlives_its_pod(found: Recording) -> None:
    """The database lies on a volume, and nothing else can be written but /tmp."""
    spec = found.manifest("StatefulSet", "grafana")["spec"]
    assert spec["volumeClaimTemplates"][0]["metadata"]["name"] == "data"
    [container] = spec["template"]["spec"]["containers"]
    writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert writable == {"/var/lib/grafana", "/tmp"}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


def test_metrics_come_with_our_own_certificates(found: Recording) -> None:
    """Through the address that the stack gives, over TLS with files of the pod."""
    listed = json.loads(found.manifest("ConfigMap", "grafana")["data"]["sources.yaml"])["datasources"]
    by_kind = {one["type"]: one for one in listed}
    assert set(by_kind) == {"prometheus", "alertmanager"}
    assert by_kind["prometheus"]["isDefault"] is True
    assert by_kind["prometheus"]["secureJsonData"]["tlsCACert"] == "$__file{/etc/grafana/tls/ca.crt}"
    assert not found.of_type("grafana:oss/dataSource:DataSource")


def test_browsers_come_through_the_ingress_only(found: Recording) -> None:
    """At grafana. and the cluster's domain, over TLS; only the controller's pods and Prometheus may talk to it."""
    entrance = found.manifest("Ingress", "grafana")
    assert entrance["spec"]["rules"][0]["host"] == "grafana.example.com"
    [way] = found.manifest("NetworkPolicy", "grafana")["spec"]["ingress"]
    assert [peer.get("namespaceSelector", {}).get("matchLabels") for peer in way["from"]] == [
        {"kubernetes.io/metadata.name": "ingress-nginx"},
        None,
    ]


def test_an_existing_grafana_gets_data_sources_by_its_api(cloud: Recording) -> None:
    """With the addresses that reach us from there, and uids that stay."""
    made = {one.inputs["type"]: one.inputs for one in cloud.of_type("grafana:oss/dataSource:DataSource")}
    assert {kind: (one["uid"], one["url"]) for kind, one in made.items()} == {
        "prometheus": ("tocsin-prometheus", "https://metrics.example.com"),
        "alertmanager": ("tocsin-alertmanager", "https://alerts.example.com"),
        "loki": ("tocsin-loki", "https://logs.example.com"),
        "tempo": ("tocsin-tempo", "https://traces.example.com"),
    }
    [account] = cloud.of_type("pulumi:providers:grafana")
    assert account.inputs["url"] == "https://example.grafana.net"
    assert ("auth",) in account.secrets


def test_an_untrusted_certificate_is_taken_on_one_machine_only(found: Recording, cloud: Recording, mini: Path) -> None:
    """On kind without an issuer, where the ingress controller's own is all there is; nowhere else."""

    def skips(recording: Recording) -> bool:
        [account] = recording.of_type("pulumi:providers:grafana")
        return account.inputs.get("insecureSkipVerify") in (True, "true")

    assert skips(run(mini, "dev", server=SERVER))
    assert not skips(found)
    assert not skips(cloud)
    issued = {"tocsin:grafana": {"server": SERVER}, "tocsin:cluster": DEV | {"public_issuer": {"name": "ours"}}}
    assert not skips(record_stack(mini, "dev", changes=issued))
    assert not skips(run(mini, "dev", existing=EXISTING))


@pytest.mark.parametrize("which", ["found", "cloud"])
def test_every_dashboard_is_in_the_shared_folder(which: str, request: pytest.FixtureRequest) -> None:
    """As `dashboards` makes them, in a folder that people only read."""
    recording: Recording = request.getfixturevalue(which)
    made = recording.of_type("grafana:oss/dashboard:Dashboard")
    shown = {json.loads(one.inputs["configJson"])["uid"]: json.loads(one.inputs["configJson"]) for one in made}
    assert shown == json.loads(json.dumps(dashboards.all(load(DATA / "mini"))))
    assert {one.inputs["folder"] for one in made} == {"tocsin"}
    permissions = recording.named("permission-tocsin").inputs["permissions"]
    assert permissions == [{"role": "Viewer", "permission": "View"}, {"role": "Editor", "permission": "View"}]


def test_each_team_edits_its_own_folder(cloud: Recording, found: Recording) -> None:
    """Everybody reads it; members are put into teams only where that is asked for."""
    permissions = cloud.named("permission-team-payments").inputs["permissions"]
    assert permissions[0] == {"teamId": "team-payments-id", "permission": "Edit"}
    assert cloud.named("team-platform").inputs["members"] == ["eli@example.com", "fay@example.com"]
    assert "members" not in found.named("team-platform").inputs


def test_a_password_that_everybody_knows_is_refused(mini: Path) -> None:
    """And no word of it is shown; nothing is registered."""
    section = {"server": {**SERVER, "admin_password": "admin", "secret_key": "SW2YcwTIb9zpOOhoPsMm"}}
    recorder = stack_recorder(mini, "production", changes={"tocsin:grafana": section})
    with pytest.raises(SettingsError) as caught:
        recorder.run(run_main)
    assert recorder.recording.resources == ()
    assert [(problem.object, problem.wrong) for problem in caught.value.problems] == [
        ("stack production: tocsin:grafana.server.admin_password", "got one that is short or known to everybody"),
        ("stack production: tocsin:grafana.server.secret_key", "got one that is short or known to everybody"),
    ]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({}, "expected either `server` or `existing`"),
        ({"server": SERVER, "existing": EXISTING}, "expected either `server` or `existing`"),
        (
            {"server": {**SERVER, "login": {}}},
            "expected okta, google or github, since nobody logs in with a password",
        ),
    ],
)
def test_what_cannot_be_is_said(mini: Path, section: Any, expected: str) -> None:
    """Neither or both Grafanas, and a server that nobody could log in to."""
    recorder = stack_recorder(mini, "production", changes={"tocsin:grafana": section})
    with pytest.raises(SettingsError) as caught:
        recorder.run(run_main)
    assert [problem.expected for problem in caught.value.problems] == [expected]


def test_a_value_never_ends_its_line() -> None:
    """What could be taken for a comment is quoted, and a second line is refused."""
    assert text({"auth": {"client_id": "a;b"}}) == '[auth]\nclient_id = """a;b"""\n'
    with pytest.raises(ValueError, match=r"^auth\.client_id: a value of more than one line; expected one line$"):
        text({"auth": {"client_id": "a\n[security]"}})


def test_traces_lead_to_logs_where_both_are() -> None:
    """And a source without an address is none."""
    listed = sources(None, None, "http://loki:3100", "http://tempo:3200")
    assert [one.kind for one in listed] == ["loki", "tempo"]
    assert listed[1].settings == {"tracesToLogsV2": {"datasourceUid": "tocsin-loki"}}
