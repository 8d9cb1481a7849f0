"""A comment as what is said in it and the commands that it gives, those of `bots.commands.speech`. Pure."""

import re
from typing import Final

from bots.commands.speech import begins, behind, meant

_FENCE: Final = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
"""https://github.github.com/gfm/#fenced-code-blocks"""
_LINE_END: Final = re.compile(r"\r\n?|\n")
_CODE: Final = re.compile(" {4}|\t")
"""What stands further in is a code block."""


def parts(text: str) -> tuple[str, ...]:
    """The commands of a comment, behind what is said before them: a line that begins with `/word` begins one.

    Below the first line it does so only with a command that there is, or nearly: paths begin lines too. What is quoted
    or stands in a code block is shown to somebody, not asked for.
    """
    found: list[list[str]] = [[]]
    fence = ""
    for number, line in enumerate(_LINE_END.split(text.strip())):
        new = not fence and (begins(line) if number == 0 else meant(line) and not _CODE.match(line))
        if new:
            found.append([])
        found[-1].append(line)
        fence = _fence(fence, behind(line) if new else line)
    said = ("\n".join(lines).strip() for lines in found)
    return tuple(part for part in said if part) or ("",)


def _fence(fence: str, line: str) -> str:
    """What begins the code block that goes on behind a line; `fence` is that of the one before it."""
    mark = _FENCE.match(line)
    if mark is None or not fence:
        return mark[1] if mark else fence
    return "" if mark[1].startswith(fence) and line.strip() == mark[1] else fence
