"""The destination that opens the issues of follow-ups, each exactly once, whatever became of earlier attempts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bots.destinations import put
from bots.errors import Postponed, Undeliverable, Unreachable
from bots.inbox import Inbox
from bots.outbound.destination import Limit, Settled
from bots.outbox import Parcel
from bots.postmortems.follow_up import RELATION, Tracker, Wanted, destination, marker
from bots.timeline.event import BOT, key_of
from bots.timeline.intake import Command

AGAIN_S: Final = 3_600.0
"""What a tracker refuses is tried again so often: people mend its settings, or the team's file."""
_CLOCKS: Final = timedelta(days=1)
"""Clocks and time zones differ: a listing begins so much earlier."""


class FollowUps:
    """Opens the issues of one tracker, and tells the incident their addresses.

    An issue is looked for by its marker before it is made: an earlier attempt may have made it, also one of a bot whose
    volume was lost before the record knew of it.
    """

    limits: tuple[Limit, ...] = (Limit(calls=10, per_s=60),)
    workers = 1
    merges = False

    def __init__(
        self,
        api: Tracker,
        wanted: Callable[[int, str], Wanted | None],
        inbox: Inbox,
        now: Callable[[], datetime],
    ) -> None:
        """`wanted` gives the follow-up of an incident with a title, None if it is not wanted (any more); it raises
        Postponed while that is not known.
        """
        self.name = destination(api.name)
        self._api = api
        self._wanted = wanted
        self._inbox = inbox
        self._now = now
        self._unsettled: dict[str, datetime] = {}
        """From when on an unknown outcome can be looked up."""

    def deliver(self, parcel: Parcel) -> None:
        """Raises Unreachable or Postponed. What is refused is said in the incident once, and tried again."""
        one = self._now_wanted(parcel)
        if one is None:
            return
        try:
            url = self._api.find(marker(one), one.since - _CLOCKS) or self._api.create(one, marker(one))
        except Undeliverable as error:
            self._say(one, parcel, str(error))
            raise Unreachable(str(error), alone=True, after_s=AGAIN_S) from error
        self._link(one, parcel, url)

    def settle(self, parcel: Parcel) -> Settled:
        """Looks whether the issue was made, once the tracker can know; `deliver` looks too, and makes it if not."""
        lag_s = self._api.lag.total_seconds()
        since = self._unsettled.setdefault(parcel.key, self._now())
        left_s = lag_s - (self._now() - since).total_seconds()
        if left_s > 0:
            raise Postponed(left_s, f"{self._api.name} lists what was just made {lag_s:.0f} s later")
        del self._unsettled[parcel.key]
        return Settled.REPEAT

    def _now_wanted(self, parcel: Parcel) -> Wanted | None:
        one = self._wanted(int(parcel.payload["incident"]), str(parcel.payload["title"]))
        if one is not None and one.tracker != self._api.name:
            raise Postponed(AGAIN_S, f"{one.title!r} is opened in {one.tracker} instead")
        return one

    def _link(self, one: Wanted, parcel: Parcel, url: str) -> None:
        command = Command(
            key=f"{one.key}:link",
            received_at=self._now(),
            name="link",
            by=BOT,
            incident=parcel.incident,
            args={"relation": RELATION, "url": url, "title": one.title},
            source=one.tracker,
        )
        # If there is no room, the next attempt finds the issue by its marker.
        put(self._inbox, command, unknown=True)

    def _say(self, one: Wanted, parcel: Parcel, why: str) -> None:
        told = (
            f"The follow-up {one.title!r} could not be opened in {one.tracker}: {why}. "
            "It is tried again every hour: correct the postmortem, the team's file or the tracker's settings."
        )
        command = Command(
            # Once for what was asked for; a correction that is refused too is said again.
            key=key_of(one.key, "failed", one.tracker, one.project, one.type, one.assignee),
            received_at=self._now(),
            name="note",
            by=BOT,
            incident=parcel.incident,
            args={"text": told},
            source=self.name,
        )
        put(self._inbox, command)
