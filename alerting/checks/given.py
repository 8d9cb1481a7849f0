"""What every check is given, and the words in which it reports."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from alerting.model.policy import Policy
from alerting.problem import Level, Problem, said
from alerting.sources import RUNBOOK, SERVICE, TEAM, Kind, Sources
from alerting.spelling import did_you_mean
from alerting.syntax import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The objects that are valid by themselves, where they stand, and the time."""

    policy: Policy
    sources: Sources
    at: datetime

    def known(self, kind: Kind) -> frozenset[str]:
        """The names of all objects of a kind, of those with mistakes of their own too."""
        objects: Mapping[str, Mapping[str, object]] = {
            SERVICE.name: self.policy.services,
            TEAM.name: self.policy.teams,
            RUNBOOK.name: self.policy.runbooks,
        }
        return frozenset(objects[kind.name]) | {name for of, name in self.sources.broken if of == kind.name}

    def whole(self, *kinds: Kind) -> bool:
        """Whether every file of these kinds was understood: else what seems to be missing may be in another."""
        names = {kind.name for kind in kinds}
        return not any(of in names for of, _ in self.sources.broken)

    def error(self, kind: Kind, name: str, path: Path, wrong: str, expected: str, fix: str) -> Problem:
        """A mistake that must be corrected."""
        return self.sources.problem(kind, name, path, wrong=wrong, expected=expected, fix=fix)

    def warning(self, kind: Kind, name: str, path: Path, wrong: str, expected: str, fix: str) -> Problem:
        """Something that somebody should know, and that need not stop anything."""
        return self.sources.problem(kind, name, path, wrong=wrong, expected=expected, fix=fix, level="warning")

    def unknown(self, kind: Kind, name: str, path: Path, what: str, word: str, of: Kind | frozenset[str]) -> Problem:
        """A word that names nothing; `what` says what it should name."""
        words = self.known(of) if isinstance(of, Kind) else of
        if isinstance(of, Kind):
            otherwise = f"write {of.file(word)}, or correct the name"
            expected = f"expected a {what} of {of.place}/"
        else:
            otherwise = "correct the name" if words else "remove it"
            expected = f"expected one of {', '.join(sorted(words))}" if words else f"expected no {what}, there is none"
        return self.error(
            kind, name, path, f"there is no {what} {word}", expected, did_you_mean(word, sorted(words), otherwise)
        )

    def complaint(self, kind: Kind, name: str, path: Path, text: str, level: Level = "error") -> Problem:
        """What another module says is wrong, as `wrong; expected …; way out`."""
        wrong, expected, fix = said(text)
        return self.sources.problem(kind, name, path, wrong=wrong, expected=expected, fix=fix, level=level)

    def complaint_below(self, kind: Kind, name: str, path: Path, text: str) -> Problem:
        """The same, with `key.key: ` in front, which says where below the path."""
        where, _, rest = text.partition(": ")
        return self.complaint(kind, name, (*path, *where.split(".")), rest)


Check = Callable[[Given], Iterator[Problem]]
