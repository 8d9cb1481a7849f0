"""`tocsin parts`, as a person and a program call it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.tools.parts_stand import UNREACHABLE
from tools.cli import main

PROMTOOL = b'#!/bin/sh\necho "promtool, version 3.4.1 (branch: HEAD)"\n'


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing but a promtool on PATH."""
    path = tmp_path / "bin"
    path.mkdir()
    (path / "promtool").write_bytes(PROMTOOL)
    (path / "promtool").chmod(0o755)
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TOCSIN_RELEASES_URL", UNREACHABLE)
    return path


def call(*words: str) -> Result:
    """Runs `tocsin parts`."""
    return CliRunner().invoke(main, ["parts", *words], catch_exceptions=False)


def test_table_shows_what_is_here_and_what_is_not(bare: Path) -> None:
    """Each part has a line; missing ones come with the command that gets them."""
    result = call("promtool", "sloth")
    assert result.exit_code == 0
    assert [line.split() for line in result.output.splitlines()] == [
        ["part", "version", "pinned", "source", "path"],
        ["promtool", "3.4.1", "3.5.0", "PATH", f"{bare}/promtool"],
        ["sloth", "missing", "0.16.0", *["0.16.0", "or", "newer,", "older", "than", "0.17.0"]],
        ["missing:", "sloth;", "get", "them", "with", "`tocsin", "parts", "--fetch", "sloth`"],
    ]


def test_json_has_the_same_for_programs(bare: Path) -> None:
    """The JSON form has a record for each part, with null for what is missing."""
    result = call("--json", "promtool", "promtool-2.42")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == [
        {
            "name": "promtool",
            "version": "3.4.1",
            "pinned": "3.5.0",
            "accepted": "3.0.0 or newer, older than 4.0.0",
            "source": "PATH",
            "path": f"{bare}/promtool",
            "extra_args": [],
            "files": {},
            "used_by": ["drill", "tests"],
        },
        {
            "name": "promtool-2.42",
            "version": None,
            "pinned": "2.42.0",
            "accepted": "2.42.0 or newer, older than 3.0.0",
            "source": None,
            "path": None,
            "extra_args": [],
            "files": {},
            "used_by": ["tests"],
        },
    ]


def test_scripts_get_the_path_alone(bare: Path) -> None:
    """`"$(tocsin parts promtool --path)" check rules …` runs it, wherever it is."""
    result = call("--path", "promtool")
    assert (result.exit_code, result.output) == (0, f"{bare}/promtool\n")


def test_a_script_is_stopped_by_what_is_missing(bare: Path) -> None:
    """On the other channel, so that it is not taken for a path."""
    result = call("--path", "promtool", "sloth")
    assert (result.exit_code, result.stdout) == (1, f"{bare}/promtool\n")
    assert result.stderr == "missing: sloth; get them with `tocsin parts --fetch sloth`\n"


def test_unknown_name_is_wrong_usage(bare: Path) -> None:
    """A misspelt name ends with status 2 and the known names."""
    result = call("promtol")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == (
        "Error: Invalid value for NAME: promtol: no such part; "
        "expected some of prometheus, promtool, promtool-2.42, alertmanager, amtool, sloth, etcd, kube-apiserver, "
        "kube-controller-manager, prometheus-operator, pulumi, thanos, versitygw, actionlint, chromium, alerting, "
        "cluster, provisioning, browser"
    )


def test_fetch_takes_what_is_on_path(bare: Path) -> None:
    """A part that is here already is not fetched."""
    result = call("--fetch", "--json", "promtool")
    assert result.exit_code == 0
    assert json.loads(result.stdout)[0]["path"] == f"{bare}/promtool"


def test_fetch_that_fails_says_why(bare: Path) -> None:
    """If a part cannot be had, the table still comes, the reasons go to standard error, and the status is 1."""
    result = call("--fetch", "--json", "promtool", "prometheus")
    assert result.exit_code == 1
    assert [one["version"] for one in json.loads(result.stdout)] == ["3.4.1", None]
    assert "prometheus: not found and not to be had; expected version 2.42.0 or newer, older than 4.0.0; tried\n" in (
        result.stderr
    )


def test_names_are_completed() -> None:
    """The shell completes the names of parts."""
    result = CliRunner().invoke(
        main,
        env={"_TOCSIN_COMPLETE": "bash_complete", "COMP_WORDS": "tocsin parts pro", "COMP_CWORD": "2"},
        prog_name="tocsin",
    )
    assert result.output.splitlines() == [
        f"plain,{name}" for name in ("prometheus", "promtool", "promtool-2.42", "prometheus-operator", "provisioning")
    ]
