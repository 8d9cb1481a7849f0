"""Serves an application from a thread of this process."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from tools.drill.ports import LOOPBACK, free_port


@contextmanager
def serving(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """The address, on which it listens while the context is open; a free port by default."""
    chosen = port or free_port()
    config = uvicorn.Config(app, host=LOOPBACK, port=chosen, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    # Only the main thread may set signal handlers, and whoever uses this has its own.
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://{LOOPBACK}:{chosen}"
    finally:
        server.should_exit = True
        thread.join(5)
