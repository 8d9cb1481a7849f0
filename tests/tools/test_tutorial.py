"""The tutorial is true: every command on the page is run, in order, and prints what the page says."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

from tools.cli import COMMANDS

PAGE: Final = Path(__file__).parents[2] / "docs" / "tutorial.md"
REST: Final = "…"
"""On a line of its own: any lines; inside a line: any words."""


@dataclass(frozen=True)
class Step:
    """Commands, and what they print and exit with."""

    line: int
    commands: str
    printed: str
    status: int


def steps(page: str) -> list[Step]:
    """Every block of commands with the block of output below it."""
    fences = [token for token in MarkdownIt().parse(page) if token.type == "fence"]
    assert [fence.info.split()[0] for fence in fences] == ["sh", "text"] * (len(fences) // 2)
    found = []
    for commands, output in zip(fences[::2], fences[1::2], strict=True):
        status = re.search(r"exits=(\d+)", output.info)
        assert commands.map
        found.append(
            Step(
                line=commands.map[0] + 1,
                commands=commands.content,
                printed=output.content,
                status=int(status[1]) if status else 0,
            )
        )
    return found


def pattern(expected: str) -> str:
    """What the page says as a regular expression."""
    parts = []
    for line in expected.splitlines():
        words = ".*".join(re.escape(part) for part in line.rstrip().split(REST))
        parts.append(r"(?:[^\n]*\n)*" if line.strip() == REST else rf"{words}[ ]*\n")
    return "".join(parts)


def test_every_command_of_the_tutorial_prints_what_the_page_says(tmp_path: Path, part: Callable[[str], Path]) -> None:
    """A newcomer who pastes the blocks one after the other sees the same, with the same exit status."""
    bin_, place = Path(sys.executable).parent, tmp_path / "place"
    place.write_text(str(tmp_path))
    part("promtool")
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(bin_), os.environ["PATH"]]),
        "GIT_AUTHOR_NAME": "mia",
        "GIT_AUTHOR_EMAIL": "mia@example.com",
        "GIT_COMMITTER_NAME": "mia",
        "GIT_COMMITTER_EMAIL": "mia@example.com",
    }
    for step in steps(PAGE.read_text(encoding="utf-8")):
        ran = subprocess.run(
            ["sh", "-c", f"trap 'pwd > {place}' EXIT\n{step.commands}"],
            cwd=place.read_text().strip(),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        where = f"docs/tutorial.md:{step.line}"
        assert ran.returncode == step.status, f"{where}: {ran.stdout}"
        printed = "".join(f"{line.rstrip()}\n" for line in ran.stdout.rstrip().splitlines())
        expected = pattern(step.printed.rstrip())
        assert re.fullmatch(expected, printed), f"{where} prints:\n{printed}\nthe page says:\n{step.printed}"


def test_every_command_that_the_tutorial_names_exists() -> None:
    """Also in the text between the blocks."""
    named = set(re.findall(r"\btocsin ([a-z]+)", PAGE.read_text(encoding="utf-8")))
    assert named <= set(COMMANDS)
    assert {"init", "check", "explain", "render", "route", "oncall", "runbook", "import"} <= named


def test_the_first_steps_of_the_readme_work(tmp_path: Path) -> None:
    """What stands under "Your own" may be pasted as it is."""
    readme = (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    block = readme.partition("## Your own\n")[2].partition("\n[")[0]
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    assert lines[0] == ". .venv/bin/activate"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        ["sh", "-e", "-c", "\n".join(lines[1:])],
        env={**os.environ, "HOME": str(tmp_path), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "alerting" / "rendered" / "prometheus" / "web.yaml").exists()
