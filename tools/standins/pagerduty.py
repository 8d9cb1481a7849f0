"""PagerDuty played on this machine: the Events API, the parts of the REST API that are used, webhooks, and a page.

Requests are checked as https://developer.pagerduty.com/api-reference describes them; what it would refuse is refused.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import requests
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment

from tools.standins.pagerduty_account import Account
from tools.standins.pagerduty_incident import Incident, Refused, Webhook, stamp
from tools.standins.pagerduty_requests import check_change, event_problems, let_in, sender

_REFUSALS: Final = 3
"""So many in a row, and a subscription is switched off: https://support.pagerduty.com/main/docs/webhooks"""
_LONGEST: Final = timedelta(days=184)
_LIST: Final = frozenset(
    {"incident_key", "since", "until", "time_zone", "sort_by", "limit", "offset", "total", "statuses[]", "date_range"}
)
_PAGE: Final = Environment(autoescape=True).from_string(
    """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>PagerDuty (stand-in)</title><style>
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}
article{border:1px solid #8886;border-radius:8px;padding:.75rem 1rem;margin:1rem 0}
</style><h1>PagerDuty (stand-in)</h1>
{% for one in incidents|reverse %}<article><b>#{{ one.number }} {{ one.title }}</b> · {{ one.status }}
{% if one.priority %} · {{ one.priority }}{% endif %} · level {{ one.level }}
<ul>{% for line in one.log %}<li>{{ line }}</li>{% endfor %}</ul></article>
{% else %}<p>No incident yet.</p>{% endfor %}</html>"""
)


@dataclass(slots=True)
class Trouble:
    """How it answers instead, while it is set: an outage, a limit. Takes the request, gives an answer or None."""

    answer: Callable[[Request], Response | None] = lambda request: None
    calls: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of every request of the REST API, refused or not."""


def application(account: Account, trouble: Trouble | None = None) -> FastAPI:
    """The whole of it, on one address."""
    app = FastAPI(title="PagerDuty (stand-in)")
    state = trouble or Trouble()

    @app.middleware("http")
    async def gate(request: Request, go_on: Any) -> Response:
        if not request.url.path.endswith(("/v2/enqueue", "/")):
            state.calls.append((request.method, request.url.path))
        instead = state.answer(request)
        found: Response = instead if instead is not None else await go_on(request)
        return found

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        about = {"message": error.message, "code": error.code, "errors": list(error.errors)}
        return JSONResponse({"error": about}, status_code=error.status)

    @app.get("/", response_class=HTMLResponse)
    def page() -> str:
        with account.lock:
            return _PAGE.render(incidents=account.incidents)

    _add_events(app, account)
    _add_incidents(app, account)
    _add_alerts(app, account)
    _add_directory(app, account)
    return app


def _add_events(app: FastAPI, account: Account) -> None:
    @app.post("/v2/enqueue", status_code=202)
    async def enqueue(event: dict[str, Any]) -> Response:
        problems = list(event_problems(event))
        if problems:
            return JSONResponse(
                {"status": "invalid event", "message": "Event object is invalid", "errors": problems}, 400
            )
        key = event.get("dedup_key") or "generated"
        account.event(event["event_action"], key, (event.get("payload") or {}).get("summary", ""))
        account.on_event(event)
        return JSONResponse({"status": "success", "message": "Event processed", "dedup_key": key}, 202)


def _add_incidents(app: FastAPI, account: Account) -> None:
    @app.get("/incidents")
    def list_(request: Request) -> dict[str, Any]:
        let_in(request)
        ask = dict(request.query_params)
        if set(ask) - _LIST:
            raise Refused(400, "Invalid Input Provided", f"unknown parameters {sorted(set(ask) - _LIST)}")
        since, until = (datetime.fromisoformat(ask[name]) for name in ("since", "until"))
        if not since < until or until - since > _LONGEST:
            raise Refused(400, "Invalid Input Provided", "The date range must be at most 6 months")
        limit, offset = int(ask.get("limit", 25)), int(ask.get("offset", 0))
        if not 1 <= limit <= 100:
            raise Refused(400, "Invalid Input Provided", "Limit must be between 1 and 100")
        with account.lock:
            found = [one for one in reversed(account.incidents) if since <= one.created_at <= until]
            if "incident_key" in ask:
                found = [one for one in found if ask["incident_key"] in one.alerts]
            part = [_document(account, one) for one in found[offset : offset + limit]]
        return {"incidents": part, "limit": limit, "offset": offset, "more": len(found) > offset + limit, "total": None}

    @app.put("/incidents")
    def update(request: Request, body: dict[str, Any]) -> dict[str, Any]:
        let_in(request)
        wishes = body.get("incidents")
        if set(body) != {"incidents"} or not isinstance(wishes, list) or not 1 <= len(wishes) <= 250:
            raise Refused(400, "Invalid Input Provided", "Incidents must be a list of 1 to 250")
        by = sender(request)
        for wish in wishes:
            check_change(account, wish)
        return {"incidents": [_document(account, account.update(wish, by)) for wish in wishes]}


def _add_alerts(app: FastAPI, account: Account) -> None:
    def alerts_of(name: str) -> list[dict[str, Any]]:
        one = account.get(name)
        return [
            {"id": f"A{one.id}-{number}", "type": "alert", "alert_key": key, "status": status}
            for number, (key, status) in enumerate(one.alerts.items(), start=1)
        ]

    @app.get("/incidents/{name}/alerts")
    def alerts(request: Request, name: str) -> dict[str, Any]:
        let_in(request)
        with account.lock:
            return {"alerts": alerts_of(name), "more": False}

    @app.put("/incidents/{name}/alerts")
    def resolve(request: Request, name: str, body: dict[str, Any]) -> dict[str, Any]:
        let_in(request)
        with account.lock:
            known = {one["id"]: one["alert_key"] for one in alerts_of(name)}
            for wish in body["alerts"]:
                if wish != {"id": wish.get("id"), "type": "alert", "status": "resolved"} or wish["id"] not in known:
                    raise Refused(400, "Invalid Input Provided", "Alert is invalid")
            account.resolve_alerts(name, [known[wish["id"]] for wish in body["alerts"]], sender(request))
            return {"alerts": alerts_of(name)}


def _add_directory(app: FastAPI, account: Account) -> None:
    @app.get("/users/{user}")
    def user(request: Request, user: str) -> dict[str, Any]:
        let_in(request)
        if user not in account.users:
            raise Refused(404, "Not Found", code=2100)
        return {"user": {**account.user(user), "type": "user", "email": account.users[user]}}

    @app.get("/users")
    def users(request: Request, query: str = "") -> dict[str, Any]:
        let_in(request)
        found = [
            {**account.user(user), "type": "user", "email": email}
            for user, email in account.users.items()
            if query.lower() in email.lower()
        ]
        return {"users": found, "more": False}

    @app.get("/priorities")
    def priorities(request: Request) -> dict[str, Any]:
        let_in(request)
        found = [{"id": id_, "type": "priority", "name": name} for name, id_ in account.priorities.items()]
        return {"priorities": found, "more": False}


def _document(account: Account, one: Incident) -> dict[str, Any]:
    return {
        **account.reference(one),
        "type": "incident",
        "incident_number": one.number,
        "title": one.title,
        "status": one.status,
        "incident_key": None if account.keyless else one.key,
        "created_at": stamp(one.created_at),
        "priority": account.priority(one),
        "assignments": [{"assignee": account.user(user)} for user in one.assignees],
    }


class Subscription:
    """Delivers webhooks from a thread; three refusals in a row switch it off, as they do there."""

    def __init__(self, account: Account, url: str) -> None:
        """Where it delivers."""
        self._url = url
        self._queue: queue.SimpleQueue[Webhook | None] = queue.SimpleQueue()
        self.answers: list[int] = []
        """The status of every answer."""
        self.enabled = True
        account.on_webhook = self._queue.put
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def _run(self) -> None:
        while (webhook := self._queue.get()) is not None:
            if not self.enabled:
                continue
            headers = {"Content-Type": "application/json", **webhook.headers}
            answer = requests.post(self._url, data=webhook.body, headers=headers, timeout=5)
            self.answers.append(answer.status_code)
            last = self.answers[-_REFUSALS:]
            self.enabled = not (len(last) == _REFUSALS and all(400 <= status < 500 for status in last))

    @contextmanager
    def running(self) -> Iterator["Subscription"]:
        """Delivers while the context is open."""
        self._thread.start()
        try:
            yield self
        finally:
            self._queue.put(None)
            self._thread.join()
