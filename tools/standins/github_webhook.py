"""The webhook of the played GitHub: it tells once, never again by itself, and keeps a list of what became of it."""

import hashlib
import hmac
import json
import queue
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from tools.standins.github_repository import Happening, Refused, Repository
from tools.standins.github_shapes import payload

Shape = Callable[[Happening, dict[str, Any]], dict[str, Any]]
"""The payload that is sent instead of the plain one, such as one that looks in everything like GitHub's."""


@dataclass
class Webhook:
    """One webhook; `start` before anything happens."""

    repository: Repository
    secret: str
    base: str = ""
    """The played GitHub's own address."""
    target: str = ""
    """Where it leads; nowhere while it is empty."""
    listed: str = ""
    """The address that people entered, if it leads to `target` by another way."""
    of_app: bool = True
    """Whether it is the App's where the bot is one; else it is the repository's."""
    shape: Shape = lambda happening, plain: plain
    lost: bool = False
    """Whether deliveries fail on their way."""
    attempts: list[dict[str, Any]] = field(default_factory=list)
    """Every attempt at a delivery, oldest first."""
    _queue: "queue.SimpleQueue[dict[str, Any] | None]" = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None
    _pending: int = 0
    _ids: int = 500

    def start(self) -> None:
        """Listens to the repository."""
        self.repository.heard = self.tell
        self._thread = threading.Thread(target=self._run, name="github-webhook", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Sends what waits, and no more."""
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join(10)

    @property
    def idle(self) -> bool:
        """Whether everything was attempted."""
        return self._pending == 0

    def tell(self, happening: Happening) -> None:
        """Puts a delivery on its way. The payload is made now: later the issue is another one."""
        body = self.shape(happening, payload(self.base, self.repository, happening))
        self._pending += 1
        self._queue.put(
            {
                "guid": str(uuid.uuid4()),
                "event": happening.event,
                "action": happening.action,
                "body": json.dumps(body).encode(),
                "redelivery": False,
            }
        )

    def redeliver(self, number: int) -> None:
        """Attempts a delivery again; raises Refused (404)."""
        found = next((one for one in self.attempts if one["id"] == number), None)
        if found is None:
            raise Refused(404, "Not Found")
        self._pending += 1
        self._queue.put({name: found[name] for name in ("guid", "event", "action", "body")} | {"redelivery": True})

    def _run(self) -> None:
        while (one := self._queue.get()) is not None:
            self._ids += 1
            status = 502 if self.lost or not self.target else self._send(one)
            self.attempts.append({**one, "id": self._ids, "at": self.repository.now(), "status_code": status})
            self._pending -= 1

    def _send(self, one: dict[str, Any]) -> int:
        signature = hmac.new(self.secret.encode(), one["body"], hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/044aadd",
            "X-GitHub-Event": one["event"],
            "X-GitHub-Delivery": one["guid"],
            "X-Hub-Signature-256": f"sha256={signature}",
        }
        try:
            return requests.post(self.target, data=one["body"], headers=headers, timeout=10).status_code
        except requests.RequestException:
            return 502
