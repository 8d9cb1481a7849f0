"""Opening the store: a new volume is filled from the remote, an old one continues where it was."""

from pathlib import Path
from typing import Final

import pygit2

from bots.errors import StoreDamaged
from bots.git import git_remote
from bots.git.volume import writing
from bots.store import BRANCH, INDEX, REPOSITORY, TRACKING, Progress, Store, no_progress

_FETCH_LIMIT_S: Final = 600.0
FETCHED: Final = f"+refs/heads/records:{TRACKING}"


def open_store(folder: Path, *, remote: str | None = None, progress: Progress = no_progress) -> Store:
    """The store in a folder, made if there is none.

    Raises StoreBusy if another process uses the folder; on a new volume also Unreachable or Undeliverable if the remote
    cannot be asked for its records: numbers must not begin anew because a disk did.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / REPOSITORY
    if not path.exists():
        _make(path)
    elif not (path / "objects").is_dir():
        raise StoreDamaged(f"{path}: not a git repository; expected one, or nothing; move it away")
    store = Store(folder, remote=remote)
    try:
        _set_remote(store, remote)
        if remote is not None and store.tip() is None:
            progress("fetching the records", 0, 0)
            _fill(store)
        store.catch_up(progress)
    except BaseException:
        store.close()
        raise
    return store


def _make(path: Path) -> None:
    with writing():
        # Made beside and moved into place: a process that dies here leaves no half repository.
        half = path.with_name(f"{path.name}.new")
        repository = pygit2.init_repository(
            str(half), flags=pygit2.enums.RepositoryInitFlag.BARE | pygit2.enums.RepositoryInitFlag.MKPATH
        )
        repository.set_head(BRANCH)
        repository.free()
        half.rename(path)


def _set_remote(store: Store, remote: str | None) -> None:
    config = store.repository.config
    # What the git command line writes (fetched and repacked objects) is flushed too.
    config["core.fsync"] = "all"
    config["gc.auto"] = 0
    names = list(store.repository.remotes.names())
    if remote is None:
        return
    if git_remote.REMOTE in names:
        store.repository.remotes.set_url(git_remote.REMOTE, remote)
    else:
        store.repository.remotes.create(git_remote.REMOTE, remote, FETCHED)


def _fill(store: Store) -> None:
    if git_remote.fetch(store.path, FETCHED, timeout_s=_FETCH_LIMIT_S):
        tip = store.pushed_tip()
        assert tip is not None
        with store.changing, writing():
            store.repository.references.create(BRANCH, tip)


__all__ = ["INDEX", "open_store"]
