"""The postmortems of a checkout, read and reviewed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alerting.model.policy import Policy
from alerting.problem import Problem
from bots.commands.rights import members
from bots.postmortems.document import FOLDER, Postmortem, read
from bots.postmortems.lint import Review, review


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """One file."""

    path: str
    """From the repository's root."""
    postmortem: Postmortem | None
    """None if it cannot be read."""
    review: Review | None
    problems: tuple[Problem, ...]


def paths(root: Path) -> list[Path]:
    """Every postmortem of the checkout, the newest year first, then the highest number."""
    found = (root / FOLDER).glob("*/INC-*.md")
    return sorted(found, key=lambda path: (path.parent.name, _number(path)), reverse=True)


def _number(path: Path) -> int:
    digits = path.stem.removeprefix("INC-")
    return int(digits) if digits.isdecimal() else 0


def reviewed(root: Path, policy: Policy, files: Sequence[Path]) -> Iterator[Reviewed]:
    """What the linter says about each file; raises OSError for one that cannot be read."""
    known = members(policy)
    for file in files:
        path = file.resolve().relative_to(root).as_posix() if file.resolve().is_relative_to(root) else str(file)
        result = read(path, file.read_bytes())
        found = review(result.postmortem, known) if result.postmortem is not None else None
        problems = (*result.problems, *(found.problems if found else ()))
        yield Reviewed(path=path, postmortem=result.postmortem, review=found, problems=problems)


def problems(root: Path, policy: Policy) -> Iterator[Problem]:
    """Everything that is wrong with any postmortem of the checkout."""
    for one in reviewed(root, policy, paths(root)):
        yield from one.problems
