"""Notes of the timeline as comments of the issue, and answers to people: each written once.

GitHub knows no idempotency keys. So an intent is written down before the call, every comment carries a mark, and an
intent that is found later is settled by listing the issue's recent comments.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from bots.errors import Postponed, Undeliverable, Unreachable
from bots.github.budget import Urgency
from bots.github.client import GitHub
from bots.github.errors import Gone, Refused
from bots.github.markers import event_marker, has, reply_marker
from bots.incident import History
from bots.outbound.destination import Settled
from bots.outbound.mirror import Mirror, Mirrored
from bots.outbox import Parcel
from bots.timeline.event import BOT, Event, Kind, time_text
from bots.words import markdown

SOURCE: Final = "github"
"""Where events come from that are on the issue already."""
SETTLES: Final = timedelta(seconds=30)
"""What was made by a call whose answer was lost may still appear for so long."""
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
_SHOWN: Final = 200
_FORBIDDEN: Final = 403
_OPERATOR_S: Final = 60.0
_RIGHTS: Final = "the bot needs Issues, read and write, in this repository, and an issue that is not locked for it"
_NO_INCIDENT: Final = 0
"""Answers are nobody's but the person's who asked."""


class Comments:
    """Used by the thread of the destination."""

    def __init__(
        self,
        github: GitHub,
        mirror: Mirror,
        now: Callable[[], datetime],
        login: Callable[[str], str] = lambda name: "",
    ) -> None:
        """`mirror` remembers which notes an issue has; `login` gives a member's user name, or nothing."""
        self._login = login
        self._github = github
        self._mirror = mirror
        self._now = now

    def bring(self, history: History, known: Mirrored) -> None:
        """Adds the notes that an issue lacks and corrects those whose text was hidden since.

        Notes from before the issue was opened are in its body. Raises Unreachable, Postponed, Undeliverable.
        """
        told: dict[str, list[Any]] | None = known.state.get("told")
        if told is None:
            told = told_before(history)
            self._keep(known, told)
        for event in _notes(history):
            text = comment(event, self._login(str(event.data.get("to", ""))))
            seen = told.get(event.id)
            if seen is None:
                about, marker = _about(event), event_marker(event.id)
                made = self._made(known.incident, about, known.remote, marker)
                made = made or self._post(known.incident, about, known.remote, text)
                told = {**told, event.id: [made, _digest(text)]}
                self._keep(known, told, settles=about)
            elif seen[0] and seen[1] != _digest(text):
                self._correct(int(seen[0]), text)
                told = {**told, event.id: [seen[0], _digest(text)]}
                self._keep(known, told)

    def _correct(self, number: int, text: str) -> None:
        with contextlib.suppress(Gone):
            # Somebody has deleted it: nothing is left to correct, and what follows has to be told.
            self._github.write("PATCH", f"issues/comments/{number}", {"body": text}, Urgency.PEOPLE)

    def answer(self, issue: int, marker: str, text: str) -> None:
        """A comment for somebody who asked for something; `answered` knows whether it was written."""
        self._post(_NO_INCIDENT, marker, issue, f"{text}\n\n{marker}")
        self._mirror.settle(_NO_INCIDENT, marker)

    def answered(self, issue: int, marker: str) -> bool:
        """Whether an answer was written by a call whose end is not known; raises Postponed while that may still be."""
        return self._made(_NO_INCIDENT, marker, issue, marker) != 0

    def react(self, place: str, content: str) -> None:
        """Saying it twice is the same as once."""
        self._github.write("POST", f"{place}/reactions", {"content": content}, Urgency.PEOPLE)

    def listed(self, issue: int | str, since: datetime) -> Iterator[Mapping[str, Any]]:
        """The bot's own comments of an issue since an instant."""
        login = self._github.identify()
        moment = time_text((since - _CLOCKS_DIFFER).replace(microsecond=0))
        for one in self._github.pages(f"issues/{issue}/comments", since=moment):
            if (one.get("user") or {}).get("login") == login:
                yield one

    def _made(self, incident: int, about: str, issue: int | str, marker: str) -> int:
        """The comment that an earlier call has made, or 0; raises Postponed while it may still appear."""
        intended = self._mirror.intended(incident, about)
        if intended is None:
            return 0
        made = next((int(one["id"]) for one in self.listed(issue, intended) if has(one["body"], marker)), 0)
        if not made:
            still_s = (intended + SETTLES - self._now()).total_seconds()
            if still_s > 0:
                raise Postponed(still_s, f"whether a comment of issue {issue} was written is not known yet")
            # The next attempt has to be waited for as long.
            self._mirror.settle(incident, about)
        return made

    def _post(self, incident: int, about: str, issue: int | str, text: str) -> int:
        try:
            made = self._github.write(
                "POST",
                f"issues/{issue}/comments",
                {"body": text},
                Urgency.PEOPLE,
                before=lambda: self._mirror.intend(incident, about, self._now()),
            )
        except Unreachable as error:
            if not error.unknown:
                self._mirror.settle(incident, about)
            raise
        except Undeliverable as error:
            self._mirror.settle(incident, about)
            if isinstance(error, Refused) and error.status == _FORBIDDEN:
                # Somebody has to let the bot in, or to unlock the issue; others need not wait for that.
                raise Unreachable(f"{error}; {_RIGHTS}", after_s=_OPERATOR_S, alone=True) from error
            raise
        return int(made["id"])

    def _keep(self, known: Mirrored, told: Mapping[str, Any], *, settles: str = "") -> None:
        # Read anew: the issue's own part of the state may have changed meanwhile.
        now = self._mirror.get(known.incident) or known
        self._mirror.put(known.incident, now.remote, {**now.state, "told": dict(told)}, settles=settles)


class Replies:
    """Tells people on the issue what became of what they asked there."""

    def __init__(self, comments: Comments) -> None:
        """Answers are comments and reactions."""
        self._comments = comments

    def deliver(self, parcel: Parcel) -> None:
        """A thumb for what was done, a comment for what was not; a note is its own answer.

        Raises Unreachable, Postponed, Undeliverable.
        """
        payload, reply = parcel.payload, parcel.payload["reply"]
        issue, comment_id = int(reply["issue"]), reply.get("comment")
        if not payload["ok"]:
            if reply.get("silent"):
                return
            self._comments.answer(issue, reply_marker(parcel.key), refusal(payload))
        elif (comment_id and not reply.get("quiet")) or reply.get("react"):
            place = f"issues/comments/{int(comment_id)}" if comment_id else f"issues/{issue}"
            try:
                self._comments.react(place, "+1" if comment_id else "eyes")
            except Gone:
                # Who has deleted the comment needs no thumb.
                return

    def settle(self, parcel: Parcel) -> Settled:
        """Looks for the comment; a reaction may be given again."""
        if parcel.payload["ok"] or parcel.payload["reply"].get("silent"):
            return Settled.REPEAT
        issue, marker = int(parcel.payload["reply"]["issue"]), reply_marker(parcel.key)
        return Settled.HAPPENED if self._comments.answered(issue, marker) else Settled.REPEAT


def told_before(history: History) -> dict[str, list[Any]]:
    """The notes that an issue's body has from its beginning."""
    return {event.id: [0, ""] for event in _notes(history)}


def comment(event: Event, login: str = "") -> str:
    """A note as a comment: who said it where, and the words as a quotation that cannot do anything.

    `login` is who is meant, from the policy: an escalation has to reach somebody.
    """
    where = f" (from {markdown.text(event.source.replace('_', ' '))})" if event.source and event.by != BOT else ""
    public = " for the status page" if event.data.get("public") else ""
    head = f"{f'@{login} ' if login else ''}**{markdown.text(event.by)}** noted{public}{where}:"
    url = str(event.data.get("url", ""))
    more = ["", markdown.link("where it was said", url)] if url else []
    lines = [head, "", *markdown.quoted(str(event.data["text"])), *more, "", event_marker(event.id)]
    return "\n".join(lines)


def refusal(payload: Mapping[str, Any]) -> str:
    """Why it was not done."""
    said = payload["reply"].get("said", "")
    quoted = [*markdown.quoted(str(said)[:_SHOWN]), ""] if said else []
    word = "Not allowed" if payload["code"] == "denied" else "Not done"
    return "\n".join([*quoted, f"{word}: {markdown.text(str(payload['text']), limit=1_000)}"])


def _notes(history: History) -> Iterator[Event]:
    """What people said elsewhere, and what the bot says to somebody: escalations and shift changes."""
    return (
        event
        for event in history.rows
        if event.kind is Kind.NOTED and (event.by != BOT or event.data.get("topic")) and event.source != SOURCE
    )


def _about(event: Event) -> str:
    return f"comment {event.id}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
