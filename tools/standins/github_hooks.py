"""The played GitHub's answers about its webhook."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tools.standins.github_hub import Hub, as_app, let_in
from tools.standins.github_repository import Refused
from tools.standins.github_shapes import delivery, moment, number_of
from tools.standins.github_webhook import Webhook


def add_hooks(app: FastAPI, hub: Hub) -> None:
    """The webhook of the repository, or the App's: its deliveries, and asking for one again."""
    webhook = hub.webhook

    @app.get("/repos/{owner}/{name}/hooks")
    def list_(request: Request) -> list[dict[str, Any]]:
        let_in(hub, request)
        return [_hook(hub, request.url.path)] if webhook.target and not (hub.app_key and webhook.of_app) else []

    @app.get("/repos/{owner}/{name}/hooks/{number}/deliveries")
    def of_repository(request: Request) -> Response:
        let_in(hub, request)
        return _deliveries(hub, request)

    @app.get("/app/hook/config")
    def config(request: Request) -> dict[str, Any]:
        as_app(hub, request)
        if not webhook.of_app:
            raise Refused(404, "Not Found")
        return _config(webhook)

    @app.get("/app/hook/deliveries")
    def of_app(request: Request) -> Response:
        as_app(hub, request)
        return _deliveries(hub, request)

    @app.post("/repos/{owner}/{name}/hooks/{number}/deliveries/{of}/attempts", status_code=202)
    def again(request: Request, of: int) -> dict[str, Any]:
        let_in(hub, request)
        webhook.redeliver(of)
        return {}

    @app.post("/app/hook/deliveries/{of}/attempts", status_code=202)
    def again_of_app(request: Request, of: int) -> dict[str, Any]:
        as_app(hub, request)
        webhook.redeliver(of)
        return {}


def _config(webhook: Webhook) -> dict[str, Any]:
    return {"content_type": "json", "url": webhook.listed or webhook.target, "insecure_ssl": "0"}


def _hook(hub: Hub, path: str) -> dict[str, Any]:
    now, home = moment(hub.repository.now()), f"{hub.base}{path}/{number_of(hub.webhook.target)}"
    return {
        "type": "Repository",
        "id": number_of(hub.webhook.target),
        "name": "web",
        "active": True,
        "events": ["issues", "issue_comment"],
        "config": _config(hub.webhook),
        "updated_at": now,
        "created_at": now,
        "url": home,
        "test_url": f"{home}/test",
        "ping_url": f"{home}/pings",
        "deliveries_url": f"{home}/deliveries",
        "last_response": {"code": None, "status": "unused", "message": None},
    }


def _deliveries(hub: Hub, request: Request) -> Response:
    size, cursor = int(request.query_params.get("per_page", 30)), request.query_params.get("cursor", "")
    found = list(reversed(hub.webhook.attempts))
    start = next((place for place, one in enumerate(found) if cursor == f"v1_{one['id']}"), 0)
    page, rest = found[start : start + size], found[start + size :]
    link = f'<{hub.base}{request.url.path}?per_page={size}&cursor=v1_{rest[0]["id"]}>; rel="next"' if rest else ""
    return JSONResponse([delivery(one) for one in page], headers={"Link": link} if link else {})
