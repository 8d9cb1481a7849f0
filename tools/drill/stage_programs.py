"""The programs of the drill, as they are started."""

import sys

from tools.drill.phone import SENDER
from tools.drill.ports import LOOPBACK
from tools.drill.processes import Program
from tools.drill.stage import (
    GITHUB_SECRETS,
    GITHUB_TOKEN,
    PAGERDUTY_SECRETS,
    PAGERDUTY_TOKEN,
    SEED,
    SLACK_SECRETS,
    SLACK_TOKEN,
    Stage,
)
from tools.drill.tracker import REPOSITORY
from tools.parts import find


def programs(stage: Stage) -> list[Program]:
    """What to start, in this order."""
    return [checkout(stage), _bot(stage), _alertmanager(stage), _prometheus(stage)]


def _bot(stage: Stage) -> Program:
    ports = stage.ports
    return Program(
        name="bot",
        command=[
            sys.executable,
            "-m",
            "tools.cli",
            "--root",
            str(stage.policies),
            "serve",
            "--port",
            str(ports.bot),
        ],
        ready_url=f"{ports.url('bot')}/readyz",
        environment=_environment(stage),
    )


def _environment(stage: Stage) -> dict[str, str]:
    config, ports = stage.folder / "config", stage.ports
    return {
        "TOCSIN_STATE_DIR": str(stage.folder / "bot"),
        "TOCSIN_REMOTE": str(stage.remote),
        "TOCSIN_ALERTMANAGER_TOKENS_FILE": str(stage.folder / "secrets" / stage.policy.routing.secrets.bot_token),
        "TOCSIN_MEMBER_TOKENS_FILE": str(stage.folder / "secrets" / "members"),
        "TOCSIN_PROMETHEUS_URLS": ports.url("prometheus"),
        "TOCSIN_ALERTMANAGER_URLS": ports.url("alertmanager"),
        "TOCSIN_PUBLIC_URL": ports.url("bot"),
        "TOCSIN_ACTIONS_FILE": str(config / "actions.yaml"),
        "TOCSIN_SLACK_URL": f"{ports.url('outbound')}/slack/api",
        "TOCSIN_SLACK_TOKEN_FILE": str(stage.folder / "secrets" / SLACK_TOKEN),
        "TOCSIN_SLACK_SIGNING_SECRETS_FILE": str(stage.folder / "secrets" / SLACK_SECRETS),
        "TOCSIN_PAGERDUTY_URL": f"{ports.url('outbound')}/pagerduty",
        "TOCSIN_PAGERDUTY_FROM": SENDER,
        "TOCSIN_PAGERDUTY_TOKEN_FILE": str(stage.folder / "secrets" / PAGERDUTY_TOKEN),
        "TOCSIN_PAGERDUTY_WEBHOOK_SECRETS_FILE": str(stage.folder / "secrets" / PAGERDUTY_SECRETS),
        "TOCSIN_GITHUB_REPOSITORY": REPOSITORY,
        "TOCSIN_GITHUB_URL": f"{ports.url('outbound')}/github",
        "TOCSIN_GITHUB_TOKEN_FILE": str(stage.folder / "secrets" / GITHUB_TOKEN),
        "TOCSIN_GITHUB_WEBHOOK_SECRETS_FILE": str(stage.folder / "secrets" / GITHUB_SECRETS),
        "TOCSIN_TIME_LAPSE": str(stage.scale.factor),
    }


def _alertmanager(stage: Stage) -> Program:
    config, ports, alertmanager = stage.folder / "config", stage.ports, find("alertmanager")
    return Program(
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
    )


def _prometheus(stage: Stage) -> Program:
    config, ports, prometheus = stage.folder / "config", stage.ports, find("prometheus")
    return Program(
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
    )


def checkout(stage: Stage) -> Program:
    """The demonstration service."""
    return Program(
        name="checkout",
        command=[sys.executable, "-m", "tools.drill.checkout", f"--port={stage.ports.checkout}", f"--seed={SEED}"],
        ready_url=f"{stage.ports.url('checkout')}/healthz",
    )
