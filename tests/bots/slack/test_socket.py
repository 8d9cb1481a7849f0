"""Socket Mode holds: a connection that is lost is opened again, and a second bot on it does not go unnoticed."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.responses import JSONResponse, Response

from bots.configuration.secret_file import SecretFile
from bots.slack.front import Front
from bots.slack.listeners import application
from bots.slack.socket import SocketMode
from tests.bots.bot_process import wait_until
from tests.bots.slack.office import ANA
from tests.bots.slack.stage import Stage
from tools.standins.slack import APP_TOKEN, Slack
from tools.standins.slack_hands import Hands, by_socket

LASTS_S = 0.6
"""So that a connection counts as one that lasts before the test is over."""


@contextmanager
def connected(stage: Stage, folder: Path) -> Iterator[Hands]:
    """A bot's connection, open."""
    (front,) = [part for part in stage.integration.parts if isinstance(part, Front)]
    (folder / "app-token").write_text(f"{APP_TOKEN}\n")
    tokens = SecretFile(folder / "app-token", "TOCSIN_SLACK_APP_TOKEN_FILE")
    before = stage.slack.opened
    socket = SocketMode(application(front), tokens, stage.slack.api, lasts_s=LASTS_S)
    socket.start()
    try:
        wait_until(lambda: stage.slack.opened > before, 30, lambda: "no socket")
        yield Hands(slack=stage.slack, send=by_socket(stage.slack))
    finally:
        socket.stop()


def drop(slack: Slack) -> None:
    """The connections are lost, without a word before."""
    assert slack.loop is not None
    for one in list(slack.sockets):
        asyncio.run_coroutine_threadsafe(one.close(1001), slack.loop).result(5)


def test_a_lost_connection_is_opened_again(stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Within seconds; while Slack refuses one it is tried again, and the log says why."""
    with connected(stage, tmp_path) as hands:
        assert hands.slash(ANA, "help").status == 200
        time.sleep(2 * LASTS_S)
        before, begun = stage.slack.opened, time.monotonic()
        drop(stage.slack)
        wait_until(lambda: stage.slack.opened > before, 30, lambda: caplog.text)
        assert time.monotonic() - begun < 8, "Slack's own client takes ten seconds"
        refused: list[str] = []

        def trouble(method: str, arguments: object) -> Response | None:
            if method != "apps.connections.open" or refused:
                return None
            refused.append(method)
            return JSONResponse({"ok": False, "error": "internal_error"})

        stage.slack.trouble = trouble
        before = stage.slack.opened
        time.sleep(2 * LASTS_S)
        drop(stage.slack)
        wait_until(lambda: stage.slack.opened > before, 30, lambda: caplog.text)
        wait_until(lambda: heard(hands), 30, lambda: caplog.text)
    why = "The server responded with: {'ok': False, 'error': 'internal_error'}"
    failed = f"The request to the Slack API failed. (url: {stage.slack.api}/apps.connections.open) {why}"
    assert f"Slack's socket is not open, tried again in 1 s: {failed}" in caplog.text


def heard(hands: Hands) -> bool:
    """Whether the bot answers."""
    try:
        return hands.slash(ANA, "help").status == 200
    except (TimeoutError, LookupError):
        return False


def test_a_second_bot_on_the_same_app_is_noticed(
    stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each would hear of a part only: the log says so."""
    with connected(stage, tmp_path):
        assert "Slack counts" not in caplog.text
        with connected(stage, tmp_path):
            warning = (
                "Slack counts 2 connections of this app and tells each only a part of what people do; "
                "a second bot needs an app of its own"
            )
            wait_until(lambda: warning in caplog.text, 30, lambda: caplog.text)
