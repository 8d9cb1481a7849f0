"""The records in git: branch `records` of a bare repository, written by one process, without a work tree.

A commit is durable when `commit` returns: objects and the reference are flushed to the disk, objects first. What a
killed process leaves behind are loose objects that nothing refers to, and lock files, which the next one removes.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pygit2

from bots import record_tree, records
from bots.belonging.change import Change, Decision
from bots.errors import StoreDamaged, StoreError, StoreFull, StoreMoved
from bots.git import git_tree
from bots.git.message import commit_message
from bots.git.volume import bound_memory, lock, remove_stale, writing
from bots.guards.attempted import Attempted
from bots.guards.freeze import Freeze, of_event, switched
from bots.incident import History
from bots.index import Index
from bots.rulebook import Place
from bots.switch_history import last_switch
from bots.timeline.event import BOT
from bots.timeline.state import incident_number
from bots.timeline.summary import state_dict

BRANCH: Final = "refs/heads/records"
TRACKING: Final = "refs/remotes/origin/records"
REPOSITORY: Final = "records.git"
INDEX: Final = "records.index"

Progress = Callable[[str, int, int], None]
"""What is done, how much of it, and of how much (0 if that is not known)."""


def no_progress(what: str, done: int, of: int) -> None:
    """Tells nobody."""


class Store:
    """Made by `bots.opening.open_store`. Any thread may call it; only one process may have the folder."""

    def __init__(self, folder: Path, *, remote: str | None) -> None:
        """Opens the repository in a folder that has one; raises StoreBusy if another process uses it."""
        self.folder = folder
        self.path = folder / REPOSITORY
        self.remote = remote
        self.changing = threading.RLock()
        """Held while the branch changes."""
        self._reading = threading.RLock()
        self._lock = lock(folder)
        # libgit2 flushes objects, references and the folders that hold them: GIT_OPT_ENABLE_FSYNC_GITDIR.
        pygit2.settings.enable_fsync_gitdir(True)
        bound_memory()
        try:
            remove_stale(self.path)
            self.repository = pygit2.Repository(str(self.path), pygit2.enums.RepositoryOpenFlag.BARE)
            self._reader = pygit2.Repository(str(self.path), pygit2.enums.RepositoryOpenFlag.BARE)
            self.index = Index(folder / INDEX)
        except BaseException:
            self._lock.close()
            raise
        self._generation = 0
        self._switch: tuple[int, Freeze | None] | None = None
        """The switch of the night, and the generation of the records it was read from."""

    def close(self) -> None:
        """Lets go of the folder."""
        self.index.close()
        self.repository.free()
        self._reader.free()
        self._lock.close()

    # what there is

    @property
    def generation(self) -> int:
        """Grows when other hands changed the branch."""
        return self._generation

    def tip(self) -> pygit2.Oid | None:
        """The newest commit of the branch; None while there is none."""
        return self._target(BRANCH)

    def pushed_tip(self) -> pygit2.Oid | None:
        """The newest commit that the remote is known to have."""
        return self._target(TRACKING)

    def _target(self, name: str) -> pygit2.Oid | None:
        with self._reading:
            found = self._reader.references.get(name)
            return found.target if found is not None and isinstance(found.target, pygit2.Oid) else None

    def tree(self, commit: pygit2.Oid | None) -> pygit2.Tree | None:
        """The files of a commit, for the thread that holds `changing`."""
        return None if commit is None else self.repository[commit].tree

    def read(self, number: int) -> History | None:
        """An incident with its events; None if there is none, or its timeline cannot be read, which the log says."""
        path = self.index.path(number)
        if path is None:
            return None
        return self.read_path(path)

    def read_path(self, path: str) -> History | None:
        """The incident in a folder of the newest commit."""
        with self._reading:
            tip = self.tip()
            tree = None if tip is None else self._reader[tip].tree
            return record_tree.read_history(tree, path)

    def highest(self) -> int:
        """The highest number given so far; 0 if none."""
        self._check_index()
        return self.index.highest()

    def near(self, place: Place, start: str, until: str, fingerprints: Sequence[str]) -> tuple[int, ...]:
        """Incidents of a place that were going on at some time between, or where one of the alerts fires."""
        self._check_index()
        return self.index.near(place, start, until, fingerprints)

    def opened_by_key(self, key: str) -> int | None:
        """The incident whose first event has this key."""
        self._check_index()
        return self.index.by_key(key)

    def attempts(self, since: datetime) -> tuple[Attempted, ...]:
        """Attempts of incidents in which anything was attempted since an instant or is unsettled."""
        self._check_index()
        return self.index.attempts(since)

    def active(self) -> tuple[int, ...]:
        """The incidents that go on; of very many the newest."""
        self._check_index()
        return self.index.active()

    def frozen(self) -> Freeze | None:
        """The switch of the night as it was set last; None if it is off. Any thread may ask.

        While nobody can read how it was set, it is on.
        """
        known = self._switch
        if known is None or known[0] != self._generation:
            generation = self._generation
            with self._reading:
                tip = self.tip()
                tree = None if tip is None else self._reader[tip].tree
                try:
                    last = last_switch(tree)
                    freeze = None if last is None else of_event(last)
                except StoreDamaged as error:
                    freeze = Freeze(reason=f"the audit trail cannot be read ({error}); put the file right", by=BOT)
            known = self._switch = (generation, freeze)
        return known[1]

    def _check_index(self) -> None:
        tip = self.tip()
        if (None if tip is None else str(tip)) != self.index.tip:
            self.catch_up()

    # writing

    def commit(self, decision: Decision) -> str | None:
        """Records a decision in one commit and returns its id, None if there is nothing to record.

        Raises StoreMoved if others changed the branch since the decision, StoreFull or StoreError if it cannot be
        written; nothing has changed then.
        """
        with self.changing:
            if decision.generation != self._generation:
                raise StoreMoved("the records changed since the decision; decide again")
            files: dict[str, bytes] = {}
            for change in decision.changes:
                files |= {f"{change.after.path}/{name}": text for name, text in records.files(change.after).items()}
            tree = self.tree(self.tip())
            files |= record_tree.audit_files(tree, decision.audit)
            if not files:
                return None
            oid = self.write(files, commit_message(decision), self.tip())
            self._index_changes(oid, decision.changes)
            if (last := switched(decision.audit)) is not None:
                self._switch = (self._generation, of_event(last))
            return str(oid)

    def write(self, files: Mapping[str, bytes], message: str, parent: pygit2.Oid | None) -> pygit2.Oid:
        """A commit on the branch, whose tip must be `parent`; raises StoreError for a path that is not the records'."""
        strange = sorted(path for path in files if path.split("/")[0] not in (records.INCIDENTS, records.AUDIT))
        if strange:
            raise StoreError(f"{strange[0]}: not in incidents/ or audit/; nothing else may be written to the records")
        with writing():
            tree = git_tree.changed_tree(self.repository, self.tree(parent), files)
            return self.commit_tree(tree, message, parent, BRANCH)

    def commit_tree(
        self, tree: pygit2.Oid, message: str, parent: pygit2.Oid | None, reference: str | None
    ) -> pygit2.Oid:
        """A commit by the bot; moves the reference if one is given."""
        who = signature()
        parents = [] if parent is None else [parent]
        return self.repository.create_commit(reference, who, who, message, tree, parents)

    def _index_changes(self, oid: pygit2.Oid, changes: Sequence[Change]) -> None:
        # The commit stands even if the index cannot follow; it catches up before the next decision.
        with contextlib.suppress(StoreFull):
            self.index.update(str(oid), [(change.after.path, state_dict(change.after.state)) for change in changes])

    def moved(self, tip: pygit2.Oid) -> None:
        """The branch was set to a commit that others had a part in; for the thread that holds `changing`."""
        with writing():
            self.repository.references.create(BRANCH, tip, force=True)
        self._generation += 1
        self.catch_up()

    # the index

    def catch_up(self, progress: Progress = no_progress) -> None:
        """Makes the index show the newest commit: from what changed since the one it shows, or from everything."""
        with self.changing:
            tip = self.tip()
            if tip is not None and str(tip) == self.index.tip:
                return
            if tip is None:
                if self.index.count():
                    self.index.update("", (), anew=True)
                return
            shown = self.index.tip
            new = self.tree(tip)
            old = self._known_tree(shown)
            if old is None:
                total = sum(len(month) for month in record_tree.months(new))
                self.index.update(str(tip), _counted(record_tree.states(new), total, progress), anew=True)
                return
            paths = git_tree.changed_paths(self.repository, old, new)
            folders = {path.rsplit("/", 1)[0] for path in paths if path.endswith(f"/{records.STATE}")}
            changed = {path: number for path in sorted(folders) if (number := record_tree.number_of(path)) is not None}
            found = [(path, state) for path in changed if (state := record_tree.state(new, path)) is not None]
            self.index.forget(set(changed.values()) - {incident_number(state["id"]) for _, state in found})
            self.index.update(str(tip), found)

    def _known_tree(self, shown: str | None) -> pygit2.Tree | None:
        if not shown or shown not in self.repository:
            return None
        return self.tree(pygit2.Oid(hex=shown))


def _counted(states: Iterator[Any], total: int, progress: Progress) -> Iterator[Any]:
    for done, state in enumerate(states, start=1):
        if done % 1000 == 0 or done == total:
            progress("reading incidents", done, total)
        yield state


def signature() -> pygit2.Signature:
    """The bot, now."""
    return pygit2.Signature("Tocsin", "tocsin@localhost", int(datetime.now(UTC).timestamp()), 0)
