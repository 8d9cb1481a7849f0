"""The files under `.github/` that follow from the policy, on the disk."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from alerting.github import github_files
from alerting.model.policy import Policy
from alerting.problem import Problem
from alerting.rendering.header import is_rendered
from tools.rendered import Found, State

_BEGINNING: Final = 200
"""Bytes that hold the line by which a rendered file is known."""
_WRONG: Final[Mapping[State, tuple[str, str]]] = {
    "missing": ("missing", "run `tocsin render`"),
    "stale": ("stale", "run `tocsin render`"),
    "foreign": ("not made by `tocsin render`", "remove it, then run `tocsin render`"),
}


def compare(root: Path, policy: Policy) -> list[Found]:
    """How each of the files is; one that people wrote is `foreign`."""
    return [Found(path, _state(root / path, text)) for path, text in github_files(policy).items()]


def write(root: Path, policy: Policy) -> list[Found]:
    """Writes what is missing or stale, leaves what people wrote, says how each was before; raises OSError."""
    files = github_files(policy)
    found = compare(root, policy)
    for one in found:
        if one.state in ("missing", "stale"):
            place = root / one.path
            place.parent.mkdir(parents=True, exist_ok=True)
            beside = place.with_name(f".{place.name}.new")
            beside.write_text(files[one.path], encoding="utf-8")
            beside.replace(place)
    return found


def problems(root: Path, policy: Policy) -> Iterator[Problem]:
    """What `tocsin check` says about them."""
    for one in compare(root, policy):
        if one.state in _WRONG:
            wrong, fix = _WRONG[one.state]
            yield Problem(
                file=one.path,
                line=1,
                object="the whole file",
                wrong=wrong,
                expected="expected what the policy files say now",
                fix=fix,
            )


def _state(place: Path, text: str) -> State:
    try:
        content = place.read_bytes()
    except OSError:
        return "missing"
    if content == text.encode():
        return "fresh"
    return "stale" if is_rendered(content[:_BEGINNING]) else "foreign"
