"""Escalation by a real bot, over a kill."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bots.bodies import body
from tests.bots.bot_process import BotProcess, wait_until


@pytest.fixture
def bot(mini: Path, tmp_path: Path) -> Iterator[BotProcess]:
    """A bot whose P0 has a second to be acknowledged, and whose second step waits three days."""
    severity = mini / "policies" / "severity.yaml"
    text = severity.read_text()
    assert "acknowledge_within: 5m" in text
    severity.write_text(text.replace("acknowledge_within: 5m", "acknowledge_within: 1s"))
    made = BotProcess(root=mini, folder=tmp_path / "bot")
    made.prepare()
    made.start()
    yield made
    made.stop()


def _escalations(bot: BotProcess) -> list[dict[str, Any]]:
    timeline = bot.get("/api/v1/incidents/INC-1").json()["timeline"]
    return [row for row in timeline if row.get("topic") == "escalation"]


def test_a_page_escalates_once_over_a_kill(bot: BotProcess) -> None:
    """The clock of the bot does it by itself; after a kill -9 the next process does not say it again."""
    bot.deliver(body())
    bot.settled()
    wait_until(lambda: _escalations(bot), 30, lambda: bot.log)
    (told,) = _escalations(bot)
    assert (told["by"], told["source"], told["to"], told["step"]) == ("tocsin", "clock", "ana", 2)
    assert told["text"] == "Nobody acknowledged within 1s: escalated to ana"
    bot.kill()
    bot.start()
    time.sleep(6)  # The clock looks every five seconds.
    assert len(_escalations(bot)) == 1
    page = bot.get("/incidents/INC-1").text
    assert "Nobody acknowledged within 1s: escalated to ana" in page
