"""GitHub played on this machine: the parts of its REST API that are used, its webhook, and pages with its issues.

It takes what GitHub takes and refuses what GitHub refuses (https://docs.github.com/en/rest); its limits of writes are
GitHub's own.
"""

from datetime import timedelta
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from tools.standins.github_hooks import add_hooks
from tools.standins.github_hub import Hub, add_identity, let_in
from tools.standins.github_page import issue_page, list_page, pull_page
from tools.standins.github_pulls import add_pulls
from tools.standins.github_repository import Refused
from tools.standins.github_shapes import comment, issue, moment, reaction

_A_MINUTE: Final = 80
_AN_HOUR: Final = 500
"""https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits"""


def application(hub: Hub) -> FastAPI:
    """All of it on one address; API paths are those of api.github.com."""
    app = FastAPI(title="GitHub (stand-in)")

    @app.middleware("http")
    async def gate(request: Request, go_on: Any) -> Response:
        if not _is_api(request):
            page: Response = await go_on(request)
            return page
        body = await request.body()
        hub.calls.append((request.method, request.url.path))
        instead = hub.answer(request)
        if instead is not None:
            return instead
        refused = _limited(hub, request)
        found: Response = refused if refused is not None else await _whole(await go_on(request))
        return hub.checked(request, body, found) or found

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        about = {"message": error.message, "documentation_url": "https://docs.github.com/rest"}
        wrong = [{"resource": "Issue", "code": "custom", "message": str(one)} for one in error.errors]
        return JSONResponse(about | ({"errors": wrong} if wrong else {}), error.status)

    _add_pages(app, hub)
    add_identity(app, hub)
    _add_comments(app, hub)
    _add_reactions(app, hub)
    _add_issues(app, hub)
    add_hooks(app, hub)
    add_pulls(app, hub)
    return app


def _is_api(request: Request) -> bool:
    # It may stand below another address.
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return path.startswith(("/repos/", "/app", "/user", "/orgs/"))


async def _whole(response: Any) -> Response:
    """A streamed answer in one piece, so that it can be looked at."""
    body = b"".join([part async for part in response.body_iterator])
    return Response(body, response.status_code, dict(response.headers), response.media_type)


def _limited(hub: Hub, request: Request) -> Response | None:
    """Counts a write; the answer of the secondary limit if there were too many."""
    if request.method == "GET" or request.url.path.endswith(("/access_tokens", "/attempts")):
        return None
    now = hub.repository.now()
    while hub.writes and hub.writes[0] <= now - timedelta(hours=1):
        hub.writes.popleft()
    minute = sum(at > now - timedelta(minutes=1) for at in hub.writes)
    if minute >= _A_MINUTE or len(hub.writes) >= _AN_HOUR:
        about = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
        return JSONResponse(about, 403, headers={"Retry-After": "60"})
    hub.writes.append(now)
    return None


def _add_pages(app: FastAPI, hub: Hub) -> None:
    @app.get("/", response_class=HTMLResponse)
    def all_() -> str:
        with hub.repository.lock:
            return list_page(hub.repository, hub.base)

    @app.get("/{owner}/{name}/issues/{number}", response_class=HTMLResponse)
    def one(owner: str, name: str, number: int) -> str:
        with hub.repository.lock:
            return issue_page(hub.repository.get(number), hub.base)

    @app.get("/{owner}/{name}/pull/{number}", response_class=HTMLResponse)
    def pull(owner: str, name: str, number: int) -> str:
        with hub.repository.lock:
            if number not in hub.repository.pulls:
                raise Refused(404, "Not Found")
            return pull_page(hub.repository.pulls[number], hub.base)


def _add_issues(app: FastAPI, hub: Hub) -> None:
    repository = hub.repository

    @app.get("/repos/{owner}/{name}/issues")
    def list_(request: Request) -> list[dict[str, Any]]:
        let_in(hub, request)
        ask = request.query_params
        state, since = ask.get("state", "open"), ask.get("since")
        with repository.lock:
            found = [
                one
                for one in repository.issues.values()
                if state in ("all", "open" if one.open else "closed")
                and (since is None or moment(one.updated_at) >= since)
                and ask.get("labels") in (None, *one.labels)
            ]
            found.sort(key=lambda one: one.at, reverse=ask.get("direction", "desc") == "desc")
            return [issue(hub.base, repository, one) for one in _page(found, ask)]

    @app.post("/repos/{owner}/{name}/issues", status_code=201)
    async def create(request: Request) -> dict[str, Any]:
        author, said = let_in(hub, request), await request.json()
        made = repository.create(
            author, said["title"], said.get("body") or "", said.get("labels", ()), said.get("assignees", ())
        )
        return issue(hub.base, repository, made)

    @app.get("/repos/{owner}/{name}/issues/{number}")
    def show(request: Request, number: int) -> dict[str, Any]:
        let_in(hub, request)
        with repository.lock:
            return issue(hub.base, repository, repository.get(number))

    @app.patch("/repos/{owner}/{name}/issues/{number}")
    async def change(request: Request, number: int) -> dict[str, Any]:
        sender = let_in(hub, request)
        return issue(hub.base, repository, repository.change(number, sender, **await request.json()))


def _page(found: list[Any], ask: Any) -> list[Any]:
    size, number = int(ask.get("per_page", 30)), int(ask.get("page", 1))
    return found[size * (number - 1) : size * number]


def _add_comments(app: FastAPI, hub: Hub) -> None:
    repository = hub.repository

    @app.get("/repos/{owner}/{name}/issues/comments")
    def list_all(request: Request) -> list[dict[str, Any]]:
        let_in(hub, request)
        ask = request.query_params
        with repository.lock:
            every = [(of, one) for of in repository.issues.values() for one in of.comments]
            found = [pair for pair in every if moment(pair[1].edited_at or pair[1].at) >= ask.get("since", "")]
            found.sort(key=lambda pair: pair[1].edited_at or pair[1].at, reverse=ask.get("direction", "desc") == "desc")
            return [comment(hub.base, repository, of, one) for of, one in _page(found, ask)]

    @app.get("/repos/{owner}/{name}/issues/{number}/comments")
    def list_(request: Request, number: int) -> list[dict[str, Any]]:
        let_in(hub, request)
        ask = request.query_params
        with repository.lock:
            of = repository.get(number)
            found = [one for one in of.comments if moment(one.at) >= ask.get("since", "")]
            return [comment(hub.base, repository, of, one) for one in _page(found, ask)]

    @app.post("/repos/{owner}/{name}/issues/{number}/comments", status_code=201)
    async def create(request: Request, number: int) -> dict[str, Any]:
        author, said = let_in(hub, request), await request.json()
        made = repository.comment(number, author, said["body"])
        return comment(hub.base, repository, repository.get(number), made)

    @app.patch("/repos/{owner}/{name}/issues/comments/{number}")
    async def edit(request: Request, number: int) -> dict[str, Any]:
        author, said = let_in(hub, request), await request.json()
        with repository.lock:
            of, one = repository.commented(number)
            if one.author != author:
                raise Refused(403, "Must have admin rights to Repository.")
            return comment(hub.base, repository, of, repository.edit_comment(number, author, said["body"]))


def _add_reactions(app: FastAPI, hub: Hub) -> None:
    repository = hub.repository

    @app.post("/repos/{owner}/{name}/issues/comments/{number}/reactions")
    async def react(request: Request, number: int) -> Response:
        with repository.lock:
            where = repository.commented(number)[1].reactions
        return await _react(request, where)

    @app.post("/repos/{owner}/{name}/issues/{number}/reactions")
    async def react_to_issue(request: Request, number: int) -> Response:
        return await _react(request, repository.get(number).reactions)

    async def _react(request: Request, where: list[tuple[str, str]]) -> Response:
        login, said = let_in(hub, request), await request.json()
        new = (login, said["content"]) not in where
        if new:
            where.append((login, said["content"]))
        return JSONResponse(reaction(hub.base, login, said["content"], repository.now()), 201 if new else 200)
