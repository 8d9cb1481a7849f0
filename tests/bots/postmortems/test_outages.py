"""Jira down, limited, slow, cut off: nothing is lost, nothing is there twice."""

import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bots.metrics import Metrics
from bots.outbound.dispatch import DestinationQueue
from tests.bots.http_server import Received, Reply
from tests.bots.postmortems.jira import Bench, Jira, bench
from tools.drill.ports import LOOPBACK

_HOUR = 60


class Queue:
    """Works the follow-ups off as the dispatcher does, by a clock that a test moves."""

    def __init__(self, one: Bench) -> None:
        self.one = one
        self.made = DestinationQueue(one.place, one.outbox, Metrics(), lambda: one.now)
        self.calls = 0

    def minutes(self, count: int) -> None:
        """Time passes; whatever is due is tried."""
        for _ in range(count):
            self.one.now += timedelta(minutes=1)
            if not self.made.paused(self.one.now):
                for parcel in self.one.outbox.heads(self.one.place.name, self.one.now, 10):
                    self.calls += 1
                    self.made._work(parcel)

    def waiting(self) -> int:
        """How many are not done."""
        return self.one.outbox.waiting([self.one.place.name])[self.one.place.name][0]


def _after(jira: Jira, instead: Reply) -> Callable[[Received], Reply]:
    """What is asked happens, and the answer is another one."""

    def answer(got: Received) -> Reply:
        jira(got)
        return instead

    return answer


@pytest.mark.parametrize(
    "instead",
    [
        Reply(status=429, headers={"Retry-After": "600"}),
        Reply(status=503, headers={"Retry-After": "120"}),
        Reply(status=500),
        Reply(status=401),
        Reply(body=b"<html>"),
        Reply(hang_up=True),
    ],
    ids=["limited", "unavailable", "broken", "token", "nonsense", "cut"],
)
@pytest.mark.parametrize("happens", [False, True], ids=["nothing-happens", "it-happens"])
def test_an_hour_without_jira_ends_in_one_issue(tmp_path: Path, instead: Reply, happens: bool) -> None:
    """Meanwhile it is asked ever less often; the incident hears of one issue."""
    jira = Jira()
    with bench(tmp_path, jira) as one:
        one.parcel()
        server = one.server
        server.reply = _after(jira, instead) if happens else lambda got: instead
        queue = Queue(one)
        queue.minutes(_HOUR)
        assert queue.waiting() == 1
        assert queue.calls <= 25
        server.reply = jira
        queue.minutes(2 * _HOUR)
        assert queue.waiting() == 0
        (told,) = one.commands()
    assert len(jira.issues) == 1
    assert told.args["url"].endswith("/browse/PAY-1")


def test_a_connection_that_nobody_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-open: it is taken, and then nothing comes."""
    monkeypatch.setattr("bots.outbound.destination._TIMEOUT_S", (0.2, 0.2))
    jira = Jira()
    with bench(tmp_path, jira) as one, socket.create_server((LOOPBACK, 0)) as silent:
        parcel = one.parcel()
        queue = Queue(one)
        url, one.tracker._url = one.tracker._url, f"http://{LOOPBACK}:{silent.getsockname()[1]}"
        queue.minutes(1)
        (waiting,) = one.outbox.heads(parcel.destination, one.now + timedelta(hours=1), 5)
        assert "timed out" in waiting.why
        one.tracker._url = url
        queue.minutes(_HOUR)
        assert queue.waiting() == 0
    assert len(jira.issues) == 1
