"""The other side of Alertmanager's notifications: an HTTP server and a mail server that keep what arrives."""

import email
import email.policy
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tools.drill.ports import LOOPBACK, free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One notification."""

    channel: str
    """The first part of the path: bot, slack, pagerduty, watchdog; or email."""
    body: Any
    """Parsed JSON, or the mail."""
    headers: dict[str, str]
    at_s: float = field(default_factory=time.monotonic)
    """When it came, by the clock that is never set."""


class Sink:
    """Takes everything, as a context; `wait` gives what a condition picks."""

    def __init__(self) -> None:
        self._arrivals: list[Arrival] = []
        self._changed = threading.Condition()
        self._http = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._mail = _Mail(self)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                channel = self.path.split("/")[1]
                sink.add(Arrival(channel=channel, body=body, headers=dict(self.headers)))
                answer = json.dumps({"ok": True, "status": "success"}).encode()
                self.send_response(202 if channel == "pagerduty" else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler

    def add(self, arrival: Arrival) -> None:
        """Keeps one arrival."""
        with self._changed:
            self._arrivals.append(arrival)
            self._changed.notify_all()

    def of(self, channel: str) -> list[Arrival]:
        """What arrived on one channel so far."""
        with self._changed:
            return [arrival for arrival in self._arrivals if arrival.channel == channel]

    def wait(self, channel: str, picks: Callable[[Arrival], bool] = lambda _: True, within_s: float = 20) -> Arrival:
        """The first arrival on the channel that the condition picks; fails the test after a while."""
        end = time.monotonic() + within_s
        with self._changed:
            while True:
                found = next((each for each in self._arrivals if each.channel == channel and picks(each)), None)
                if found:
                    return found
                left = end - time.monotonic()
                assert left > 0, f"nothing such on {channel} within {within_s} s; {len(self._arrivals)} others came"
                self._changed.wait(left)

    @property
    def url(self) -> str:
        """Where the HTTP server listens."""
        return f"http://{LOOPBACK}:{self._http.server_port}"

    @property
    def smarthost(self) -> str:
        """Where the mail server listens."""
        return f"{LOOPBACK}:{self._mail.port}"

    def __enter__(self) -> "Sink":
        self._thread.start()
        self._mail.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mail.stop()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Mail:
    """A mail server that tells a sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        # aiosmtpd cannot be asked for any free port.
        self._controller = Controller(self, hostname=LOOPBACK, port=free_port())
        self.start, self.stop, self.port = self._controller.start, self._controller.stop, self._controller.port

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name there
        mail = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self._sink.add(Arrival(channel="email", body=mail, headers={"to": ",".join(envelope.rcpt_tos)}))
        return "250 OK"
