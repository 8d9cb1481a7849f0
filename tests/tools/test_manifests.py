"""`tocsin render --kubernetes`: a stack as files."""

import json
import re
import sys
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


@pytest.mark.parametrize("stack", ["dev", "production", "staging"])
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
            "run `tocsin render`"
        ),
    ]
    said = json.loads(run(mini, "--kubernetes", "dev", "--json").stdout)
    assert said["changed"] == ["kubernetes/dev/cluster/namespace-monitoring.yaml"]
    assert said["removed"] == ["kubernetes/dev/cluster/namespace-old.yaml"]


def test_a_stack_that_was_rendered_once_is_kept_up_to_date(mini: Path) -> None:
    """A plain `tocsin render` and its --check look at it as well, and take it away with its stack."""
    assert run(mini, "--kubernetes", "dev").exit_code == 0
    assert run(mini).exit_code == 0
    stack = mini / "stacks" / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text().replace("name: shop-dev", "name: shop-test"))
    stale = run(mini, "--check")
    assert stale.exit_code == 1
    assert (
        "rendered/kubernetes/dev/monitoring/prometheus-prometheus-0.yaml: stale; expected what the policy files say "
        "now; run `tocsin render --kubernetes dev`"
    ) in stale.stdout.splitlines()
    assert run(mini).exit_code == 0
    assert run(mini, "--check").exit_code == 0
    stack.unlink()
    gone = run(mini, "--check")
    assert gone.exit_code == 1
    assert {line.partition(": ")[2] for line in gone.stdout.splitlines()} == {
        "superfluous; nothing in the policy files makes it any more; run `tocsin render`"
    }
    assert run(mini).exit_code == 0
    assert not (mini / "rendered" / "kubernetes" / "dev").exists()


def test_without_the_packages_of_pulumi_a_stack_is_said_to_be_unseen(
    mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People without a cluster compile their rules all the same; nothing is passed over in silence."""
    assert run(mini, "--kubernetes", "dev").exit_code == 0
    monkeypatch.setitem(sys.modules, "pulumi", None)
    how = (
        "Pulumi's packages are not installed; expected those of requirements-pulumi.lock; "
        "install them with `pip install --require-hashes -r requirements-pulumi.lock`"
    )
    result = run(mini)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (0, f"rendered/kubernetes/dev: not looked at: {how}")
    assert json.loads(run(mini, "--check", "--json").stdout)["unseen"] == ["dev"]
    result = run(mini, "--kubernetes", "dev")
    assert (result.exit_code, result.stderr) == (1, f"Error: {how}\n")


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


def test_what_is_no_secret_is_shown_although_it_lies_in_a_secret(mini: Path) -> None:
    """Routes, and whom the ruler asks: to be reviewed, and to be applied as they are; keys are hidden all the same."""
    assert run(mini, "--kubernetes", "production").exit_code == 0
    folder = mini / "rendered" / "kubernetes" / "production" / "monitoring"
    found = {path.stem.removeprefix("secret-"): path.read_text(encoding="utf-8") for path in folder.glob("secret-*")}
    shown = {name for name, text in found.items() if "SECRET" not in text}
    assert shown == {"alertmanager-config", "thanos-object-store", "thanos-ruler-config"}
    assert "receiver: nobody" in found["alertmanager-config"]
    assert "Secret values are not here" not in found["alertmanager-config"]
    file = mini / "stacks" / "Pulumi.production.yaml"
    keys = "s3: {bucket: example-metrics, region: eu-west-1, access_key: AK-of-a-user, secret_key: word-of-a-user}"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"s3: \{[^}]*\}", keys, text), encoding="utf-8")
    assert run(mini, "--kubernetes", "production").exit_code == 0
    hidden_now = (folder / "secret-thanos-object-store.yaml").read_text(encoding="utf-8")
    assert "objstore.yml: SECRET" in hidden_now
    assert "word-of-a-user" not in hidden_now


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
