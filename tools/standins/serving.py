"""Serves an application from a thread of this process."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

_LOOPBACK: Final = "127.0.0.1"
_PATIENCE_S: Final = 30.0
"""How long to wait for its end: what is cut off leaves connections open."""


@contextmanager
def serving(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """The address, on which it listens while the context is open; a free port by default."""
    listening = socket.create_server((_LOOPBACK, port))
    # A process that is held up for seconds is not to find its connection closed: it would look like an outage.
    config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_keep_alive=120)
    server = uvicorn.Server(config)
    # Only the main thread may set signal handlers, and whoever uses this has its own.
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://{_LOOPBACK}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_S)
        listening.close()
