"""The bot and its remediations as a stack has them."""

import fnmatch
import json
import re
import subprocess
from typing import Any

import pulumi
import pytest

from alerting.actions import ACTIONS
from alerting.policy import load
from alerting.remediations import Target, targets
from bots.actions.request import read_request
from bots.settings import read_settings
from components.bot_ingress import INSIDE, WEBHOOKS
from components.remediation_access import roles
from tests.stacks.companies import MINI, ROOT, cluster
from tools.program import Recording, record_stack
from tools.program.checking import mistakes
from tools.program.running import run_main, stack_recorder

IMAGE = "ghcr.io/example/tocsin:0.1.0"
SECRETS = {
    "alertmanager_tokens": "am-secret-token",
    "member_tokens": "0" * 64 + " ana",
    "ssh_key": "-----BEGIN KEY-----",
    "known_hosts": "github.com ssh-ed25519 AAAA",
}


@pytest.fixture(scope="module")
def production() -> Recording:
    """The example company's production stack."""
    return record_stack(ROOT, "production")


@pytest.fixture(scope="module")
def pod(production: Recording) -> dict[str, Any]:
    """The bot's pod."""
    found: dict[str, Any] = production.manifest("StatefulSet", "tocsin", "monitoring")["spec"]["template"]["spec"]
    return found


def test_the_bot_is_one_hardened_pod_with_a_volume(production: Recording, pod: dict[str, Any]) -> None:
    """Exactly one writer; not root, nothing writable but its volume and a scratch folder."""
    spec = production.manifest("StatefulSet", "tocsin", "monitoring")["spec"]
    (container,) = pod["containers"]
    assert spec["replicas"] == 1
    assert [claim["metadata"]["name"] for claim in spec["volumeClaimTemplates"]] == ["state"]
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    writable = {one["mountPath"] for one in container["volumeMounts"] if not one.get("readOnly")}
    assert writable == {"/var/lib/tocsin", "/tmp"}
    assert container["image"] == IMAGE
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)


def test_the_bot_understands_its_environment(pod: dict[str, Any], tmp_path: Any) -> None:
    """Every variable that the pod has is one that the bot reads, or git's."""
    (container,) = pod["containers"]
    environment = {one["name"]: one["value"] for one in container["env"]}
    for name, value in environment.items():
        if name.endswith("_FILE"):
            file = tmp_path / value.replace("/", "-")
            file.write_text("x")
            environment[name] = str(file)
    settings = read_settings(environment)
    assert settings.remediation_namespace == "tocsin-remediation"
    assert settings.remote == "git@github.com:example/tocsin.git"
    assert settings.public_url == "https://incidents.example.com"
    assert settings.prometheus_urls[:2] == (
        "https://prometheus-prometheus-0-0.prometheus-operated.monitoring.svc:9090",
        "https://prometheus-prometheus-0-1.prometheus-operated.monitoring.svc:9090",
    )
    assert len(settings.prometheus_urls) == 4
    assert len(settings.alertmanager_urls) == 3
    documented = (ROOT / ".env.example").read_text()
    ours = {name for name in environment if name not in ("HOME", "GIT_SSH_COMMAND")}
    assert all(f"{name}=" in documented for name in ours)


def test_git_is_let_in_by_key_or_by_credentials() -> None:
    """As the remote's address says."""
    by_https = {"image": IMAGE, "remote": "https://github.com/example/tocsin.git"}
    recording = record_stack(MINI, "production", changes={"tocsin:bot": by_https})
    (container,) = recording.manifest("StatefulSet", "tocsin", "monitoring")["spec"]["template"]["spec"]["containers"]
    environment = {one["name"]: one["value"] for one in container["env"]}
    assert environment["GIT_CONFIG_VALUE_0"] == "store --file=/etc/tocsin/secrets/git-credentials"
    assert "GIT_SSH_COMMAND" not in environment
    policy = recording.manifest("NetworkPolicy", "tocsin", "monitoring")
    assert {"ports": [{"protocol": "TCP", "port": 22}]} not in policy["spec"]["egress"]
    by_ssh = {"image": IMAGE, "remote": "ssh://git@git.example.com:2222/tocsin.git"}
    recording = record_stack(MINI, "production", changes={"tocsin:bot": by_ssh})
    policy = recording.manifest("NetworkPolicy", "tocsin", "monitoring")
    assert {"ports": [{"protocol": "TCP", "port": 2222}]} in policy["spec"]["egress"]


def test_secrets_of_the_configuration_are_in_one_secret_and_nowhere_else() -> None:
    """Marked as secret, and a change of them starts the pod anew."""
    section = {"image": IMAGE, "remote": "git@github.com:example/tocsin.git", "secrets": SECRETS}
    recording = record_stack(MINI, "production", changes={"tocsin:bot": section})
    assert mistakes(recording) == []
    holder = recording.named("secret-monitoring-tocsin-bot")
    assert set(holder.inputs["stringData"]) == {"alertmanager-tokens", "member-tokens", "ssh-key", "known-hosts"}
    assert holder.inputs["stringData"]["ssh-key"].endswith("\n")
    for one in recording:
        if one is not holder:
            assert "am-secret-token" not in json.dumps(one.inputs, default=str), one.name
    changed = record_stack(
        MINI, "production", changes={"tocsin:bot": section | {"secrets": SECRETS | {"ssh_key": "another"}}}
    )
    notes = [
        one.manifest("StatefulSet", "tocsin", "monitoring")["spec"]["template"]["metadata"]["annotations"]
        for one in (recording, changed)
    ]
    assert notes[0] != notes[1]


def test_only_webhooks_are_open_and_pages_are_for_known_networks(production: Recording) -> None:
    """What is for the inside has no way in; without networks nobody outside opens a page."""
    by_name = {
        one["metadata"]["name"]: one
        for one in production.manifests("Ingress")
        if one["metadata"]["name"].startswith("tocsin-")
    }
    allowed = "nginx.ingress.kubernetes.io/whitelist-source-range"
    assert set(by_name) == {"tocsin-webhooks", "tocsin-pages", "tocsin-inside"}
    paths = {
        name: [path["path"] for rule in one["spec"]["rules"] for path in rule["http"]["paths"]]
        for name, one in by_name.items()
    }
    assert paths == {"tocsin-webhooks": list(WEBHOOKS), "tocsin-pages": ["/"], "tocsin-inside": list(INSIDE)}
    notes = {name: one["metadata"]["annotations"].get(allowed) for name, one in by_name.items()}
    assert notes == {"tocsin-webhooks": None, "tocsin-pages": "10.0.0.0/8", "tocsin-inside": "127.0.0.1/32"}
    for one in by_name.values():
        assert one["spec"]["tls"][0]["hosts"] == ["incidents.example.com"]
    closed = record_stack(
        MINI, "production", changes={"tocsin:bot": {"image": IMAGE, "remote": "git@example.com:a/b.git"}}
    )
    assert [
        one["metadata"]["name"] for one in closed.manifests("Ingress") if one["metadata"]["name"].startswith("tocsin-")
    ] == ["tocsin-webhooks"]


def test_browsers_see_a_certificate_of_the_named_issuer() -> None:
    """An object of cert-manager, in whichever of its two kinds."""
    for kind, note in (("ClusterIssuer", "cluster-issuer"), ("Issuer", "issuer")):
        changed = cluster(public_issuer={"kind": kind, "name": "letsencrypt"})
        recording = record_stack(MINI, "production", changes={"tocsin:cluster": changed})
        one = recording.manifest("Ingress", "tocsin-webhooks", "monitoring")
        assert one["metadata"]["annotations"][f"cert-manager.io/{note}"] == "letsencrypt"
        own = [each for each in recording.manifests("Ingress") if each["metadata"]["name"].startswith("tocsin-")]
        shown = [{"hosts": ["incidents.example.com"], "secretName": "tocsin-public-tls"}]
        assert [each["spec"]["tls"] for each in own] == [shown] * len(own)
        # Several that ask for one Secret would quarrel over it.
        asking = [each for each in own if any("cert-manager" in key for key in each["metadata"]["annotations"])]
        assert asking == [one]


def test_a_certificate_can_be_proved_in_a_closed_namespace() -> None:
    """What cert-manager starts for that is reached by the ingress controller; there is no such way without need."""
    changed = cluster(public_issuer={"name": "letsencrypt"}, ingress_namespace="edge")
    spec = record_stack(MINI, "production", changes={"tocsin:cluster": changed}).manifest(
        "NetworkPolicy", "acme-solver", "monitoring"
    )["spec"]
    assert spec["podSelector"] == {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}}
    peers = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}}]
    assert spec["ingress"] == [{"from": peers, "ports": [{"protocol": "TCP", "port": 8089}]}]
    none = record_stack(MINI, "production").manifests("NetworkPolicy")
    assert "acme-solver" not in {one["metadata"]["name"] for one in none}


def test_a_bot_without_remediation_has_no_rights_and_no_token() -> None:
    """And there is nothing in the namespace of the jobs."""
    recording = record_stack(MINI, "production", changes={"tocsin:remediation": None})
    assert mistakes(recording) == []
    stateful = recording.manifest("StatefulSet", "tocsin", "monitoring")
    assert stateful["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
    assert recording.manifests("CronJob") == []
    assert not [one for one in recording.manifests("Role") if one["metadata"]["namespace"] == "tocsin-remediation"]


def test_roles_of_actions_are_no_wider_than_the_table_and_the_policies(production: Recording) -> None:
    """Verbs as in alerting.actions, names as in the policies, in the namespaces of the targets."""
    wanted = targets(load(ROOT))
    for action in ACTIONS.values():
        of_action = wanted[action.name]
        for role in (one for one in roles(action, of_action, "x") if one["kind"] == "Role"):
            place = role["metadata"]["namespace"]
            placed = production.manifest("Role", role["metadata"]["name"], place)
            verbs = {(rule["apiGroups"][0], *rule["resources"], *rule["verbs"]) for rule in placed["rules"]}
            assert verbs == {(one.group, *one.resources, *one.verbs) for one in action.permissions}
            for rule, permission in zip(placed["rules"], action.permissions, strict=True):
                assert bool(rule.get("resourceNames")) is bool(permission.named)
    checkout = production.manifest("Role", "tocsin-restart-deployment", "shop")
    assert "payments-db" not in checkout["rules"][0]["resourceNames"]
    assert checkout["rules"][0]["verbs"] == ["get", "patch"]


def test_a_role_names_only_the_targets_of_its_namespace() -> None:
    """Two shops do not touch each other."""
    some = [Target("b", "deployment", "cart"), Target("a", "deployment", "web"), Target("a", "deployment", "cart")]
    made = [one for one in roles(ACTIONS["scale_deployment"], some, "jobs") if one["kind"] == "Role"]
    assert [(one["metadata"]["namespace"], one["rules"][1]["resourceNames"]) for one in made] == [
        ("a", ["cart", "web"]),
        ("b", ["cart"]),
    ]
    assert list(roles(ACTIONS["clear_cache"], [Target("a", "service", "cart")], "jobs")) == []


def test_every_deployment_that_is_a_target_is_looked_at_by_schedule(production: Recording) -> None:
    """With a request that the action takes; all other templates are suspended."""
    crons = production.manifests("CronJob")
    running = [one for one in crons if not one["spec"]["suspend"]]
    asked = [
        one["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["annotations"]["tocsin.dev/request"]
        for one in running
    ]
    looked_at = {
        (request.namespace, request.target["deployment"])
        for request in (read_request(text, ACTIONS["run_diagnostics"]) for text in asked)
    }
    wanted = targets(load(ROOT))
    assert looked_at == {
        (one.namespace, one.name) for some in wanted.values() for one in some if one.key == "deployment"
    }
    assert {one["metadata"]["name"] for one in crons if one["spec"]["suspend"]} == {
        "clear-cache",
        "restart-deployment",
        "restart-pod",
        "run-diagnostics",
        "scale-deployment",
    }
    assert all(len(one["metadata"]["name"]) <= 52 for one in crons)


def test_a_release_of_the_bot_touches_nothing_else(production: Recording) -> None:
    """The target of the Makefile names the bot and its actions, with all that belongs to them."""
    said = subprocess.run(
        ["make", "-n", "bot", "STACK=production", "VENV=.venv"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    patterns = re.findall(r"--target '([^']+)'", said)
    hit = {one.urn for one in production if any(fnmatch.fnmatchcase(one.urn, pattern) for pattern in patterns)}
    ours = {one.urn for one in production if one.type in ("tocsin:components:Bot", "tocsin:components:Remediation")}
    assert len(ours) == 2
    assert hit == ours | {one.urn for one in production if one.parent in ours}
    assert len(hit) > 30


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an image that floats": (
        {"tocsin:bot": {"image": "example/tocsin:latest", "remote": "git@example.com:a/b.git"}},
        (
            "stack production: tocsin:bot.image: 'example/tocsin:latest' is no pinned image; expected one such as "
            "ghcr.io/example/tocsin:1.4.0"
        ),
    ),
    "a remote without protection": (
        {"tocsin:bot": {"image": IMAGE, "remote": "git://example.com/a"}},
        (
            "stack production: tocsin:bot.remote: 'git://example.com/a' is no repository that git reaches safely and "
            "without a password in its address; expected one such as git@github.com:example/tocsin.git or "
            "https://github.com/example/tocsin.git"
        ),
    ),
    "no network": (
        {"tocsin:bot": {"image": IMAGE, "remote": "git@example.com:a/b.git", "networks": ["10.0.0.1/8"]}},
        "'10.0.0.1/8' is no network; expected one such as 10.0.0.0/8",
    ),
    "networks that nobody keeps": (
        {"tocsin:cluster": cluster(ingress_class="alb")},
        (
            "stack production: tocsin:bot.networks: the ingress class alb would show the bot's pages to everybody; "
            "expected a class of ingress-nginx, which keeps other networks out, or no networks; remove the networks, "
            "and reach the pages through kubectl port-forward or a proxy with a login"
        ),
    ),
    "remediation without a bot": (
        {"tocsin:bot": None},
        (
            "stack production: tocsin:remediation: there is no bot that could make the jobs; expected the section "
            "tocsin:bot beside it; add tocsin:bot, or remove tocsin:remediation"
        ),
    ),
    "another namespace than the policy's": (
        {"tocsin:cluster": cluster(namespace="observability")},
        (
            "stack production: tocsin:bot: policies/routing.yaml has Alertmanager look for the bot at "
            "http://tocsin.monitoring.svc:8000; expected bot_url: http://tocsin.observability.svc:8000, where it is in "
            "this stack; change bot_url there, or tocsin:cluster.namespace here"
        ),
    ),
    "a missing key": (
        {
            "tocsin:bot": {
                "image": IMAGE,
                "remote": "git@example.com:a/b.git",
                "secrets": {"alertmanager_tokens": "a", "member_tokens": "b", "ssh_key": "c"},
            }
        },
        (
            "stack production: tocsin:bot.secrets: known_hosts is missing; expected it for a remote such as "
            "git@example.com:a/b.git; pulumi config set --secret --path tocsin:bot.secrets.known_hosts"
        ),
    ),
    "PagerDuty without its key": (
        {
            "tocsin:bot": {
                "image": IMAGE,
                "remote": "git@example.com:a/b.git",
                "secrets": SECRETS,
                "pagerduty": {"sender": "tocsin@example.com"},
            }
        },
        (
            "stack production: tocsin:bot.secrets: pagerduty_token is missing; expected it beside "
            "tocsin:bot.pagerduty; pulumi config set --secret --path tocsin:bot.secrets.pagerduty_token"
        ),
    ),
    "Slack without its signing secret": (
        {
            "tocsin:bot": {
                "image": IMAGE,
                "remote": "git@example.com:a/b.git",
                "secrets": SECRETS | {"slack_token": "bot"},
                "slack": {},
            }
        },
        (
            "stack production: tocsin:bot.secrets: slack_signing_secrets is missing; expected it beside "
            "tocsin:bot.slack; pulumi config set --secret --path tocsin:bot.secrets.slack_signing_secrets"
        ),
    ),
    "no e-mail address": (
        {"tocsin:bot": {"image": IMAGE, "remote": "git@example.com:a/b.git", "pagerduty": {"sender": "tocsin"}}},
        "'tocsin' is no e-mail address; expected that of a user in PagerDuty",
    ),
    "a schedule with seconds": (
        {"tocsin:remediation": {"look": "0 17 */6 * * *"}},
        (
            "stack production: tocsin:remediation.look: '0 17 */6 * * *' is no schedule; expected five fields such as "
            "17 */6 * * *, in UTC"
        ),
    ),
}


@pytest.mark.parametrize(("changes", "says"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_told_before_anything_is_registered(changes: dict[str, Any], says: str) -> None:
    """With what was expected, and how to get there."""
    recorder = stack_recorder(MINI, "production", changes=changes)
    with pytest.raises(pulumi.RunError) as caught:
        recorder.run(run_main)
    assert recorder.recording.resources == ()
    assert says in str(caught.value)
