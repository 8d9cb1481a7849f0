"""Reads the policy files of a repository into one frozen `Policy`: the only module here that touches the disk."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from alerting.document import read as read_document
from alerting.document import read_front_matter
from alerting.errors import PolicyError
from alerting.meaning import MOST, flaws
from alerting.model.policy import Policy
from alerting.model.silence import Silence
from alerting.model.team import Team
from alerting.problem import Problem
from alerting.sources import (
    ACCESS,
    CATALOG,
    KINDS,
    REMEDIATION,
    ROUTING,
    RUNBOOK,
    SERVICE,
    SEVERITY,
    SILENCE,
    TEAM,
    WINDOWS,
    Kind,
    Sources,
)
from alerting.strays import (
    BESIDE,
    POLICIES,
    missing_file,
    printable,
    stray,
    stray_beside,
    unnamable,
    unreadable,
    wrong_name,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the files say, what is wrong with them one by one, and where everything stands."""

    policy: Policy | None
    """None if any file has a mistake."""
    partial: Policy | None
    """The objects without mistakes of their own; None if one of the files that exist only once has one."""
    problems: tuple[Problem, ...]
    sources: Sources


def load(root: Path) -> Policy:
    """The policy of a repository; raises PolicyError with every problem of every file."""
    loaded = read(root)
    if loaded.policy is None:
        raise PolicyError(loaded.problems)
    return loaded.policy


def read(root: Path) -> Loaded:
    """Reads everything, and raises nothing that a file could be the cause of."""
    reader = _Reader(root)
    for kind in KINDS:
        reader.read(kind)
    reader.look_for_strays()
    return reader.loaded()


def read_teams(root: Path) -> tuple[Mapping[str, Team], tuple[Problem, ...]]:
    """The teams without mistakes and every problem of team files; no other file is read."""
    reader = _Reader(root)
    reader.read(TEAM)
    return reader.objects[TEAM.name], tuple(sorted(reader.problems))


def read_silences(root: Path) -> tuple[Mapping[str, Silence], tuple[Problem, ...]]:
    """The silences without mistakes and every problem of silence files; no other file is read."""
    reader = _Reader(root)
    reader.read(SILENCE)
    return reader.objects[SILENCE.name], tuple(sorted(reader.problems))


def understand(kind: Kind, name: str, text: bytes) -> BaseModel | None:
    """What a text says as a file of that kind; None if it has a mistake. For earlier versions of files."""
    reader = _Reader(Path())
    reader._understand(kind, name, text)
    value: BaseModel | None = reader.objects[kind.name].get(name)
    return value


class _Reader:
    """Gathers objects, texts and problems of one repository."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.objects: dict[str, dict[str, Any]] = {kind.name: {} for kind in KINDS}
        self.texts: dict[str, bytes] = {}
        self.problems: list[Problem] = []
        self.broken: set[tuple[str, str]] = set()
        self.sources = Sources(texts=self.texts)

    def read(self, kind: Kind) -> None:
        """Reads every file of a kind."""
        for name, path in self._files(kind):
            file = kind.file(name)
            try:
                self.texts[file] = path.read_bytes()
            except OSError as error:
                absent = isinstance(error, FileNotFoundError)
                if absent and kind.optional:
                    self.objects[kind.name][name] = kind.model()
                    continue
                self.problems.append(missing_file(kind) if absent else unreadable(kind, name, error))
                self.broken.add((kind.name, name))
                continue
            self._understand(kind, name, self.texts[file])

    def _files(self, kind: Kind) -> Iterator[tuple[str, Path]]:
        """The names and places of a kind's files, in order."""
        if not kind.suffix:
            yield "", self.root / kind.place
            return
        folder = self.root / kind.place
        if not folder.is_dir():
            return
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.name.startswith(".") or entry.name in kind.apart:
                continue
            name = entry.name.removesuffix(kind.suffix)
            if name != entry.name and printable(name) and entry.is_file():
                yield name, folder / entry.name
            else:
                self.problems.append(stray(kind, entry.name))

    def look_for_strays(self) -> None:
        """Reports what lies beside the policy files and would be left out in silence."""
        known = {kind.place for kind in KINDS}
        for path in sorted((self.root / POLICIES).glob("[!.]*")):
            place = f"{POLICIES}/{path.name}"
            if place not in known and path.name not in BESIDE:
                self.problems.append(stray_beside(place))

    def _understand(self, kind: Kind, name: str, text: bytes) -> None:
        """Turns one file's text into an object, or into problems."""
        document = read_front_matter(text) if kind is RUNBOOK else read_document(text)
        found = list(document.flaws[:MOST])
        value: BaseModel | None = None
        if document.readable:
            try:
                value = kind.model.model_validate(document.tree, by_alias=True, by_name=False)
            except ValidationError as error:
                found += flaws(error, document, kind.model)
            inside = document.tree.get(kind.own_name)
            if isinstance(inside, str) and inside != name and not any(flaw.path == (kind.own_name,) for flaw in found):
                found.append(wrong_name(kind, name, inside))
        if kind.suffix and (flaw := unnamable(kind, name)):
            found.append(flaw)
        if found:
            self.problems += [self.sources.report(kind, name, flaw) for flaw in found]
            self.broken.add((kind.name, name))
        else:
            self.objects[kind.name][name] = value

    def loaded(self) -> Loaded:
        """What came of it."""
        sources = Sources(texts=self.texts, broken=frozenset(self.broken))
        partial = self._policy()
        return Loaded(
            policy=None if self.problems else partial,
            partial=partial,
            problems=tuple(sorted(self.problems)),
            sources=sources,
        )

    def _policy(self) -> Policy | None:
        """The policy of the objects that were understood."""
        of = self.objects
        if any(not of[kind.name] for kind in KINDS if not kind.suffix):
            return None
        return Policy(
            services=of[SERVICE.name],
            teams=of[TEAM.name],
            severity=of[SEVERITY.name][""],
            routing=of[ROUTING.name][""],
            access=of[ACCESS.name][""],
            silences=of[SILENCE.name],
            catalog=of[CATALOG.name],
            windows=of[WINDOWS.name][""],
            runbooks=of[RUNBOOK.name],
            remediation=of[REMEDIATION.name][""],
        )
