"""The text of a runbook: its sections and the commands in them."""

import re
from dataclasses import dataclass
from typing import Final

from alerting.builder import BOM
from alerting.document import front_matter

SECTIONS: Final = ("What it means", "Impact", "Diagnosis", "Mitigation", "Escalation")
"""What every runbook has, in this order, as headings of the second level."""

_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})([^`]*)")
_HEADING: Final = re.compile(r" {0,3}##[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*")


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
    sections, blocks = _scan(markdown)
    return Page(markdown=markdown, sections=sections, blocks=blocks)


def _scan(markdown: str) -> tuple[tuple[str, ...], tuple[Block, ...]]:
    """Headings and fenced blocks, line by line: a whole Markdown parser takes a hundred times as long.

    https://spec.commonmark.org/0.31.2/#fenced-code-blocks
    """
    sections: list[str] = []
    blocks: list[Block] = []
    fence, language, inside = "", "", list[str]()
    for line in markdown.split("\n"):
        mark = _FENCE.fullmatch(line)
        if fence and not (mark and mark[1].startswith(fence) and not mark[2].strip()):
            inside.append(line)
        elif fence:
            text = "".join(f"{one}\n" for one in inside)
            blocks.append(Block(section=sections[-1] if sections else "", language=language, text=text))
            fence, inside = "", []
        elif mark:
            fence, language = mark[1], mark[2].strip()
        elif heading := _HEADING.fullmatch(line):
            sections.append(heading[1])
    return tuple(sections), tuple(blocks)
