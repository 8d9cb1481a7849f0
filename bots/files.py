"""The files of one bot: opened together at its start, closed together at its end."""

import contextlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bots import clock as clock_table
from bots import inbox as inbox_table
from bots import outbox as outbox_table
from bots.commands import asked as asked_table
from bots.errors import DestinationError, SettingsError, StorageDamaged, StorageFull
from bots.git.upkeep import Upkeep
from bots.inbox import Inbox
from bots.instants import now
from bots.journal import Journal
from bots.opening import open_store
from bots.outbound import mirror as mirror_table
from bots.outbox import Outbox
from bots.settings import REMOTE, STATE_DIR, Settings
from bots.store import Store

SCHEMA: Final = "".join(
    (inbox_table.SCHEMA, outbox_table.SCHEMA, mirror_table.SCHEMA, clock_table.SCHEMA, asked_table.SCHEMA)
)
"""Every table of `inbox.db`."""
_MIB: Final = 1024 * 1024
_NEW_FOLDER: Final = (
    "a new folder is filled from the remote first, so that numbers go on; correct the address, or start again when it "
    "answers"
)
_WRITABLE: Final = "expected a folder that the bot may write; give its user the rights, or name another folder"
_LOST: Final = (
    "what it had taken in and not recorded comes again if Alertmanager still tells of it, and what people asked in the "
    "last seconds has to be asked again"
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What is opened, and closed at the end."""

    store: Store
    journal: Journal
    inbox: Inbox
    outbox: Outbox
    upkeep: Upkeep

    @classmethod
    def open(cls, settings: Settings) -> "Files":
        """Raises SettingsError, StorageFull, or what `open_store` raises; nothing stays open then."""
        # The store comes first: it holds the lock that keeps a second bot out of the folder.
        try:
            settings.state_dir.mkdir(parents=True, exist_ok=True)
            store = open_store(settings.state_dir, remote=settings.remote, progress=_progress)
        except DestinationError as error:
            raise SettingsError([f"{REMOTE}: {error}; {_NEW_FOLDER}"]) from error
        except OSError as error:
            where = error.filename or settings.state_dir
            raise SettingsError([f"{STATE_DIR}: {where}: {error.strerror}; {_WRITABLE}"]) from error
        try:
            journal = _journal(settings.state_dir / "inbox.db", settings.inbox_limit_mib * _MIB)
        except StorageFull:
            store.close()
            raise
        return cls(
            store=store, journal=journal, inbox=Inbox(journal), outbox=Outbox(journal), upkeep=Upkeep(store.path)
        )

    def close(self) -> None:
        """In the opposite order."""
        self.inbox.close()
        self.journal.close()
        self.upkeep.close()
        self.store.close()


def _journal(path: Path, limit_bytes: int) -> Journal:
    """Where the file is damaged, a new one: paging and recording go on, and what is lost can be found out."""
    try:
        return Journal(path, schema=SCHEMA, insert=inbox_table.INSERT, limit_bytes=limit_bytes)
    except StorageDamaged as error:
        aside = path.with_name(f"{path.name}.damaged-{now():%Y%m%dT%H%M%SZ}")
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
        _log.error("%s; it is kept as %s, and a new one is begun: %s", error, aside.name, _LOST)
        return Journal(path, schema=SCHEMA, insert=inbox_table.INSERT, limit_bytes=limit_bytes)


def _progress(what: str, done: int, of: int) -> None:
    _log.info("%s%s", what, f": {done} of {of}" if of else "")
