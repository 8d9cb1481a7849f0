"""The GitHub workflows, read by the tools that know them, and by the promises we make about them."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from stacks.sections.github import GitHub

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / ".github"
WORKFLOWS: Final = sorted(FOLDER.glob("workflows/*.yml"))
ACTIONS: Final = sorted(FOLDER.glob("actions/*/action.yml"))
GUARDED: Final = "--policy-pack policies/guardrails"


def read(path: Path) -> Any:
    """A workflow; YAML 1.1 reads its `on` as true, so texts stay texts."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts only


def jobs(path: Path) -> dict[str, Any]:
    """The jobs of a workflow by name."""
    found = read(path)["jobs"]
    assert isinstance(found, dict)
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    """Every step of a workflow or of an action of ours."""
    tree = read(path)
    for job in tree.get("jobs", {}).values():
        yield from job.get("steps", ())
    yield from tree.get("runs", {}).get("steps", ())


def test_actionlint_finds_nothing(part: Callable[[str], Path]) -> None:
    """Syntax, expressions, types of inputs, names of permissions and events."""
    done = subprocess.run(
        [part("actionlint"), "-no-color", *WORKFLOWS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_zizmor_finds_nothing() -> None:
    """Injections, stolen credentials, poisoned caches, rights that are too wide."""
    program = Path(sys.executable).with_name("zizmor")
    done = subprocess.run(
        [program, "--offline", "--no-progress", "--color=never", "--strict-collection", FOLDER],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_every_action_is_pinned_by_its_commit(path: Path) -> None:
    """A tag can be moved to other code; beside each commit stands the version that it is."""
    lines = [line.strip().removeprefix("- ") for line in path.read_text(encoding="utf-8").splitlines()]
    for line in (line for line in lines if line.startswith("uses:")):
        assert re.fullmatch(r"uses: (\./[\w./-]+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)", line), line


def test_the_same_action_is_the_same_everywhere() -> None:
    """One commit per action, so that an update is one search."""
    used = {step["uses"] for path in (*WORKFLOWS, *ACTIONS) for step in steps(path) if "@" in step.get("uses", "")}
    names = [use.partition("@")[0] for use in used]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_rights_are_given_job_by_job(path: Path) -> None:
    """A workflow has none, or may read; a job that may write says what; no credential stays in the checkout."""
    tree = read(path)
    assert tree["permissions"] in ({}, {"contents": "read"})
    for job in tree["jobs"].values():
        assert "permissions" in job or tree["permissions"] == {"contents": "read"}
        assert "uses" in job or job["timeout-minutes"]
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_code_of_others_gets_a_secret_or_an_identity(path: Path) -> None:
    """On pull requests a job with a secret or an identity is left out for forks; nothing runs on their behalf."""
    tree = read(path)
    events = tree["on"]
    assert "pull_request_target" not in events
    assert "workflow_run" not in events
    if "pull_request" not in events:
        return
    for name, job in tree["jobs"].items():
        text = yaml.safe_dump(job)
        trusted = "head.repo.full_name == github.repository" in job.get("if", "") or "inputs.version" in job.get(
            "if", ""
        )
        if ("secrets." in text or job.get("permissions", {}).get("id-token") == "write") and not trusted:
            raise AssertionError(f"{path.name}: job {name} would give a fork what is ours")


def test_what_writes_with_a_pull_request_runs_none_of_its_code() -> None:
    """The job that comments takes a text, and checks nothing out."""
    for path in WORKFLOWS:
        if "pull_request" not in read(path)["on"]:
            continue
        for job in jobs(path).values():
            if job.get("permissions", {}).get("pull-requests") == "write":
                assert not any(
                    "checkout" in step.get("uses", "") or "make" in step.get("run", "") for step in job["steps"]
                )


def test_pulumi_always_runs_the_guardrails() -> None:
    """Make targets hand the pack over, and workflows call pulumi through Make alone."""
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^GUARDED := .*{GUARDED}$", make, re.MULTILINE)
    calls = re.findall(r"^\t@?pulumi .*$", make, re.MULTILINE)
    assert len(calls) >= 4
    assert [call for call in calls if "$(GUARDED)" not in call] == []
    for path in WORKFLOWS:
        for step in steps(path):
            assert not re.search(
                r"(^|[;&|])\s*pulumi (up|preview|destroy|refresh)\b", step.get("run", ""), re.MULTILINE
            ), path.name


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_what_changes_a_stack_waits_for_its_environment(stack: str) -> None:
    """One at a time, approved by whom the environment names, without a stored key, from main or a tag."""
    found = 0
    for path in WORKFLOWS:
        for job in jobs(path).values():
            runs = " ".join(step.get("run", "") for step in job.get("steps", ()))
            if f"make up STACK={stack}" in runs or f"make bot STACK={stack}" in runs:
                found += 1
                assert job["environment"] == stack
                assert job["concurrency"] == {"group": f"stack-{stack}", "cancel-in-progress": "false"}
                assert job["permissions"] == {"contents": "read", "id-token": "write"}
                assert "pull_request" not in read(path)["on"]
    assert found == 2


def test_only_what_is_on_main_is_released() -> None:
    """Whoever may push a tag may not release what nobody reviewed; everything else waits for that."""
    found = jobs(FOLDER / "workflows" / "release-bot.yml")
    first = found["version"]["steps"][0]
    assert first["env"]["COMPARED"] == "repos/${{ github.repository }}/compare/main...${{ github.sha }}"
    assert "identical | behind) ;;" in first["run"]
    waits = {name: job.get("needs", []) for name, job in found.items()}
    assert [name for name, needs in waits.items() if not needs] == ["version"]


def test_required_checks_are_jobs_of_the_checks() -> None:
    """A name that no job has would keep every pull request waiting."""
    assert set(GitHub.model_fields["required_checks"].default) <= set(jobs(FOLDER / "workflows" / "checks.yml"))
    assert {"policies", "test"} <= set(GitHub.model_fields["required_checks"].default)


def test_every_promise_has_its_workflow() -> None:
    """What runs, and when."""
    events = {path.stem: read(path)["on"] for path in WORKFLOWS}
    text = {path.stem: path.read_text(encoding="utf-8") for path in WORKFLOWS}
    assert "pull_request" in events["checks"]
    assert all(f"make {target}" in text["checks"] for target in ("test", "check", "drill"))
    assert "pull_request" in events["preview"]
    assert events["up"]["push"] == {"branches": ["main"]}
    assert events["silences"]["push"] == {"branches": ["main"], "paths": ["policies/silences/**"]}
    assert events["oncall"]["push"] == {"branches": ["main"], "paths": ["policies/teams/**"]}
    assert events["drift"]["schedule"] == [{"cron": "17 3 * * *"}]
    assert events["report"]["schedule"] == [{"cron": "23 6 * * 1"}]
    assert "make report" in text["report"]
    assert events["site"]["schedule"] == [{"cron": "*/10 * * * *"}]
    assert "make site" in text["site"]
    assert events["release-bot"] == {"push": {"tags": ["bot-v*"]}}
    assert set(events["image"]) == {"pull_request", "workflow_call"}
    assert "make fire-drill STACK=staging" in text["up"]


def test_every_make_target_of_a_workflow_exists() -> None:
    """A target that was renamed would be noticed on main only."""
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", make, re.MULTILINE))
    for path in WORKFLOWS:
        for step in steps(path):
            for target in re.findall(r"(?:^|\s)make ([a-z-]+)", step.get("run", "")):
                assert target in targets, f"{path.name}: {target}"


def test_outside_text_is_escaped_where_it_becomes_a_comment() -> None:
    """The output of Pulumi stands in comments and issues as text, whatever is in it."""
    for name in ("preview", "drift"):
        runs = [
            step["run"] for step in steps(FOLDER / "workflows" / f"{name}.yml") if "body.json" in step.get("run", "")
        ]
        assert len(runs) == 1
        assert "--rawfile text" in runs[0]
        assert "@html" in runs[0]
