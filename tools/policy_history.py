"""Earlier versions of policy files, out of git's history.

HistoryError           whoever cloned the repository: the message says what is missing
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from alerting.errors import TocsinError
from alerting.model.team import Team
from alerting.policy import understand
from alerting.sources import TEAM

_RAW: Final = re.compile(r":\d+ \d+ [0-9a-f]+ (?P<blob>[0-9a-f]{40,64}) [AM]\t(?P<path>.*)")
_TIMEOUT_S: Final = 60


class HistoryError(TocsinError):
    """The history cannot be read, or is not all there; the message is for people."""


def earlier_teams(root: Path) -> tuple[Team, ...] | None:
    """Every version of every team's file that was ever committed and can still be read; None without a repository.

    Raises HistoryError for a shallow clone, whose history would look as if it had been short.
    """
    if _git(root, "rev-parse", "--is-inside-work-tree").strip() != b"true":
        return None
    if _git(root, "rev-parse", "--is-shallow-repository").strip() == b"true":
        raise HistoryError(
            f"{root}: the clone is shallow; expected git's whole history, which says whose an override is; "
            "run `git fetch --unshallow`, or set fetch-depth: 0 at actions/checkout"
        )
    found = (_team(root, blob, name) for blob, name in _blobs(root))
    return tuple(team for team in found if team is not None)


def _blobs(root: Path) -> Iterator[tuple[str, str]]:
    """Every content that a team's file had, with the team's name; each once."""
    said = _git(root, "log", "-m", "--raw", "--no-abbrev", "--no-renames", "--format=", "--relative", "--", TEAM.place)
    seen = set()
    for line in said.decode(errors="replace").splitlines():
        match = _RAW.fullmatch(line)
        if match is None or not match["path"].endswith(TEAM.suffix):
            continue
        key = match["blob"], match["path"].rpartition("/")[2].removesuffix(TEAM.suffix)
        if key not in seen:
            seen.add(key)
            yield key


def _team(root: Path, blob: str, name: str) -> Team | None:
    """One version; None if today's rules refuse it."""
    value = understand(TEAM, name, _git(root, "cat-file", "blob", blob))
    return value if isinstance(value, Team) else None


def _git(root: Path, *words: str) -> bytes:
    """What git says; nothing where it fails."""
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, timeout=_TIMEOUT_S, check=False)
    except FileNotFoundError:
        return b""
    except subprocess.TimeoutExpired as error:
        raise HistoryError(
            f"{root}: git {words[0]} took more than {_TIMEOUT_S} s; expected an answer sooner"
        ) from error
    return done.stdout if done.returncode == 0 else b""
