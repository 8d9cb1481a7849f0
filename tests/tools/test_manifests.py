"""`tocsin render --kubernetes`: a stack as files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from tests.conftest import GOLDEN
from tools.cli import main
from tools.manifests import hidden, ordered

STACK_GOLDEN = "kubernetes"


def run(root: Path, *words: str) -> Result:
    """Runs the command on a repository."""
    return CliRunner().invoke(main, ["--root", str(root), "render", *words], catch_exceptions=False)


@pytest.mark.parametrize("stack", ["dev", "production"])
def test_a_stack_is_rendered_as_reviewed(mini: Path, stack: str, golden: Callable[[str, str], None]) -> None:
    """Every file of the miniature repository's stacks, byte for byte; none beyond."""
    result = run(mini, "--kubernetes", stack)
    assert result.exit_code == 0, result.stderr
    folder = mini / "rendered"
    made = {path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml")}
    assert result.stderr == f"{len(made)} files: {len(made)} new\n"
    for path in sorted(made):
        golden(path, (folder / path).read_text(encoding="utf-8"))
    known = {path.relative_to(GOLDEN).as_posix() for path in (GOLDEN / STACK_GOLDEN / stack).rglob("*.yaml")}
    assert known - made == set(), "golden files that nothing makes any more: remove them"


def test_a_stale_stack_is_found_and_its_command_named(mini: Path) -> None:
    """--check writes nothing and says what would make it right."""
    assert run(mini, "--kubernetes", "dev").exit_code == 0
    assert run(mini, "--kubernetes", "dev", "--check").exit_code == 0
    file = mini / "rendered" / "kubernetes" / "dev" / "cluster" / "namespace-monitoring.yaml"
    file.write_text(file.read_text() + "# by hand\n")
    file.with_name("namespace-old.yaml").write_text(file.read_text())
    result = run(mini, "--kubernetes", "dev", "--check", "--out", str(mini / "rendered"))
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{file}: stale; expected what the policy files say now; run `tocsin render --kubernetes dev`",
        (
            f"{file.with_name('namespace-old.yaml')}: superfluous; nothing in the policy files makes it any more; "
            "run `tocsin render --kubernetes dev`"
        ),
    ]
    said = json.loads(run(mini, "--kubernetes", "dev", "--json").stdout)
    assert said["changed"] == ["kubernetes/dev/cluster/namespace-monitoring.yaml"]
    assert said["removed"] == ["kubernetes/dev/cluster/namespace-old.yaml"]


def test_only_stacks_that_are_there_can_be_rendered(mini: Path) -> None:
    """The others are named."""
    result = run(mini, "--kubernetes", "prod")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == (
        "Error: Invalid value for --kubernetes: prod: no such stack; expected one of dev, production, staging"
    )


def test_mistakes_of_a_stack_are_shown_whole(mini: Path) -> None:
    """As `pulumi up` would show them, with exit status 1."""
    file = mini / "stacks" / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("flavour: kind", "flavour: kindd"))
    result = run(mini, "--kubernetes", "dev")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: stacks/Pulumi.dev.yaml:6: stack dev: tocsin:cluster.flavour: got 'kindd'; "
        "expected eks, gke, aks or kind; did you mean kind?\n"
    )


def test_the_shell_completes_stacks(mini: Path) -> None:
    """From the repository that --root names."""
    complete = ShellComplete(main, {}, "tocsin", "_TOCSIN_COMPLETE")
    found = complete.get_completions(["--root", str(mini), "render", "--kubernetes"], "s")
    assert [one.value for one in found] == ["staging"]


def test_secrets_are_left_out() -> None:
    """A secret value is a word that says so; the keys of a secret mapping stay to be filled in."""
    value = {"data": {"a": "b", "c": "d"}, "list": ["e", "f"], "plain": 1}
    secrets = frozenset({("data",), ("list", 1)})
    assert hidden(value, secrets) == {"data": {"a": "SECRET", "c": "SECRET"}, "list": ["e", "SECRET"], "plain": 1}


def test_keys_stand_where_people_look_for_them() -> None:
    """What it is and what it is called, then the rest by name."""
    value = {"spec": {"b": 1, "a": [{"x": 1, "name": "n"}]}, "metadata": {"namespace": "s", "name": "n"}, "kind": "K"}
    assert json.dumps(ordered(value)) == (
        '{"kind": "K", "metadata": {"name": "n", "namespace": "s"}, "spec": {"a": [{"name": "n", "x": 1}], "b": 1}}'
    )
