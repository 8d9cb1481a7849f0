"""A folder of rendered files, made equal to what should be in it: changed ones replaced, stale ones removed.

Every file is there whole or not at all. One that changes is written beside its place and renamed; a folder that does
not exist yet is filled beside its place and renamed as a whole, which takes half the time.
"""

import os
import shutil
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
        yield Found(path, _state(f"{folder}/{path}", text.encode()))


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes files below a folder; several processes may share one."""

    folder: Path
    new: tuple[str, ...]
    """Folders below it that do not exist yet."""
    staging: Path
    """Where those are filled."""

    @classmethod
    def begin(cls, folder: Path, folders: Iterable[str]) -> "Writer":
        """Looks which of `folders` are new, and makes a place to fill them; raises OSError if it cannot."""
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        staging = folder / f"{_TEMPORARY}{os.getpid()}"
        new = tuple(name for name in folders if not (folder / name).exists())
        for name in new:
            (staging / name).mkdir(parents=True)
        return cls(folder=folder, new=new, staging=staging)

    def write(self, files: Mapping[str, str]) -> Iterator[Found]:
        """Writes what is missing or stale, and says how each was before; raises OSError."""
        for path, text in files.items():
            content = text.encode()
            if any(path.startswith(f"{name}/") for name in self.new):
                _create(f"{self.staging}/{path}", content)
                yield Found(path, "missing")
                continue
            target = f"{self.folder}/{path}"
            state = _state(target, content)
            if state != "fresh":
                _replace(Path(target), content)
            yield Found(path, state)

    def finish(self) -> None:
        """Puts new folders into place; raises OSError."""
        for name in self.new:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            if any((self.staging / name).iterdir()):
                (self.staging / name).rename(self.folder / name)
        self.abandon()

    def abandon(self) -> None:
        """Removes what was begun and is not in place."""
        shutil.rmtree(self.staging, ignore_errors=True)


def beyond(folder: Path, folders: Iterable[str], wanted: Collection[str]) -> Iterator[Found]:
    """The files under `folders` that are not wanted: made here once, or by someone else."""
    for name in folders:
        for path in sorted(_files(f"{folder}/{name}", name)):
            if path not in wanted:
                yield Found(path, "superfluous" if _ours(folder / path) else "foreign")


def remove(folder: Path, found: Iterable[Found]) -> None:
    """Removes superfluous files, and folders that become empty by it."""
    for one in found:
        path = folder / one.path
        path.unlink()
        parent = path.parent
        while parent != folder and not any(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent


def _files(place: str, relative: str) -> Iterator[str]:
    """Everything below a folder that is not a folder, by path relative to the top; nothing if there is no folder."""
    try:
        entries = list(os.scandir(place))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, f"{relative}/{entry.name}")
        else:
            yield f"{relative}/{entry.name}"


def _state(path: str, content: bytes) -> State:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # a Path each would take a tenth of the time
            return "fresh" if file.read() == content else "stale"
    except (FileNotFoundError, NotADirectoryError):
        return "missing"


def _create(path: str, content: bytes) -> None:
    """Writes a file that does not exist."""
    try:
        with open(path, "xb", buffering=0) as file:  # noqa: PTH123  # as above
            file.write(content)
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        _create(path, content)


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{_TEMPORARY}{os.getpid()}-{path.name}")
    try:
        temporary.write_bytes(content)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
    temporary.replace(path)


def _sweep(folder: Path) -> None:
    """Removes what a process that was killed had begun."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        if path.is_dir() and not path.is_symlink() and not _alive(path.name.removeprefix(_TEMPORARY)):
            shutil.rmtree(path, ignore_errors=True)


def _alive(pid: str) -> bool:
    """Whether that process still runs; what is no number is nobody's."""
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _ours(path: Path) -> bool:
    """Whether a file was made here: by its first line, or by its name if writing it was cut short."""
    if path.name.startswith(_TEMPORARY):
        return True
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return is_rendered(file.read(_BEGINNING))
