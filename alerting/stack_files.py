"""What the configurations of two stacks must not have in common. Pure; `stacks/` knows what each says by itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alerting.document import read
from alerting.places import places
from alerting.problem import Problem

FOLDER: Final = "stacks"
PATTERN: Final = "Pulumi.*.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alone:
    """What one stack alone may have."""

    path: tuple[str, ...]
    """Its place below `config`."""
    keys: tuple[str, ...]
    """The keys there that name it; all of them, or it is not there."""
    wrong: str
    """With `{value}` and `{others}`."""
    expected: str
    fix: str


_ALONE: Final = (
    _Alone(
        path=("tocsin:cluster",),
        keys=("name",),
        wrong="the cluster of {others} is called {value} as well",
        expected="expected a name of its own: series, and the blocks in a bucket, are told apart by it",
        fix="rename one of them",
    ),
    _Alone(
        path=("tocsin:github",),
        keys=("owner", "repository"),
        wrong="{others} looks after {value} as well",
        expected="expected one stack alone, since each would undo what the other one makes",
        fix="remove tocsin:github from all but one",
    ),
)


def stack_of(file: str) -> str:
    """The stack's name in that of its file, `Pulumi.<stack>.yaml`."""
    return file.rpartition("/")[2].removeprefix("Pulumi.").removesuffix(".yaml")


def clashes(texts: Mapping[str, bytes]) -> Iterator[Problem]:
    """What stacks share that each should have alone, by file; each is said of all of them.

    `texts` are by path from the repository's root. What cannot be read is left to who reads it whole.
    """
    trees = {file: read(text).tree for file, text in sorted(texts.items())}
    for alone in _ALONE:
        values = {file: value for file, tree in trees.items() if (value := _value(tree, alone)) is not None}
        for file, value in values.items():
            others = [stack_of(other) for other, same in values.items() if other != file and same == value]
            if others:
                yield Problem(
                    file=file,
                    line=places(texts[file]).line(("config", *alone.path, alone.keys[-1])),
                    object=f"stack {stack_of(file)}: {'.'.join((*alone.path, alone.keys[-1]))}",
                    wrong=alone.wrong.format(value=value, others=" and ".join(others)),
                    expected=alone.expected,
                    fix=alone.fix,
                )


def _value(tree: Any, alone: _Alone) -> str | None:
    """The words that name it in a stack's file."""
    for step in ("config", *alone.path):
        tree = tree.get(step) if isinstance(tree, dict) else None
    found = [tree.get(key) for key in alone.keys] if isinstance(tree, dict) else [None]
    return "/".join(map(str, found)) if None not in found else None
