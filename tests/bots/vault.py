"""Stores and remotes for tests: real bare repositories in a temporary folder."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bots.belonging.change import Decision
from bots.exchange.pushing import Pusher
from bots.ledger import Ledger
from bots.opening import open_store
from bots.store import Store
from bots.timeline.intake import Intake
from tests.bots.office import RULES, at


def git(folder: Path, *arguments: str) -> str:
    """What git prints in a repository; raises if it fails."""
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=True, text=True)
    return done.stdout


def bare(path: Path) -> Path:
    """An empty bare repository."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(path)], check=True)
    return path


class Vault:
    """A ledger on a store, that decides and records at once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ledger = Ledger(store, RULES)
        self.pusher = Pusher(store, timeout_s=20)

    def take(self, *intakes: Intake) -> Decision:
        """Decides and records."""
        decision = self.ledger.decide(intakes, at(60))
        self.store.commit(decision)
        self.ledger.accept(decision)
        return decision

    def kinds(self, number: int = 1) -> list[str]:
        """The kinds of an incident's events, as they are in git."""
        history = self.store.read(number)
        assert history is not None
        return [event.kind.value for event in history.events]


@contextmanager
def vault(folder: Path, remote: Path | None = None) -> Iterator[Vault]:
    """An open store, closed in the end."""
    store = open_store(folder, remote=str(remote) if remote else None)
    try:
        yield Vault(store)
    finally:
        store.close()


def files(repository: Path, revision: str = "records") -> list[str]:
    """The paths of all files of a commit."""
    return git(repository, "ls-tree", "-r", "--name-only", revision).splitlines()
