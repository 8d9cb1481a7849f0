"""What can go wrong in the bot, by who must act.

TocsinError
├── SettingsError        the operator: the environment; carries every mistake
├── Overloaded           nobody: the sender repeats (503)
├── StorageFull          the operator: the inbox has no room; the sender repeats meanwhile (503)
├── Rejected             the sender: what it sent cannot be used (4xx)
└── DestinationError     depends: something outside did not do what the outbox asked
    ├── Unreachable      nobody: it is tried again later
    └── Undeliverable    the operator: trying again cannot help
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


class DestinationError(TocsinError):
    """An outside effect did not happen, or it is not known whether it did."""


class Unreachable(DestinationError):
    """Trying again can help; `after_s` is how long the other side asked to wait, if it did."""

    def __init__(self, why: str, *, after_s: float | None = None) -> None:
        """Keeps the wait beside the reason."""
        self.after_s = after_s
        super().__init__(why)


class Undeliverable(DestinationError):
    """Trying again cannot help; the message says why."""
