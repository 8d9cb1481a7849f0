"""An outbox on a disk, places that its errands go to, and a clock that a test moves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bots import inbox, outbox
from bots.journal import Journal
from bots.metrics import Metrics
from bots.outbound.destination import Limit, Settled
from bots.outbound.dispatch import Dispatch
from bots.outbox import Errand, Outbox, Parcel
from tests.bots.bot_process import wait_until


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        """Time passes."""
        self.at += timedelta(seconds=seconds)


@dataclass
class Place:
    """A destination that does what a test says, and keeps what reached it."""

    name: str = "place"
    limits: tuple[Limit, ...] = ()
    workers: int = 1
    merges: bool = False
    act: Callable[[Parcel], None] = lambda parcel: None
    known: Callable[[Parcel], Settled] = lambda parcel: Settled.REPEAT
    reached: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def deliver(self, parcel: Parcel) -> None:
        self.reached.append(parcel.key)
        self.act(parcel)

    def settle(self, parcel: Parcel) -> Settled:
        self.asked.append(parcel.key)
        return self.known(parcel)


class Bench:
    """An outbox on the disk with destinations that work it off."""

    def __init__(self, folder: Path) -> None:
        schema = inbox.SCHEMA + outbox.SCHEMA
        self.journal = Journal(folder / "inbox.db", schema=schema, insert=inbox.INSERT, limit_bytes=2**26)
        self.outbox = Outbox(self.journal)
        self.clock = Clock()
        self.metrics = Metrics()

    def send(self, *keys: str, line: str = "", destination: str = "place") -> None:
        """Puts errands on their way, each in a line of its own unless one is given."""
        errands = [
            Errand(destination=destination, key=key, line=line or key, incident=1, event_key=key, payload={})
            for key in keys
        ]
        self.outbox.hold(errands, self.clock())
        self.journal.run(lambda connection: self.outbox.release(connection, keys))

    @contextmanager
    def working(self, *places: Place) -> Iterator[Dispatch]:
        """The threads run while the context is open."""
        dispatch = Dispatch(places, self.outbox, self.metrics, self.clock)
        dispatch.start()
        dispatch.wake()
        try:
            yield dispatch
        finally:
            dispatch.stop()

    def waiting(self, name: str = "place") -> int:
        """How many parcels wait."""
        return self.outbox.waiting((name,))[name][0]

    def outcomes(self, outcome: str) -> float:
        """How often attempts ended so."""
        return float(self.metrics.outbox_attempts.labels("place", outcome)._value.get())


def until(holds: Callable[[], bool]) -> None:
    """Waits for what has to come about."""
    wait_until(holds, 20, lambda: "it did not come about within 20 s")
