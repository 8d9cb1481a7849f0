"""What a comment says, how it was edited and that it was deleted, as what is asked of the record. Pure.

The record follows what the comment says now: its notes are compared with those that the record has of it, so that an
edit that was never told is made up for by the next one. What a command did stays done; an edit that asks for something
else asks for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from alerting.model.policy import Policy
from bots.commands.command import command_key
from bots.commands.comment_parts import parts
from bots.commands.speech import Heard, NotACommand, Spoken, parse
from bots.github.spoken import Asked, asked, mistaken
from bots.github.wire import CommentEvent
from bots.incident import History
from bots.timeline.corrections import corrections, edited_at, text_of
from bots.timeline.event import Event, Kind, time_text
from bots.timeline.redaction import MASK

_NOTE: Final = 10_000
_REMARKS: Final = ("note", "reason")
_SAME: Final = "the command is the one that the comment gave before; what was said behind it stays in the record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that a comment asks."""

    wanted: Asked
    key: str
    """The same for the same delivery."""
    said: str
    """The words."""
    note: bool
    """Whether it is a note, which is its own answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearer:
    """Who said it, and what is known of the incident."""

    policy: Policy
    history: History
    by: str

    def remarks(self, event: CommentEvent, received_at: datetime) -> tuple[Remark, ...]:
        """What a comment asks that was written, edited or deleted."""
        if event.action == "created":
            return tuple(self._written(event))
        if event.action == "edited" and event.changes.body is not None:
            return tuple(self._edited(event, event.changes.body.before, event.comment.updated_at or received_at))
        if event.action == "deleted":
            return tuple(self._taken_back(event, self._noted(event), received_at))
        return ()

    def _written(self, event: CommentEvent) -> Iterator[Remark]:
        for number, part in enumerate(parts(event.comment.body or "")):
            if part:
                yield self._remark(event, part, _key(event, number))

    def _edited(self, event: CommentEvent, before: str, at: datetime) -> Iterator[Remark]:
        noted, last = self._noted(event), corrections(self.history.events)
        if any(at < edited_at(last[note.id]) for note in noted if note.id in last):
            # Told late: what was said after it is in the record.
            return
        now = [part for part in enumerate(parts(event.comment.body or "")) if part[1]]
        old = parts(before)
        said = [(number, part) for number, part in now if _is_note(parse(part))]
        if self._hides():
            # What was hidden in the record must not come back into it with an edit of something else.
            said = [one for one in said if one[1] not in old]
            noted = _changed(noted, old, now, last)[: len(said)]
        yield from self._renoted(event, noted, said, at)
        for number, part in now:
            heard = parse(part)
            if _is_note(heard) or part in old:
                continue
            key = f"{_key(event, number)} edited {time_text(at)}"
            if any(_same(heard, parse(one)) for one in old):
                yield Remark(wanted=mistaken(_SAME), key=key, said=part, note=False)
            else:
                yield self._remark(event, part, key)

    def _renoted(
        self, event: CommentEvent, noted: list[Event], parts_now: list[tuple[int, str]], at: datetime
    ) -> Iterator[Remark]:
        """The notes of a comment as they are now, against those that the record has."""
        last = corrections(self.history.events)
        left, new = list(noted), []
        for number, part in parts_now:
            same = next((note for note in left if text_of(note, last) == _text(part)), None)
            if same is None:
                new.append((number, part))
            else:
                left.remove(same)
        for note, (_, part) in zip(left, new, strict=False):
            args = {"amends": note.id, "text": _text(part), "edited_at": time_text(at)}
            key = f"github comment {event.comment.id} edited {time_text(at)} {note.id}"
            yield Remark(wanted=Asked(name="amend", args=args), key=key, said=part, note=True)
        yield from self._taken_back(event, left[len(new) :], at)
        for number, part in new[len(left) :]:
            key = _key(event, number)
            known = command_key(self.by, key) in self.history.keys
            yield self._remark(event, part, f"{key} edited {time_text(at)}" if known else key)

    def _taken_back(self, event: CommentEvent, notes: list[Event], at: datetime) -> Iterator[Remark]:
        for note in notes:
            args = {"amends": note.id, "edited_at": time_text(at)}
            key = f"github comment {event.comment.id} without {note.id} {time_text(at)}"
            yield Remark(wanted=Asked(name="amend", args=args), key=key, said="", note=True)

    def _noted(self, event: CommentEvent) -> list[Event]:
        """The notes that the record has of a comment, but for those that were taken back."""
        last, url = corrections(self.history.events), event.comment.html_url
        notes = (one for one in self.history.events if one.kind is Kind.NOTED and one.data.get("url") == url)
        return [note for note in notes if text_of(note, last)]

    def _hides(self) -> bool:
        """Whether something that was said on the issue is hidden, which may be a comment's address too."""
        notes = (one.data for one in self.history.events if one.kind is Kind.NOTED)
        return any(MASK in str(data.get("text")) or data.get("url") == MASK for data in notes)

    def _remark(self, event: CommentEvent, part: str, key: str) -> Remark:
        heard = parse(part)
        if isinstance(heard, NotACommand):
            wanted = Asked(name="note", args={"text": _text(part), "url": event.comment.html_url})
        else:
            wanted = asked(heard, self.policy, self.history, self.by)
            if wanted.name == "note":
                wanted = Asked(name="note", args={**wanted.args, "url": event.comment.html_url})
        return Remark(wanted=wanted, key=key, said=part, note=isinstance(heard, NotACommand))


def _changed(
    noted: list[Event], old: tuple[str, ...], now: list[tuple[int, str]], last: Mapping[str, Event]
) -> list[Event]:
    """The notes of which the comment says something else now, those with hidden text last."""
    kept = {_text(part) for _, part in now if part in old}
    found = [note for note in noted if text_of(note, last) not in kept]
    return sorted(found, key=lambda note: MASK in text_of(note, last))


def _key(event: CommentEvent, number: int) -> str:
    return f"github comment {event.comment.id} {number}"


def _is_note(heard: Heard) -> bool:
    return isinstance(heard, NotACommand) or (isinstance(heard, Spoken) and heard.command == "note")


def _text(part: str) -> str:
    """The text of a part that is a note."""
    heard = parse(part)
    text = str(heard.args["text"]) if isinstance(heard, Spoken) else part
    return text if len(text) <= _NOTE else text[: _NOTE - 1] + "…"


def _same(one: Heard, other: Heard) -> bool:
    """Whether two commands differ in nothing but the remark behind them."""
    if not isinstance(one, Spoken) or not isinstance(other, Spoken):
        return False
    return (one.command, one.incident, _bare(one.args)) == (other.command, other.incident, _bare(other.args))


def _bare(args: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in args.items() if name not in _REMARKS}
