"""The text of a runbook: its sections and the commands in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from alerting.builder import BOM
from alerting.document import front_matter

SECTIONS: Final = ("What it means", "Impact", "Diagnosis", "Mitigation", "Escalation")
"""What every runbook has, in this order, as headings of the second level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of commands."""

    section: str
    """The heading above it; empty before the first one."""
    language: str
    """What stands after the fence, such as `sh`, `sql` or `promql`."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A runbook without its front matter."""

    markdown: str
    sections: tuple[str, ...]
    """Headings of the second level, in order."""
    blocks: tuple[Block, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Sections that a runbook should have and this one does not."""
        return tuple(section for section in SECTIONS if section not in self.sections)

    @property
    def queries(self) -> tuple[str, ...]:
        """The PromQL expressions of its blocks; an empty line parts two of them."""
        found = (query for block in self.blocks if block.language == "promql" for query in block.text.split("\n\n"))
        return tuple(query.strip() for query in found if query.strip())


def read(text: bytes) -> Page:
    """Reads a runbook, with or without front matter; bytes that are no UTF-8 are shown as such."""
    matter = front_matter(text)
    body = text.removeprefix(BOM)
    if matter is not None:
        body = body[len(matter) :].partition(b"\n")[2]
    markdown = body.decode("utf-8", errors="replace").strip() + "\n"
    tokens = MarkdownIt("commonmark").parse(markdown)
    return Page(markdown=markdown, sections=tuple(_headings(tokens)), blocks=tuple(_blocks(tokens)))


def _headings(tokens: list[Token]) -> Iterator[str]:
    """The texts of the headings of the second level."""
    for opening, inside in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h2":
            yield inside.content.strip()


def _blocks(tokens: list[Token]) -> Iterator[Block]:
    """The fenced blocks, each with the section that it stands in."""
    section = ""
    for before, token in pairwise(tokens):
        if before.type == "heading_open" and before.tag == "h2":
            section = token.content.strip()
        if token.type == "fence":
            yield Block(section=section, language=token.info.strip(), text=token.content)
