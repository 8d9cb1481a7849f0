"""What the pages have people type and click is there: commands, options, targets, keys of a stack, links, headings."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import click
import pytest
from pydantic import BaseModel

from stacks.sections.stack import Stack
from tests.stacks.companies import ROOT
from tools.cli import main

PAGES: Final = sorted(
    page for pattern in ("*.md", "docs/*.md", "docs/adr/*.md", "runbooks/*.md") for page in ROOT.glob(pattern)
)
IDS: Final = [page.relative_to(ROOT).as_posix() for page in PAGES]
_SPAN: Final = re.compile(r"`(?:[A-Z_]+=\S+ )*((?:tocsin|make) [^`\n]+)`")
_BLOCK: Final = re.compile(r"^```(?:sh|text)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINE: Final = re.compile(r"(?:^|&& |\$ )\s*(?:[A-Z_]+=\S+ )*((?:tocsin|make) [^\n#|&;]+)", re.MULTILINE)
_KEY: Final = re.compile(r"\btocsin:([a-z]\w*(?:\.[a-z]\w*)*)")
_NO_SECTION: Final = frozenset({"components", "environment"})
"""`tocsin:` also stands before types of Pulumi's, and in a subject of GitHub's after a repository of that name."""
_LINK: Final = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)


def commands(text: str) -> Iterator[list[str]]:
    """Everything on a page that is typed into a shell and begins with one of our two words."""
    found = _SPAN.findall(text) + [line for block in _BLOCK.findall(text) for line in _LINE.findall(block)]
    for command in found:
        try:
            yield shlex.split(command.replace("…", ""))
        except ValueError:  # a word of prose such as `make it's`
            continue


def unknown(words: list[str]) -> str:
    """What is wrong with a command of ours; empty if nothing is."""
    command: click.Command = main
    context = click.Context(main)
    rest = words[1:]
    while isinstance(command, click.Group) and rest:
        if rest[0] == "--root":
            rest = rest[2:]
        elif rest[0].startswith("-") or (found := command.get_command(context, rest[0])) is None:
            break
        else:
            command, context, rest = found, click.Context(found), rest[1:]
    if isinstance(command, click.Group) and not command.invoke_without_command and rest and not rest[0].startswith("-"):
        return f"no command {rest[0]}"
    known = {
        option for parameter in command.get_params(context) for option in (*parameter.opts, *parameter.secondary_opts)
    }
    wrong = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]
    return f"no option {', '.join(wrong)} of {command.name}" if wrong else ""


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models(part)


def is_key(path: list[str]) -> bool:
    """Whether a stack's configuration has the key; below a mapping every name may stand."""
    here: list[type[BaseModel]] = [Stack]
    for part in path:
        if not here:
            return True
        fields = [field for model in here for name, field in model.model_fields.items() if part in (name, field.alias)]
        if not fields:
            return False
        here = [model for field in fields for model in models(field.annotation)]
    return True


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub makes anchors of them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in _HEADING.findall(text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_command_and_target_is_there(page: Path) -> None:
    """With its options; a page that was not changed with a command would mislead at the worst moment."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    wrong = []
    for words in commands(page.read_text(encoding="utf-8")):
        if words[0] == "make":
            wrong += [" ".join(words) for word in words[1:2] if re.fullmatch(r"[a-z-]+", word) and word not in targets]
        elif said := unknown(words):
            wrong.append(f"{' '.join(words)}: {said}")
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_key_of_a_stack_is_there(page: Path) -> None:
    """Where a page says `tocsin:…`, the program reads that key."""
    keys = {key for key in _KEY.findall(page.read_text(encoding="utf-8")) if key.split(".")[0] not in _NO_SECTION}
    assert [key for key in sorted(keys) if not is_key(key.split("."))] == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file of the repository, and to a heading that is there."""
    wrong = []
    for found in _LINK.findall(page.read_text(encoding="utf-8")):
        link = found[0] or found[1]
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


def test_the_pages_are_found() -> None:
    """An empty list would be in order."""
    every = [words for page in PAGES for words in commands(page.read_text(encoding="utf-8"))]
    assert len([words for words in every if words[0] == "tocsin"]) > 60
    assert len([words for words in every if words[0] == "make"]) > 30


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("tocsin moon", "no command moon"),
        ("tocsin drill --moon", "no option --moon of drill"),
        ("tocsin incident list --all", ""),
        ("tocsin --root DIR check", ""),
        ("tocsin --help", ""),
    ],
)
def test_what_is_not_there_is_noticed(command: str, said: str) -> None:
    """The tests above would not be worth much otherwise."""
    assert unknown(shlex.split(command)) == said
