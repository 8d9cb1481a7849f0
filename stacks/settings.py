"""The configuration of a stack and the policy it runs with: read once, checked whole, then frozen.

The only reader of Pulumi's configuration. Each section is a model of its own under stacks/sections/.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi.runtime import config as pulumi_config
from pulumi.runtime.settings import get_root_directory
from pydantic import ValidationError

from alerting import checks as policy_checks
from alerting.document import Document
from alerting.meaning import flaws
from alerting.model.policy import Policy
from alerting.places import places
from alerting.policy import read as read_policy
from alerting.problem import Problem
from alerting.stack_files import FOLDER, PATTERN, clashes, stack_of
from alerting.syntax import Flaw
from stacks.known import check
from stacks.sections.stack import Stack

NAMESPACE: Final = "tocsin"
_HIDDEN: Final = "got a value that is not shown, since the section holds secrets"
_ABOUT_KEYS: Final = ("is missing", "is not a key here")
"""How words end that tell no value."""
_TELLING: Final = 8
"""Characters of a secret that are too many in a message."""
_ANY_CLUSTER: Final = {"name": "unknown", "context": "unknown", "flavour": "kind", "domain": "example.com"}
"""Stands for a cluster that cannot be read, while others are checked that do not look at it."""


class SettingsError(pulumi.RunError):
    """The stack's configuration or the policy has mistakes; Pulumi shows the message without a traceback."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keeps all problems, sorted, and makes them the message, one a line."""
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the program starts from."""

    name: str
    """The stack's name, such as production."""
    stack: Stack
    policy: Policy


def read() -> Settings:
    """The settings of the stack that runs; raises SettingsError with every mistake before anything is registered."""
    root, name = Path(get_root_directory()), pulumi.get_stack()
    tree, secret = _tree()
    loaded = read_policy(root)
    found = [one for one in policy_checks.run(loaded, datetime.now(UTC)) if one.level == "error"]
    problems = {*loaded.problems, *found}
    stack, wrong = parse(tree)
    wrong = [*wrong, *_between(tree, wrong, None if problems else loaded.policy)]
    problems |= set(_problems(root, name, wrong, {section: tree[section] for section in secret}))
    problems |= {one for one in clashes(_files(root)) if stack_of(one.file) == name}
    if problems or stack is None or loaded.policy is None:
        raise SettingsError(problems)
    return Settings(name=name, stack=stack, policy=loaded.policy)


def _files(root: Path) -> dict[str, bytes]:
    """The configurations of all stacks, by path from the root."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in (root / FOLDER).glob(PATTERN)}


def parse(tree: Mapping[str, Any]) -> tuple[Stack | None, list[Flaw]]:
    """The sections, or what is wrong with them; paths begin with the section's name."""
    document = Document(tree=dict(tree), flaws=(), readable=True)
    try:
        return Stack.model_validate(document.tree, by_alias=True, by_name=False), []
    except ValidationError as error:
        return None, flaws(error, document, Stack)


def _between(tree: Mapping[str, Any], wrong: Iterable[Flaw], policy: Policy | None) -> Iterable[Flaw]:
    """What is wrong between the sections that can be read, and between them and the policy if it has no mistakes."""
    broken = {str(flaw.path[0]) for flaw in wrong if flaw.path}
    whole = {section: value for section, value in tree.items() if section not in broken}
    stack, rest = parse({"cluster": _ANY_CLUSTER, **whole})
    assert stack is not None, rest
    fields = {name for name, field in Stack.model_fields.items() if (field.alias or name) in broken}
    return check(stack, fields, policy)


def _tree() -> tuple[dict[str, Any], frozenset[str]]:
    """The sections as plain values, and the names of those that hold secrets."""
    values = {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}
    secret_keys = {*pulumi_config.get_config_secret_keys_env(), *pulumi_config._SECRET_KEYS.get()}
    ours = {key: key.removeprefix(f"{NAMESPACE}:") for key in values if key.startswith(f"{NAMESPACE}:")}
    tree = {section: _value(values[key]) for key, section in ours.items()}
    return tree, frozenset(section for key, section in ours.items() if key in secret_keys)


def _value(text: Any) -> Any:
    """A structured value arrives as JSON, a plain one as its text."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def _problems(root: Path, stack: str, found: Iterable[Flaw], secret: Mapping[str, Any]) -> Iterable[Problem]:
    """The flaws with their file and line; `secret` is what sections with secrets say, which no message may tell."""
    file = f"stacks/Pulumi.{stack}.yaml"
    try:
        known = places((root / file).read_bytes())
    except OSError:
        known = places(b"")
    for flaw in found:
        section, *rest = flaw.path or ("",)
        told = any(text in flaw.wrong for text in _beginnings(secret.get(str(section))))
        hide = told and not flaw.wrong.endswith(_ABOUT_KEYS)
        where = known.trail(("config", f"{NAMESPACE}:{section}", *rest)).removeprefix("config.")
        yield Problem(
            file=file,
            line=known.line(("config", f"{NAMESPACE}:{section}", *rest)),
            object=f"stack {stack}: {where}",
            wrong=_HIDDEN if hide else flaw.wrong,
            expected=flaw.expected,
            fix=flaw.fix,
        )


def _beginnings(value: Any) -> Iterator[str]:
    """How each line of every text inside a value begins, as a message would tell it, which may cut it.

    What Pulumi decrypts is text; numbers, true and false are no secrets.
    """
    if isinstance(value, Mapping):
        value = [*value.values()]
    if isinstance(value, list):
        for one in value:
            yield from _beginnings(one)
    elif isinstance(value, str):
        yield from (repr(line)[1:-1][:_TELLING] for line in value.splitlines() if line)
