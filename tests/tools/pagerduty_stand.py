"""PagerDuty's REST API as documented, on this machine; what it does not document it refuses.

Overrides: https://developer.pagerduty.com/api-reference/41d0a7c3c3a01-create-one-or-more-overrides and its neighbours.
"""

import json
import re
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a-key-of-the-account"
_OVERRIDES = re.compile(r"/schedules/([A-Z0-9]+)/overrides")
_OVERRIDE = re.compile(r"/schedules/([A-Z0-9]+)/overrides/([A-Z0-9]+)")


class Refused(Exception):
    """An answer other than success."""

    def __init__(self, status: int, *errors: str) -> None:
        super().__init__(status, errors)
        self.status, self.errors = status, errors


class Account:
    """One account, as a context; its fields may be looked at and set by tests."""

    def __init__(self, page: int = 100, *, ids_need_editable: bool = False) -> None:
        self.schedules: dict[str, str] = {}
        self.users: dict[str, str] = {}
        self.overrides: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.too_many = 0
        self.page, self.ids_need_editable = page, ids_need_editable
        self._made = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> "Account":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def add(self, schedule: str, user: str, start: datetime, end: datetime) -> str:
        """An override that somebody made; gives its id."""
        self._made += 1
        made = f"Q{self._made}"
        self.overrides.append({"id": made, "schedule": schedule, "user": user, "start": start, "end": end})
        return made

    def says(self, schedule: str, at: datetime) -> str | None:
        """Whose override holds at the instant: of several the one that was made last."""
        holds = [one for one in self.overrides if one["schedule"] == schedule and one["start"] <= at < one["end"]]
        return str(holds[-1]["user"]) if holds else None

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        """What the API says; raises Refused."""
        url = urlsplit(target)
        self.requests.append(f"{method} {url.path}")
        if headers.get("authorization") != f"Token token={TOKEN}":
            raise Refused(401, "Unauthorized")
        if headers.get("accept") != "application/vnd.pagerduty+json;version=2":
            raise Refused(406, "Accept must name version 2")
        if self.too_many:
            self.too_many -= 1
            raise Refused(429, "Rate Limit Exceeded")
        query = (
            {key: values[0] for key, values in parse_qs(url.query, strict_parsing=True).items()} if url.query else {}
        )
        if method == "GET" and url.path in ("/schedules", "/users"):
            return self._list(url.path[1:], query)
        if found := _OVERRIDE.fullmatch(url.path):
            return self._remove(method, *found.groups())
        if found := _OVERRIDES.fullmatch(url.path):
            if found[1] not in self.schedules:
                raise Refused(404, "Not Found")
            return self._get(found[1], query) if method == "GET" else self._create(method, found[1], headers, body)
        raise Refused(404, "Not Found")

    def _list(self, what: str, query: dict[str, str]) -> tuple[int, Any]:
        if query.keys() - {"limit", "offset"} or not 1 <= int(query["limit"]) <= 100:
            raise Refused(400, "unknown parameter")
        offset, limit = int(query["offset"]), min(int(query["limit"]), self.page)
        key = "name" if what == "schedules" else "email"
        every = [{"id": id_, key: name, "type": what[:-1]} for id_, name in getattr(self, what).items()]
        shown = every[offset : offset + limit]
        return 200, {what: shown, "limit": limit, "offset": offset, "total": None, "more": offset + limit < len(every)}

    def _get(self, schedule: str, query: dict[str, str]) -> tuple[int, Any]:
        if query.keys() - {"since", "until", "overflow", "editable"} or not {"since", "until"} <= query.keys():
            raise Refused(400, "since and until are required")
        since, until = _time(query["since"]), _time(query["until"])
        if not timedelta() < until - since <= timedelta(days=92):
            raise Refused(400, "Time range is too long")
        found = []
        for one in self.overrides:
            if one["schedule"] != schedule or one["start"] >= until or one["end"] <= since:
                continue
            whole = query.get("overflow") == "true"
            start = one["start"] if whole else max(one["start"], since)
            end = one["end"] if whole else min(one["end"], until)
            user = {"id": one["user"], "type": "user_reference", "summary": self.users[one["user"]].split("@")[0]}
            entry = {"start": _written(start), "end": _written(end), "user": user}
            if "editable" in query or not self.ids_need_editable:
                entry["id"] = one["id"]
            found.append(entry)
        return 200, {"overrides": found}

    def _create(self, method: str, schedule: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        if method != "POST" or headers.get("content-type") != "application/json":
            raise Refused(400, "expected JSON")
        document = json.loads(body)
        if set(document) != {"overrides"} or not isinstance(document["overrides"], list):
            raise Refused(400, "Overrides must be an array")
        return 201, [self._create_one(schedule, one) for one in document["overrides"]]

    def _create_one(self, schedule: str, one: dict[str, Any]) -> dict[str, Any]:
        assert set(one) == {"start", "end", "user"}, one
        assert one["user"]["type"] == "user_reference", one
        start, end = _time(one["start"]), _time(one["end"])
        if start < datetime.now(UTC) or end <= start or one["user"]["id"] not in self.users:
            return {"status": 400, "errors": ["Override must be in the future"]}
        made = self.add(schedule, one["user"]["id"], start, end)
        return {"status": 201, "override": {"id": made, **one}}

    def _remove(self, method: str, schedule: str, override: str) -> tuple[int, Any]:
        if method != "DELETE":
            raise Refused(405, "Method Not Allowed")
        for one in self.overrides:
            if (one["id"], one["schedule"]) == (override, schedule):
                now = datetime.now(UTC)
                if one["end"] <= now:
                    raise Refused(400, "You cannot remove a past override")
                if one["start"] < now:
                    one["end"] = now
                    return 200, None
                self.overrides.remove(one)
                return 204, None
        raise Refused(404, "Not Found")


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    assert at.tzinfo is not None, text
    return at.astimezone(UTC)


def _written(at: datetime) -> str:
    """With the offset of the account's time zone, as PagerDuty does."""
    return (at + timedelta(hours=1)).replace(tzinfo=None).isoformat() + "+01:00"


def _handler(account: Account) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _work(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {key.lower(): value for key, value in self.headers.items()}
            try:
                status, document = account.answer(self.command, self.path, headers, body)
            except Refused as refused:
                status = refused.status
                document = {"error": {"message": "Invalid Input Provided", "code": 2001, "errors": refused.errors}}
            except Exception as error:  # what the stand does not know is the client's mistake, and must be seen
                status, document = 500, {"error": {"message": repr(error), "code": 2000}}
            payload = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            if status == 429:
                self.send_header("ratelimit-reset", "7")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_DELETE = do_PUT = _work  # noqa: N815  # the names that http.server calls

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler
