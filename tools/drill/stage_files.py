"""The files that the drill's programs read, compiled from the policies."""

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from alerting import names
from alerting.routes import alertmanager_config, template_files
from alerting.rules.catalog import catalog_groups
from alerting.rules.group import rule_file
from alerting.rules.slo import service_groups
from tools.drill.ports import LOOPBACK
from tools.drill.repository import make_remote
from tools.drill.stage import (
    GITHUB_SECRETS,
    GITHUB_TOKEN,
    PAGERDUTY_SECRETS,
    PAGERDUTY_TOKEN,
    SLACK_SECRETS,
    SLACK_TOKEN,
    Stage,
    new_token,
)
from tools.standins import github_hub
from tools.standins.pagerduty_requests import TOKEN


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def _dump(path: Path, value: Any) -> None:
    _write(path, yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


def prometheus_config(stage: Stage) -> dict[str, Any]:
    """Scrapes the service and the programs themselves; every alert carries `drill`."""
    scrape = str(stage.scale.scrape(stage.policy.services["checkout"].scrape_interval))

    def job(name: str, port: int) -> dict[str, Any]:
        return {
            "job_name": name,
            "static_configs": [{"targets": [f"{LOOPBACK}:{port}"], "labels": {names.SERVICE: name}}],
        }

    return {
        "global": {
            "scrape_interval": scrape,
            "scrape_timeout": scrape,
            "evaluation_interval": scrape,
            "external_labels": {"drill": "true"},
        },
        "rule_files": [str(stage.folder / "config" / "rules" / "*.yaml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"{LOOPBACK}:{stage.ports.alertmanager}"]}]}]},
        "scrape_configs": [job("checkout", stage.ports.checkout)],
    }


def secret_files(config: Any) -> set[str]:
    """Every path that a `*_file` key of an Alertmanager configuration names."""
    if isinstance(config, Mapping):
        named = {value for key, value in config.items() if key.endswith("_file") and isinstance(value, str)}
        return named.union(*(secret_files(value) for value in config.values())) if config else named
    if isinstance(config, list):
        return set().union(*(secret_files(value) for value in config))
    return set()


def write_files(stage: Stage) -> None:
    """Compiles the policy and writes every file that the programs read, but for the rules."""
    config = stage.folder / "config"
    _dump(config / "prometheus.yml", prometheus_config(stage))
    alertmanager = alertmanager_config(stage.policy, template_folder=str(config / "templates"))
    _dump(config / "alertmanager.yml", alertmanager)
    for name, text in template_files(stage.policy).items():
        _write(config / "templates" / name, text)
    for path in secret_files(alertmanager):
        _write(Path(path), "drill", 0o600)
    secrets_folder = stage.folder / "secrets"
    _write(secrets_folder / stage.policy.routing.secrets.bot_token, stage.alertmanager_token, 0o600)
    switch = stage.policy.routing.dead_mans_switch.url_file
    _write(secrets_folder / Path(switch).name, f"{stage.ports.url('outbound')}/watchdog", 0o600)
    _write(secrets_folder / "responder", stage.token, 0o600)
    _write(secrets_folder / SLACK_TOKEN, new_token(), 0o600)
    _write(secrets_folder / SLACK_SECRETS, new_token(), 0o600)
    _write(secrets_folder / PAGERDUTY_TOKEN, TOKEN, 0o600)
    _write(secrets_folder / PAGERDUTY_SECRETS, new_token(), 0o600)
    _write(secrets_folder / GITHUB_TOKEN, github_hub.TOKEN, 0o600)
    _write(secrets_folder / GITHUB_SECRETS, new_token(), 0o600)
    _write(secrets_folder / "approver", stage.approver_token, 0o600)
    tokens = [(stage.token, stage.responder), (stage.approver_token, stage.approver)]
    lines = [f"{hashlib.sha256(token.encode()).hexdigest()} {who}\n" for token, who in tokens if who]
    _write(secrets_folder / "members", "".join(lines), 0o600)
    _dump(
        config / "actions.yaml",
        {
            "restart_deployment": [
                sys.executable,
                "-m",
                "tools.drill.restart",
                "--pid-file",
                str(stage.checkout_pid_file),
                "--ready-url",
                f"{stage.ports.url('checkout')}/healthz",
            ]
        },
    )
    make_remote(stage.remote, stage.root)


def write_rules(stage: Stage) -> None:
    """Compiles the rules into the folder that Prometheus reads when it loads its configuration."""
    groups = {"checkout": service_groups(stage.policy, stage.policy.services["checkout"], stage.scale)}
    groups["catalog"] = catalog_groups(stage.policy, stage.scale)
    for name, found in groups.items():
        _dump(stage.folder / "config" / "rules" / f"{name}.yaml", rule_file(found))
