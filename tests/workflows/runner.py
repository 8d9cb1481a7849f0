"""One step of a workflow, run as GitHub's runner does, in a clone that it would have checked out."""

import os
import subprocess
from pathlib import Path
from typing import Final

_IDENTITY: Final = ("-c", "user.name=ana", "-c", "user.email=ana@example.com")


def clone(folder: Path, *branches: str) -> Path:
    """A clone of a repository with an empty commit on these branches."""
    remote = folder / "remote.git"
    git = ["git", "-C", str(remote), *_IDENTITY]
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(remote)], check=True)
    tree = subprocess.run([*git, "mktree"], input=b"", check=True, capture_output=True).stdout.decode().strip()
    for branch in branches:
        made = subprocess.run([*git, "commit-tree", tree, "-m", "x"], check=True, capture_output=True)
        subprocess.run([*git, "update-ref", f"refs/heads/{branch}", made.stdout.decode().strip()], check=True)
    subprocess.run(["git", "clone", "--quiet", str(remote), str(folder / "clone")], check=True)
    return folder / "clone"


def program(folder: Path, name: str, script: str) -> None:
    """A program of that name in the folder `bin`."""
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bin" / name).chmod(0o755)


def run(script: str, where: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The step in a clone, with the programs of `bin` beside it before all others."""
    known = {"PATH": f"{where.parent / 'bin'}:{os.environ['PATH']}", "RUNNER_TEMP": str(where.parent)}
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=where,
        env=known | environment,
        capture_output=True,
        text=True,
        check=False,
    )
