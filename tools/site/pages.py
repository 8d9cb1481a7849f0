"""The files of the site, from what it shows; the same bytes for the same records, policy and time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bots.words.phrases import duration
from tools.report.objectives import Objective, Objectives
from tools.report.words import share
from tools.site.course import DAYS, Day, Ninety, ninety
from tools.site.feed import feed
from tools.site.level import Level
from tools.site.prose import html
from tools.site.published import Published
from tools.site.reading import Read

_FOLDER: Final = Path(__file__).parent
_RECENT_DAYS: Final = 14
_BAR: Final = 10
"""Width of a day in the strip of ninety, with the gap behind it."""
_HIGH: Final = 34
_HEIGHTS: Final = {Level.UNKNOWN: 5, Level.WELL: 14, Level.NOTICE: 20, Level.DEGRADED: 27, Level.OUTAGE: _HIGH}
"""Of a day in the strip: the worse, the taller, for whoever cannot tell the colors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How the site is called, where it will be, and as of when it is."""

    title: str
    url: str
    """Without a slash at its end; empty if it is not known, and then there is no feed."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A service on the first page."""

    name: str
    title: str
    description: str
    level: Level
    course: Ninety
    objectives: tuple[Objective, ...]

    @property
    def bars(self) -> Iterator[tuple[str, str]]:
        """The strip: the days of each level as one shape."""
        for level, height in _HEIGHTS.items():
            places = [number * _BAR for number, day in enumerate(self.course.days) if day.level is level]
            if places:
                bar = f"h{_BAR - 2}V{_HIGH}h-{_BAR - 2}z"
                yield level.word, "".join(f"M{place} {_HIGH - height}{bar}" for place in places)

    @property
    def troubled(self) -> tuple[Day, ...]:
        """The days of which there is something to say, the newest first."""
        return tuple(day for day in reversed(self.course.days) if day.incidents)

    @property
    def summary(self) -> str:
        """The strip in words."""
        count = self.course.incidents
        told = "no incident" if not count else f"{count} incident{'s' if count > 1 else ''}"
        known = self.course.available
        return f"{told} in {DAYS} days" + ("" if known is None else f", {share(known)} of the time without an outage")


def day_said(day: Day) -> str:
    """`3 March 2026: outage, 25 min`."""
    said = f"{day_text(day.day)}: {day.level.said.lower()}"
    return said + (f", {day.minutes} min" if day.minutes and day.level > Level.NOTICE else "")


def day_text(day: date) -> str:
    """`3 March 2026`."""
    return f"{day.day} {day:%B %Y}"


def site(read: Read, objectives: Objectives, wish: Wish) -> Mapping[str, bytes]:
    """Every file by its path."""
    maker = _Maker(read, objectives, wish)
    return dict(maker.files())


class _Maker:
    def __init__(self, read: Read, objectives: Objectives, wish: Wish) -> None:
        self._read = read
        self._objectives = objectives
        self._wish = wish
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"clock": _clock, "iso": _iso, "said": day_said, "share": share, "took": duration}
        months = groupby(read.incidents, key=lambda one: f"{one.started_at:%Y-%m}")
        self._months = {month: tuple(found) for month, found in months}

    def files(self) -> Iterator[tuple[str, bytes]]:
        yield "style.css", (_FOLDER / "style.css").read_bytes()
        yield "index.html", self._index()
        for month, found in self._months.items():
            first = found[0].started_at.date()
            yield f"history/{month}.html", self._page("history.html", "../", incidents=found, first=first)
        for one in self._read.incidents:
            postmortem = self._read.postmortems.get(one.number)
            yield f"incidents/{one.name}.html", self._page("incident.html", "../", one=one, postmortem=postmortem)
        for told in self._read.postmortems.values():
            text = html(told.text, told.pictures.keys())
            yield f"postmortems/INC-{told.number}.html", self._page("postmortem.html", "../", one=told, text=text)
            yield from ((f"postmortems/{name}", content) for name, content in told.pictures.items())
        if self._wish.url:
            news = feed(self._read.incidents, title=self._wish.title, url=self._wish.url, at=self._wish.at)
            yield "feed.xml", news
            # Shown by hosts such as GitHub Pages at any path that leads nowhere, so its links cannot be relative.
            yield "404.html", self._page("missing.html", f"{self._wish.url}/")

    def _index(self) -> bytes:
        at = self._wish.at
        active = sorted((one for one in self._read.incidents if one.active), key=lambda one: -one.level)
        since = at - timedelta(days=_RECENT_DAYS)
        recent = [one for one in self._read.incidents if one.ended_at is not None and one.ended_at > since]
        return self._page(
            "index.html",
            "",
            services=self._services(active),
            worst=max((one.level for one in active), default=Level.WELL),
            active=active,
            recent=recent,
            recent_days=_RECENT_DAYS,
            days=DAYS,
            months=[found[0].started_at.date() for found in self._months.values()],
            postmortems=sorted(self._read.postmortems.values(), key=lambda one: one.number, reverse=True),
            missing=self._objectives.missing,
        )

    def _services(self, active: Sequence[Published]) -> Iterator[Shown]:
        for name, page in sorted(self._read.services.items(), key=lambda one: (one[1].title.lower(), one[0])):
            own = [one for one in self._read.incidents if one.service == name]
            yield Shown(
                name=name,
                title=page.title,
                description=page.description,
                level=max((one.level for one in active if one.service == name), default=Level.WELL),
                course=ninety(own, self._read.recorded_since, self._wish.at),
                objectives=tuple(one for one in self._objectives.rows if one.service == name and one.left is not None),
            )

    def _page(self, template: str, root: str, **values: Any) -> bytes:
        text = self._templates.get_template(template).render(
            root=root, site=self._wish, Level=Level, written_at=self._read.written_at, **values
        )
        return text.encode()


def _clock(at: datetime) -> str:
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
