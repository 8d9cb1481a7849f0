"""`/api/v1/remediation`: the freeze switch, and what was attempted within the last hour."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import AwareDatetime, StringConstraints, TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from alerting.model.policy import Policy
from bots.api.commands import KeyedRequest, Text
from bots.api.desk import Desk, json_answer
from bots.api.incidents import body_of
from bots.api.problem import responses
from bots.guards.attempted import Attempted
from bots.guards.freeze import Freeze, of_file
from bots.timeline.event import time_text
from bots.timeline.state import incident_name

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
_RECENT: Final = timedelta(hours=1)
_TOKEN: Final[dict[str, Any]] = {"security": [{"bearer": []}]}


class FreezeRequest(KeyedRequest):
    """Nothing is run from now on, whoever asks. What runs already goes on."""

    reason: Reason
    """For whoever is told that an action did not run."""
    until: AwareDatetime | None = None
    """When it ends by itself."""


class UnfreezeRequest(KeyedRequest):
    """Remediation may run again, unless the policy's file freezes it too."""

    reason: Text | None = None


FREEZE: Final[TypeAdapter[Any]] = TypeAdapter(FreezeRequest)
UNFREEZE: Final[TypeAdapter[Any]] = TypeAdapter(UnfreezeRequest)


def router(
    *,
    desk: Desk,
    policy: Callable[[], Policy],
    frozen: Callable[[], Freeze | None],
    attempts: Callable[[datetime], tuple[Attempted, ...]],
    now: Callable[[], datetime],
) -> APIRouter:
    """`frozen` is the switch of the night, `attempts` gives those since an instant."""
    routes = APIRouter(prefix="/api/v1/remediation", tags=["remediation"])

    @routes.get("", summary="Whether remediation is frozen", responses=responses(401, 403), openapi_extra=_TOKEN)
    async def show(request: Request) -> Response:
        """Both switches, and the attempts of the last hour."""
        await desk.reader(request)
        return json_answer(await run_in_threadpool(state))

    def state() -> dict[str, Any]:
        at = now()
        switches = {"command": frozen(), "file": of_file(policy().remediation.freeze)}
        holding = {name: switch for name, switch in switches.items() if switch is not None and switch.holds(at)}
        found = [one for one in attempts(at - _RECENT) if one.requested_at >= at - _RECENT]
        return {
            "frozen": bool(holding),
            "switches": {name: switch_dict(switch) for name, switch in holding.items()},
            "attempts": [attempt_dict(one) for one in sorted(found, key=lambda one: one.requested_at)],
        }

    @routes.post(
        "/freeze",
        summary="Stop every action, now",
        responses=responses(400, 401, 403, 413, 422, 503),
        openapi_extra={**body_of("FreezeRequest"), **_TOKEN},
    )
    async def freeze(request: Request) -> Response:
        """It is in the audit trail when the answer comes."""
        return await desk.switch(request, "freeze", FREEZE)

    @routes.post(
        "/unfreeze",
        summary="Let actions run again",
        responses=responses(400, 401, 403, 409, 413, 422, 503),
        openapi_extra={**body_of("UnfreezeRequest"), **_TOKEN},
    )
    async def unfreeze(request: Request) -> Response:
        """It is in the audit trail when the answer comes."""
        return await desk.switch(request, "unfreeze", UNFREEZE)

    return routes


def switch_dict(switch: Freeze) -> dict[str, str]:
    """A switch that is on, as JSON."""
    found = {
        "reason": switch.reason,
        "by": switch.by,
        "since": time_text(switch.at) if switch.at else "",
        "until": time_text(switch.until) if switch.until else "",
    }
    return {name: value for name, value in found.items() if value}


def attempt_dict(one: Attempted) -> dict[str, Any]:
    """An attempt in a line, as JSON."""
    return {
        "incident": incident_name(one.incident),
        "attempt": one.attempt,
        "action": one.action,
        "target": one.target,
        "requested_at": time_text(one.requested_at),
        "automatic": one.automatic,
        "dry_run": one.dry_run,
        "outcome": one.outcome or "pending",
    }
