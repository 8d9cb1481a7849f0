"""What the bot knows of PagerDuty's incidents (pages): whose alerts they hold, how they are, and what it said there."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bots.outbound.mirror import Mirror
from bots.timeline.event import parse_time, time_text

PRIORITY: Final = "priority"
ASSIGNEE: Final = "assignee"
ECHO: Final = timedelta(minutes=30)
"""How long PagerDuty may take to tell back what was written; it tries for 20 minutes:
https://developer.pagerduty.com/docs/webhooks-behavior"""


@dataclass(frozen=True, slots=True)
class Said:
    """Something that the bot wrote about a page; it comes back as a webhook."""

    about: str
    """`priority` or `assignee`."""
    value: str
    """The name of the priority, the id of the user."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One page, kept over restarts."""

    incident: int
    """The incident of ours whose page it is; the first one where there are several."""
    keys: tuple[str, ...] = ()
    """Alertmanager's keys of the alerts that it holds; PagerDuty may group alerts of several incidents of ours."""
    status: str = ""
    """triggered, acknowledged or resolved, as it was told last."""
    created_at: datetime | None = None
    looked_at: datetime | None = None
    """When its alerts were read last."""
    level: int = 1
    """The level of the escalation policy that it has reached."""
    said: tuple[Said, ...] = ()
    """What the bot wrote about it and PagerDuty has not told back yet, in order."""

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        found: dict[str, Any] = {"keys": list(self.keys), "status": self.status}
        times = {"created_at": self.created_at, "looked_at": self.looked_at}
        found |= {name: time_text(at) for name, at in times.items() if at is not None}
        if self.level != 1:
            found["level"] = self.level
        if self.said:
            found["said"] = [[one.about, one.value, time_text(one.at)] for one in self.said]
        return found

    @classmethod
    def of(cls, incident: int, state: Mapping[str, Any]) -> "Part":
        """What `to_dict` made, also that of an earlier version."""
        times = {name: parse_time(state[name]) for name in ("created_at", "looked_at") if name in state}
        return cls(
            incident=incident,
            keys=tuple(state["keys"]),
            status=str(state["status"]),
            level=int(state.get("level", 1)),
            said=tuple(Said(about, value, parse_time(at)) for about, value, at in state.get("said", ())),
            **times,
        )

    def having(self, *keys: str) -> "Part":
        """With further keys."""
        return replace(self, keys=tuple(dict.fromkeys((*self.keys, *keys))))

    def saying(self, about: str, value: str, now: datetime) -> "Part":
        """With what the bot is about to write."""
        recent = [one for one in self.said if now - one.at <= ECHO]
        return replace(self, said=(*recent, Said(about, value, now)))

    def echoes(self, about: str, value: str, at: datetime) -> bool:
        """Whether the bot wrote that, and PagerDuty has not told it back."""
        return any((one.about, one.value) == (about, value) and at - one.at <= ECHO for one in self.said)

    def told_back(self, about: str, value: str) -> "Part":
        """Without it, and without what was written before: PagerDuty tells in order."""
        same = [number for number, one in enumerate(self.said) if (one.about, one.value) == (about, value)]
        if not same:
            return self
        left = [one for number, one in enumerate(self.said) if number > same[0] or one.about != about]
        return replace(self, said=tuple(left))


class Parts:
    """Every page that was heard of; several threads may use it."""

    def __init__(self, mirror: Mirror) -> None:
        """`mirror` is PagerDuty's."""
        self._mirror = mirror
        self._lock = threading.Lock()

    def get(self, page: str) -> Part | None:
        """One page; None if it is none of ours."""
        known = self._mirror.part(page) if page else None
        return None if known is None else Part.of(known.incident, known.state)

    def of(self, incident: int) -> Mapping[str, Part]:
        """The pages of an incident, by their id."""
        return {one.remote: Part.of(one.incident, one.state) for one in self._mirror.parts(incident)}

    def change(self, page: str, incident: int, change: Callable[[Part], Part]) -> Part:
        """Keeps what becomes of a page; `incident` is whose it is, where it was nobody's. Gives what is known then."""
        with self._lock:
            known = self.get(page)
            part = change(known or Part(incident=incident))
            if part != known:
                self._mirror.put_part(part.incident, page, part.to_dict())
            return part
