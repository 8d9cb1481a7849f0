"""`tocsin postmortem`: what is missing in postmortems."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from tests.bots.postmortems.texts import WHOLE
from tools.cli import main

_FIELD = "postmortems/2026/INC-7.md"


def run(root: Path, *arguments: str) -> Result:
    """Runs a command on a repository."""
    return CliRunner().invoke(main, ["--root", str(root), *arguments], catch_exceptions=False)


@pytest.fixture
def repository(mini: Path) -> Path:
    """The miniature repository with one whole postmortem, whose follow-ups have owners there."""
    file = mini / _FIELD
    file.parent.mkdir(parents=True)
    file.write_bytes(WHOLE.replace(b", tracker: jira, type: Bug", b""))
    return mini


def test_a_whole_one_is_said_to_be_whole(repository: Path) -> None:
    """One line, and status 0."""
    found = run(repository, "postmortem", "lint")
    assert (found.exit_code, found.stdout, found.stderr) == (
        0,
        f"{_FIELD}: 100 % complete, published\n",
        "no mistakes in 1 postmortem\n",
    )


def test_a_draft_is_told_what_to_write_next(repository: Path) -> None:
    """With the line of each gap; a gap in a draft is no mistake."""
    file = repository / _FIELD
    text = file.read_bytes().replace(b"status: published", b"status: draft")
    file.write_bytes(text.replace(b"The page came within two minutes.", b"*What kept it from being worse.*"))
    found = run(repository, "postmortem", "lint", str(file))
    assert (found.exit_code, found.stdout) == (
        0,
        (
            f"{_FIELD}: 75 % complete, draft\n"
            f"  {_FIELD}:40: What went well: say what kept it from being worse\n"
            f"  {_FIELD}:40: No prompts left: replace the text in italics below What went well\n"
        ),
    )


def test_mistakes_end_both_lint_and_check_with_status_one(repository: Path) -> None:
    """A pull request with them does not pass."""
    file = repository / _FIELD
    file.write_bytes(file.read_bytes().replace(b"owner: ben", b"owner: bem"))
    problem = (
        f"{_FIELD}:13: postmortem INC-7: follow_ups.#2.owner: nobody is called 'bem'; expected a member of a team "
        "under policies/teams/; did you mean ben?"
    )
    linted = run(repository, "postmortem", "lint")
    assert (linted.exit_code, linted.stdout.splitlines()[0]) == (1, problem)
    checked = run(repository, "check")
    assert checked.exit_code == 1
    assert problem in checked.stdout.splitlines()


def test_programs_get_every_finding(repository: Path) -> None:
    """As JSON."""
    found = orjson.loads(run(repository, "postmortem", "lint", "--json").stdout)
    (one,) = found["postmortems"]
    assert (found["ok"], one["incident"], one["status"], one["score"], len(one["findings"])) == (
        True,
        "INC-7",
        "published",
        100,
        8,
    )


def test_the_newest_come_first(repository: Path) -> None:
    """By year, then by number."""
    for name in ("2026/INC-10", "2025/INC-9"):
        file = repository / f"postmortems/{name}.md"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(WHOLE.replace(b"INC-7", file.stem.encode()))
    lines = run(repository, "postmortem", "lint").stdout.splitlines()
    assert [line.split(":")[0] for line in lines if "complete" in line] == [
        "postmortems/2026/INC-10.md",
        _FIELD,
        "postmortems/2025/INC-9.md",
    ]
