"""A folder of rendered files, made equal to what should be in it: changed ones replaced, stale ones removed."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from alerting.rendering.header import DASHBOARD_BEGINNING, HEADER, TEMPLATE_HEADER, is_rendered

State = Literal["fresh", "missing", "stale", "superfluous", "foreign"]
"""As it should be; not there; with other content; made here but not wanted any more; in our folders but made by someone
else."""

_TEMPORARY: Final = ".tocsin-"
_BEGINNING: Final = max(map(len, (HEADER, TEMPLATE_HEADER, DASHBOARD_BEGINNING)))


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """One file of the folder."""

    path: str
    state: State


def compare(folder: Path, files: Mapping[str, str]) -> Iterator[Found]:
    """How each of these files is on the disk."""
    for path, text in files.items():
        yield Found(path, _state(folder / path, text.encode()))


def write(folder: Path, files: Mapping[str, str]) -> Iterator[Found]:
    """Writes what is missing or stale, each file at once or not at all, and says how each was before.

    Raises OSError when the folder cannot be written.
    """
    for path, text in files.items():
        content = text.encode()
        state = _state(folder / path, content)
        if state != "fresh":
            _replace(folder / path, content)
        yield Found(path, state)


def beyond(folder: Path, folders: Iterable[str], wanted: Collection[str]) -> Iterator[Found]:
    """The files under `folders` that are not wanted: made here once, or by someone else."""
    for name in folders:
        for path in sorted((folder / name).rglob("*")):
            relative = path.relative_to(folder).as_posix()
            if relative not in wanted and (path.is_symlink() or not path.is_dir()):
                yield Found(relative, "superfluous" if _ours(path) else "foreign")


def remove(folder: Path, found: Iterable[Found]) -> None:
    """Removes superfluous files, and folders that become empty by it."""
    for one in found:
        path = folder / one.path
        path.unlink()
        parent = path.parent
        while parent != folder and not any(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent


def _state(path: Path, content: bytes) -> State:
    try:
        with path.open("rb") as file:
            return "fresh" if file.read() == content else "stale"
    except (FileNotFoundError, NotADirectoryError):
        return "missing"


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{_TEMPORARY}{os.getpid()}-{path.name}")
    try:
        temporary.write_bytes(content)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
    temporary.replace(path)


def _ours(path: Path) -> bool:
    """Whether a file was made here: by its first line, or by its name if writing it was cut short."""
    if path.name.startswith(_TEMPORARY):
        return True
    if path.is_symlink():
        return False
    with path.open("rb") as file:
        return is_rendered(file.read(_BEGINNING))
