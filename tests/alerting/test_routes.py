"""The compiled routes: what Alertmanager's own tools say of them, and who gets what."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerting.errors import RoutingError
from alerting.model.policy import Policy
from alerting.model.routing import MuteWindow
from alerting.policy import load
from alerting.routes import Router, alertmanager_config
from tests.alerting.example_alerts import example_alerts, groups
from tests.conftest import DATA
from tests.real_alertmanager import secret_files, write

ROOT = Path(__file__).parents[2]

# What amlint may find, and why it stays.
ACCEPTED = {
    "inhibit-no-equal": "a dependency mutes its dependents by name, service on both sides, so no label has to be equal",
    "empty-receiver": "alerts that ask nothing of anybody go to the receiver nobody and stay visible in Alertmanager",
}


@pytest.fixture(params=["mini", "example"])
def policy(request: pytest.FixtureRequest) -> Policy:
    """The miniature repository's policy, and the example company's."""
    return load({"mini": DATA / "mini", "example": ROOT}[request.param])


@pytest.fixture
def config(policy: Policy, tmp_path: Path) -> Path:
    """The compiled configuration in a file."""
    return write(policy, tmp_path)


def run(command: Iterable[object]) -> subprocess.CompletedProcess[str]:
    """Runs a program and keeps what it says."""
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


def routed(amtool: Path, config: Path, labels: Mapping[str, str]) -> tuple[str, ...]:
    """What `amtool config routes test` says."""
    texts = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items()]
    done = run([amtool, "config", "routes", "test", f"--config.file={config}", *texts])
    assert done.returncode == 0, done.stderr
    return tuple(done.stdout.strip().split(","))


def test_amtool_accepts_the_configuration(part: Callable[[str], Path], config: Path) -> None:
    """`amtool check-config` finds nothing, templates included."""
    done = run([part("amtool"), "check-config", config])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 templates" in done.stdout


def test_amlint_finds_nothing_without_a_reason(policy: Policy, config: Path, tmp_path: Path) -> None:
    """Whatever amlint finds, with the alerting rules at hand, is on the list of accepted findings."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump({"groups": groups(policy)}))
    amlint = Path(sys.executable).with_name("amlint")
    done = run([amlint, "check", "--format", "json", "--rules", rules, config])
    found = json.loads(done.stdout)
    assert [each for each in found if each["code"] not in ACCEPTED] == []
    compiled = alertmanager_config(policy)
    for each in found:
        if each["code"] == "inhibit-no-equal":
            rule = compiled["inhibit_rules"][int(each["where"].removeprefix("inhibit_rules[").removesuffix("]"))]
            assert any(text.startswith("service=") for text in rule["source_matchers"])
            assert any(text.startswith("service=") for text in rule["target_matchers"])
        else:
            assert each["where"] == "receivers[nobody]"


def test_amtool_routes_every_example_alert_as_we_do(part: Callable[[str], Path], policy: Policy, config: Path) -> None:
    """For every alert that the compiled rules can raise, both name the same receivers in the same order."""
    router, amtool = Router(policy), part("amtool")
    alerts = example_alerts(policy)
    assert len(alerts) > 10
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda labels: routed(amtool, config, labels), alerts))
    assert [(labels, router.receivers(labels)) for labels in alerts] == list(zip(alerts, said, strict=True))


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        (
            {"service": "checkout", "severity": "page", "priority": "P0"},
            ("bot", "email-incidents", "pagerduty-checkout", "slack-payments"),
        ),
        (
            {"service": "payments-db", "severity": "page", "priority": "P1"},
            ("bot", "pagerduty-payments-db", "slack-platform"),
        ),
        ({"service": "checkout", "severity": "ticket", "priority": "P2"}, ("bot", "slack-payments")),
        ({"service": "checkout", "severity": "info", "priority": "P4"}, ("nobody",)),
        ({"alertname": "Watchdog", "service": "platform", "severity": "info"}, ("dead-mans-switch",)),
        ({"alertname": "Watchdog", "severity": "none"}, ("dead-mans-switch",)),
        # Words of other tools, and alerts that lack what ours have.
        (
            {"service": "checkout", "severity": "critical"},
            ("bot", "email-incidents", "pagerduty-checkout", "slack-payments"),
        ),
        ({"service": "payments-db", "severity": "critical"}, ("bot", "pagerduty-payments-db", "slack-platform")),
        ({"service": "checkout", "severity": "warning"}, ("bot", "slack-payments")),
        ({"service": "checkout", "severity": "whatever"}, ("bot", "slack-payments")),
        ({"service": "checkout"}, ("bot", "slack-payments")),
        ({"service": "nobody-knows", "severity": "page"}, ("bot", "pagerduty-platform", "slack-platform")),
        ({}, ("bot", "slack-platform")),
        # A rehearsal takes the usual way.
        (
            {"service": "checkout", "severity": "page", "priority": "P0", "drill": "true"},
            ("bot", "email-incidents", "pagerduty-checkout", "slack-payments"),
        ),
    ],
)
def test_who_gets_what(
    part: Callable[[str], Path], tmp_path: Path, labels: dict[str, str], receivers: tuple[str, ...]
) -> None:
    """Pages ring, tickets are posted, P0 is mailed too, info disturbs nobody, nothing gets lost; amtool agrees."""
    policy = load(DATA / "mini")
    assert Router(policy).receivers(labels) == receivers
    assert routed(part("amtool"), write(policy, tmp_path), labels) == receivers


def test_the_first_route_feeds_the_bot(policy: Policy) -> None:
    """One route for the bot makes one outage one incident; it waits for nobody and lets everything go on."""
    assert alertmanager_config(policy)["route"]["routes"][0] == {
        "matchers": ['severity=~"page|ticket"'],
        "receiver": "bot",
        "group_by": ["team", "service"],
        "group_wait": "0s",
        "group_interval": "10s",
        "continue": True,
    }
    bot = alertmanager_config(policy)["receivers"][0]["webhook_configs"][0]
    assert bot["max_alerts"] == 500
    assert bot["send_resolved"] is True


def test_secrets_are_paths(policy: Policy) -> None:
    """Every secret is named by a path in the folder of secrets, and no other field holds one."""
    compiled = alertmanager_config(policy)
    folder = policy.routing.secrets.folder
    paths = secret_files(compiled)
    assert all(path.startswith(f"{folder}/") for path in paths)
    assert {f"{folder}/{name}" for name in ("bot-token", "slack-token", "pagerduty-checkout")} <= paths
    text = yaml.safe_dump(compiled)
    assert not any(
        f"{key}:" in text
        for key in ("routing_key", "service_key", "credentials", "password", "auth_password", "slack_api_url")
    )


def test_slack_may_be_an_incoming_webhook(part: Callable[[str], Path], tmp_path: Path) -> None:
    """With `slack: webhook` each team's address is a secret in a file of its own."""
    policy = load(DATA / "mini")
    policy = replace(policy, routing=policy.routing.model_copy(update={"slack": "webhook"}))
    slack = next(each for each in alertmanager_config(policy)["receivers"] if each["name"] == "slack-payments")
    assert slack["slack_configs"][0]["api_url_file"] == "/etc/alertmanager/secrets/slack-webhook-payments"
    assert "http_config" not in slack["slack_configs"][0]
    assert run([part("amtool"), "check-config", write(policy, tmp_path)]).returncode == 0


def test_a_password_for_mail_is_a_path(part: Callable[[str], Path], tmp_path: Path) -> None:
    """The mail server's password is read from a file."""
    policy = load(DATA / "mini")
    email = policy.routing.email.model_copy(update={"username": "tocsin", "password_file": "smtp-password"})
    policy = replace(policy, routing=policy.routing.model_copy(update={"email": email}))
    settings = alertmanager_config(policy)["global"]
    assert settings["smtp_auth_username"] == "tocsin"
    assert settings["smtp_auth_password_file"] == "/etc/alertmanager/secrets/smtp-password"
    assert run([part("amtool"), "check-config", write(policy, tmp_path)]).returncode == 0


@pytest.mark.parametrize(
    ("channels", "additions"),
    [
        ({"page": ("pagerduty",), "ticket": ("slack",), "info": ("slack",)}, {"P1": ("email", "slack")}),
        ({"page": (), "ticket": (), "info": ("email",)}, {"P0": ("pagerduty",), "P4": ("slack",)}),
        ({"page": ("email", "slack", "pagerduty"), "ticket": ("pagerduty",)}, {}),
    ],
)
def test_any_choice_of_channels_compiles(
    part: Callable[[str], Path], tmp_path: Path, channels: dict[str, Any], additions: dict[str, Any]
) -> None:
    """amtool accepts the routes and agrees with us, whatever channels the policy names."""
    policy = load(DATA / "mini")
    changed = policy.routing.model_copy(update={"channels": channels, "priority_channels": additions})
    policy = replace(policy, routing=changed)
    config, router = write(policy, tmp_path), Router(policy)
    assert run([part("amtool"), "check-config", config]).returncode == 0
    for severity in ("page", "ticket", "info"):
        for priority in ("P0", "P1", ""):
            labels = {"service": "payments-db", "severity": severity, **({"priority": priority} if priority else {})}
            assert routed(part("amtool"), config, labels) == router.receivers(labels)


def test_a_policy_that_cannot_be_routed_says_everything_that_is_wrong() -> None:
    """Owners that are not teams, gaps of the matrix and a missing home for unknown alerts are reported together."""
    policy = load(DATA / "mini")
    services = {name: service for name, service in policy.services.items() if name != "platform"}
    services["checkout"] = services["checkout"].model_copy(update={"owner": "nobody"})
    matrix = {**policy.severity.matrix, "info": {1: "P4", 3: "P4"}}
    severity = policy.severity.model_copy(update={"matrix": matrix})
    with pytest.raises(RoutingError) as raised:
        alertmanager_config(replace(policy, services=services, severity=severity))
    assert str(raised.value) == (
        "policies/services/checkout.yaml: owner nobody is not a team; expected the name of a file under "
        "policies/teams/; run `tocsin check`\n"
        "policies/severity.yaml: matrix: no priority for info of tier 2; expected one for each tier of 1, 2, 3; "
        "run `tocsin check`\n"
        "policies/services/platform.yaml: no such file; expected the service that alerts of no known service "
        "belong to; write it, with the team that takes them as its owner"
    )


def test_windows_that_each_mute_a_part_are_limited() -> None:
    """Every such window doubles the routes; beyond the limit the message says which they are and what to do."""
    policy = load(DATA / "mini")
    windows = tuple(
        MuteWindow(name=f"w{number}", matchers=(f'alertname="A{number}"',), reason="r", weekdays=("sunday",))
        for number in range(7)
    )
    with pytest.raises(RoutingError) as raised:
        alertmanager_config(replace(policy, routing=policy.routing.model_copy(update={"mute_windows": windows})))
    assert str(raised.value) == (
        "policies/routing.yaml: mute_windows: w0, w1, w2, w3, w4, w5, w6 each mute some of the alerts of checkout with "
        "severity page; expected at most 6 such windows; join some, or let them mute by service, team or severity"
    )
