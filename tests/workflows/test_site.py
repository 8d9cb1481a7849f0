"""The workflow of the status page: what its step makes of the repository's settings, and of one without records."""

import subprocess
from pathlib import Path
from typing import Final

from tests.workflows.runner import clone, program, run
from tests.workflows.test_workflows import FOLDER, jobs

WORKFLOW: Final = FOLDER / "workflows" / "site.yml"


def _recipe() -> str:
    """The line of the Makefile that builds the site."""
    lines = (FOLDER.parent / "Makefile").read_text().splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("site:")]
    return lines[at + 1]


def _run(where: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The step that builds, by the Makefile's own recipe, with a `tocsin` that tells what it was given line by line."""
    (script,) = [step["run"] for step in jobs(WORKFLOW)["build"]["steps"] if step.get("id") == "site"]
    program(where.parent, "tocsin", "printf '%s\\n' \"$@\"")
    (where / "Makefile").write_text(f"BIN = ../bin\nsite:\n{_recipe()}\n")
    known = {"ADDRESS": "https://status.example.com", "TITLE": "Status", "PROMETHEUS_URL": ""}
    return run(script, where, GITHUB_OUTPUT=str(where.parent / "output"), **known | environment)


def test_a_repository_without_records_gets_no_page_and_no_failure(tmp_path: Path) -> None:
    """And what would publish it is told that there is none."""
    done = _run(clone(tmp_path, "main"))
    notice = (
        "::notice title=No status page::This repository has no branch records; the bot makes it with its first incident"
    )
    assert (done.returncode, done.stdout) == (0, f"{notice}\n")
    assert not (tmp_path / "output").exists()


def test_settings_are_words_whatever_is_in_them(tmp_path: Path) -> None:
    """A title with spaces, quotes and what shells and make would run."""
    title = 'Ana\'s "shop" $(touch made) $HOME `touch made`; $$'
    done = _run(clone(tmp_path, "main", "records"), TITLE=title, PROMETHEUS_URL="https://prometheus.example.com")
    assert done.returncode == 0, done.stderr
    url, prometheus = "https://status.example.com", "https://prometheus.example.com"
    assert done.stdout.splitlines() == ["site", "--url", url, "--title", title, "--prometheus", prometheus]
    assert not (tmp_path / "clone" / "made").exists()
    assert (tmp_path / "output").read_text() == "made=yes\n"


def test_without_a_prometheus_none_is_asked(tmp_path: Path) -> None:
    """The variable is optional."""
    done = _run(clone(tmp_path, "main", "records"))
    assert done.stdout.splitlines() == ["site", "--url", "https://status.example.com", "--title", "Status"]
