"""What was asked under which key: a key that comes again with another request is a mistake of the caller, and told so.

Without this the second request would count as a repetition of the first, and what it asked would be lost in silence.
"""

import hashlib
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from bots.instants import to_us
from bots.journal import Journal

SCHEMA: Final = "CREATE TABLE IF NOT EXISTS asked (key TEXT PRIMARY KEY, digest TEXT NOT NULL, at_us INTEGER NOT NULL);"
KEEP: Final = timedelta(days=30)
"""How long a key is remembered; nobody repeats a request for longer."""


class Asked:
    """The requests of people by their keys; several threads may use it."""

    def __init__(self, journal: Journal) -> None:
        """Writes go through the journal's thread."""
        self._journal = journal

    def same(self, key: str, args: Mapping[str, Any], now: datetime) -> bool:
        """Whether this is the first request of that key, or the same as the first. Raises StorageFull."""
        digest = hashlib.sha256(orjson.dumps(args, option=orjson.OPT_SORT_KEYS)).hexdigest()

        def write(connection: sqlite3.Connection) -> bool:
            connection.execute("DELETE FROM asked WHERE at_us < ?", (to_us(now - KEEP),))
            connection.execute("INSERT OR IGNORE INTO asked VALUES (?, ?, ?)", (key, digest, to_us(now)))
            (known,) = connection.execute("SELECT digest FROM asked WHERE key = ?", (key,)).fetchone()
            return bool(known == digest)

        return self._journal.run(write)
