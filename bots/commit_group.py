"""What becomes one commit of a journal, and how whoever waits for it is told."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

Job = Callable[[sqlite3.Connection], Any]
"""Reads and writes inside the transaction it is given; must not commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowInsert:
    """How rows are appended. The journal's thread numbers them as it commits them, so numbers rise with visibility."""

    head: str
    """`INSERT INTO t (id, …) VALUES `, the number first."""
    columns: int
    """How many columns follow the number."""
    size_column: int
    """Which of those holds the bytes that make up nearly all of the row."""
    last_id: str
    """The query for the highest number given so far."""

    def statement(self, rows: int) -> str:
        """One statement for many rows: each step of SQLite gives Python's lock away once, and getting it is dear."""
        one = f"({','.join('?' * (1 + self.columns))})"
        return self.head + ",".join([one] * rows)


class Waiting:
    """One thing to do in the next commit, and who waits for it."""

    __slots__ = ("future", "job", "loop", "row")

    def __init__(self, row: Sequence[Any] | None, job: Job | None, future: Any, loop: Any) -> None:
        self.row = row
        self.job = job
        self.future: asyncio.Future[Any] | Future[Any] = future
        self.loop: asyncio.AbstractEventLoop | None = loop


def tell(group: list[Waiting], results: list[Any]) -> None:
    """Gives every waiting side its result; those of one event loop are told in one call."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Any, Any]]] = {}
    for waiting, result in zip(group, results, strict=True):
        if waiting.loop is None:
            _settle([(waiting.future, result)])
        else:
            by_loop.setdefault(waiting.loop, []).append((waiting.future, result))
    for loop, pairs in by_loop.items():
        # A loop that was closed has nobody left to be told.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, pairs)


def _settle(pairs: list[tuple[Any, Any]]) -> None:
    for future, result in pairs:
        if future.done():
            continue
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)
