"""Runs a foreign program for a source: its last words become the reason, and it never outlives us."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from tools.parts.errors import SourceFailed

_LAST_WORDS: Final = 3


def require(name: str, path: str) -> str:
    """The place of a program on `path`.

    Raises SourceFailed if it is not there.
    """
    found = shutil.which(name, path=path)
    if found is None:
        raise SourceFailed(f"{name} is not on PATH")
    return found


def run(
    command: Sequence[str | Path],
    *,
    timeout_s: float,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    each_line: Callable[[str], None] = lambda line: None,
) -> list[str]:
    """Runs a command with `environment` on top of ours, gives its lines of output, and hands each to `each_line`.

    Raises SourceFailed with its last words if it does not start, exits with an error or takes longer than `timeout_s`.
    """
    if shutil.which(command[0]) is None:
        raise SourceFailed(f"{command[0]} does not start: there is no such program")
    try:
        process = subprocess.Popen(
            [*_tied_to_us(), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=folder,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    except OSError as error:
        raise SourceFailed(f"{Path(command[0]).name} does not start: {error}") from error
    return _follow(process, Path(command[0]).name, timeout_s, each_line)


def _follow(process: subprocess.Popen[str], name: str, timeout_s: float, each_line: Callable[[str], None]) -> list[str]:
    """Reads the output to its end; whatever ends the reading also ends the process and its children."""
    late = threading.Event()

    def too_late() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(timeout_s, too_late)
    timer.start()
    lines: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            each_line(lines[-1])
        status = process.wait()
    finally:
        timer.cancel()
        if process.poll() is None:
            _kill(process)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if late.is_set():
        raise SourceFailed(f"{name} took longer than {timeout_s:g} s")
    if status != 0:
        raise SourceFailed(f"{name} failed with status {status}: {_last_words(lines)}"[:600])
    return lines


def _last_words(lines: Sequence[str]) -> str:
    """apt marks its reasons with `E:`, before or after much else; others end with theirs."""
    spoken = [line.strip() for line in lines if line.strip()]
    marked = [line for line in spoken if line.startswith("E: ")]
    return "; ".join((marked or spoken)[-_LAST_WORDS:]) or "it said nothing"


def _kill(process: subprocess.Popen[str]) -> None:
    """Ends a process and all that it started, if it still runs."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _tied_to_us() -> list[str]:
    """Words in front of a command that let the kernel end it when we are killed outright; none where unknown."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
