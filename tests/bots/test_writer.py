"""The one writer, stopped at every step between two of its promises."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from alerting.policy import load
from bots import inbox as inbox_table
from bots import outbox as outbox_table
from bots.answers import Answers
from bots.belonging.change import Decision
from bots.errors import StorageFull, StoreFull
from bots.inbox import Inbox, Item, Lane
from bots.journal import Journal
from bots.ledger import Ledger
from bots.metrics import Metrics
from bots.opening import open_store
from bots.outbound.errands import REMEDIATION
from bots.outbox import Outbox
from bots.rulebook import Rules
from bots.timeline.envelope import Translator, seal
from bots.timeline.event import Kind
from bots.timeline.intake import Command, Denial, Intake
from bots.writer import Writer
from tests.bots.bodies import AT, alert, body


class Crash(BaseException):
    """The process ends here: nothing of the writer may catch it."""


class Desk:
    """A writer with everything it needs, on one folder; `reopen` is a restart."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.rules = Rules.of(load(root))
        self.open()

    translators: Mapping[str, Translator] = {}
    mirrors: tuple[str, ...] = ()

    def open(self) -> None:
        """As a new process does."""
        self.store = open_store(self.folder)
        schema = inbox_table.SCHEMA + outbox_table.SCHEMA
        self.journal = Journal(self.folder / "inbox.db", schema=schema, insert=inbox_table.INSERT, limit_bytes=2**26)
        self.inbox, self.outbox, self.metrics = Inbox(self.journal), Outbox(self.journal), Metrics()
        self.ledger = Ledger(self.store, self.rules)
        self.writer = Writer(
            inbox=self.inbox,
            outbox=self.outbox,
            journal=self.journal,
            ledger=self.ledger,
            store=self.store,
            lock=threading.Lock(),
            answers=Answers(),
            metrics=self.metrics,
            now=lambda: AT,
            committed=lambda: None,
            released=lambda: None,
            translators=self.translators,
            mirrors=self.mirrors,
        )

    def close(self) -> None:
        """Ends it; what is not on the disk is lost."""
        self.inbox.close()
        self.journal.close()
        self.store.close()

    def reopen(self) -> None:
        """A restart."""
        self.close()
        self.open()
        self.writer.recover()

    def deliver(self, *bodies: bytes) -> None:
        """Puts deliveries into the inbox."""
        for one in bodies:
            self.inbox.put_now("alertmanager", Lane.MACHINES, one, AT)

    def ask(self, name: str, by: str = "eli", incident: int | None = 1, **args: Any) -> None:
        """Puts a command into the inbox."""
        command = Command(key=f"{name}-key", received_at=AT, name=name, by=by, incident=incident, args=args)
        source, sealed = seal(command)
        self.inbox.put_now(source, Lane.PEOPLE, sealed, AT)

    def kinds(self, number: int = 1) -> list[str]:
        """The kinds of an incident's events."""
        history = self.store.read(number)
        return [event.kind.value for event in history.events] if history else []

    def ready(self) -> list[str]:
        """Destinations of the errands that may leave."""
        names = (REMEDIATION, "decisions", "postmortem")
        return [name for name in names for _ in self.outbox.heads(name, AT, 10)]


@pytest.fixture
def desk(mini: Path, tmp_path: Path) -> Iterator[Desk]:
    """A writer whose thread does not run: tests call its rounds."""
    made = Desk(tmp_path / "state", mini)
    yield made
    made.close()


def _fail(where: Any, name: str, error: BaseException, *, after: bool) -> Callable[[], None]:
    """Makes a method fail before or after its work; gives what puts it back."""
    method = getattr(where, name)

    def failing(*args: Any, **kwargs: Any) -> Any:
        if after:
            method(*args, **kwargs)
        raise error

    setattr(where, name, failing)
    return lambda: setattr(where, name, method)


def _asked(desk: Desk) -> None:
    """An incident with an alert that a remediation is bound to, and a person who asks for it."""
    desk.deliver(body(alert(1)))
    assert desk.writer.round() == 1
    desk.ask("run", action="restart_deployment")


CRASHES = [
    ("outbox", "hold", False),
    ("outbox", "hold", True),
    ("store", "commit", True),
    ("ledger", "accept", True),
    ("inbox", "finish", False),
    ("inbox", "finished", False),
]


@pytest.mark.parametrize(("part", "method", "after"), CRASHES, ids=[f"{p}.{m}-{a}" for p, m, a in CRASHES])
def test_a_crash_at_any_step_repeats_and_loses_nothing(desk: Desk, part: str, method: str, after: bool) -> None:
    """After a restart the event is in git once, and its effect may leave once."""
    _asked(desk)
    where = getattr(desk, part)
    if part == "store":
        # Slots of the store are its own: the method is replaced on the writer's copy.
        desk.writer._store = _Wrapped(where)  # type: ignore[assignment]  # behaves as the store does
        where = desk.writer._store
    _fail(where, method, Crash(), after=after)
    with pytest.raises(Crash):
        desk.writer.round()
    desk.reopen()
    while desk.writer.round():
        pass
    assert desk.kinds().count(Kind.REMEDIATION_REQUESTED) == 1
    assert desk.ready() == [REMEDIATION]
    assert desk.outbox.held() == []
    assert desk.inbox.waiting() == 0


class _Wrapped:
    """An object whose methods can be replaced one by one."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_a_full_disk_for_git_is_waited_for(desk: Desk) -> None:
    """Nothing is marked done, and nothing leaves; afterwards everything is as if nothing had been."""
    _asked(desk)
    desk.writer._store = _Wrapped(desk.store)  # type: ignore[assignment]  # behaves as the store does
    restore = _fail(desk.writer._store, "commit", StoreFull("no room"), after=False)
    for _ in range(3):
        with pytest.raises(StoreFull):
            desk.writer.round()
    assert (desk.ready(), desk.inbox.waiting()) == ([], 1)
    restore()
    assert desk.writer.round() == 1
    assert desk.kinds().count(Kind.REMEDIATION_REQUESTED) == 1
    assert desk.ready() == [REMEDIATION]


def test_an_inbox_that_cannot_be_marked_still_lets_its_effects_go_later(desk: Desk) -> None:
    """Recorded in git but not marked: the second round decides nothing anew, and the held effect leaves."""
    _asked(desk)
    restore = _fail(desk.inbox, "finish", StorageFull("no room"), after=False)
    with pytest.raises(StorageFull):
        desk.writer.round()
    restore()
    assert desk.writer.round() == 1
    assert desk.kinds().count(Kind.REMEDIATION_REQUESTED) == 1
    assert desk.ready() == [REMEDIATION]


def test_a_row_that_nobody_can_decide_on_does_not_stop_its_neighbours(desk: Desk) -> None:
    """It is set aside and counted."""
    decide = desk.ledger.decide

    def broken(intakes: Any, now: Any) -> Decision:
        if any(getattr(one, "name", "") == "ack" for one in intakes):
            raise RuntimeError("a bug")
        return decide(intakes, now)

    desk.ledger.decide = broken  # type: ignore[method-assign]  # a bug, for once
    desk.deliver(body(alert(1)))
    desk.ask("ack")
    desk.ask("declare", incident=None, title="t", service="payments-db", team="payments")
    desk.deliver(body(alert(2, service="cart")))
    while desk.writer.round():
        pass
    assert sorted(desk.kinds(number) for number in (1, 2, 3)) == sorted(
        [["opened"], ["opened", "alert_fired"], ["opened", "alert_fired"]]
    )
    assert desk.metrics.unusable._value.get() == 1


def test_commands_and_deliveries_of_one_round_share_a_commit(desk: Desk) -> None:
    """Git is written once, however much came."""
    desk.deliver(*(body(alert(number, service=f"service-{number % 3}")) for number in range(1, 31)))
    desk.ask("declare", incident=None, title="t", service="checkout", team="payments")
    assert desk.writer.round() == 31
    assert desk.metrics.commits._value.get() == 1
    assert desk.store.highest() == 4


def test_an_automatic_remediation_is_asked_for_once(desk: Desk, mini: Path) -> None:
    """The alert's own binding puts a command on its way into the inbox."""
    path = mini / "policies" / "services" / "checkout.yaml"
    path.write_text(
        path.read_text().replace("{action: restart_deployment,", "{action: restart_deployment, automatic: true,")
    )
    desk.rules = Rules.of(load(mini))
    desk.ledger.rules = desk.rules
    desk.deliver(body(alert(1)), body(alert(1)))
    desk.writer.round()
    desk.deliver(body(alert(1)))
    desk.writer.round()
    (parcel,) = desk.outbox.heads("decisions", AT, 10)
    assert (parcel.payload["name"], parcel.payload["by"], parcel.payload["args"]) == (
        "run",
        "tocsin",
        {"action": "restart_deployment", "alert": "CheckoutAvailabilityBurn", "automatic": True},
    )


REPLY = {"destination": "place", "issue": 45}


def _translate(item: Item) -> Sequence[Intake]:
    """A line of a body is a command of eli's for the first incident; `!` before it makes it a denied one."""
    if item.body == b"broken":
        raise RuntimeError("a bug")
    found: list[Intake] = []
    for number, line in enumerate(item.body.decode().split()):
        key, at, name = f"{item.source}:{line}:{number}", item.received_at, line.removeprefix("!")
        if line.startswith("!"):
            found.append(
                Denial(key=key, received_at=at, by="eli", command=name, reason="no role", incident=1, reply=REPLY)
            )
        else:
            found.append(Command(key=key, received_at=at, by="eli", name=name, incident=1, reply=REPLY))
    return found


def _outside(desk: Desk) -> None:
    """A desk that hears of a place outside and tells two mirrors."""
    desk.translators, desk.mirrors = {"place": _translate}, ("github", "slack")
    desk.reopen()


def _hear(desk: Desk, *bodies: bytes) -> None:
    for one in bodies:
        desk.inbox.put_now("place", Lane.PEOPLE, one, AT)


def test_a_row_of_somebody_elses_may_ask_several_things_or_nothing(desk: Desk) -> None:
    """Everybody who asked is answered with the outcome, in git or not."""
    desk.deliver(body(alert(1)))
    _outside(desk)
    assert desk.writer.round() == 1
    _hear(desk, b"ack mitigate mitigate !close", b"")
    assert desk.writer.round() == 2
    assert desk.kinds() == ["opened", "alert_fired", "acknowledged", "mitigated"]
    told = [parcel.payload for parcel in desk.outbox.heads("place", AT, 10)]
    assert [(one["ok"], one["code"], one["text"], one["incident"]) for one in told] == [
        (True, "done", "INC-1 is acknowledged", "INC-1"),
        (True, "done", "INC-1 is mitigated", "INC-1"),
        (False, "illegal", "INC-1 is mitigated already, by eli", None),
        (False, "denied", "no role", None),
    ]
    assert {one["number"] for one in told} == {1}
    assert all(one["reply"] == REPLY for one in told)


def test_a_translator_that_fails_costs_its_own_row_only(desk: Desk) -> None:
    """The row is set aside, its neighbour is recorded."""
    desk.deliver(body(alert(1)))
    _outside(desk)
    assert desk.writer.round() == 1
    _hear(desk, b"broken", b"ack")
    assert desk.writer.round() == 2
    assert desk.kinds() == ["opened", "alert_fired", "acknowledged"]
    assert desk.metrics.unusable._value.get() == 1


def test_every_mirror_hears_once_of_everything(desk: Desk) -> None:
    """An errand for each, in the incident's line, that says what happened."""
    _outside(desk)
    desk.deliver(body(alert(1)))
    desk.writer.round()
    for mirror in desk.mirrors:
        parcels = desk.outbox._select("destination = ?", (mirror,))
        assert [(parcel.line, parcel.payload["what"]) for parcel in parcels] == [
            ("INC-1", "opened"),
            ("INC-1", "alerts_changed"),
        ]


@pytest.mark.parametrize(("part", "method", "after"), CRASHES, ids=[f"{p}.{m}-{a}" for p, m, a in CRASHES])
def test_an_answer_is_given_once_through_a_crash(desk: Desk, part: str, method: str, after: bool) -> None:
    """Whatever the moment, the person hears of what was done and of what was refused, once each."""
    desk.deliver(body(alert(1)))
    _outside(desk)
    assert desk.writer.round() == 1
    _hear(desk, b"ack ack")
    where = getattr(desk, part)
    if part == "store":
        desk.writer._store = _Wrapped(where)  # type: ignore[assignment]  # behaves as the store does
        where = desk.writer._store
    _fail(where, method, Crash(), after=after)
    with pytest.raises(Crash):
        desk.writer.round()
    desk.reopen()
    while desk.writer.round():
        pass
    told = [parcel.payload["ok"] for parcel in desk.outbox.heads("place", AT, 10)]
    assert told == [True, False]
    assert desk.kinds().count(Kind.ACKNOWLEDGED) == 1
