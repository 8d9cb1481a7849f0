"""One case per kind of wrong configuration: whatever is wrong is said at once, and nothing is registered.

`config.yaml` of tests/data/bad_stacks/<case>/ stands in place of those sections in the staging stack of the miniature
repository, its other files lie over that; tests/golden/bad_stacks/ has the whole messages, which
`make test PYTEST=--bless` rewrites.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, get_args

import pulumi
import pytest
import yaml
from pydantic import BaseModel

from alerting.policy import read
from stacks.checks import CHECKS
from stacks.sections.stack import Stack
from stacks.settings import parse
from tests.stacks.companies import MINI
from tools.program.running import run_main, stack_config, stack_recorder

BAD: Final = MINI.parent / "bad_stacks"
CASES: Final = sorted(path.name for path in BAD.iterdir())
STACK: Final = "staging"
_SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    f"tocsin:{field.alias or name}": next(
        one for one in (field.annotation, *get_args(field.annotation)) if isinstance(one, type)
    )
    for name, field in Stack.model_fields.items()
    if name != "databases"
}


def lay(case: str, root: Path) -> Path:
    """A copy of the miniature repository with a case over it; its configuration is written as a file has it."""
    shutil.copytree(MINI, root)
    shutil.copytree(BAD / case, root, dirs_exist_ok=True)
    file = root / "stacks" / f"Pulumi.{STACK}.yaml"
    config = yaml.safe_load(file.read_bytes())["config"] | yaml.safe_load((root / "config.yaml").read_bytes())
    given = {key: value for key, value in config.items() if value is not None}
    file.write_text(yaml.safe_dump({"config": given}, sort_keys=False, width=200), encoding="utf-8")
    return root


@pytest.mark.parametrize("case", CASES)
def test_every_mistake_is_said_whole_before_anything_is_registered(
    case: str, tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    """Exactly the messages of the golden file, sorted by file and line."""
    recorder = stack_recorder(lay(case, tmp_path / "mini"), STACK)
    with pytest.raises(pulumi.RunError) as error:
        recorder.run(run_main)
    assert recorder.recording.resources == ()
    golden(f"bad_stacks/{case}.txt", f"{error.value}\n")


def test_every_section_is_spoilt_in_every_key() -> None:
    """Each section has a case in which each of its keys is wrong or missing, down to the last one."""
    texts = [(BAD.parents[1] / "golden" / "bad_stacks" / f"{case}.txt").read_text(encoding="utf-8") for case in CASES]
    whole = "\n".join(texts)
    unspoilt = [
        f"{section}.{field.alias or name}"
        for section, model in _SECTIONS.items()
        for name, field in model.model_fields.items()
        if f"{section}.{field.alias or name}" not in whole and not _is_any_text(field.annotation, field.metadata)
    ]
    assert unspoilt == []


def _is_any_text(annotation: Any, metadata: list[Any]) -> bool:
    """A text of which nothing is expected can only be of another kind, which the kinds of all others show."""
    return annotation in (str, str | None) and not metadata


def test_every_check_has_a_case(tmp_path: Path) -> None:
    """No check is in the table that no case makes report something."""
    silent = set(CHECKS)
    for number, case in enumerate(CASES):
        root = lay(case, tmp_path / str(number))
        config, _ = stack_config(root, STACK, {})
        tree = {key.removeprefix("tocsin:"): yaml.safe_load(text) for key, text in config.items()}
        stack, _ = parse(tree)
        policy = read(root).policy
        if stack is not None and policy is not None:
            silent -= {check for check in silent if any(True for _ in check(stack, policy))}
    assert {f"{check.__module__}.{check.__name__}" for check in silent} == set()


def test_no_golden_file_is_left_over() -> None:
    """Every golden file belongs to a case."""
    assert sorted(path.stem for path in (BAD.parents[1] / "golden" / "bad_stacks").iterdir()) == CASES
