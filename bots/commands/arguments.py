"""The arguments of a command, taken out one by one; what is wrong with them is kept and told together."""

from typing import Any, Final, cast
from urllib.parse import urlsplit

from bots.rulebook import Rules
from bots.timeline.event import clean, parse_time, time_text
from bots.timeline.event_fields import OUTCOMES, PRIORITIES, VERDICTS
from bots.timeline.intake import Command
from bots.timeline.state import incident_number

MAX_TEXT: Final = 10_000
"""Characters of a note."""
MAX_OUTPUT: Final = 24_000
"""Characters of what a remediation found out."""
_MAX_WORD: Final = 100
_SHOWN: Final = 60


class Arguments:
    """A missing argument is the empty value of its type; only `needed` ones are a problem then."""

    def __init__(self, command: Command) -> None:
        """Takes nothing yet."""
        self._given = command.args
        self.problems: list[str] = []

    def problem(self, name: str, got: Any, expected: str) -> None:
        """Keeps one: `to: got 'bob'; expected a member`."""
        said = "missing" if got is None else f"got {str(got)[:_SHOWN]!r}"
        line = f"{name}: {said}; expected {expected}"
        if line not in self.problems:
            self.problems.append(line)

    def text(self, name: str, *, needed: bool = False, cut: bool = False, limit: int = MAX_TEXT) -> str:
        """Free text; too long a one is a problem, or is cut."""
        value = self._given.get(name)
        if value is None or value == "":
            if needed:
                self.problem(name, value, "some text")
            return ""
        if not isinstance(value, str):
            self.problem(name, value, "text")
            return ""
        if len(value) > limit and not cut:
            self.problem(name, value, f"at most {limit:,} characters, not {len(value):,}")
        return clean(value, limit)

    def word(self, name: str) -> str:
        """A short text on one line."""
        value = self._given.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > _MAX_WORD or not value.isprintable():
            self.problem(name, value, f"a word of at most {_MAX_WORD} characters")
            return ""
        return clean(value.strip())

    def one_of(self, name: str, words: tuple[str, ...], *, needed: bool = False) -> str:
        """One of the words."""
        value = self._given.get(name)
        if value in words:
            return cast(str, value)
        if needed or value not in (None, ""):
            self.problem(name, value, f"one of {', '.join(words)}")
        return ""

    def priority(self, name: str, *, needed: bool = False) -> str:
        """`P0` to `P4`."""
        return self.one_of(name, PRIORITIES, needed=needed)

    def verdict(self, name: str) -> str:
        """What the incident was."""
        return self.one_of(name, VERDICTS)

    def outcome(self, name: str) -> str:
        """How an attempt ended."""
        return self.one_of(name, OUTCOMES, needed=True)

    def member(self, name: str, rules: Rules) -> str:
        """A person of policies/teams."""
        value = self.word(name)
        if value and value not in rules.members:
            self.problem(name, value, "a member of a team in policies/teams")
        return value

    def flag(self, name: str) -> bool:
        """True or false; false by default."""
        value = self._given.get(name, False)
        if not isinstance(value, bool):
            self.problem(name, value, "true or false")
            return False
        return value

    def integer(self, name: str) -> int | None:
        """A whole number."""
        value = self._given.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**31):
            self.problem(name, value, "a whole number")
            return None
        return value

    def number(self, name: str) -> int:
        """A whole number from 1; 0 where there is none."""
        value = self._given.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 2**31:
            return value
        self.problem(name, value, "a whole number from 1")
        return 0

    def incident(self, name: str) -> int | None:
        """Another incident, as `INC-3` or 3."""
        value = self._given.get(name)
        if value is None:
            return None
        try:
            return incident_number(value)
        except ValueError:
            self.problem(name, value, "an incident such as INC-3")
            return None

    def time(self, name: str) -> str:
        """A time with a zone, as it is written in events."""
        value = self._given.get(name)
        if value is None:
            return ""
        try:
            return time_text(parse_time(value))
        except (ValueError, TypeError, OverflowError):
            self.problem(name, value, "a time such as 2026-01-05T10:00:00Z")
            return ""

    def url(self, name: str) -> str:
        """An address of the web."""
        value = self.text(name)
        if not value:
            return ""
        try:
            parts = urlsplit(value)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.netloc or not value.isprintable() or " " in value:
            self.problem(name, value, "an address such as https://example.com/x")
            return ""
        return value
