"""`tocsin render`: what is written, what is left alone, and what is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tools.cli import main

SUPERFLUOUS = "superfluous; nothing in the policy files makes it any more; run `tocsin render`"
FOREIGN = "not made by `tocsin render`; expected only rendered files here; move it elsewhere"
FILES = [
    "alertmanager/alertmanager.yml",
    "kubernetes/rules/catalog.yaml",
    "kubernetes/rules/checkout.yaml",
    "kubernetes/rules/payments-db.yaml",
    "prometheus/catalog.yaml",
    "prometheus/checkout.yaml",
    "prometheus/payments-db.yaml",
    "promtool/checkout_test.yaml",
    "promtool/payments-db_test.yaml",
]


def run(root: Path, *words: str) -> Result:
    """Runs the command on a repository."""
    return CliRunner().invoke(main, ["--root", str(root), "render", *words], catch_exceptions=False)


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a folder with its time of change and content."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}


def names(folder: Path) -> list[str]:
    """The files below a folder, without templates and dashboards, whose names are theirs to choose."""
    return [name for name in tree(folder) if not name.startswith(("alertmanager/templates/", "dashboards/"))]


def test_everything_is_written_once(mini: Path) -> None:
    """A second run finds nothing to do and touches no file."""
    first = run(mini)
    assert (first.exit_code, first.stdout) == (0, "")
    assert names(mini / "rendered") == FILES
    before = tree(mini / "rendered")
    second = run(mini)
    assert (second.exit_code, second.stderr) == (0, f"{len(before)} files: nothing changed\n")
    assert tree(mini / "rendered") == before
    assert run(mini, "--check").stderr == f"{len(before)} files: all fresh\n"


def test_only_what_changed_is_touched(mini: Path) -> None:
    """One SLO's objective changes the files of its service."""
    run(mini)
    before = tree(mini / "rendered")
    file = mini / "policies" / "services" / "payments-db.yaml"
    file.write_text(file.read_text().replace("99.5%", "99.8%"))
    result = run(mini, "--json")
    after = tree(mini / "rendered")
    assert [name for name in after if after[name] != before[name]] == [
        "kubernetes/rules/payments-db.yaml",
        "prometheus/payments-db.yaml",
        "promtool/payments-db_test.yaml",
    ]
    assert json.loads(result.stdout) == {
        "ok": True,
        "files": len(before),
        "created": [],
        "changed": [
            "kubernetes/rules/payments-db.yaml",
            "prometheus/payments-db.yaml",
            "promtool/payments-db_test.yaml",
        ],
        "removed": [],
        "foreign": [],
        "untested": [],
        "unseen": [],
    }


def test_check_names_every_file_that_is_not_as_it_should_be(mini: Path) -> None:
    """Missing, stale, superfluous and foreign ones, and writes nothing."""
    run(mini)
    rendered = mini / "rendered"
    (rendered / "promtool" / "checkout_test.yaml").unlink()
    (rendered / "prometheus" / "checkout.yaml").write_text("groups: []\n")
    gone = rendered / "kubernetes" / "rules" / "gone.yaml"
    gone.write_bytes((rendered / "kubernetes" / "rules" / "checkout.yaml").read_bytes())
    (rendered / "prometheus" / "notes.txt").write_text("mine\n")
    before = tree(rendered)
    result = run(mini, "--check")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"rendered/kubernetes/rules/gone.yaml: {SUPERFLUOUS}",
        "rendered/prometheus/checkout.yaml: stale; expected what the policy files say now; run `tocsin render`",
        f"rendered/prometheus/notes.txt: {FOREIGN}",
        "rendered/promtool/checkout_test.yaml: missing; expected to be committed; run `tocsin render`",
    ]
    assert tree(rendered) == before
    assert json.loads(run(mini, "--check", "--json").stdout)["ok"] is False


def test_stale_files_go_and_foreign_ones_stay(mini: Path) -> None:
    """What was made here is removed with its folder; what was not is only named."""
    run(mini)
    rendered = mini / "rendered"
    old = rendered / "prometheus" / "old" / "deep" / "gone.yaml"
    old.parent.mkdir(parents=True)
    old.write_bytes((rendered / "prometheus" / "checkout.yaml").read_bytes())
    cut_short = rendered / "promtool" / ".tocsin-123-checkout_test.yaml"
    cut_short.write_text("half")
    mine = rendered / "prometheus" / "mine.yaml"
    mine.write_text("groups: []\n")
    link = rendered / "prometheus" / "link.yaml"
    link.symlink_to("checkout.yaml")
    result = run(mini)
    assert result.exit_code == 0
    assert [(rendered / "prometheus" / "old").exists(), cut_short.exists(), mine.exists(), link.is_symlink()] == [
        False,
        False,
        True,
        True,
    ]
    assert result.stderr.splitlines()[:2] == [
        f"rendered/prometheus/{name}.yaml: {FOREIGN}" for name in ("link", "mine")
    ]


def test_another_folder_is_filled_and_nothing_else_in_it_is_touched(mini: Path, tmp_path: Path) -> None:
    """`--out` may name a folder that others use too."""
    out = tmp_path / "out"
    (out / "prometheus").mkdir(parents=True)
    (out / "prometheus" / "prometheus.yml").write_text("global: {}\n")
    (out / "notes.md").write_text("mine\n")
    assert run(mini, "--out", str(out)).exit_code == 0
    assert (out / "prometheus" / "prometheus.yml").read_text() == "global: {}\n"
    assert (out / "notes.md").exists()
    assert not (mini / "rendered").exists()
    assert names(out) == sorted([*FILES, "notes.md", "prometheus/prometheus.yml"])


def test_mistakes_are_shown_all_at_once_and_nothing_is_written(mini: Path) -> None:
    """Those of single files, and those between files."""
    checkout = mini / "policies" / "services" / "checkout.yaml"
    checkout.write_text(checkout.read_text().replace("99.9%", "100%").replace("payments-db]", "payment-db]"))
    result = run(mini)
    assert (result.exit_code, result.stdout) == (1, "")
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("policies/services/checkout.yaml:5: service checkout: ")
    assert lines[1].startswith("policies/services/checkout.yaml:8: service checkout: ")
    assert not (mini / "rendered").exists()


def test_a_folder_that_cannot_be_written_is_one_plain_sentence(mini: Path, tmp_path: Path) -> None:
    """Not a traceback."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    result = run(mini, "--out", str(blocked / "deep"))
    assert result.exit_code == 1
    beginning, end = f"Error: {blocked / 'deep'}: Not a directory: ", "; expected a folder to write to\n"
    assert result.stderr.startswith(beginning)
    assert result.stderr.endswith(end)
    assert result.stderr.count("\n") == 1


def test_an_slo_without_a_test_is_named(mini: Path) -> None:
    """Its rules are there; what its series would be is not known."""
    file = mini / "policies" / "services" / "payments-db.yaml"
    file.write_text(
        file.read_text().replace(
            "{probe: 'pg_up{service=\"payments-db\"}'}", "{ratio: 'my:ratio * rate(x[{{window}}])'}"
        )
    )
    result = run(mini)
    assert result.exit_code == 0
    assert result.stderr.splitlines()[0] == (
        "payments-db/reachable: no promtool test: what its SLI's series mean cannot be told from the expression; "
        "write it with selectors to get one"
    )


@pytest.fixture
def many(mini: Path) -> Path:
    """A repository with enough services for several processes."""
    text = (mini / "policies" / "services" / "payments-db.yaml").read_text()
    for number in range(120):
        name = f"db-{number}"
        copy = text.replace("payments-db", name).replace("99.5%", "99.5%\n    runbook: PaymentsDbReachableBurn")
        (mini / "policies" / "services" / f"{name}.yaml").write_text(copy)
    return mini


def test_many_services_are_rendered_by_all_cores_to_the_same_files(many: Path) -> None:
    """As one process of its own, which must not depend on how the work was divided."""
    command = [sys.executable, "-m", "tools.cli", "--root", str(many), "render"]
    whole = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (whole.returncode, whole.stdout) == (0, "")
    alone = {0} if hasattr(os, "sched_setaffinity") else set()
    narrow = ["taskset", "-c", "0", *command] if alone and Path("/usr/bin/taskset").exists() else command
    again = subprocess.run([*narrow, "--check"], capture_output=True, text=True, check=False)
    assert (again.returncode, again.stderr) == (0, f"{len(tree(many / 'rendered'))} files: all fresh\n")


def test_the_committed_folder_is_fresh() -> None:
    """What this repository's policies compile to is in git."""
    result = run(Path(__file__).parents[2], "--check")
    assert (result.exit_code, result.stdout) == (0, "")
