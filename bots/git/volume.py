"""The folder on a disk that the records live in: one process at a time, and what the disk may say about writing."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

import pygit2

from bots.errors import StoreBusy, StoreError, StoreFull

_CACHE_BYTES: Final = 4 * 1024 * 1024
_WINDOW_BYTES: Final = 1 * 1024 * 1024
_MAPPED_BYTES: Final = 16 * 1024 * 1024
_NO_ROOM: Final = ("No space left", "File too large", "Disk quota exceeded", "no error")


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Turns what git and the system say about writing into errors of the store."""
    try:
        yield
    except (pygit2.GitError, OSError) as error:
        why = str(error)
        if any(word in why for word in _NO_ROOM):
            # libgit2 gives no reason when a write ends early.
            why = "a write ended early" if why == "no error" else why
            raise StoreFull(f"the records cannot be written: {why}; nothing changed; make room") from error
        raise StoreError(f"the records cannot be written: {error}; nothing changed") from error


def bound_memory() -> None:
    """libgit2 would keep 256 MiB of objects and map packs without a limit."""
    pygit2.settings.cache_max_size(_CACHE_BYTES)
    pygit2.settings.mwindow_size = _WINDOW_BYTES
    pygit2.settings.mwindow_mapped_limit = _MAPPED_BYTES


def lock(folder: Path) -> TextIO:
    """Takes the folder for this process until the file is closed; raises StoreBusy if another has it."""
    handle = (folder / "records.lock").open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        message = f"{folder}: another bot uses the folder; stop it, or give this one a folder of its own"
        raise StoreBusy(message) from error
    return handle


def remove_stale(repository: Path) -> None:
    """Lock files and half-written objects of a process that was killed; nobody else may be writing now."""
    for pattern in ("*.lock", "refs/**/*.lock", "objects/tmp_object_*", "objects/??/tmp_obj_*", "objects/pack/tmp_*"):
        for path in repository.glob(pattern):
            path.unlink(missing_ok=True)
