"""Changes pages in somebody's name; what PagerDuty refuses about one page does not hold the others up."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from bots.errors import Undeliverable, Unreachable
from bots.pagerduty.client import Client, RemotePage, Update
from bots.pagerduty.failure import AlreadyOver, CannotEscalate, NotFound, SenderRefused
from bots.pagerduty.settings import FROM

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Writing:
    """The writes of one account."""

    def __init__(self, client: Client, sender: str) -> None:
        """`sender` is the address in whose name the bot acts where no user of the account did."""
        self._client = client
        self._sender = sender

    def update(self, updates: Sequence[Update], email: str) -> tuple[RemotePage, ...]:
        """All of them at once, if PagerDuty takes them; else one by one. Gives those that were changed.

        A page that is over or gone is left alone, and one that cannot be escalated is not. Raises DestinationError for
        anything else that is refused, after the others were written.
        """
        if not updates:
            return ()
        try:
            return self._as(email, lambda sender: self._client.update(updates, sender))
        except Undeliverable as error:
            if len(updates) == 1:
                return tuple(self._without(updates[0], error, email))
        found: list[RemotePage] = []
        refused: list[Undeliverable] = []
        for one in updates:
            try:
                found += self.update([one], email)
            except Undeliverable as error:
                refused.append(error)
        if refused:
            raise refused[0]
        return tuple(found)

    def resolve_alerts(self, page: str, alerts: Sequence[str], email: str) -> None:
        """Ends some alerts of a page that goes on; raises DestinationError."""
        try:
            self._as(email, lambda sender: self._client.resolve_alerts(page, alerts, sender))
        except (AlreadyOver, NotFound) as error:
            _log.info("page %s is over already: %s", page, error)

    def _without(self, update: Update, error: Undeliverable, email: str) -> Iterable[RemotePage]:
        """What can be done about one page all the same; raises the error if nothing can."""
        if isinstance(error, AlreadyOver | NotFound):
            _log.info("page %s is over already: %s", update.id, error)
            return ()
        if isinstance(error, CannotEscalate) and update.escalation_level is not None:
            _log.warning("page %s is not escalated: %s", update.id, error)
            rest = replace(update, escalation_level=None)
            return self.update([rest], email) if rest != Update(id=update.id) else ()
        raise error

    def _as(self, email: str, write: Callable[[str], _T]) -> _T:
        """In the name of who did it, if the account lets them, else in the bot's: a member need have no account."""
        if email:
            try:
                return write(email)
            except SenderRefused as error:
                _log.info("the bot acts for %s: %s", email, error)
        try:
            return write(self._sender)
        except SenderRefused as error:
            # The operator can mend it while the errand waits.
            raise Unreachable(f"{error}; expected a user of the account who may respond, in {FROM}") from error
