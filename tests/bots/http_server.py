"""A real HTTP server whose answers a test decides."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tools.drill.ports import LOOPBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False
    """Close the connection instead of answering."""


@dataclass(slots=True, kw_only=True)
class Server:
    """Answers with `reply`, which may be replaced at any time, and keeps what it got."""

    url: str
    reply: Callable[[Received], Reply]
    received: list[Received] = field(default_factory=list)


@contextmanager
def serving(reply: Callable[[Received], Reply] | None = None) -> Iterator[Server]:
    """A server on a free port while the context is open."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            got = Received(
                method=self.command, path=self.path, headers=dict(self.headers), body=self.rfile.read(length)
            )
            server.received.append(got)
            told = server.reply(got)
            if told.hang_up:
                self.close_connection = True
                return
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - names of the standard library

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    http = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    http.daemon_threads = True
    server = Server(url=f"http://{LOOPBACK}:{http.server_address[1]}", reply=reply or (lambda got: Reply()))
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
