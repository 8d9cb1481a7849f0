"""The destination that drafts postmortems: a branch, a pull request for it where there is GitHub, and a link to it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from bots.destinations import put
from bots.errors import Undeliverable, Unreachable
from bots.inbox import Inbox
from bots.incident import History
from bots.outbound.destination import Limit, Settled
from bots.outbound.errands import POSTMORTEM
from bots.outbox import Parcel
from bots.timeline.event import BOT, key_of
from bots.timeline.intake import Command

RELATION: Final = "postmortem"
"""Of the link by which an incident knows the pull request."""


class Draft(Protocol):
    """What writes the draft of a postmortem."""

    def write(self, history: History) -> str | None:
        """The branch it is on; None if it is merged already. Raises Unreachable or Undeliverable."""


class PullRequests(Protocol):
    """Where a draft is worked on."""

    def open(self, history: History) -> str:
        """The address of the one pull request for the draft; raises Unreachable, Postponed or Undeliverable."""


class Postmortems:
    """Writes drafts and opens their pull requests; failing to never holds up anything else."""

    name = POSTMORTEM
    limits: tuple[Limit, ...] = ()
    workers = 1
    merges = False

    def __init__(
        self,
        drafts: Draft,
        read: Callable[[int], History | None],
        inbox: Inbox,
        now: Callable[[], datetime],
        pulls: PullRequests | None = None,
    ) -> None:
        """`read` gives an incident with its events; without `pulls` the branch is all there is."""
        self._drafts = drafts
        self._read = read
        self._inbox = inbox
        self._now = now
        self._pulls = pulls

    def deliver(self, parcel: Parcel) -> None:
        """Raises Unreachable when the remote or GitHub is away, Undeliverable when there is no such incident.

        What the remote refuses is tried again too: credentials and protections are mended by people, later.
        """
        history = self._read(int(parcel.payload["incident"]))
        if history is None:
            raise Undeliverable(f"no incident INC-{parcel.payload['incident']}")
        try:
            written = self._drafts.write(history)
        except Undeliverable as error:
            raise Unreachable(str(error), alone=True) from error
        if self._pulls is not None and written is not None:
            url = self._pulls.open(history)
            put(self._inbox, _link(history, url, self._now()), unknown=True)

    def settle(self, parcel: Parcel) -> Settled:
        """Writing a draft anew leaves one draft, and opening its pull request again one pull request."""
        return Settled.REPEAT


def _link(history: History, url: str, now: datetime) -> Command:
    return Command(
        key=key_of("postmortem", history.events[0].id, url),
        received_at=now,
        name="link",
        by=BOT,
        incident=history.number,
        args={"relation": RELATION, "url": url, "title": "postmortem"},
        source="github",
    )
