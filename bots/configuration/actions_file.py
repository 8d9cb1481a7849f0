"""Which program runs a remediation action on this machine."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from alerting import actions
from bots.errors import SettingsError


def read_actions(path: Path | None) -> Mapping[str, tuple[str, ...]]:
    """Action → program and arguments, from a YAML mapping; none without a file.

    Raises SettingsError with every mistake.
    """
    if path is None:
        return {}
    try:
        value = yaml.load(path.read_bytes(), yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise SettingsError([f"{path}: not YAML: {' '.join(str(error).split())}"]) from error
    if not isinstance(value, dict):
        raise SettingsError([f"{path}: not a mapping; expected `action: [program, argument, …]` a line"])
    known = sorted(actions.ACTIONS)
    problems = []
    for name, program in value.items():
        if name not in actions.ACTIONS:
            problems.append(f"{path}: {name}: no such action; expected one of {', '.join(known)}")
        if not isinstance(program, list) or not program or not all(isinstance(word, str) for word in program):
            problems.append(f"{path}: {name}: expected a list of texts: the program and its arguments")
    if problems:
        raise SettingsError(problems)
    return {name: tuple(program) for name, program in value.items()}
