"""Talking to the remote by the git command line: it knows every transport, proxy and credential helper.

Nothing here asks a person anything, and everything ends within a time.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bots.errors import Undeliverable, Unreachable

REMOTE: Final = "origin"
_SSH: Final = "ssh -o BatchMode=yes -o ConnectTimeout=10"
_LINES: Final = 3
# What git says when trying again cannot help: https://git-scm.com/docs/git-push (output), and the transports.
_HOPELESS: Final = (
    "Authentication failed",
    "could not read Username",
    "Permission denied",
    "Permission to",
    "Repository not found",
    "pre-receive hook declined",
    "hook declined",
    "protected branch",
    "Host key verification failed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a git command ended."""

    status: int
    output: str
    errors: str

    @property
    def complaint(self) -> str:
        """What it and the remote said about an error, on one line."""
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()]
        telling = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "ssh:"))] or lines
        return " / ".join(telling[:_LINES])[:500] or f"git ended with status {self.status}"


def environment() -> Mapping[str, str]:
    """The process's own, so that credential helpers work, but without questions and in English."""
    found = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GCM_INTERACTIVE": "never"}
    found.setdefault("GIT_SSH_COMMAND", _SSH)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_ASKPASS", "SSH_ASKPASS"):
        found.pop(name, None)
    return found


def git(repository: Path, arguments: Sequence[str], *, timeout_s: float) -> Said:
    """Runs git in a bare repository; raises Unreachable if it does not end in time, Undeliverable without git."""
    command = ["git", "--git-dir", str(repository), *arguments]
    try:
        # A group of its own: the transport's processes end with it.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise Undeliverable(f"git cannot be started: {error.strerror}; install git") from error
    try:
        output, errors = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise Unreachable(f"git {arguments[0]} did not end within {timeout_s:g} s") from error
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return Said(
        status=process.returncode, output=output.decode("utf-8", "replace"), errors=errors.decode("utf-8", "replace")
    )


def fetch(repository: Path, refspec: str, *, timeout_s: float) -> bool:
    """Fetches one reference from the remote; False if the remote has none of that name."""
    said = git(repository, ["fetch", "--no-tags", "--quiet", REMOTE, refspec], timeout_s=timeout_s)
    if said.status == 0:
        return True
    if "couldn't find remote ref" in said.errors:
        return False
    raise failure("fetch", said)


def default_branch(repository: Path, *, timeout_s: float = 30.0) -> str:
    """The name of the remote's default branch; raises Unreachable, or Undeliverable if it has none."""
    said = git(repository, ["ls-remote", "--symref", REMOTE, "HEAD"], timeout_s=timeout_s)
    if said.status != 0:
        raise failure("ls-remote", said)
    # https://git-scm.com/docs/git-ls-remote: `ref: refs/heads/main<tab>HEAD`
    for line in said.output.splitlines():
        if line.startswith("ref: refs/heads/"):
            return line.removeprefix("ref: refs/heads/").split("\t")[0]
    raise Undeliverable("the remote has no default branch; push one")


def push(repository: Path, refspec: str, *, timeout_s: float, replacing: str | None = None) -> bool:
    """Pushes one reference; False if the remote has moved on. Raises Unreachable or Undeliverable for all else.

    With `replacing`, the commit that the remote must have there, the history may be another one.
    """
    target = refspec.rsplit(":", 1)[1]
    lease = [] if replacing is None else [f"--force-with-lease={target}:{replacing}"]
    said = git(repository, ["push", "--porcelain", *lease, REMOTE, refspec], timeout_s=timeout_s)
    if said.status == 0:
        return True
    # https://git-scm.com/docs/git-push#_output: `!` is a refused reference.
    moved = ("non-fast-forward", "fetch first", "stale info", "cannot lock ref", "failed to update ref")
    refused = [line for line in said.output.splitlines() if line.startswith("!")]
    if refused and any(word in refused[0] for word in moved):
        return False
    if refused:
        reason = refused[0].split("\t")[-1]
        raise Undeliverable(f"the remote refused the push: {reason}; {said.complaint}")
    raise failure("push", said)


def failure(what: str, said: Said) -> Unreachable | Undeliverable:
    """The error that a failed git command is, by whether trying again can help."""
    message = f"git {what}: {said.complaint}"
    hopeless = any(word in said.errors for word in _HOPELESS)
    return Undeliverable(message) if hopeless else Unreachable(message)
