"""`tocsin check`: one line a mistake, a summary, and the exit status."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tools.cli import main

AT = ("--at", "2026-01-20")


def check(root: Path, *arguments: str) -> Result:
    """Runs the command on a repository."""
    return CliRunner().invoke(main, ["--root", str(root), "check", *arguments])


def test_a_repository_without_mistakes_is_fine(mini: Path) -> None:
    """Nothing on standard output, what was checked on standard error, status 0."""
    result = check(mini, *AT)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == (
        "no mistakes in 3 services, 3 SLOs, 2 teams, 1 alert of the catalogue, 6 runbooks, 1 silence\n"
    )


def test_warnings_do_not_fail(mini: Path) -> None:
    """The end of a silence is said, and breaks nothing; --at says what time it is."""
    result = check(mini, "--at", "2026-02-02T02:00:00Z")
    assert result.exit_code == 0
    assert result.stdout == (
        "policies/silences/db-upgrade.yaml:3: silence db-upgrade: to: it ended on 2026-02-02 at 02:00 UTC; "
        "expected silences that hold or will; delete the file; git keeps its history (warning)\n"
    )
    assert result.stderr.startswith("no mistakes and 1 warning in 3 services")
    assert check(mini, "--at", "2026-02-02T01:59:59Z").stdout == ""


def test_mistakes_end_with_status_1(mini: Path) -> None:
    """Every mistake is a line on standard output."""
    (mini / "policies/services/cart.yaml").write_text("service: cart\nowner: nobody\ntier: 2\ndependencies: [cart]\n")
    result = check(mini, *AT)
    assert result.exit_code == 1
    assert result.stdout == (
        "policies/services/cart.yaml:2: service cart: owner: there is no team nobody; "
        "expected a team of policies/teams/; write policies/teams/nobody.yaml, or correct the name\n"
        "policies/services/cart.yaml:4: service cart: dependencies.#1: cart depends on itself; "
        "expected other services; remove it\n"
    )
    assert result.stderr.startswith("2 mistakes in 4 services")


def test_stacks_in_each_others_way_are_mistakes(mini: Path) -> None:
    """Said of both, each with its file and line."""
    dev = mini / "stacks" / "Pulumi.dev.yaml"
    dev.write_text(dev.read_text().replace("name: shop-dev", "name: shop-staging"))
    result = check(mini, *AT)
    assert result.exit_code == 1
    why = (
        "is called shop-staging as well; expected a name of its own: series, and the blocks in a bucket, are told "
        "apart by it; rename one of them"
    )
    assert result.stdout.splitlines() == [
        f"stacks/Pulumi.dev.yaml:4: stack dev: tocsin:cluster.name: the cluster of staging {why}",
        f"stacks/Pulumi.staging.yaml:4: stack staging: tocsin:cluster.name: the cluster of dev {why}",
    ]


def test_what_waits_for_a_correction_is_said(mini: Path) -> None:
    """Without a file that the checks need, the summary says that there is more to come."""
    (mini / "policies/severity.yaml").unlink()
    result = check(mini, *AT)
    assert result.exit_code == 1
    assert result.stderr == "1 mistake; what holds between files is checked once these are corrected\n"


def test_programs_read_json(mini: Path) -> None:
    """--json gives every part of a problem under its name, with the same exit status."""
    (mini / "policies/services/cart.yaml").write_text("service: cart\nowner: payments\ntier: 9\n")
    result = check(mini, *AT, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "ok": False,
        "problems": [
            {
                "file": "policies/services/cart.yaml",
                "line": 3,
                "object": "service cart: tier",
                "wrong": "got 9",
                "expected": "expected 1, 2 or 3",
                "fix": "choose one of them",
                "level": "error",
            }
        ],
    }
    (mini / "policies/services/cart.yaml").unlink()
    assert json.loads(check(mini, *AT, "--json").stdout) == {"ok": True, "problems": []}


@pytest.mark.parametrize("time", ["tomorrow", "2026-01-20T10:00", "2026-13-01", "1"])
def test_a_time_that_is_none_is_wrong_usage(mini: Path, time: str) -> None:
    """Status 2, and the message shows the form."""
    result = check(mini, "--at", time)
    assert result.exit_code == 2
    assert f"'{time}' is not a time; expected one such as 2026-02-01T22:00:00Z or 2026-02-01" in result.output


def test_outside_of_a_repository_is_wrong_usage(tmp_path: Path) -> None:
    """Status 2, and the message says how to name or start one."""
    result = check(tmp_path)
    assert result.exit_code == 2
    assert "no policies/ here or above; expected a Tocsin repository" in result.output


def test_no_network_is_needed(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing opens a socket."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    assert check(mini, *AT).exit_code == 0


def test_the_example_company_has_no_mistake() -> None:
    """The policies of this repository are without mistakes and, at the time they are made for, without warnings."""
    result = check(Path(__file__).parents[2], "--at", "2026-01-20")
    assert (result.stdout, result.exit_code) == ("", 0)
