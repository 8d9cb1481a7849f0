"""Drafts of postmortems on branches `postmortem/INC-<n>` of the main repository: written once, then people's.

The branch starts from the remote's default branch, so that its pull request shows one new file.
"""

from collections.abc import Callable
from typing import Final

import pygit2

from bots.errors import Unreachable
from bots.git import git_remote, git_tree
from bots.git.volume import writing
from bots.incident import History
from bots.postmortems.document import FOLDER
from bots.postmortems.draft import branch, files
from bots.postmortems.evidence import Evidence, no_evidence
from bots.store import Store
from bots.timeline.state import Incident

_MAIN: Final = "refs/tocsin/main"
_TIMEOUT_S: Final = 60.0


class Drafts:
    """Writes drafts into the store's repository and pushes them; safe beside the thread that commits."""

    def __init__(
        self, store: Store, evidence: Callable[[Incident], Evidence] = no_evidence, *, timeout_s: float = _TIMEOUT_S
    ) -> None:
        """`evidence` is asked once for each draft; `timeout_s` is for each call of git."""
        self._store = store
        self._evidence = evidence
        self._timeout_s = timeout_s

    def write(self, history: History) -> str | None:
        """Drafts the postmortem of an incident; returns the branch, or None if the postmortem is merged already.

        Doing it again does the rest of what is missing, and changes nothing that people wrote: neither on the branch,
        nor by making anew one that was deleted when it was merged. Raises Unreachable or Undeliverable if the draft
        cannot be pushed, StoreError if it cannot be written.
        """
        name = branch(history.number)
        reference = f"refs/heads/{name}"
        if self._store.remote is not None and self._on_remote(reference):
            return name
        main = self._main()
        if self._merged(main, history):
            return None
        oid = self._local(reference)
        if oid is None:
            oid = self._commit(history, reference, main)
        if self._store.remote is None:
            return name
        # Where somebody was faster, theirs is the draft.
        git_remote.push(self._store.path, f"{oid}:{reference}", timeout_s=self._timeout_s)
        return name

    def _on_remote(self, reference: str) -> bool:
        arguments = ["ls-remote", "--exit-code", git_remote.REMOTE, reference]
        said = git_remote.git(self._store.path, arguments, timeout_s=self._timeout_s)
        # https://git-scm.com/docs/git-ls-remote: 2 when nothing matches
        if said.status not in (0, 2):
            raise git_remote.failure("ls-remote", said)
        return said.status == 0

    def _local(self, reference: str) -> pygit2.Oid | None:
        with self._store.changing:
            found = self._store.repository.references.get(reference)
            return found.target if found is not None and isinstance(found.target, pygit2.Oid) else None

    def _merged(self, main: pygit2.Oid | None, history: History) -> bool:
        """Whether the main branch has the postmortem, in whatever year people keep it."""
        name = f"{history.state.name}.md"
        with self._store.changing:
            years = git_tree.folders(git_tree.subtree(self._store.tree(main), FOLDER))
            return any(git_tree.entry(year, name) is not None for _, year in years)

    def _commit(self, history: History, reference: str, parent: pygit2.Oid | None) -> pygit2.Oid:
        evidence = self._evidence(history.state)
        message = f"postmortem: draft for {history.state.name}\n\nIncident: {history.state.name}\n"
        store = self._store
        with store.changing, writing():
            tree = git_tree.changed_tree(store.repository, store.tree(parent), files(history, evidence))
            return store.commit_tree(tree, message, parent, reference)

    def _main(self) -> pygit2.Oid | None:
        """The newest commit of the remote's default branch; None if there is no remote, or nothing on it."""
        if self._store.remote is None:
            return None
        if not git_remote.fetch(self._store.path, f"+HEAD:{_MAIN}", timeout_s=self._timeout_s):
            return None
        found = self._local(_MAIN)
        if found is None:
            raise Unreachable("the remote's default branch was fetched but is not there")
        return found
