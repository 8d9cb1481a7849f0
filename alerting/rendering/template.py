"""YAML that is written once for many objects of one form, and filled with each one's texts.

A filled template is, byte for byte, what writing the object itself would give: a text is only filled in where the
writer would neither quote nor break it in another way, see `fits_inside`, `fits_alone` and `fits_quoted`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from alerting.yaml_text import Value, dump, is_plain


@dataclass(frozen=True, slots=True)
class Template:
    """Text with holes: `pieces` and `holes` (which value goes there) take turns."""

    pieces: tuple[str, ...]
    holes: tuple[int, ...]

    def fill(self, values: Sequence[str]) -> str:
        """The text with these values in the holes."""
        parts: list[str] = [""] * (2 * len(self.holes) + 1)
        parts[::2] = self.pieces
        parts[1::2] = map(values.__getitem__, self.holes)
        return "".join(parts)


def template(value: Value, tokens: Sequence[str], indent: str = "") -> Template:
    """The template of a value that has `tokens` where texts go; each line is indented by `indent`."""
    text = dump(value)
    if indent:
        text = "".join(f"{indent}{line}" if line.strip() else line for line in text.splitlines(keepends=True))
    if not tokens:
        return Template(pieces=(text,), holes=())
    found = re.split("(" + "|".join(re.escape(token) for token in sorted(tokens, key=len, reverse=True)) + ")", text)
    places = {token: at for at, token in enumerate(tokens)}
    return Template(pieces=tuple(found[::2]), holes=tuple(places[token] for token in found[1::2]))


def fits_inside(text: str) -> bool:
    """Whether a text stays as it is within a longer one, whether that is quoted or not."""
    return "'" not in text and is_plain(f"a{text}a")


def fits_alone(text: str) -> bool:
    """Whether a text stays as it is, as a value of its own and within a longer one."""
    return "'" not in text and is_plain(text)


def fits_quoted(text: str) -> bool:
    """Whether a text that must be quoted for how it begins stays as it is between the quotes."""
    return text.startswith("{{") and "'" not in text and text.isprintable()
