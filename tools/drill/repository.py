"""The bare git repository that stands for the team's git host during a drill."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.drill.errors import DrillError

# The drill's commits must not depend on, or carry, the identity of whoever runs it.
IDENTITY: Final = {
    "GIT_AUTHOR_NAME": "drill",
    "GIT_AUTHOR_EMAIL": "drill@localhost",
    "GIT_COMMITTER_NAME": "drill",
    "GIT_COMMITTER_EMAIL": "drill@localhost",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def _git(repository: Path, arguments: Sequence[str], text: bytes = b"") -> str:
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments],
        input=text,
        capture_output=True,
        check=False,
        env={**os.environ, **IDENTITY},
    )
    if done.returncode:
        raise DrillError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode().strip()


def make_remote(remote: Path, root: Path) -> None:
    """Makes the repository with a `main` that holds the template of postmortems; raises DrillError."""
    remote.mkdir(parents=True)
    _git(remote, ["init", "--quiet", "--bare", "--initial-branch=main"])
    template = root / "postmortems" / "TEMPLATE.md"
    text = template.read_bytes() if template.is_file() else b""
    blob = _git(remote, ["hash-object", "-w", "--stdin"], text)
    folder = _git(remote, ["mktree"], f"100644 blob {blob}\tTEMPLATE.md\n".encode())
    tree = _git(remote, ["mktree"], f"040000 tree {folder}\tpostmortems\n".encode())
    commit = _git(remote, ["commit-tree", tree, "-m", "drill: a repository to record in"])
    _git(remote, ["update-ref", "refs/heads/main", commit])
