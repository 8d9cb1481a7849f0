"""Where the records and the postmortems are read from: a clone on this machine, or a remote, fetched for once."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import pygit2

from alerting.errors import TocsinError
from bots.errors import DestinationError
from bots.git import git_remote, git_tree
from bots.records import INCIDENTS

RECORDS: Final = ("refs/heads/records", "refs/remotes/origin/records")
MAIN: Final = ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/tocsin/main", "refs/heads/main")
_FETCH_LIMIT_S: Final = 600.0


class NoRecords(TocsinError):
    """There are no records where they were looked for; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A repository with the records, and what its branches are at."""

    repository: pygit2.Repository
    records: pygit2.Oid
    """The newest commit of the branch `records`."""
    main: pygit2.Oid | None
    """The newest commit of the main branch; None if it is not known."""

    @property
    def tree(self) -> pygit2.Tree:
        """The files of the records."""
        return self.repository[self.records].peel(pygit2.Commit).tree

    @property
    def written_at(self) -> datetime:
        """When the newest record was written."""
        return datetime.fromtimestamp(self.repository[self.records].peel(pygit2.Commit).commit_time, UTC)


@contextlib.contextmanager
def recorded(where: str | None, root: Path) -> Iterator[Recorded]:
    """The records at a path or an address, by default those of the repository that `root` is in.

    Raises NoRecords if there are none, or an address cannot be fetched from.
    """
    if where is None or Path(where).exists():
        yield _here(Path(where) if where else root)
        return
    with tempfile.TemporaryDirectory(prefix="tocsin-records-") as folder:
        yield _fetched(where, Path(folder))


def _here(place: Path) -> Recorded:
    found = pygit2.discover_repository(str(place.resolve()))
    if found is None:
        raise NoRecords(f"{place}: not in a git repository; expected a clone with the branch records; name one")
    repository = pygit2.Repository(found)
    tips = [tip for name in RECORDS if (tip := _tip(repository, name)) is not None]
    if not tips:
        raise NoRecords(
            f"{place}: no branch records; fetch it with `git fetch origin records:records`; "
            "the bot makes it with the first incident"
        )
    # A branch of one's own stays behind unless it is pulled: of both, the newer one.
    newest = max(tips, key=lambda tip: repository[tip].peel(pygit2.Commit).commit_time)
    main = next((tip for name in MAIN if (tip := _tip(repository, name)) is not None), None)
    return Recorded(repository=repository, records=newest, main=main)


def _tip(repository: pygit2.Repository, name: str) -> pygit2.Oid | None:
    try:
        return repository.references[name].resolve().peel(pygit2.Commit).id
    except (KeyError, ValueError, pygit2.GitError):
        return None


def _fetched(address: str, folder: Path) -> Recorded:
    repository = pygit2.init_repository(str(folder / "fetched.git"), bare=True)
    repository.remotes.create(git_remote.REMOTE, address)
    place = Path(repository.path)
    try:
        found = git_remote.fetch(place, f"+{RECORDS[0]}:{RECORDS[0]}", timeout_s=_FETCH_LIMIT_S)
    except DestinationError as error:
        raise NoRecords(f"{address}: {error}; expected a clone on this machine, or an address to fetch from") from error
    if not found:
        raise NoRecords(f"{address}: no branch records; expected the repository that the bot pushes to")
    git_remote.fetch(place, "+HEAD:refs/tocsin/main", timeout_s=_FETCH_LIMIT_S)
    repository = pygit2.Repository(str(place))
    records = _tip(repository, RECORDS[0])
    assert records is not None
    return Recorded(repository=repository, records=records, main=_tip(repository, "refs/tocsin/main"))


def folders_since(tree: pygit2.Tree, since: datetime) -> Iterator[tuple[str, pygit2.Tree]]:
    """The folder of each incident that was opened in the month of an instant or later, with its path."""
    first = (f"{since:%Y}", f"{since:%m}")
    for year, months in git_tree.folders(git_tree.subtree(tree, INCIDENTS)):
        for month, folders in git_tree.folders(months):
            if (year, month) >= first:
                for name, folder in git_tree.folders(folders):
                    yield f"{INCIDENTS}/{year}/{month}/{name}", folder


def records_option(command: click.decorators.FC) -> click.decorators.FC:
    """`--records`."""
    return click.option(
        "--records",
        metavar="PATH|URL",
        help="A clone with the branch records, or the address to fetch it from; by default the repository you are in.",
    )(command)
