"""What can go wrong in the bot, by who must act.

TocsinError
├── SettingsError        the operator: the environment; carries every mistake
├── Overloaded           nobody: the sender repeats (503)
├── StorageFull          the operator: the inbox has no room; the sender repeats meanwhile (503)
│   └── StorageDamaged   nobody: the inbox's file is no database; the next start begins a new one
├── Rejected             the sender: what it sent cannot be used (4xx)
├── StoreError           depends: the records could not be written or read
│   ├── StoreFull        the operator: the disk has no room; nothing changed, it is tried again
│   ├── StoreBusy        the operator: another bot uses the folder
│   ├── StoreMoved       nobody: the records changed since the decision; decide again
│   └── StoreDamaged     the operator: the folder holds something that is not the records
└── DestinationError     depends: something outside did not do what the outbox asked
    ├── Unreachable      nobody: it is tried again later
    │   └── Limited      nobody: the other side is called too often
    ├── Postponed        nobody: its time has not come yet
    └── Undeliverable    the operator: trying again cannot help
        └── KeyRefused   the operator: the token or key is not valid
"""

from collections.abc import Sequence

from alerting.errors import TocsinError


class SettingsError(TocsinError):
    """The environment has mistakes; `problems` holds all of them, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keeps the problems and makes them the message, one a line."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Overloaded(TocsinError):
    """More arrives than can be stored; nothing was kept of the delivery."""


class StorageFull(TocsinError):
    """The inbox's file may not grow; nothing was kept of the delivery."""


class StorageDamaged(StorageFull):
    """The inbox's file cannot be read as what it is; nothing was kept of the delivery."""


class Rejected(TocsinError):
    """A request that cannot be used, with the status it is answered with."""

    def __init__(
        self, status: int, detail: str, *, problems: Sequence[str] = (), headers: dict[str, str] | None = None
    ):
        """`status` is the HTTP status (4xx), `problems` one line per mistake."""
        self.status = status
        self.detail = detail
        self.problems = tuple(problems)
        self.headers = dict(headers or {})
        super().__init__(detail)


class StoreError(TocsinError):
    """The records could not be written or read; nothing changed."""


class StoreFull(StoreError):
    """The disk has no room (or a file may not grow) for the records; nothing changed."""


class StoreBusy(StoreError):
    """Another process uses the folder."""


class StoreMoved(StoreError):
    """The records changed since the decision was made; the same deliveries have to be decided again."""


class StoreDamaged(StoreError):
    """What is recorded cannot be read."""


class DestinationError(TocsinError):
    """An outside effect did not happen, or it is not known whether it did."""


class Unreachable(DestinationError):
    """Trying again can help."""

    def __init__(self, why: str, *, unknown: bool = False, after_s: float | None = None, alone: bool = False) -> None:
        """What is known besides the reason.

        `unknown`: it may have happened all the same. `after_s`: how long the other side asked to wait.
        `alone`: only this one effect is concerned, the destination's others need not wait.
        """
        self.unknown = unknown
        self.after_s = after_s
        self.alone = alone
        super().__init__(why)


class Limited(Unreachable):
    """The other side is called too often (429), and did nothing."""


class Postponed(DestinationError):
    """Not yet: more is to come (a debounce), or a limit of our own holds it back. Nothing failed."""

    def __init__(self, after_s: float, why: str) -> None:
        """`after_s` is when it is worth another look, in seconds."""
        self.after_s = after_s
        super().__init__(why)


class Undeliverable(DestinationError):
    """Trying again cannot help; the message says why."""


class KeyRefused(Undeliverable):
    """The other side does not take our token or key; it helps once a person has put in another."""
