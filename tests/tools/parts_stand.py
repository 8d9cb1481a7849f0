"""A made-up program, its release and a server that hands it out: what the tests of `tools.parts` fetch."""

import hashlib
import io
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tools.parts.finder import obtain
from tools.parts.progress import Progress
from tools.parts.recipe import Bundle, Program, Release
from tools.parts.settings import Settings
from tools.parts.version import Accepted

ARCHIVE = "/acme/siren/releases/download/v1.2.3/siren-1.2.3.linux-amd64.tar.gz"
UNREACHABLE = "http://127.0.0.1:9"


def script(version: str) -> bytes:
    """A program that reports a version as the Prometheus family does."""
    return f'#!/bin/sh\necho "siren, version {version} (branch: main)"\necho "  go version: go9.9.9"\n'.encode()


def archive(version: str = "1.2.3", member: str = "siren-1.2.3.linux-amd64/siren") -> bytes:
    """A release archive with the program in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(script(version))
        tar.addfile(info, io.BytesIO(script(version)))
    return buffer.getvalue()


ARCHIVE_SUM = hashlib.sha256(archive()).hexdigest()


def program(sha256: str = ARCHIVE_SUM) -> Program:
    """The made-up program, to be had from its release only."""
    release = Release(
        repository="acme/siren",
        tag="v1.2.3",
        archive="siren-1.2.3.{platform}.tar.gz",
        members={"siren": "siren-1.2.3.{platform}/siren"},
        sums={"linux-amd64": sha256},
    )
    return Program(
        name="siren",
        commands=("siren",),
        accepted=Accepted(minimum="1.2.0", below="2.0.0"),
        bundles=(Bundle(name="siren", version="1.2.3", release=release),),
        used_by=("tests",),
    )


def settings(cache: Path, releases_url: str = UNREACHABLE, path: Path | None = None) -> Settings:
    """A bare machine: nothing on PATH, no distribution, a cache of its own."""
    return Settings(
        cache=cache / "tocsin",
        path=str(path or cache / "empty"),
        releases_url=releases_url,
        platform="linux-amd64",
        distribution="",
        codename="",
        pip=("no-pip-here",),
    )


@dataclass
class Releases:
    """A server of releases that counts what it is asked for and can be told to break off."""

    body: bytes
    url: str = ""
    asked: list[str] = field(default_factory=list)
    half_sent: threading.Event = field(default_factory=threading.Event)
    stall: bool = False
    cut: bool = False
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serve(body: bytes) -> Iterator[Releases]:
    """Serves `body` for every address on a free port of this machine."""
    releases = Releases(body=body)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            releases.asked.append(self.path)
            status = 200 if self.path == ARCHIVE else 404
            self.send_response(status)
            self.send_header("Content-Length", str(len(releases.body)))
            self.end_headers()
            half = len(releases.body) // 2
            self.wfile.write(releases.body[:half])
            self.wfile.flush()
            releases.half_sent.set()
            if releases.cut:
                return
            if releases.stall:
                releases.released.wait(30)
                return
            self.wfile.write(releases.body[half:])

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    releases.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield releases
    finally:
        releases.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def in_another_process(cache: Path, url: str) -> list[str]:
    """The command that fetches the made-up program in a process of its own and prints its path."""
    return [sys.executable, "-m", "tests.tools.parts_stand", str(cache), url]


if __name__ == "__main__":
    print(obtain(program(), settings(Path(sys.argv[1]), sys.argv[2]), Progress()).path)
