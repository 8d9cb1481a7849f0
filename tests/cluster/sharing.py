"""One control plane for all processes of a test run, which ends when the last of them has.

The first process that needs it starts a host, `python -m tests.cluster FOLDER`. Every user holds a shared lock on
`users`; the host waits for the same lock alone, which the kernel gives it as soon as no user is left, however they
ended. Not a group of pytest-xdist: all tests of the deployment would then wait for each other on one worker.

FOLDER/users      locked by users (shared) and by a host that ends (alone)
FOLDER/starting   locked by whoever looks whether there is a host, and starts one
FOLDER/host.json  how to reach the control plane; written when it is ready, removed when it ends
FOLDER/host.log   what the host said
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.cluster.operator import install_account, running
from tests.cluster.plane import ControlPlane, control_plane
from tests.cluster.waiting import until

_REPOSITORY: Final = Path(__file__).parents[2]
_READY_WITHIN_S: Final = 240
_BARE: Final = "--bare"


@contextlib.contextmanager
def shared(folder: Path, *, bare: bool = False) -> Iterator[ControlPlane]:
    """The control plane of `folder`, started if nobody did yet; `bare` starts it without prometheus-operator."""
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "users", fcntl.LOCK_SH):
        with _locked(folder / "starting", fcntl.LOCK_EX):
            plane = _hosted(folder) or _start(folder, bare)
        yield plane


def _start(folder: Path, bare: bool) -> ControlPlane:
    """Starts a host, which outlives this process if others need it."""
    (folder / "host.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.cluster", str(folder), *([_BARE] if bare else [])]
    with (folder / "host.log").open("wb") as log:
        host = subprocess.Popen(
            command,
            cwd=_REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the users
        )
    # Reaps the host whenever it ends, and keeps Popen from warning that it still runs when this process ends.
    threading.Thread(target=host.wait, daemon=True).start()

    def look() -> ControlPlane | None:
        said = (folder / "host.log").read_text(encoding="utf-8", errors="replace")
        assert host.returncode is None, f"the control plane did not start:\n{said}"
        return _hosted(folder)

    return until("a control plane", look, _READY_WITHIN_S)


def _hosted(folder: Path) -> ControlPlane | None:
    """The control plane of a host that lives."""
    try:
        state = json.loads((folder / "host.json").read_bytes())
        os.kill(state.pop("host"), 0)
    except (FileNotFoundError, ProcessLookupError):
        return None
    paths = {name: Path(state[name]) for name in ("authority", "kubeconfig", "folder")}
    return ControlPlane(**state | paths)


def host(folder: Path, words: list[str]) -> None:
    """Runs a control plane until nobody uses it: what the host does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    bare = _BARE in words
    with contextlib.ExitStack() as stack:
        plane = stack.enter_context(control_plane(folder / "state", with_operator_kinds=not bare))
        if not bare:
            stack.enter_context(running(plane, install_account(plane)))
        state = dataclasses.asdict(plane) | {"host": os.getpid()}
        written = folder / "host.json"
        partial = written.with_suffix(".partial")
        partial.write_text(json.dumps(state, default=str), encoding="utf-8")
        partial.rename(written)
        with _locked(folder / "users", fcntl.LOCK_EX):
            written.unlink()
            stack.close()


@contextlib.contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    """Holds a lock on a file, which is made if it is missing."""
    with path.open("ab") as file:
        fcntl.flock(file, how)
        yield
