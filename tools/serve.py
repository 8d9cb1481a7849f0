"""`tocsin serve`: runs the bot until it is told to stop."""

import logging
import os
import signal
import socket
import sys
from types import FrameType
from typing import Final

import click

from alerting.errors import TocsinError
from tools.root import repository

_SWITCH_S: Final = 0.001
"""How long a busy thread keeps Python's lock. The default of 5 ms would be added to a delivery at every turn."""
_BACKLOG: Final = 2048
_MAX_CONNECTIONS: Final = 4096
_GRACE_S: Final = 10


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 in a container.")
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True
)
@click.pass_context
def serve(ctx: click.Context, port: int, host: str, log_level: str) -> None:
    """Run the bot.

    Its settings come from the environment; .env.example lists them all. It ends on SIGTERM or Ctrl-C, after what it
    has begun.
    """
    root = repository(ctx)
    logging.basicConfig(level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        listener = _listen(host, port)
    except OSError as error:
        raise click.UsageError(
            f"{host}:{port}: {error.strerror}; expected a free port; name another one with --port"
        ) from error
    from bots.app import build
    from bots.settings import read_settings

    try:
        bot = build(read_settings(os.environ), root)
    except TocsinError as error:
        click.echo(str(error), err=True)
        click.echo(".env.example describes every setting; `tocsin doctor` looks at all of them", err=True)
        sys.exit(1)
    sys.setswitchinterval(_SWITCH_S)
    for number in (signal.SIGTERM, signal.SIGINT):
        # The server ends in order on these and then raises them again, so that this is the last thing that happens.
        signal.signal(number, _end)
    _run(bot.app, listener, log_level)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket; raises OSError before anything else has begun."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _run(app: object, listener: socket.socket, log_level: str) -> None:
    import uvicorn

    host, port = listener.getsockname()[:2]
    logging.getLogger("tocsin").info("listening on http://%s:%d", host, port)
    server = uvicorn.Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type]  # FastAPI, whose import would slow --help down
            http="httptools",
            loop="uvloop",
            ws="none",
            lifespan="on",
            access_log=False,
            log_level=log_level,
            log_config=None,
            backlog=_BACKLOG,
            # More at a time are answered 503, which Alertmanager repeats.
            limit_concurrency=_MAX_CONNECTIONS,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_GRACE_S,
            proxy_headers=False,
            server_header=False,
            date_header=False,
        )
    )
    server.run(sockets=[listener])
    if not server.started:
        sys.exit(1)
