"""Slack as a destination of the outbox: incidents, answers to people, reminders and digests."""

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from alerting.model.policy import Policy
from bots.destinations import put
from bots.errors import Undeliverable, Unreachable
from bots.inbox import Inbox
from bots.incident import History
from bots.outbound.destination import Limit, Settled
from bots.outbox import Parcel
from bots.slack import answers, notices
from bots.slack.posting import Posting
from bots.slack.thread import Threads
from bots.slack.translator import DESTINATION
from bots.slack.web import SlackRefusal, Web
from bots.timeline.event import BOT, key_of
from bots.timeline.intake import Command

_NO_INCIDENT: Final = 0


class Slack:
    """Mirrors read the record as it is when they write; an answer goes to one person once."""

    name = DESTINATION
    limits: tuple[Limit, ...] = ()
    """Limits are the client's: they are per method and per channel."""
    workers = 4
    merges = True

    def __init__(
        self,
        *,
        web: Web,
        posting: Posting,
        threads: Threads,
        read: Callable[[int], History | None],
        policy: Callable[[], Policy],
        public_url: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        """`read` gives an incident with its events."""
        self._web = web
        self._posting = posting
        self._threads = threads
        self._read = read
        self._policy = policy
        self._public_url = public_url
        self._now = now

    def deliver(self, parcel: Parcel) -> None:
        """Raises Postponed, Unreachable, or Undeliverable."""
        if "reply" in parcel.payload:
            self._answer(parcel.payload, parcel.key)
            return
        try:
            self._tell(parcel.payload, parcel.key)
        except SlackRefusal as error:
            if not error.curable:
                raise
            raise Unreachable(f"{error}; {error.curable}", alone=True) from error

    def _tell(self, payload: Mapping[str, Any], key: str) -> None:
        if "remind" in payload:
            self._remind(payload, key)
        elif "digest" in payload:
            self._digest(payload, key)
        else:
            self._threads.bring_up_to_date(self._history(int(payload["incident"])))

    def settle(self, parcel: Parcel) -> Settled:
        """What must exist once keeps an intent of its own and is looked for when it is done again.

        An answer that may have arrived is not given twice: nobody can list what only one person sees.
        """
        return Settled.HAPPENED if "reply" in parcel.payload else Settled.REPEAT

    def _history(self, number: int) -> History:
        history = self._read(number)
        if history is None:
            raise Undeliverable(f"no incident INC-{number}")
        return history

    def _answer(self, payload: Mapping[str, Any], key: str) -> None:
        reply = payload["reply"]
        told = answers.outcome(payload)
        url = str(reply.get("response_url", ""))
        if url:
            with contextlib.suppress(Undeliverable):
                self._web.respond(url, told, key)
                return
            # It is good for half an hour and five answers; after that there is the channel.
        shown = {name: told[name] for name in ("text", "blocks")}
        self._web.call("chat.postEphemeral", {"channel": reply["channel"], "user": reply["user"], **shown}, key=key)

    def _remind(self, payload: Mapping[str, Any], key: str) -> None:
        history = self._history(int(payload["incident"]))
        message = notices.reminder(history, payload, self._policy(), self._now(), key)
        if message is not None:
            about = f"remind {key}"
            self._threads.say(history.number, about, message)
            self._posting.settled(history.number, about)

    def _digest(self, payload: Mapping[str, Any], key: str) -> None:
        if notices.stale(payload["digest"], self._now()):
            return
        message = notices.digest_message(payload["digest"], self._policy(), self._public_url(), key)
        about = f"digest {key}"
        self._posting.once(_NO_INCIDENT, about, str(payload["channel"]), message)
        self._posting.settled(_NO_INCIDENT, about)


def linker(inbox: Inbox, now: Callable[[], datetime]) -> Callable[[int, str, str], None]:
    """Tells the record where an incident is in Slack; the same address twice is one entry."""

    def link(number: int, relation: str, url: str) -> None:
        command = Command(
            key=key_of("slack link", str(number), relation, url),
            received_at=now(),
            name="link",
            by=BOT,
            incident=number,
            args={"relation": relation, "url": url, "title": f"Slack {relation.partition('_')[2]}"},
            source=DESTINATION,
        )
        put(inbox, command)

    return link
