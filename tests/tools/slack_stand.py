"""Slack's Web API on this machine, as far as reading a channel goes, beside what posts to it.

https://docs.slack.dev/reference/methods/conversations.list, https://docs.slack.dev/reference/methods/conversations.history
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "xoxb" + "-a-token"


class Workspace:
    """One workspace, as a context; its fields may be looked at and set by tests."""

    def __init__(self, *channels: str) -> None:
        self.channels = {f"C{number:03}": name for number, name in enumerate(channels)}
        self.messages: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.keeps = True
        self.too_many = 0
        self.error = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Where messages are posted."""
        return f"http://127.0.0.1:{self._server.server_port}/api/chat.postMessage"

    def __enter__(self) -> "Workspace":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def post(self, message: dict[str, Any]) -> dict[str, Any]:
        """Keeps a message."""
        if self.keeps:
            self.messages.append({**message, "ts": f"{time.time():.6f}"})
        return {"ok": True, "channel": message["channel"], "ts": f"{time.time():.6f}"}

    def answer(self, method: str, asked: dict[str, str], token: str) -> dict[str, Any]:
        """What a method says."""
        if self.error or token != TOKEN:
            return {"ok": False, "error": self.error or "invalid_auth"}
        if method == "conversations.list":
            # One channel a page, whatever is asked for.
            names = list(self.channels.items())
            at = int(asked.get("cursor", "0"))
            following = str(at + 1) if at + 1 < len(names) else ""
            shown = [{"id": key, "name": name} for key, name in names[at : at + 1]]
            return {"ok": True, "channels": shown, "response_metadata": {"next_cursor": following}}
        assert method == "conversations.history", method
        name = self.channels[asked["channel"]]
        found = [one for one in self.messages if one["channel"].removeprefix("#") == name]
        return {"ok": True, "messages": [one for one in found if float(one["ts"]) > float(asked["oldest"])]}


def _handler(workspace: Workspace) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self._send(200, workspace.post(json.loads(self.rfile.read(int(self.headers["Content-Length"])))))

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            method = parts.path.rpartition("/")[2]
            workspace.requests.append(method)
            if workspace.too_many:
                workspace.too_many -= 1
                self._send(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "7"})
                return
            asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
            self._send(200, workspace.answer(method, asked, self.headers["Authorization"].removeprefix("Bearer ")))

        def _send(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            for name, text in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler
