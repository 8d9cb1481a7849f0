"""Small pictures for reports: SVG of shapes, readable in the light and in the dark, without scripts or fonts.

A picture brings its own ground, so that it can be read wherever it is shown, and follows the reader's choice of light
or dark where the viewer says so (https://www.w3.org/TR/mediaqueries-5/#prefers-color-scheme).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

Tone = Literal["ink", "soft", "grid", "good", "bad", "p0", "p1", "p2", "p3", "p4"]
Anchor = Literal["start", "middle", "end"]

WIDTH: Final = 760
_COLORS: Final[Mapping[str, tuple[str, str]]] = {
    "back": ("#ffffff", "#161b20"),
    "ink": ("#1d2329", "#e6e9ec"),
    "soft": ("#5c6670", "#9aa6b1"),
    "grid": ("#e1e4e7", "#2c343c"),
    "good": ("#1f7a45", "#6fcf97"),
    "bad": ("#b3261e", "#ff8f85"),
    "p0": ("#b3261e", "#ff8f85"),
    "p1": ("#c76a00", "#f0ad4e"),
    "p2": ("#2368b5", "#6db0f5"),
    "p3": ("#7fa8d4", "#4a7fb5"),
    "p4": ("#8c96a0", "#6b7680"),
}
"""In the light and in the dark."""
# https://www.w3.org/TR/xml/#charsets: a picture with another character is none. Nor may a text turn the direction of
# writing, or hide in itself what is not shown.
_NOT_SHOWN: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


def _shown(value: Any) -> Any:
    return _NOT_SHOWN.sub("\ufffd", value) if isinstance(value, str) else value


_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    finalize=_shown,
)


def fitting(text: str, room: float) -> str:
    """As much of a line of text as fits into so many pixels, by what its characters take at most in usual fonts."""
    taken = 0.0
    for place, character in enumerate(text):
        taken += _width(character)
        if taken > room:
            return text[: max(place - 1, 0)] + "…"
    return text


def _width(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 13.0
    return 11.0 if character in "mwMW@%" else 8.6 if character.isupper() else 6.6


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled rectangle; `tip` is told by a pointer that rests on it."""

    x: float
    y: float
    width: float
    height: float
    tone: Tone
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A path of straight pieces."""

    points: Sequence[tuple[float, float]]
    tone: Tone
    dashed: bool = False
    thin: bool = False

    @property
    def path(self) -> str:
        """As SVG writes it."""
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in self.points)


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    tone: Tone
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text."""

    x: float
    y: float
    text: str
    tone: Tone = "soft"
    anchor: Anchor = "start"


@dataclass(slots=True, kw_only=True)
class Drawing:
    """A picture that is being made."""

    title: str
    description: str
    """The same in words, for those who do not see it."""
    height: int
    rects: list[Rect] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    def svg(self) -> bytes:
        """Its bytes, the same for the same shapes."""
        return _TEMPLATES.get_template("drawing.svg.jinja").render(drawing=self, width=WIDTH, colors=_COLORS).encode()
