"""A real bot behind three real Alertmanagers, of which one at a time is killed, cut off, or out of its mind."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.alertmanager_cluster import Cluster, clustered
from tests.bots.bot_process import ALERTMANAGER_TOKEN, BotProcess, wait_until

_MINI = Path(__file__).parents[1] / "data" / "mini"
_EPISODES = 1_000
_WAVE = 40
_LASTS_S = 6.0
_EVERY_S = 1.5
"""A wave of alerts begins so often: all of it lasts about 45 seconds, with five waves at a time."""
_TOLD_FOR = timedelta(seconds=30)
"""Prometheus tells of a resolved alert for fifteen minutes; nothing here is away for longer than this."""
_PATIENCE_S = 150.0


@dataclass(slots=True, kw_only=True)
class Prometheus:
    """What a real one would do: alerts that fire are told again and again, those that ended for a while."""

    cluster: Cluster
    fired: dict[int, datetime] = field(default_factory=dict)
    ended: dict[int, datetime] = field(default_factory=dict)

    def tick(self, now: datetime) -> None:
        """Tells what is so now."""
        far = now + timedelta(minutes=4)
        alerts = [self._alert(number, self.ended.get(number, far)) for number in self._told(now)]
        if alerts:
            self.cluster.send(alerts)

    def _told(self, now: datetime) -> list[int]:
        return [number for number in self.fired if now - self.ended.get(number, now) <= _TOLD_FOR]

    def _alert(self, number: int, ends: datetime) -> dict[str, Any]:
        labels = {"alertname": "Down", "service": f"service-{number}", "team": "payments", "severity": "ticket"}
        return {
            "labels": labels,
            "annotations": {"summary": "it is down"},
            "startsAt": self.fired[number].isoformat(),
            "endsAt": ends.isoformat(),
        }


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[BotProcess]:
    """A bot without incidents."""
    made = BotProcess(root=_MINI, folder=tmp_path / "bot")
    made.prepare()
    made.start()
    yield made
    made.stop()


def _incidents(bot: BotProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before = ""
    while True:
        answer = bot.get(f"/api/v1/incidents?limit=200{before}").json()
        found += answer["incidents"]
        if answer["next"] is None:
            return found
        before = f"&before={answer['next']}"


@pytest.mark.timeout(300)
def test_a_thousand_episodes_are_a_thousand_incidents(bot: BotProcess, tmp_path: Path) -> None:
    """Whichever of the three is dead, cut off or alone: each episode opens one incident and resolves it, none twice."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    with clustered(_MINI, folder, bot.url, ALERTMANAGER_TOKEN) as cluster:
        prometheus = Prometheus(cluster=cluster)
        trouble = iter(
            [
                (4.0, lambda: cluster.kill(0)),
                (10.0, lambda: cluster.start(0)),
                (14.0, lambda: cluster.freeze(1)),
                (22.0, lambda: cluster.thaw(1)),
                (26.0, lambda: cluster.kill(2)),
                (27.0, lambda: cluster.start(2, alone=True)),
                (34.0, lambda: cluster.kill(2)),
                (35.0, lambda: cluster.start(2)),
            ]
        )
        following = next(trouble, None)
        began = time.monotonic()
        while len(prometheus.ended) < _EPISODES:
            now, at = datetime.now(UTC), time.monotonic() - began
            if following is not None and at >= following[0]:
                following[1]()
                following = next(trouble, None)
            begun = len(prometheus.fired)
            if begun < _EPISODES and at >= begun / _WAVE * _EVERY_S:
                prometheus.fired |= dict.fromkeys(range(begun, begun + _WAVE), now)
            for number, since in prometheus.fired.items():
                if number not in prometheus.ended and now - since >= timedelta(seconds=_LASTS_S):
                    prometheus.ended[number] = now
            prometheus.tick(now)
            time.sleep(0.3)
        assert following is None, "not every trouble happened"
        _settled(bot, prometheus)
    found = _incidents(bot)
    assert Counter(one["service"] for one in found) == {f"service-{number}": 1 for number in range(_EPISODES)}
    assert {one["status"] for one in found} == {"resolved"}


def _settled(bot: BotProcess, prometheus: Prometheus) -> None:
    def over() -> bool:
        prometheus.tick(datetime.now(UTC))
        time.sleep(1)
        found = _incidents(bot)
        return len(found) >= _EPISODES and all(one["status"] == "resolved" for one in found)

    wait_until(over, _PATIENCE_S, lambda: str(Counter(one["status"] for one in _incidents(bot))))
    # What an Alertmanager that was away still has to say must open nothing more.
    time.sleep(3)
    bot.settled()
