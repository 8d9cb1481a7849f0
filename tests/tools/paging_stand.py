"""PagerDuty on this machine: events come in by the Events API, and incidents are read by the REST API.

https://developer.pagerduty.com/docs/events-api-v2-overview, and the list of
incidents of https://developer.pagerduty.com/api-reference
"""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a-key-of-the-account"


class Account:
    """One account with one service, as a context."""

    def __init__(self) -> None:
        self.incidents: list[dict[str, Any]] = []
        self.keeps = True
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Of both APIs."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Account":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def event(self, event: dict[str, Any]) -> None:
        """Opens or resolves an incident."""
        key = event["dedup_key"]
        open_ = [one for one in self.incidents if one["incident_key"] == key and one["status"] != "resolved"]
        if event["event_action"] == "resolve":
            for one in open_:
                one["status"] = "resolved"
        elif not open_ and self.keeps:
            self.incidents.append(
                {
                    "incident_number": len(self.incidents) + 1,
                    "incident_key": key,
                    "status": "triggered",
                    "urgency": "high",
                    "created_at": datetime.now(UTC).isoformat(),
                    "assignments": [{"assignee": {"summary": "Ana"}}],
                }
            )

    def listed(self, asked: dict[str, list[str]]) -> list[dict[str, Any]]:
        """The incidents that a question picks, newest first."""
        since, until = (datetime.fromisoformat(asked[name][0]) for name in ("since", "until"))
        return [
            one
            for one in reversed(self.incidents)
            if one["incident_key"] == asked["incident_key"][0]
            and since <= datetime.fromisoformat(one["created_at"]) <= until
        ]


def _handler(account: Account) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            account.event(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._send(202, {"status": "success", "message": "Event processed"})

        def do_GET(self) -> None:
            if self.headers["Authorization"] != f"Token token={TOKEN}":
                self._send(401, {"error": {"message": "no"}})
                return
            parts = urlsplit(self.path)
            assert parts.path == "/incidents"
            self._send(200, {"incidents": account.listed(parse_qs(parts.query)), "more": False})

        def _send(self, status: int, value: Any) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler
