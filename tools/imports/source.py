"""Bytes of a foreign file → YAML documents that know their lines, read as strictly as our own files."""

import re
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from alerting.builder import unreadable
from alerting.document import read
from alerting.meaning import flaws
from alerting.places import Places, places
from alerting.problem import Problem
from alerting.syntax import Flaw, Path

MOST_DOCUMENTS: Final = 500
"""More in one file than people write; keeps a hostile one from costing more than moments."""

# `---` in the first column starts a document wherever it stands: https://yaml.org/spec/1.2.2/#92-streams
_START: Final = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_NOTHING: Final = re.compile(rb"(?:---)?(?:[ \t]*(?:#[^\n]*|%[^\n]*)?\r?(?:\n|\Z))*")

Model = TypeVar("Model", bound=BaseModel)


class WireModel(BaseModel):
    """The shape of (a part of) a foreign file; keys that nobody here knows are kept apart, to be reported."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True, use_attribute_docstrings=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One YAML document of a foreign file."""

    file: str
    tree: Any
    before: int
    """Lines of the file before the document."""
    places: Places

    def line(self, *path: str | int) -> int:
        """The line of a value, or of the nearest thing around it, in the whole file."""
        return self.places.line(path) + self.before

    def problem(self, path: Path, wrong: str, expected: str, fix: str) -> Problem:
        """A mistake at a place of the document."""
        return Problem(
            file=self.file,
            line=self.line(*path),
            object=self.places.trail(path) or "document",
            wrong=wrong,
            expected=expected,
            fix=fix,
        )

    def understand(self, model: type[Model]) -> tuple[Model | None, list[Problem]]:
        """The document as a model, or what is wrong with it."""
        try:
            return model.model_validate(self.tree), []
        except ValidationError as error:
            document = read(b"")
            found = flaws(error, replace(document, tree=self.tree, flaws=(), readable=True), model)
            return None, [self.problem(flaw.path, flaw.wrong, flaw.expected, flaw.fix) for flaw in found]


def read_documents(file: str, text: bytes) -> tuple[list[Source], list[Problem]]:
    """The documents of a file that have anything in them, and what keeps others from being read."""
    broken = unreadable(text)
    if broken:
        return [], [_problem(file, broken, 0)]
    starts = sorted({0, *(match.start() for match in _START.finditer(text))})
    parts = list(zip(starts, [*starts[1:], len(text)], strict=True))
    if len(parts) > MOST_DOCUMENTS:
        flaw = Flaw(
            line=1,
            wrong=f"the file has {len(parts)} documents",
            expected=f"expected at most {MOST_DOCUMENTS}",
            fix="split it into several files",
        )
        return [], [_problem(file, flaw, 0)]
    sources: list[Source] = []
    problems: list[Problem] = []
    for begin, end in parts:
        part = text[begin:end]
        if _NOTHING.fullmatch(part):
            continue
        before = text.count(b"\n", 0, begin)
        document = read(part)
        problems += [_problem(file, flaw, before) for flaw in document.flaws]
        if document.readable:
            sources.append(Source(file=file, tree=document.tree, before=before, places=places(part)))
    if not sources and not problems:
        nothing = Flaw(
            line=1, wrong="the file is empty", expected="expected documents with SLOs", fix="is it the right file?"
        )
        problems.append(_problem(file, nothing, 0))
    return sources, problems


def _problem(file: str, flaw: Flaw, before: int) -> Problem:
    path = ".".join(f"#{step + 1}" if isinstance(step, int) else repr(step)[1:-1] for step in flaw.path)
    return Problem(
        file=file,
        line=(flaw.line or 1) + before,
        object=path or "document",
        wrong=flaw.wrong,
        expected=flaw.expected,
        fix=flaw.fix,
    )
