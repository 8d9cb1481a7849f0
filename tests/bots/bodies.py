"""Bodies of Alertmanager's webhook, made for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


def alert(number: int = 1, *, status: str = "firing", minutes: float = 0, **labels: str) -> dict[str, Any]:
    """One alert of the service checkout; `minutes` moves its start, and a resolved one lasts for ten."""
    starts = AT + timedelta(minutes=minutes)
    ends = (starts + timedelta(minutes=10)).isoformat() if status == "resolved" else "0001-01-01T00:00:00Z"
    own = {
        "alertname": "CheckoutAvailabilityBurn",
        "service": "checkout",
        "team": "payments",
        "severity": "page",
        "priority": "P0",
    }
    return {
        "status": status,
        "labels": own | labels,
        "annotations": {"summary": "checkout spends its error budget too fast"},
        "startsAt": starts.isoformat(),
        "endsAt": ends,
        "generatorURL": "http://prometheus.example.com/graph",
        "fingerprint": f"{number:016x}",
    }


def body(*alerts: dict[str, Any], **changes: Any) -> bytes:
    """A notification with these alerts."""
    told = alerts or (alert(),)
    document = {
        "version": "4",
        "groupKey": '{}:{service="checkout"}',
        "truncatedAlerts": 0,
        "status": "firing" if any(one["status"] == "firing" for one in told) else "resolved",
        "receiver": "bot",
        "groupLabels": {"team": "payments", "service": "checkout"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.com",
        "alerts": list(told),
    }
    return orjson.dumps(document | changes)
