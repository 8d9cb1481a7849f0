"""Pushing in a thread of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bots.errors import StoreError, Undeliverable, Unreachable
from bots.exchange.push_loop import PushLoop
from bots.exchange.pushing import Pushed, Unpushed
from bots.metrics import Metrics
from bots.token_bucket import TokenBucket
from tests.bots.bot_process import wait_until


@dataclass
class Remote:
    """What a pusher would do, as a test decides."""

    waiting: int = 0
    errors: list[Exception] = field(default_factory=list)
    renumbered: Mapping[int, int] = field(default_factory=dict)
    pushes: int = 0

    def push(self) -> Pushed:
        self.pushes += 1
        if self.errors:
            raise self.errors.pop(0)
        self.waiting = 0
        return Pushed(tip="oid", renumbered=self.renumbered, reloaded=bool(self.renumbered))

    pull = push

    def unpushed(self) -> Unpushed:
        return Unpushed(commits=self.waiting, since=None)


@contextmanager
def pushing(
    remote: Remote, bucket: TokenBucket | None = None
) -> Iterator[tuple[PushLoop, list[Mapping[int, int]], Metrics]]:
    """The thread runs while the context is open."""
    told: list[Mapping[int, int]] = []
    metrics = Metrics()
    pusher: Any = remote
    loop = PushLoop(pusher=pusher, last=pusher, bucket=bucket or TokenBucket(), metrics=metrics, renumbered=told.append)
    loop.start()
    try:
        yield loop, told, metrics
    finally:
        loop.stop()


def test_a_commit_is_pushed_at_once() -> None:
    """And nothing is pushed when nothing waits."""
    remote = Remote()
    with pushing(remote) as (loop, _, _):
        loop.wake()
        remote.waiting = 1
        loop.wake()
        wait_until(lambda: remote.waiting == 0, 10, lambda: "not pushed")
    assert remote.pushes == 1


def test_what_the_last_process_left_is_pushed_at_the_start() -> None:
    """Without a new commit."""
    remote = Remote(waiting=3)
    with pushing(remote):
        wait_until(lambda: remote.waiting == 0, 10, lambda: "not pushed")


@pytest.mark.parametrize(
    "error", [Unreachable("away"), Undeliverable("frozen"), StoreError("odd"), RuntimeError("bug")]
)
def test_a_failure_is_told_and_tried_again(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it is: what is recorded stays recorded."""
    remote = Remote(waiting=1, errors=[error])
    with pushing(remote) as (loop, _, metrics):
        wait_until(lambda: bool(loop.trouble), 10, lambda: "no failure")
        assert str(error) in loop.trouble
        wait_until(lambda: remote.waiting == 0, 10, lambda: "not pushed")
        wait_until(lambda: loop.trouble == "", 10, lambda: "still in trouble")
        assert metrics.pushes.labels("failed")._value.get() == 1


def test_the_end_tries_once_more() -> None:
    """Whoever stops the bot finds the records on the remote."""
    remote = Remote()
    with pushing(remote, TokenBucket(rate_per_minute=0.001, burst=1)) as (loop, _, _):
        remote.waiting = 1
        loop.wake()
        wait_until(lambda: remote.waiting == 0, 10, lambda: "not pushed")
        remote.waiting = 1
        loop.wake()
    assert (remote.waiting, remote.pushes) == (0, 2)


def test_new_numbers_are_passed_on() -> None:
    """Incidents that others had taken the numbers of."""
    remote = Remote(waiting=1, renumbered={3: 5})
    with pushing(remote) as (_, told, _):
        wait_until(lambda: told == [{3: 5}], 10, lambda: "not told")
