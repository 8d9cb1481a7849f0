"""Who may ask the played GitHub, and what it counts: the state behind its address."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from fastapi import FastAPI, Request
from fastapi.responses import Response

from tools.standins.github_repository import Refused, Repository
from tools.standins.github_shapes import moment, user
from tools.standins.github_webhook import Webhook

TOKEN: Final = "stand-in-token"
INSTALLATION: Final = 7
APP_ID: Final = "123456"
_TOKEN_LASTS: Final = timedelta(hours=1)
_LONGEST_JWT_S: Final = 600
_VERSION: Final = "2022-11-28"


@dataclass
class Hub:
    """The whole of it; tests and the drill look inside."""

    repository: Repository
    webhook: Webhook
    app_key: str = ""
    """The public key of the App, PEM; empty where the bot uses a token."""
    answer: Callable[[Request], Response | None] = lambda request: None
    """What it answers instead, while it is set: an outage, a limit."""
    checked: Callable[[Request, bytes, Response], Response | None] = lambda request, body, response: None
    """Looks at every request of the API with its answer, and may give another one."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of every request of the API, refused or not."""
    writes: deque[datetime] = field(default_factory=deque)
    tokens: dict[str, datetime] = field(default_factory=dict)
    """Installation tokens, and when each ends."""

    @property
    def base(self) -> str:
        """Its address."""
        return self.webhook.base


def let_in(hub: Hub, request: Request) -> str:
    """The login of whoever asks; raises Refused (401)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if request.headers.get("x-github-api-version") != _VERSION:
        raise Refused(400, "expected the header X-GitHub-Api-Version")
    lasts = hub.tokens.get(token)
    if scheme != "Bearer" or (
        not (token == TOKEN and not hub.app_key) and (lasts is None or hub.repository.now() >= lasts)
    ):
        raise Refused(401, "Bad credentials")
    return hub.repository.bot


def as_app(hub: Hub, request: Request) -> None:
    """Raises Refused (401) unless the App has signed the token of the request, and not for too long."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(
            token, hub.app_key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
        )
        now = hub.repository.now().timestamp()
        good = claims["iss"] == APP_ID and claims["iat"] <= now < claims["exp"] <= now + _LONGEST_JWT_S
    except (jwt.exceptions.PyJWTError, KeyError):
        good = False
    if not good:
        raise Refused(401, "A JSON web token could not be decoded")


def add_identity(app: FastAPI, hub: Hub) -> None:
    """The account of a token, or the App and its installation."""

    @app.get("/user")
    def me(request: Request) -> dict[str, Any]:
        if hub.app_key:
            raise Refused(403, "Resource not accessible by integration")
        return _account(hub, let_in(hub, request))

    @app.get("/orgs/{organisation}/teams/{slug}/members")
    def members(request: Request, slug: str) -> list[dict[str, Any]]:
        let_in(hub, request)
        if slug not in hub.repository.teams:
            raise Refused(404, "Not Found")
        return [user(hub.base, login) for login in hub.repository.teams[slug]]

    @app.get("/app")
    def itself(request: Request) -> dict[str, Any]:
        as_app(hub, request)
        now = moment(hub.repository.now())
        slug = hub.repository.bot.removesuffix("[bot]")
        about = {"id": int(APP_ID), "slug": slug, "node_id": "A_1", "owner": user(hub.base, "example"), "name": slug}
        urls = {"external_url": hub.base, "html_url": f"{hub.base}/apps/{slug}"}
        rights = {"permissions": {"issues": "write"}, "events": ["issues", "issue_comment"]}
        return {**about, "description": None, **urls, "created_at": now, "updated_at": now, **rights}

    @app.get("/repos/{owner}/{name}/installation")
    def installation(request: Request) -> dict[str, Any]:
        as_app(hub, request)
        return _installation(hub)

    @app.post("/app/installations/{number}/access_tokens", status_code=201)
    def token(request: Request, number: int) -> dict[str, Any]:
        as_app(hub, request)
        if number != INSTALLATION:
            raise Refused(404, "Not Found")
        made = f"ghs_{len(hub.tokens)}"
        hub.tokens[made] = hub.repository.now() + _TOKEN_LASTS
        return {"token": made, "expires_at": moment(hub.tokens[made]), "permissions": {"issues": "write"}}


def _account(hub: Hub, login: str) -> dict[str, Any]:
    now = moment(hub.repository.now())
    texts = dict.fromkeys(("bio", "blog", "company", "email", "hireable", "location", "name"))
    counts = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
    return {**user(hub.base, login), **texts, **counts, "created_at": now, "updated_at": now}


def _installation(hub: Hub) -> dict[str, Any]:
    now, home = moment(hub.repository.now()), f"{hub.base}/app/installations/{INSTALLATION}"
    return {
        "id": INSTALLATION,
        "app_id": int(APP_ID),
        "app_slug": hub.repository.bot.removesuffix("[bot]"),
        "target_id": 1,
        "target_type": "Organization",
        "single_file_name": None,
        "repository_selection": "selected",
        "access_tokens_url": f"{home}/access_tokens",
        "html_url": home,
        "repositories_url": f"{hub.base}/installation/repositories",
        "events": ["issues", "issue_comment"],
        "account": user(hub.base, "example"),
        "permissions": {"issues": "write"},
        "created_at": now,
        "updated_at": now,
        "suspended_by": None,
        "suspended_at": None,
    }
