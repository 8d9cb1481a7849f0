"""One mistake in a policy file, in the words in which it is reported."""

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """Where it is, what is wrong, what was expected and the way out."""

    file: str
    """Path from the repository's root, with forward slashes."""
    line: int
    object: str
    """The thing that is wrong, such as `service checkout: slos.availability.objective`."""
    wrong: str
    expected: str
    fix: str
    level: Level = "error"

    def __str__(self) -> str:
        """`file:line: object: what is wrong; what was expected; how to fix it`."""
        text = f"{self.file}:{self.line}: {self.object}: {self.wrong}; {self.expected}; {self.fix}"
        text = text if self.level == "error" else f"{text} (warning)"
        return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


UNSAID: Final = ("expected what docs/policy-reference.md says of it", "correct it")
"""What is expected and the way out, where an error names neither."""


def said(message: str) -> tuple[str, str, str]:
    """What is wrong, what was expected and the way out, of a message `wrong; expected …; way out`."""
    wrong, _, rest = message.partition("; expected")
    if not rest:
        return wrong, *UNSAID
    expected, _, fix = rest.partition("; ")
    return wrong, f"expected{expected}", fix or UNSAID[1]
