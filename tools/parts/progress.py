"""What a person sees while parts are fetched: on standard error, so that output for programs stays clean."""

import sys
import time
from typing import Final, TextIO

_QUIET_S: Final = 10.0


class Progress:
    """Writes lines, and steps that replace each other on a terminal.

    Elsewhere a step is written at most every ten seconds: a log of CI shows life without a thousand lines.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        """Writes to `stream`, by default standard error."""
        self._stream = sys.stderr if stream is None else stream
        self._open = False
        self._last_step = time.monotonic()

    def say(self, text: str) -> None:
        """One line that stays."""
        self._stream.write(f"{self._clear()}{text}\n")
        self._stream.flush()

    def step(self, text: str) -> None:
        """How far the work is; replaced by what comes next."""
        if self._stream.isatty():
            self._stream.write(f"{self._clear()}{text[:100]}")
            self._open = True
        elif time.monotonic() - self._last_step >= _QUIET_S:
            self._last_step = time.monotonic()
            self._stream.write(f"{text}\n")
        self._stream.flush()

    def _clear(self) -> str:
        """What wipes an open step from the terminal."""
        was_open, self._open = self._open, False
        return "\r\x1b[K" if was_open else ""
