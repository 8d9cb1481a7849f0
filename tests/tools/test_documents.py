"""What is written for people: links lead somewhere, decisions are numbered, the README shows what is there."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    """A page that was moved takes its links along."""
    links = _LINK.findall(_CODE.sub("", page.read_text()))
    inside = [unquote(link.partition("#")[0]) for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in inside if not (page.parent / link).exists()] == []


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
