"""The demonstration service: a shop's checkout that really breaks.

`POST /buy` buys, `PUT /fault` makes a share of purchases fail until the process is started anew, `/metrics` tells.
"""

import argparse
import asyncio
import random
from typing import Annotated, Final

import uvicorn
from fastapi import Body, FastAPI, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

SERVICE: Final = "checkout"
# The bounds of Prometheus's client libraries, which hold the 500 ms that the example's objective asks about.
BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
TYPICAL_S: Final = 0.02


class Checkout:
    """The service's state: its metrics and the share of purchases that fail."""

    def __init__(self, seed: int) -> None:
        """Two services with one seed behave alike."""
        self.registry = CollectorRegistry()
        self.fault = 0.0
        self._owed = 0.0
        """Failures that the share asks for and that have not happened yet; less than one."""
        self._random = random.Random(seed)
        self._requests = Counter(
            "http_requests", "Requests by status.", ("service", "code", "method"), registry=self.registry
        )
        self._duration = Histogram(
            "http_request_duration_seconds",
            "How long requests took.",
            ("service",),
            buckets=BUCKETS_S,
            registry=self.registry,
        )

    async def buy(self) -> int:
        """One purchase; gives its status code."""
        took_s = self._random.expovariate(1 / TYPICAL_S)
        failed = self._fails()
        await asyncio.sleep(min(took_s, 0.2))
        code = 500 if failed else 200
        self._requests.labels(SERVICE, str(code), "POST").inc()
        self._duration.labels(SERVICE).observe(took_s)
        return code

    def _fails(self) -> bool:
        """Every n-th purchase rather than by chance: time-lapse windows hold so few that an alert would come and go."""
        self._owed += self.fault
        # Sums of 0.05 and the like miss whole numbers by some 1e-16.
        failed = self._owed > 1 - 1e-9
        self._owed -= failed
        return failed


def application(checkout: Checkout) -> FastAPI:
    """The service's HTTP side."""
    app = FastAPI(title="checkout")

    @app.post("/buy")
    async def buy() -> Response:
        return Response(status_code=await checkout.buy())

    @app.put("/fault")
    async def fault(share: Annotated[float, Body(ge=0, le=1, embed=True)]) -> dict[str, float]:
        checkout.fault = share
        return {"share": share}

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(checkout.registry), media_type=CONTENT_TYPE_LATEST)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "up"}

    return app


def main() -> None:
    """Serves until it is told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    uvicorn.run(
        application(Checkout(arguments.seed)),
        host="127.0.0.1",
        port=arguments.port,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
