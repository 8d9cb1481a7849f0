"""What must change in Alertmanager so that its silences are equal to the files. Nothing here changes anything.

A silence is ours when its creator is `tocsin` and the last line of its comment names a file under policies/silences/;
every other one belongs to somebody else and is never touched.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from alerting.model.matcher import Matcher, parse_all
from alerting.model.silence import Silence

CREATOR: Final = "tocsin"
_MARK: Final = re.compile(r"^tocsin: policies/silences/(?P<name>[a-z0-9-]+)\.yaml$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a silence says, in a file or in Alertmanager."""

    matchers: tuple[Matcher, ...]
    """Sorted."""
    starts_at: datetime
    ends_at: datetime
    comment: str
    created_by: str = CREATOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A silence that Alertmanager has and that is not over."""

    id: str
    body: Body

    @property
    def name(self) -> str | None:
        """The name of the file that it came from; None for somebody else's."""
        lines = self.body.comment.splitlines()
        mark = _MARK.match(lines[-1]) if lines and self.body.created_by == CREATOR else None
        return mark["name"] if mark else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """A file without a silence."""

    name: str
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A file whose silence says something else."""

    name: str
    id: str
    body: Body
    before: Body

    @property
    def differences(self) -> tuple[str, ...]:
        """What differs: matchers, start, end, text."""
        pairs = {
            "matchers": (self.before.matchers, self.body.matchers),
            "start": (self.before.starts_at, self.body.starts_at),
            "end": (self.before.ends_at, self.body.ends_at),
            "text": (self.before.comment, self.body.comment),
        }
        return tuple(what for what, (before, after) in pairs.items() if before != after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    """A silence of ours that no file asks for any more."""

    name: str
    id: str
    body: Body
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """A silence that is as its file says."""

    name: str
    id: str


Action = Create | Change | Expire | Keep


def wanted(name: str, silence: Silence) -> Body:
    """What Alertmanager must hold for a file."""
    return Body(
        matchers=tuple(sorted(parse_all(silence.matchers))),
        starts_at=_in_milliseconds(silence.from_),
        ends_at=_in_milliseconds(silence.to),
        comment=f"{silence.reason.strip()}\nowner: {silence.owner}\ntocsin: policies/silences/{name}.yaml",
    )


def _in_milliseconds(at: datetime) -> datetime:
    """Alertmanager's API keeps no more, so a finer time would never be equal to what it gives back."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def plan(files: Mapping[str, Silence], held: Iterable[Held], now: datetime) -> tuple[Action, ...]:
    """The actions, by name; files whose time is over are as good as absent, others' silences are left alone."""
    ours: dict[str, list[Held]] = {}
    for each in held:
        if each.name is not None:
            ours.setdefault(each.name, []).append(each)
    current = {name: wanted(name, silence) for name, silence in files.items() if silence.to > now}
    return tuple(
        action
        for name in sorted({*current, *ours})
        for action in _of_name(name, current.get(name), ours.get(name, []), name in files, now)
    )


def _of_name(name: str, body: Body | None, held: list[Held], in_files: bool, now: datetime) -> Iterator[Action]:
    """What one file asks for; a second silence of the same name (two people applied at once) goes."""
    if body is None:
        why = "its file has ended" if in_files else "its file is gone"
        yield from (Expire(name=name, id=each.id, body=each.body, why=why) for each in held)
        return
    # An equal one first, so that of several the one that needs no change stays.
    ranked = sorted(held, key=lambda each: (_settled(body, each.body, now) != each.body, each.id))
    if not ranked:
        yield Create(name=name, body=body)
        return
    kept, *others = ranked
    after = _settled(body, kept.body, now)
    if after == kept.body:
        yield Keep(name=name, id=kept.id)
    else:
        yield Change(name=name, id=kept.id, body=after, before=kept.body)
    yield from (Expire(name=name, id=each.id, body=each.body, why="there are two of it") for each in others)


def _settled(body: Body, held: Body, now: datetime) -> Body:
    """The wish with the start that it can still have: a silence that began keeps its beginning.

    Alertmanager moves a start in the past to the moment of its creation, and a new start makes a new silence of it.
    """
    if body.starts_at <= now and held.starts_at <= now:
        return replace(body, starts_at=held.starts_at)
    return body
