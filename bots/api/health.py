"""`/healthz`, `/readyz`, `/metrics`: what Kubernetes and Prometheus ask."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from bots.metrics import CONTENT_TYPE, Metrics


def router(*, metrics: Metrics, checks: Mapping[str, Callable[[], str]]) -> APIRouter:
    """`checks` give what is wrong, or nothing: each must answer at once and without the network."""
    routes = APIRouter(tags=["operation"])

    @routes.get("/healthz", summary="Whether the process lives")
    async def healthz() -> dict[str, str]:
        """Answers as long as the process can; a failing answer is a reason to start it anew."""
        return {"status": "ok"}

    @routes.get(
        "/readyz",
        summary="Whether deliveries are taken",
        responses={503: {"description": "Not now; each failing check says why."}},
    )
    def readyz() -> Response:
        """A remote that is away is no reason to be unready: the record waits on the disk and paging needs no bot."""
        wrong = {name: what for name, check in checks.items() if (what := check())}
        if wrong:
            return JSONResponse({"status": "unavailable", "checks": wrong}, status_code=503)
        return JSONResponse({"status": "ok", "checks": dict.fromkeys(checks, "ok")})

    @routes.get("/metrics", summary="For Prometheus", response_class=Response)
    def page() -> Response:
        """The bot's own figures; names are in `alerting/names.py`."""
        return Response(metrics.page(), headers={"Content-Type": CONTENT_TYPE})

    return routes
