"""The drill's stage: which addresses, which files, which programs."""

import hashlib
import secrets
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from alerting import names
from alerting.model.policy import Policy
from alerting.routes import alertmanager_config, template_files
from alerting.rules.catalog import catalog_groups
from alerting.rules.group import rule_file
from alerting.rules.slo import service_groups
from alerting.timescale import Timescale
from tools.drill.ports import LOOPBACK, claimed_port
from tools.drill.processes import Program
from tools.drill.repository import make_remote
from tools.parts import find

SEED: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where everything listens, all on the loopback address."""

    prometheus: int
    alertmanager: int
    bot: int
    checkout: int
    outbound: int
    smtp: int

    @classmethod
    def choose(cls, until: ExitStack) -> "Ports":
        """The ports that people know where they are free, any free ones otherwise; ours until the stack is closed."""
        wishes = {"prometheus": 9090, "alertmanager": 9093, "bot": 8000, "checkout": 0, "outbound": 0, "smtp": 0}
        return cls(**{name: claimed_port(wish, until) for name, wish in wishes.items()})

    def url(self, name: str) -> str:
        """The address of one of them."""
        return f"http://{LOOPBACK}:{getattr(self, name)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything the programs need, decided before one of them starts."""

    root: Path
    folder: Path
    ports: Ports
    scale: Timescale
    policy: Policy
    """The repository's policy, with the drill's own addresses in its routing."""
    responder: str
    """Who is on call and acknowledges."""
    token: str
    """The responder's token for the bot."""
    alertmanager_token: str

    @property
    def remote(self) -> Path:
        """The bare repository that stands for the team's host of git."""
        return self.folder / "remote.git"

    @property
    def checkout_pid_file(self) -> Path:
        """Where the service's current process id is kept."""
        return self.folder / "checkout.pid"

    def note_checkout(self, pid: int) -> None:
        """Says which process is the service now; a reader sees the old number or the new one, never an empty file."""
        new = self.checkout_pid_file.with_suffix(".new")
        new.write_text(str(pid))
        new.replace(self.checkout_pid_file)

    @property
    def client_environment(self) -> Mapping[str, str]:
        """What `tocsin incident` needs to speak to the drill's bot as the responder."""
        return {"TOCSIN_URL": self.ports.url("bot"), "TOCSIN_TOKEN_FILE": str(self.folder / "secrets" / "responder")}


def drill_policy(policy: Policy, ports: Ports, scale: Timescale, secrets_folder: Path) -> Policy:
    """The policy with its outside addresses replaced by the drill's; everything else stays as it is in the files."""
    routing = policy.routing
    changed = routing.model_copy(
        update={
            "group_wait": scale.window(routing.group_wait),
            "group_interval": scale.window(routing.group_interval),
            "bot_url": ports.url("bot"),
            "public_bot_url": ports.url("bot"),
            "slack_api_url": f"{ports.url('outbound')}/slack/api/chat.postMessage",
            "pagerduty_url": f"{ports.url('outbound')}/pagerduty/v2/enqueue",
            "secrets": routing.secrets.model_copy(update={"folder": str(secrets_folder)}),
            "email": routing.email.model_copy(
                update={
                    "smarthost": f"{LOOPBACK}:{ports.smtp}",
                    "require_tls": False,
                    "username": None,
                    "password_file": None,
                }
            ),
        }
    )
    return replace(policy, routing=changed)


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
    digest = hashlib.sha256(stage.token.encode()).hexdigest()
    _write(secrets_folder / "members", f"{digest} {stage.responder}\n", 0o600)
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


def new_token() -> str:
    """A secret nobody can guess."""
    return secrets.token_urlsafe(32)


def programs(stage: Stage) -> list[Program]:
    """What to start, in this order."""
    config, ports = stage.folder / "config", stage.ports
    prometheus, alertmanager = find("prometheus"), find("alertmanager")
    return [
        checkout(stage),
        Program(
            name="bot",
            command=[sys.executable, "-m", "tools.cli", "--root", str(stage.root), "serve", "--port", str(ports.bot)],
            ready_url=f"{ports.url('bot')}/readyz",
            environment={
                "TOCSIN_STATE_DIR": str(stage.folder / "bot"),
                "TOCSIN_REMOTE": str(stage.remote),
                "TOCSIN_ALERTMANAGER_TOKENS_FILE": str(
                    stage.folder / "secrets" / stage.policy.routing.secrets.bot_token
                ),
                "TOCSIN_MEMBER_TOKENS_FILE": str(stage.folder / "secrets" / "members"),
                "TOCSIN_PROMETHEUS_URLS": ports.url("prometheus"),
                "TOCSIN_ALERTMANAGER_URLS": ports.url("alertmanager"),
                "TOCSIN_PUBLIC_URL": ports.url("bot"),
                "TOCSIN_ACTIONS_FILE": str(config / "actions.yaml"),
            },
        ),
        Program(
            name="alertmanager",
            command=[
                str(alertmanager.path),
                f"--config.file={config / 'alertmanager.yml'}",
                f"--storage.path={stage.folder / 'alertmanager'}",
                f"--web.listen-address={LOOPBACK}:{ports.alertmanager}",
                f"--web.external-url={ports.url('alertmanager')}/",
                "--cluster.listen-address=",
                *alertmanager.extra_args,
            ],
            ready_url=f"{ports.url('alertmanager')}/-/ready",
        ),
        Program(
            name="prometheus",
            command=[
                str(prometheus.path),
                f"--config.file={config / 'prometheus.yml'}",
                f"--storage.tsdb.path={stage.folder / 'prometheus'}",
                f"--web.listen-address={LOOPBACK}:{ports.prometheus}",
                # Else links in alerts name this machine, on whose other addresses nothing listens.
                f"--web.external-url={ports.url('prometheus')}/",
                *prometheus.extra_args,
            ],
            ready_url=f"{ports.url('prometheus')}/-/ready",
        ),
    ]


def checkout(stage: Stage) -> Program:
    """The demonstration service."""
    return Program(
        name="checkout",
        command=[sys.executable, "-m", "tools.drill.checkout", f"--port={stage.ports.checkout}", f"--seed={SEED}"],
        ready_url=f"{stage.ports.url('checkout')}/healthz",
    )
