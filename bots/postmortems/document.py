"""A postmortem as people wrote it: front matter, sections, and every mistake that keeps it from being read. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from markdown_it import MarkdownIt
from pydantic import ValidationError

from alerting.document import front_matter, read_front_matter
from alerting.meaning import flaws
from alerting.model.postmortem import PostmortemFrontMatter
from alerting.places import places
from alerting.problem import Problem
from alerting.syntax import Flaw
from bots.postmortems.draft import HEADINGS

FOLDER: Final = "postmortems"
TEMPLATE: Final = f"{FOLDER}/TEMPLATE.md"
_LEVEL: Final = "h2"
_MARKDOWN: Final = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What stands below one heading."""

    heading: str
    line: int
    """The heading's own, counted from 1."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmortem:
    """A postmortem that can be read; whether it is complete is for `bots.postmortems.lint` to say."""

    path: str
    front: PostmortemFrontMatter
    sections: Mapping[str, Section]
    """By heading; the first of each."""
    follow_up_lines: tuple[int, ...]
    """The line of each follow-up of the front matter."""
    body: str
    """Everything below the front matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What came of reading a file."""

    postmortem: Postmortem | None
    """None if there are problems."""
    problems: tuple[Problem, ...]


def read(path: str, text: bytes) -> Read:
    """A postmortem from its bytes; never raises, whatever they are. `path` is from the repository's root."""
    document = read_front_matter(text, TEMPLATE)
    found = list(document.flaws)
    front: PostmortemFrontMatter | None = None
    if document.readable:
        try:
            front = PostmortemFrontMatter.model_validate(document.tree, by_alias=True, by_name=False)
        except ValidationError as error:
            found += flaws(error, document, PostmortemFrontMatter)
    matter = front_matter(text) or b""
    if front is not None:
        found += _named(path, front)
    body = text[text.find(matter) + len(matter) :] if matter else text
    # The line that ends the front matter is not part of either.
    _, _, rest = body.partition(b"\n")
    sections = _sections(rest.decode("utf-8", "replace"), matter.count(b"\n") + 1)
    if document.readable:
        found += _missing(sections)
    problems = tuple(_problem(path, matter, flaw) for flaw in found)
    if problems or front is None:
        return Read(postmortem=None, problems=problems)
    known = places(matter)
    postmortem = Postmortem(
        path=path,
        front=front,
        sections=sections,
        follow_up_lines=tuple(known.line(("follow_ups", number)) for number in range(len(front.follow_ups))),
        body=rest.decode("utf-8", "replace"),
    )
    return Read(postmortem=postmortem, problems=())


def _named(path: str, front: PostmortemFrontMatter) -> list[Flaw]:
    name = PurePosixPath(path).stem
    if name == front.incident:
        return []
    return [
        Flaw(
            path=("incident",),
            wrong=f"the file is called {name}.md and its incident is {front.incident}",
            expected=f"expected {front.incident}.md",
            fix="rename the file or correct `incident`",
        )
    ]


def _missing(sections: Mapping[str, Section]) -> list[Flaw]:
    return [
        Flaw(
            line=1,
            wrong=f"there is no section `## {heading}`",
            expected=f"expected the headings {', '.join(HEADINGS)}",
            fix=f"add it as {TEMPLATE} has it",
        )
        for heading in HEADINGS
        if heading not in sections
    ]


def _sections(body: str, lines_before: int) -> dict[str, Section]:
    lines = body.split("\n")
    tokens = _MARKDOWN.parse(body)
    starts = [
        (token.map[0], tokens[at + 1].content.strip())
        for at, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == _LEVEL and token.level == 0 and token.map is not None
    ]
    found: dict[str, Section] = {}
    for order, (line, heading) in enumerate(starts):
        end = starts[order + 1][0] if order + 1 < len(starts) else len(lines)
        text = "\n".join(lines[line + 1 : end]).strip()
        found.setdefault(heading, Section(heading=heading, line=lines_before + line + 1, text=text))
    return found


def _problem(path: str, matter: bytes, flaw: Flaw) -> Problem:
    known = places(matter)
    trail = known.trail(flaw.path)
    name = f"postmortem {PurePosixPath(path).stem}"
    return Problem(
        file=path,
        line=known.line(flaw.path) if flaw.line is None else flaw.line,
        object=f"{name}: {trail}" if trail else name,
        wrong=flaw.wrong,
        expected=flaw.expected,
        fix=flaw.fix,
    )
