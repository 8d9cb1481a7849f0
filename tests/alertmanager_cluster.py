"""Three real Alertmanagers that know each other, on the route by which the bot hears; each may die or be cut off."""

import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml

from alerting.policy import load
from alerting.routes import files
from tests.bots.bot_process import wait_until
from tools.drill.ports import LOOPBACK, free_port
from tools.parts import find

_TIMEOUT_S = 2.0
_READY_S = 60.0


@dataclass(slots=True, kw_only=True)
class Peer:
    """One of them."""

    port: int
    cluster_port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{LOOPBACK}:{self.port}"


@dataclass(slots=True, kw_only=True)
class Cluster:
    """All of them."""

    folder: Path
    config: Path
    peers: list[Peer] = field(default_factory=list)

    def start(self, number: int, *, alone: bool = False) -> None:
        """Starts one on its own storage; `alone` it does not find the others, and they do not find it."""
        peer = self.peers[number]
        part = find("alertmanager")
        others = [f"--cluster.peer={LOOPBACK}:{one.cluster_port}" for one in self.peers if one is not peer]
        command = [
            str(part.path),
            f"--config.file={self.config}",
            f"--storage.path={self.folder / f'storage-{number}'}",
            f"--web.listen-address={peer.url.removeprefix('http://')}",
            f"--cluster.listen-address={LOOPBACK}:{free_port() if alone else peer.cluster_port}",
            "--cluster.peer-timeout=2s",
            "--cluster.gossip-interval=50ms",
            "--cluster.settle-timeout=2s",
            *([] if alone else others),
            *part.extra_args,
        ]
        with (self.folder / f"log-{number}").open("ab") as log:
            peer.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: self._ready(peer), _READY_S, lambda: (self.folder / f"log-{number}").read_text()[-2000:])

    def kill(self, number: int) -> None:
        """Ends one without a word of warning."""
        process = self.peers[number].process
        if process is not None:
            process.kill()
            process.wait()
            self.peers[number].process = None

    def freeze(self, number: int) -> None:
        """Cuts one off: it does nothing, and nobody reaches it."""
        self._signal(number, signal.SIGSTOP)

    def thaw(self, number: int) -> None:
        """It goes on where it was, knowing nothing of what happened meanwhile."""
        self._signal(number, signal.SIGCONT)

    def _signal(self, number: int, which: signal.Signals) -> None:
        process = self.peers[number].process
        assert process is not None
        process.send_signal(which)

    def _ready(self, peer: Peer) -> bool:
        try:
            return requests.get(f"{peer.url}/-/ready", timeout=_TIMEOUT_S).ok
        except requests.RequestException:
            return False

    def send(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        """Tells every one that can be reached, as Prometheus does."""
        for peer in self.peers:
            try:
                requests.post(f"{peer.url}/api/v2/alerts", json=list(alerts), timeout=_TIMEOUT_S)
            except requests.RequestException:
                continue


@contextmanager
def clustered(root: Path, folder: Path, bot_url: str, token: str) -> Iterator[Cluster]:
    """Three that run, told of each other, whose one receiver is the bot by its compiled route."""
    (folder / "token").write_text(f"{token}\n")
    config = folder / "alertmanager.yml"
    config.write_text(yaml.safe_dump(_config(root, folder, bot_url), sort_keys=False))
    cluster = Cluster(
        folder=folder, config=config, peers=[Peer(port=free_port(), cluster_port=free_port()) for _ in range(3)]
    )
    try:
        for number in range(3):
            cluster.start(number)
        yield cluster
    finally:
        for number, peer in enumerate(cluster.peers):
            if peer.process is not None:
                peer.process.send_signal(signal.SIGCONT)
            cluster.kill(number)


def _config(root: Path, folder: Path, bot_url: str) -> Mapping[str, Any]:
    """The bot's own route and receiver of the compiled configuration, with this bot's address."""
    whole = files(load(root))["alertmanager/alertmanager.yml"]
    (route,) = [one for one in whole["route"]["routes"] if one.get("matchers") == ['severity=~"page|ticket"']]
    (receiver,) = [one for one in whole["receivers"] if one["name"] == "bot"]
    (webhook,) = receiver["webhook_configs"]
    authorization = {"type": "Bearer", "credentials_file": str(folder / "token")}
    webhook = webhook | {"url": f"{bot_url}/alertmanager", "http_config": {"authorization": authorization}}
    # Ten seconds between two notifications of a group would make the test long, and change nothing else.
    route = {name: value for name, value in route.items() if name != "continue"} | {"group_interval": "1s"}
    return {
        "global": {"resolve_timeout": "5m"},
        "route": {"receiver": "nobody", "group_by": ["team"], "routes": [route]},
        "receivers": [{"name": "nobody"}, {"name": "bot", "webhook_configs": [webhook]}],
    }
