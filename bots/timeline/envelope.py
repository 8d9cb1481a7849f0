"""Inbox rows as values for the ledger, and the other way round."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from bots.errors import Rejected
from bots.inbox import Item
from bots.timeline import delivery
from bots.timeline.intake import Alert, Command, Denial, Intake

ALERTMANAGER: Final = "alertmanager"
RECONCILE: Final = "reconcile"
COMMAND: Final = "command"
DENIAL: Final = "denial"
Translator = Callable[[Item], Sequence[Intake]]
"""Opens the rows of one source: what a body of somebody else's format asks, which may be nothing.

Raises Rejected or ValueError when it cannot be used. The same row gives the same keys each time.
"""
_NOT_YET: Final = "0001-01-01T00:00:00Z"
_PER_BODY: Final = 500


def open_item(item: Item) -> Intake:
    """What a row says; raises Rejected when it cannot be used."""
    if not item.intact:
        raise Rejected(422, "the body is not the one that was stored: its digest differs")
    if item.source in (ALERTMANAGER, RECONCILE):
        return delivery.intake(item.body, key=f"delivery-{item.id}", received_at=item.received_at, source=item.source)
    value = orjson.loads(item.body)
    if item.source == COMMAND:
        return Command(received_at=item.received_at, **value)
    if item.source == DENIAL:
        return Denial(received_at=item.received_at, **value)
    raise Rejected(422, f"unknown source {item.source!r}; a newer version of the bot may have stored it")


def seal(intake: Command | Denial) -> tuple[str, bytes]:
    """The source and the body of a command; the time of receipt is the row's."""
    value: dict[str, Any] = {
        "key": intake.key,
        "by": intake.by,
        "incident": intake.incident,
        "args": dict(intake.args),
        "source": intake.source,
    }
    if intake.reply:
        value["reply"] = dict(intake.reply)
    if isinstance(intake, Command):
        return COMMAND, orjson.dumps(value | {"name": intake.name})
    return DENIAL, orjson.dumps(value | {"command": intake.command, "reason": intake.reason})


def seal_alerts(alerts: Sequence[Alert], now: datetime) -> Iterable[bytes]:
    """Bodies in Alertmanager's own form, so that what is found later takes the same road as what was told."""
    for start in range(0, len(alerts), _PER_BODY):
        part = alerts[start : start + _PER_BODY]
        firing = any(alert.status == "firing" for alert in part)
        yield orjson.dumps(
            {
                "version": "4",
                "groupKey": f"reconcile:{now.isoformat()}",
                "status": "firing" if firing else "resolved",
                "receiver": "bot",
                "alerts": [_wire(alert) for alert in part],
            }
        )


def _wire(alert: Alert) -> Mapping[str, Any]:
    return {
        "status": alert.status,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": alert.starts_at,
        "endsAt": alert.ends_at or _NOT_YET,
        "generatorURL": alert.generator_url,
        "fingerprint": alert.fingerprint,
    }
