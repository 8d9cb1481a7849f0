"""What is written for people: links lead somewhere, decisions are numbered, and whatever is named is there."""

import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import unquote

import click
import pytest
import yaml
from pydantic import BaseModel

from stacks.sections.stack import Stack
from tools.cli import main

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(page for folder in ("docs", "runbooks", "postmortems") for page in (ROOT / folder).rglob("*.md")),
    ]
)
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
_LINK = re.compile(r"\]\(<?([^)>\s]+)>?\)")
_CODE = re.compile(r"^(`{3,}).*?^\1|`[^`\n]*`", re.M | re.S)
_BLOCK = re.compile(r"^(`{3,})(\w*)\n(.*?)^\1", re.M | re.S)
_SPAN = re.compile(r"`([^`\n]+)`")
# Where a command may begin: a line, after another command, after a prompt, after a variable.
_BEGINS = r"(?:^|&& |\| |; |\$ |\.venv/bin/|[A-Z_]+=\S+ )"
_MAKE = re.compile(rf"{_BEGINS}make (.+)")
_TOCSIN = re.compile(rf"{_BEGINS}tocsin (.+)")
_KEY = re.compile(r"(?<![/\w])tocsin:(?!components:)([A-Za-z]+)((?:\.[A-Za-z_]+|\[\"[^\"]+\"\])*)")
_VARIABLE = re.compile(r"TOCSIN_[A-Z_]*[A-Z]")
_PATH = re.compile(
    r"(?:\.github|alerting|bots|components|dashboards|docs|policies|runbooks|stacks|tests|tools)/[\w./-]*(?:/|\.\w+)"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    """A page that was moved takes its links along, and a heading that was reworded those to it."""
    links = _LINK.findall(_CODE.sub("", page.read_text()))
    assert [link for link in links if not re.match(r"[a-z]+:", link) and not leads(page, link)] == []


def leads(page: Path, link: str) -> bool:
    """Whether a link of a page has a file behind it, and the heading in it that it names."""
    path, _, anchor = link.partition("#")
    target = page.parent / unquote(path) if path else page
    return target.exists() and (not anchor or target.suffix != ".md" or anchor in anchors(target))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The headings of a page as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ +(.+?) *$", _BLOCK.sub("", page.read_text()), re.M)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain)


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("setup.md#3-the-cluster", True),
        ("setup.md", True),
        ("../README.md#two-commands", True),
        ("setup.md#not-built-yet", False),
        ("moon.md", False),
    ],
)
def test_a_link_is_known_by_its_file_and_its_heading(link: str, there: bool) -> None:
    """The test of the pages finds what is wrong."""
    assert leads(ROOT / "docs" / "operations.md", link) is there


def test_the_pages_are_found() -> None:
    """An empty list would be in order."""
    lines = [line for page in PAGES for line in code(page)]
    assert len([line for line in lines if _TOCSIN.search(line)]) > 60
    assert len([line for line in lines if _MAKE.search(line)]) > 30


def test_decisions_are_numbered_without_gaps_and_say_their_number() -> None:
    """Two people who write a decision at the same time get two numbers."""
    numbers = [int(page.name.partition("-")[0]) for page in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))
    titles = [page.read_text().partition("\n")[0] for page in DECISIONS]
    assert [title for number, title in zip(numbers, titles, strict=True) if not title.startswith(f"# {number}. ")] == []


def test_every_decision_says_why_what_and_what_follows() -> None:
    """The three headings that a reader looks for."""
    headings = {page.name: re.findall(r"^## (.+)$", page.read_text(), re.M) for page in DECISIONS}
    assert [name for name, found in headings.items() if not {"Context", "Decision", "Consequences"} <= set(found)] == []


def test_the_readme_has_a_line_for_every_folder() -> None:
    """Whoever adds a folder says what is in it."""
    readme = (ROOT / "README.md").read_text()
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"policies", "runbooks", "rendered", "docs"}
    assert [folder for folder in sorted(folders) if not re.search(rf"^    {folder}/ +\S", readme, re.M)] == []


def test_the_readme_shows_what_a_drill_prints() -> None:
    """The steps of the output are those of the drill."""
    scenario = (ROOT / "tools" / "drill" / "scenario.py").read_text()
    readme = (ROOT / "README.md").read_text()
    titles = re.findall(r'title="([^"]+)"', scenario)
    assert titles
    assert [title for title in titles if f"│ {title} " not in readme] == []


def code(page: Path) -> list[str]:
    """Every line of code on a page: of blocks, of spans, and of what is indented."""
    text = page.read_text()
    blocks = [line for _, language, body in _BLOCK.findall(text) if language != "text" for line in body.splitlines()]
    rest = _BLOCK.sub("", text)
    return [*blocks, *_SPAN.findall(rest), *(line.strip() for line in re.findall(r"^ {4}(.+)$", rest, re.M))]


def words(line: str) -> list[str]:
    """The words of the first command in a line, without its comment."""
    command = re.split(r"\s#|\s(?:&&|\||&|>|<)(?=\s|$)|;", f"{line} ")[0]
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    """Whoever renames a target finds where people read of it; the variables are known, too."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.M))
    variables = set(re.findall(r"\$\(([A-Z]+)\)", makefile))
    named = [word for line in code(page) for given in _MAKE.findall(line) for word in words(given)]
    wrong = [word for word in named if "=" not in word and word not in targets]
    assert wrong + [word for word in named if "=" in word and word.partition("=")[0] not in variables] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_tocsin_command_that_a_page_names_exists(page: Path) -> None:
    """Groups, commands and options, as the program itself has them."""
    lines = [given for line in code(page) for given in _TOCSIN.findall(line)]
    assert [line for line in lines if not is_command(words(line))] == []


def is_command(given: list[str]) -> bool:
    """Whether `tocsin` has the command and its options; arguments may be anything."""
    command: click.Command = main
    left = list(given)
    while left:
        word = left.pop(0)
        if word.startswith("-"):
            name, _, value = word.partition("=")
            option = next((one for one in command.params if name in (*one.opts, *one.secondary_opts)), None)
            if option is None and name not in ("-h", "--help"):
                return False
            if isinstance(option, click.Option) and not option.is_flag and not value:
                left = left[1:]
        elif isinstance(command, click.Group) and word != "…":
            found = command.get_command(click.Context(command), word)
            if found is None:
                return False
            command = found
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_configuration_key_that_a_page_names_exists(page: Path) -> None:
    """Keys in texts and commands, and those of blocks that show a stack's file."""
    paths = [(section, *re.findall(r"[\w-]+", rest)) for section, rest in _KEY.findall("\n".join(code(page)))]
    for _, language, body in _BLOCK.findall(page.read_text()):
        for tree in yaml.safe_load_all(body) if language == "yaml" else ():
            if isinstance(tree, dict) and isinstance(tree.get("config"), dict):
                paths += [(name.removeprefix("tocsin:"), *rest) for name, *rest in leaves(tree["config"])]
    assert [".".join(path) for path in paths if not is_key(Stack, path)] == []


def leaves(tree: Any) -> Iterator[tuple[str, ...]]:
    """The path to every value."""
    if not isinstance(tree, dict) or not tree:
        yield ()
        return
    for key, value in tree.items():
        yield from ((str(key), *rest) for rest in leaves(value))


def is_key(shape: Any, path: tuple[str, ...]) -> bool:
    """Whether a value of that type has something at the path."""
    if not path:
        return True
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        fields = {field.alias or name: field.annotation for name, field in shape.model_fields.items()}
        return path[0] in fields and is_key(fields[path[0]], path[1:])
    arguments = get_args(shape)
    if get_origin(shape) is Annotated:
        return is_key(arguments[0], path)
    if isinstance(get_origin(shape), type) and issubclass(get_origin(shape), Mapping):
        return is_key(arguments[1], path[1:])
    return any(is_key(one, path) for one in arguments)


@cache
def variables_that_are_read() -> frozenset[str]:
    """As .env.example lists them, and those of the workflows."""
    files = [ROOT / ".env.example", *(ROOT / ".github" / "workflows").glob("*.yml")]
    return frozenset(name for file in files for name in _VARIABLE.findall(file.read_text()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_variable_and_path_that_a_page_names_exists(page: Path) -> None:
    """Variables of the environment, and files of this repository that stand in a span of their own."""
    lines = code(page)
    unknown = set(_VARIABLE.findall("\n".join(lines))) - variables_that_are_read()
    paths = [line for line in _SPAN.findall(_BLOCK.sub("", page.read_text())) if _PATH.fullmatch(line)]
    assert [*sorted(unknown), *(path for path in paths if not (ROOT / path).exists())] == []


@pytest.mark.parametrize(
    ("command", "exists"),
    [
        ("render --kubernetes production --out /tmp/review", True),
        ("oncall --team payments apply --dry-run", True),
        ("oncall --teams payments", False),
        ("incident acknowledge INC-1", False),
    ],
)
def test_a_command_is_known_by_its_words(command: str, exists: bool) -> None:
    """The test of the pages finds what is wrong."""
    assert is_command(command.split()) is exists


@pytest.mark.parametrize(
    ("path", "exists"),
    [
        ("objectStore.s3.bucket", True),
        ("pagerduty.phones.ana-phone", True),
        ("object_store.s3", False),
        ("cluster.tls.ca", False),
        ("grafana.server.passwort", False),
    ],
)
def test_a_key_is_known_by_its_path(path: str, exists: bool) -> None:
    """The names are those of the files, not those of the code."""
    assert is_key(Stack, tuple(path.split("."))) is exists
