"""The methods of Slack's Web API that are played, and the checks that hold for all of them."""

from collections.abc import Mapping
from typing import Any, Final

from tools.standins import slack_channels, slack_messages
from tools.standins.slack_workspace import Answer, Method, Refused, Workspace

METHODS: Final[Mapping[str, Method]] = {**slack_messages.METHODS, **slack_channels.METHODS}


def answered(space: Workspace, method: str, arguments: Mapping[str, Any], *, reads: bool) -> Answer:
    """What the Web API says; `reads` tells how the arguments came (a query, or JSON)."""
    with space.lock:
        space.calls.append((method, arguments))
        known = METHODS.get(method)
        try:
            if known is None:
                raise Refused("unknown_method", method=method)
            _check(space, known, arguments, reads)
            return {"ok": True, **known.run(space, arguments)}
        except Refused as refusal:
            return refusal.answer


def _check(space: Workspace, method: Method, arguments: Mapping[str, Any], reads: bool) -> None:
    if method.scopes and not space.scopes & set(method.scopes):
        needed = ",".join(method.scopes)
        raise Refused("missing_scope", needed=needed, provided=",".join(sorted(space.scopes)))
    if method.reads is not reads:
        raise Refused("invalid_arguments", "reads take a query, writes take JSON")
    missing = [f"missing {one}" for one in sorted(method.needed - arguments.keys())]
    unknown = [f"unknown {one}" for one in sorted(arguments.keys() - method.needed - method.optional)]
    if missing or unknown:
        raise Refused("invalid_arguments", *missing, *unknown)
