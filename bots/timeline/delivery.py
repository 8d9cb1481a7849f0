"""The body of Alertmanager's webhook, version 4, as a value.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bots.errors import Rejected
from bots.timeline.intake import Alert, AlertDelivery

_SHOWN_PROBLEMS: Final = 10
_GOT_CHARACTERS: Final = 60


# Between these every instant can be told in every time zone.
_EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
_LATEST: Final = datetime(9998, 1, 1, tzinfo=UTC)
_MAX_ALERTS: Final = 20_000


class _Wire(BaseModel):
    """Keys that a later Alertmanager adds are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class WireAlert(_Wire):
    """One alert of a notification."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    startsAt: Annotated[AwareDatetime, Field(ge=_EARLIEST, le=_LATEST)]  # noqa: N815 - Alertmanager's name
    endsAt: AwareDatetime | None = None  # noqa: N815 - Alertmanager's name
    """Year 1 while the alert fires."""
    generatorURL: str = ""  # noqa: N815 - Alertmanager's name
    fingerprint: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
    """Alertmanager's hash of the labels."""


class WireDelivery(_Wire):
    """One notification: the alerts of one group."""

    version: Literal["4"]
    groupKey: str  # noqa: N815 - Alertmanager's name
    truncatedAlerts: Annotated[int, Field(ge=0, le=2**31)] = 0  # noqa: N815 - Alertmanager's name
    """How many alerts the sender left out, because of its `max_alerts`."""
    status: Literal["firing", "resolved"]
    receiver: str = ""
    externalURL: str = ""  # noqa: N815 - Alertmanager's name
    alerts: Annotated[list[WireAlert], Field(min_length=1, max_length=_MAX_ALERTS)]


_DELIVERY: Final = TypeAdapter(WireDelivery)


def read(body: bytes) -> WireDelivery:
    """The notification in a body; raises Rejected (400 for broken JSON, 422 for JSON of another shape)."""
    try:
        return _DELIVERY.validate_json(body)
    except ValidationError as error:
        problems = _problems(error)
    except ValueError as error:
        problems = [f"body: {error}"]
    broken = any(problem.startswith("body: Invalid JSON") for problem in problems)
    detail = "not JSON" if broken else "not an Alertmanager notification of version 4"
    raise Rejected(
        400 if broken else 422,
        f"{detail}; expected what Alertmanager's webhook receiver sends; nothing was kept",
        problems=problems,
    )


def intake(body: bytes, *, key: str, received_at: datetime, source: str = "alertmanager") -> AlertDelivery:
    """What the ledger decides on; raises Rejected like `read`."""
    wire = read(body)
    return AlertDelivery(
        key=key,
        received_at=received_at,
        alerts=tuple(_alert(alert) for alert in wire.alerts),
        truncated=wire.truncatedAlerts,
        source=source,
    )


def _alert(wire: WireAlert) -> Alert:
    ended = wire.endsAt if wire.status == "resolved" and wire.endsAt and 1971 <= wire.endsAt.year <= 9998 else None
    return Alert(
        fingerprint=wire.fingerprint,
        status=wire.status,
        starts_at=wire.startsAt,
        ends_at=ended,
        labels=wire.labels,
        annotations=wire.annotations,
        generator_url=wire.generatorURL,
    )


def _problems(error: ValidationError) -> Sequence[str]:
    """One line per mistake: where, what is wrong, what was there."""
    lines = []
    for one in error.errors(include_url=False, include_context=False)[:_SHOWN_PROBLEMS]:
        place = ".".join(str(part) for part in one["loc"]) or "body"
        got = "" if one["type"] in ("missing", "json_invalid") else f"; got {short(one['input'])}"
        lines.append(f"{place}: {one['msg']}{got}")
    more = error.error_count() - len(lines)
    return [*lines, f"and {more} more"] if more > 0 else lines


def short(value: object) -> str:
    """What was sent, as far as it fits into a message."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    # Only the beginning is looked at: the whole may be megabytes.
    text = repr(value[:_GOT_CHARACTERS]) if isinstance(value, str) else repr(value)
    return text if len(text) <= _GOT_CHARACTERS else text[:_GOT_CHARACTERS] + "…"
