"""The workflow of the weekly report: when it runs, and what its step does in a repository without records."""

import subprocess
from pathlib import Path
from typing import Final

from tests.workflows.runner import clone, program, run
from tests.workflows.test_workflows import FOLDER, jobs

WORKFLOW: Final = FOLDER / "workflows" / "report.yml"


def _run(where: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The step that reports, with a `make` that says how it was called."""
    (script,) = [step["run"] for step in jobs(WORKFLOW)["post"]["steps"] if step.get("name") == "Report"]
    program(where.parent, "make", 'echo "make $*"')
    known = {"GITHUB_TOKEN_OF_JOB": "secret", "SLACK_WEBHOOK": "", "PROMETHEUS_URL": ""}
    return run(script, where, **known | environment)


def test_a_repository_without_records_gets_no_report_and_no_failure(tmp_path: Path) -> None:
    """Such as one that was made from the template a moment ago."""
    done = _run(clone(tmp_path, "main"))
    assert (done.returncode, done.stdout) == (
        0,
        ("::notice title=No report::This repository has no branch records; the bot makes it with its first incident\n"),
    )


def test_with_records_it_is_made_and_posted(tmp_path: Path) -> None:
    """And only the runner may read the files with its secrets."""
    done = _run(clone(tmp_path, "main", "records"), PROMETHEUS_URL="https://prometheus.example.com", SLACK_WEBHOOK="x")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "make report REPORT=--post --prometheus https://prometheus.example.com"
    for name in ("github-token", "slack"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_a_variable_of_the_repository_switches_it_off() -> None:
    """As for everything that writes by itself."""
    assert jobs(WORKFLOW)["post"]["if"] == "github.ref == 'refs/heads/main' && vars.REPORT != 'off'"
