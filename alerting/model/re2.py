"""Regular expressions that Alertmanager's engine (RE2) and Python's read alike.

Answers about routes are worked out here, but Alertmanager acts on them; whatever the two engines would read in
different ways is refused. RE2's syntax: https://github.com/google/re2/wiki/Syntax
"""

import functools
import re
import warnings
from typing import Final

MAX_REPEAT: Final = 1000
"""RE2's own limit of `{n}`."""

_TOKEN: Final = re.compile(
    r"""
    (?P<escape>\\.)
  | (?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
  | (?P<group>\(\?)
  | (?P<repeat>\{[0-9,]*\})
  | (?P<possessive>[*+?}]\+)
  | .
    """,
    re.VERBOSE | re.DOTALL,
)
_GROUP: Final = re.compile(r"\(\?(?::|P<[A-Za-z_][A-Za-z0-9_]*>|[ims]+(?:-[ims]+)?:|-[ims]+:)")
_REPEAT: Final = re.compile(r"\{([0-9]+)(?:,([0-9]+)?)?\}")
_SPECIAL: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")
_SAFE_ESCAPE: Final = re.compile(r"\\[AbBdDsSwWfnrtv\W]", re.ASCII)


@functools.lru_cache(maxsize=4096)
def compiled(pattern: str) -> "re.Pattern[str]":
    """The pattern for `fullmatch`, as Alertmanager anchors it; raises ValueError that says what it cannot be."""
    for token in _TOKEN.finditer(pattern):
        _refuse(token, pattern)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            return re.compile(pattern, re.ASCII)
    except (re.error, FutureWarning, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from error


def quoted(text: str) -> str:
    """The pattern that matches this text and nothing else."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _refuse(token: "re.Match[str]", pattern: str) -> None:
    """Raises ValueError for a piece that the engines read in different ways."""
    text = token.group()
    if token.lastgroup == "escape" and not _SAFE_ESCAPE.fullmatch(text):
        raise ValueError(f"{text} cannot be used here")
    if token.lastgroup == "set" and any(not _SAFE_ESCAPE.fullmatch(part) for part in re.findall(r"\\.", text)):
        raise ValueError(f"{text} has an escape that cannot be used here")
    if token.lastgroup == "set" and "[:" in text:
        raise ValueError(f"{text} names a class; write it out, such as [a-z]")
    if token.lastgroup == "group" and not _GROUP.match(pattern, token.start()):
        raise ValueError("only (?:…) and flags such as (?i:…) can be used of the groups with a question mark")
    if token.lastgroup == "possessive":
        raise ValueError(f"{text} is not a repetition that RE2 knows")
    if token.lastgroup == "repeat":
        counts = _REPEAT.fullmatch(text)
        if counts is None or any(int(count) > MAX_REPEAT for count in counts.groups() if count):
            raise ValueError(f"{text} is not a repetition such as {{2}} or {{1,3}}, of at most {MAX_REPEAT}")
