"""A real bot in a process of its own, with tokens, a folder for its state and a bare repository as remote."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from bots.configuration.tokens import hash_of
from tools.drill.ports import LOOPBACK

ALERTMANAGER_TOKEN = "alertmanager-token"
_WITHIN_S = 60.0


def token_of(member: str) -> str:
    """A member's token."""
    return f"token-of-{member}"


def reserved_port(whose: object) -> int:
    """A port of the loopback address that the system gives to nobody else while somebody is remembered.

    A socket that is bound and does not listen keeps it, and a program that binds it by its number may listen on it. So
    between a kill and the next start nobody else answers there, and no connection out begins there.
    """
    claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    claim.bind((LOOPBACK, 0))
    weakref.finalize(whose, claim.close)
    return int(claim.getsockname()[1])


@dataclass(slots=True, weakref_slot=True, kw_only=True)
class BotProcess:
    """May be started, killed and started again."""

    root: Path
    folder: Path
    port: int = 0
    """One of its own, where none is given."""
    settings: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        """Keeps a port for all its processes."""
        self.port = self.port or reserved_port(self)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def state(self) -> Path:
        """The folder of its state."""
        return self.folder / "state"

    @property
    def remote(self) -> Path:
        """The bare repository that it pushes to."""
        return self.folder / "remote.git"

    @property
    def log(self) -> str:
        """Everything it has said."""
        return (self.folder / "log").read_text(errors="replace")

    def prepare(self) -> None:
        """Makes what it needs to start."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "alertmanager-tokens").write_text(f"{ALERTMANAGER_TOKEN}\n")
        members = ("ana", "ben", "eli", "fay", "stranger")
        lines = [f"{hash_of(token_of(member))} {member}\n" for member in members]
        (self.folder / "member-tokens").write_text("".join(lines))
        for member in members:
            (self.folder / f"{member}.token").write_text(token_of(member) + "\n")
        if not self.remote.exists():
            subprocess.run(["git", "init", "--quiet", "--bare", str(self.remote)], check=True)

    @property
    def environment(self) -> dict[str, str]:
        """The bot's own environment."""
        return {
            **os.environ,
            "TOCSIN_STATE_DIR": str(self.state),
            "TOCSIN_REMOTE": str(self.remote),
            "TOCSIN_ALERTMANAGER_TOKENS_FILE": str(self.folder / "alertmanager-tokens"),
            "TOCSIN_MEMBER_TOKENS_FILE": str(self.folder / "member-tokens"),
            **self.settings,
        }

    def client(self, member: str) -> dict[str, str]:
        """The environment of a member's command line."""
        return {**os.environ, "TOCSIN_URL": self.url, "TOCSIN_TOKEN_FILE": str(self.folder / f"{member}.token")}

    def start(self) -> None:
        """Returns when it takes deliveries; raises AssertionError with its log if it ends before."""
        command = [sys.executable, "-m", "tools.cli", "--root", str(self.root), "serve", "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment
            )
        wait_until(self.ready, _WITHIN_S, lambda: f"the bot is not ready:\n{self.log}")

    def ready(self) -> bool:
        """Whether it takes deliveries."""
        assert self.process is not None
        assert self.process.poll() is None, self.log
        try:
            return requests.get(f"{self.url}/readyz", timeout=2).ok
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """Ends it without a word of warning."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Asks it to end and gives its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def file_size_limit(self, size: int) -> None:
        """From now on none of its files may grow beyond so many bytes; -1 lifts the limit."""
        assert self.process is not None
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def deliver(self, body: bytes, token: str = ALERTMANAGER_TOKEN) -> requests.Response:
        """Sends what Alertmanager would send."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return requests.post(f"{self.url}/alertmanager", data=body, headers=headers, timeout=30)

    def get(self, path: str, member: str = "ana") -> requests.Response:
        """Reads as a member."""
        return requests.get(self.url + path, headers={"Authorization": f"Bearer {token_of(member)}"}, timeout=30)

    def post(self, path: str, document: Any, member: str = "ana") -> requests.Response:
        """Asks as a member."""
        headers = {"Authorization": f"Bearer {token_of(member)}"}
        return requests.post(self.url + path, json=document, headers=headers, timeout=30)

    def metric(self, name: str) -> float:
        """The value of a metric's only series, or of the one that the name spells out with its labels."""
        lines = requests.get(f"{self.url}/metrics", timeout=30).text.splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).rpartition(" ")[2])

    def settled(self) -> None:
        """Returns when everything that was taken in is in git."""
        wait_until(lambda: self.metric("tocsin_inbox_pending") == 0, _WITHIN_S, lambda: f"not settled:\n{self.log}")

    def rss_mib(self) -> float:
        """Its resident memory."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) / 1024


def wait_until(holds: Any, within_s: float, why: Any) -> None:
    """Returns when a condition holds; raises AssertionError with the reason after so many seconds."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError(why())
