"""`tocsin schema` writes what editors need, and the schemas agree with the loader."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from click.testing import CliRunner

from alerting.document import read
from alerting.editor import file_name, modeline, schemas, vscode_settings
from alerting.policy import read as read_policy
from alerting.sources import KINDS, RUNBOOK, SERVICE, SEVERITY, Kind
from tools.cli import main
from tools.schema import stale_files

ROOT = Path(__file__).parents[2]
EDITED = [kind for kind in KINDS if kind is not RUNBOOK]
# What JSON Schema cannot say, or what only concerns the text of the file.
BEYOND = {"key-of-mapping-text", "window-timezone", "value-duration-long", "value-rate-zero"}
MARKED = sorted(
    path.name
    for path in (ROOT / "tests/data/bad").iterdir()
    if path.name.startswith(("key-", "value-", "window-", "sli-")) and path.name not in BEYOND
)


def files(root: Path, kind: Kind) -> list[Path]:
    """The files of a kind in a repository."""
    return sorted(root.glob(f"{kind.place}/*{kind.suffix}")) if kind.suffix else [root / kind.place]


def as_json(tree: Any) -> Any:
    """A tree as an editor's validator sees it: keys are text."""
    return orjson.loads(orjson.dumps(tree, option=orjson.OPT_NON_STR_KEYS))


@pytest.mark.parametrize("kind", EDITED, ids=lambda kind: kind.name)
@pytest.mark.parametrize("root", [ROOT, ROOT / "tests/data/mini"], ids=["example", "mini"])
def test_what_is_valid_is_valid_in_an_editor(root: Path, kind: Kind) -> None:
    """Every file of the example company and of the miniature repository fits its schema."""
    validator = jsonschema_rs.validator_for(schemas()[file_name(kind)])
    for path in files(root, kind):
        assert [str(error) for error in validator.iter_errors(as_json(read(path.read_bytes()).tree))] == []


@pytest.mark.parametrize("case", MARKED)
def test_what_the_loader_refuses_an_editor_marks(case: str) -> None:
    """A wrong key or value, as far as a schema can say it, is marked while it is typed."""
    folder = ROOT / "tests/data/bad" / case
    for kind in EDITED:
        validator = jsonschema_rs.validator_for(schemas()[file_name(kind)])
        for path in files(folder, kind):
            if path.is_file():
                assert not validator.is_valid(as_json(read(path.read_bytes()).tree)), case


def test_the_committed_schemas_are_fresh() -> None:
    """docs/schema holds what the models say; `tocsin schema` writes it."""
    assert stale_files(ROOT / "docs/schema") == []


def test_the_command_writes_and_checks(mini: Path, tmp_path: Path) -> None:
    """Files go to the repository or to --out; --check finds a stale one."""
    run = CliRunner().invoke
    assert run(main, ["--root", str(mini), "schema"]).exit_code == 0
    assert run(main, ["--root", str(mini), "schema", "--check"]).exit_code == 0
    (mini / "docs/schema/team.schema.json").write_text("{}")
    stale = run(main, ["--root", str(mini), "schema", "--check"])
    assert stale.exit_code == 1
    assert stale.output == (
        f"{mini}/docs/schema/team.schema.json: missing or stale; expected what the models say; run `tocsin schema`\n"
    )
    assert run(main, ["--root", str(mini), "schema", "--out", str(tmp_path / "out")]).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(schemas())


def test_every_field_says_what_it_means() -> None:
    """No key of any file is without a sentence about it."""
    silent = [
        f"{name}: {at}.{key}"
        for name, schema in schemas().items()
        for at, part in (("", schema), *schema.get("$defs", {}).items())
        for key, field in part.get("properties", {}).items()
        if "description" not in field and "$ref" not in field
    ]
    assert silent == []


def test_a_file_finds_its_schema_by_itself() -> None:
    """The comment for editors is relative to the file; VS Code's settings are relative to the repository."""
    assert modeline(SERVICE) == "# yaml-language-server: $schema=../../docs/schema/service.schema.json"
    assert modeline(SEVERITY) == "# yaml-language-server: $schema=../docs/schema/severity.schema.json"
    assert vscode_settings()["yaml.schemas"]["./docs/schema/service.schema.json"] == "policies/services/*.yaml"
    assert read_policy(ROOT / "tests/data/mini").problems == ()
