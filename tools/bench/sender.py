"""The benchmark's sender: plain HTTP on raw sockets, so that it takes as little of the shared cores as it can."""

import asyncio
import json
import random
import time
from typing import Any, Final
from urllib.parse import urlsplit

import click
import orjson

_SERVICES: Final = 50
_STAGES: Final = 8
"""What a group says changes this often while it is repeated; the rest are repetitions, as in a real storm."""
_ALERTS: Final = 5
_STEP_S: Final = 300


def bodies() -> list[bytes]:
    """Notifications of 5 alerts each: 50 groups, whose alerts fire, resolve and fire again."""
    # The same all day: what several senders of one run tell are the same episodes.
    begun = int(time.time()) // 86_400 * 86_400 - _STAGES * _STEP_S
    return [_body(service, stage, begun) for stage in range(_STAGES) for service in range(_SERVICES)]


def _body(service: int, stage: int, begun: int) -> bytes:
    alerts = [_alert(service, number, stage, begun) for number in range(_ALERTS)]
    firing = any(alert["status"] == "firing" for alert in alerts)
    return orjson.dumps(
        {
            "version": "4",
            "groupKey": f'{{}}/{{severity=~"page|ticket"}}:{{service="service-{service}", team="payments"}}',
            "truncatedAlerts": 0,
            "status": "firing" if firing else "resolved",
            "receiver": "bot",
            "groupLabels": {"service": f"service-{service}", "team": "payments"},
            "commonLabels": {"service": f"service-{service}", "team": "payments"},
            "commonAnnotations": {},
            "externalURL": "http://alertmanager:9093",
            "alerts": alerts,
        }
    )


def _alert(service: int, number: int, stage: int, begun: int) -> dict[str, Any]:
    resolved = stage % 4 == 3
    starts = begun + (stage // 4) * 4 * _STEP_S + number
    return {
        "status": "resolved" if resolved else "firing",
        "labels": {
            "alertname": f"Service{service}AvailabilityBurn",
            "service": f"service-{service}",
            "team": "payments",
            "severity": "page" if number == 0 else "ticket",
            "priority": "P1",
            "instance": f"10.0.{service}.{number}:8080",
        },
        "annotations": {
            "summary": f"service-{service} spends its error budget 14.4 times too fast",
            "description": "At this rate the budget of 30 days is gone in two days. " * 3,
            "runbook_url": "https://git.example.com/shop/tocsin/blob/main/runbooks/ServiceAvailabilityBurn.md",
        },
        "startsAt": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(starts))}.123Z",
        "endsAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(starts + 3 * _STEP_S))
        if resolved
        else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph?g0.expr=slo%3Aburn_rate%3A1h",
        "fingerprint": f"{service:08x}{number:08x}",
    }


class _Connection(asyncio.Protocol):
    """One connection that is kept open; one request at a time."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.answered: asyncio.Future[int] | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to send."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """The answer's status, once its body is complete."""
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(rest) >= length and self.answered is not None:
            self._buffer = rest[length:]
            self.answered.set_result(int(head[9:12]))


class _Load:
    """Who sends what when."""

    def __init__(self, requests: list[bytes], rate: float, seconds: float, count: int) -> None:
        self.requests = requests
        self.rate = rate
        self.end = seconds
        self.count = count
        self.sent = 0
        self.waits_s: list[float] = []
        self.statuses: dict[int, int] = {}

    async def work(self, connection: _Connection, begun: float) -> None:
        """Sends until the time is over or the number reached; late answers count from when they were due."""
        loop = asyncio.get_running_loop()
        while True:
            number = self.sent
            due = begun + number / self.rate if self.rate else time.perf_counter()
            if (self.end and due - begun >= self.end) or (self.count and number >= self.count):
                return
            self.sent += 1
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            connection.answered = loop.create_future()
            connection.transport.write(self.requests[number % len(self.requests)])
            status = await connection.answered
            self.waits_s.append(time.perf_counter() - due)
            self.statuses[status] = self.statuses.get(status, 0) + 1


async def _run(url: str, token: str, connections: int, load: _Load) -> float:
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    host, port = str(parts.hostname), int(parts.port or 80)
    made = [await loop.create_connection(_Connection, host, port) for _ in range(connections)]
    begun = time.perf_counter()
    await asyncio.gather(*(load.work(protocol, begun) for _, protocol in made))
    took_s = time.perf_counter() - begun
    for transport, _ in made:
        transport.close()
    return took_s


def _request(host: str, token: str, body: bytes) -> bytes:
    head = (
        f"POST /alertmanager HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@click.command()
@click.argument("url")
@click.argument("token")
@click.argument("connections", type=int)
@click.option("--rate", type=float, default=0)
@click.option("--seconds", type=float, default=0)
@click.option("--count", type=int, default=0)
def main(url: str, token: str, connections: int, rate: float, seconds: float, count: int) -> None:
    """Delivers, and prints what came of it as JSON."""
    import uvloop

    told = [_request(urlsplit(url).netloc, token, body) for body in bodies()]
    random.Random(1).shuffle(told)
    load = _Load(told, rate, seconds, count)
    took_s = uvloop.run(_run(url, token, connections, load)) if seconds or count else 0.0
    waits = sorted(load.waits_s) or [0.0]
    kept = load.statuses.get(202, 0)
    click.echo(
        json.dumps(
            {
                "kept": kept,
                "refused": sum(load.statuses.values()) - kept,
                "per_s": kept / took_s if took_s else 0.0,
                "p50_ms": waits[len(waits) // 2] * 1000,
                "p99_ms": waits[int(len(waits) * 0.99)] * 1000,
            }
        )
    )


if __name__ == "__main__":
    main()
