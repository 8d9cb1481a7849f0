"""A real Alertmanager with a policy's compiled configuration, whose receivers point to a sink."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import yaml

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.routes import files
from tests.receiving import Sink
from tools.drill.ports import LOOPBACK, free_port
from tools.drill.processes import Processes, Program
from tools.parts import find

TIMEOUT_S = 10


def local(policy: Policy, sink: Sink, secrets: Path, **changes: Any) -> Policy:
    """The policy with every outside address replaced by the sink's, and quick groups."""
    routing = policy.routing
    changed = routing.model_copy(
        update={
            "group_wait": Duration(500),
            "group_interval": Duration(1000),
            "bot_url": f"{sink.url}/bot",
            "slack_api_url": f"{sink.url}/slack/api/chat.postMessage",
            "pagerduty_url": f"{sink.url}/pagerduty/v2/enqueue",
            "secrets": routing.secrets.model_copy(update={"folder": str(secrets)}),
            "dead_mans_switch": routing.dead_mans_switch.model_copy(update={"url_file": "watchdog-url"}),
            "email": routing.email.model_copy(update={"smarthost": sink.smarthost, "require_tls": False}),
            **changes,
        }
    )
    return replace(policy, routing=changed)


def secret_files(config: Any) -> set[str]:
    """Every path that a `*_file` key names."""
    if isinstance(config, Mapping):
        own = {value for key, value in config.items() if key.endswith("_file")}
        return own.union(*(secret_files(value) for value in config.values()))
    return set().union(*(secret_files(value) for value in config)) if isinstance(config, list) else set()


def write(policy: Policy, folder: Path) -> Path:
    """Writes the compiled files, as `tocsin render` does, and returns the configuration's path."""
    for name, value in files(policy).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else yaml.safe_dump(value, sort_keys=False, allow_unicode=True))
    return folder / "alertmanager" / "alertmanager.yml"


@dataclass(slots=True, kw_only=True)
class RealAlertmanager:
    """A running Alertmanager."""

    url: str
    sink: Sink
    processes: Processes
    program: Program

    def post(self, *alerts: Mapping[str, Any]) -> None:
        """Sends alerts as Prometheus does; an entry without `labels` is labels only."""
        far = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        body = [{"endsAt": far, **(each if "labels" in each else {"labels": each})} for each in alerts]
        requests.post(f"{self.url}/api/v2/alerts", json=body, timeout=TIMEOUT_S).raise_for_status()

    def alerts(self, *filters: str) -> list[dict[str, Any]]:
        """The alerts that all matchers pick, muted ones too."""
        answer = requests.get(f"{self.url}/api/v2/alerts", params={"filter": filters}, timeout=TIMEOUT_S)
        answer.raise_for_status()
        found = answer.json()
        assert isinstance(found, list)
        return found

    def silences(self) -> list[dict[str, Any]]:
        """All silences, expired ones too."""
        found = requests.get(f"{self.url}/api/v2/silences", timeout=TIMEOUT_S).json()
        assert isinstance(found, list)
        return found

    def restart(self) -> None:
        """Stops it as an orchestrator does, and starts it anew on the same storage."""
        self.processes.stop()
        self.processes.start(self.program)


@contextmanager
def running(
    policy: Policy, folder: Path, sink: Sink, *, bot_interval: str | None = None, **changes: Any
) -> Iterator[RealAlertmanager]:
    """Starts Alertmanager on the compiled policy while the context is open; `bot_interval` hastens the bot's route."""
    secrets = folder / "secrets"
    changed = local(policy, sink, secrets, **changes)
    config = write(changed, folder / "config")
    if bot_interval is not None:
        config.write_text(config.read_text().replace("group_interval: 10s", f"group_interval: {bot_interval}"))
    secrets.mkdir()
    for file in secret_files(yaml.safe_load(config.read_text())):
        Path(file).write_text(f"secret of {Path(file).name}\n")
    (secrets / "watchdog-url").write_text(f"{sink.url}/watchdog\n")
    part = find("alertmanager")
    url = f"http://{LOOPBACK}:{free_port()}"
    command = [
        str(part.path),
        f"--config.file={config}",
        f"--storage.path={folder / 'storage'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--web.external-url=http://alertmanager.example.com",
        "--web.route-prefix=/",
        "--cluster.listen-address=",
        "--log.level=debug",
        "--enable-feature=receiver-name-in-metrics",
        *part.extra_args,
    ]
    program = Program(name="alertmanager", command=command, ready_url=f"{url}/-/ready")
    with Processes(folder / "logs") as processes:
        processes.start(program)
        yield RealAlertmanager(url=url, sink=sink, processes=processes, program=program)
