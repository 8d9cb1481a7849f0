"""Which version a program is, asked of the program itself."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.parts.errors import SourceFailed

# `promtool, version 3.5.3+ds1 (branch: …)` for the Prometheus family, `Kubernetes v1.36.1`, `etcd Version: 3.7.3`,
# `v0.16.0` for Sloth, `Version  : v1.8.0` for versitygw, `Chromium 156.0.8078.79 …`; never the `go version` line.
_REPORT: Final = re.compile(
    r"^(?:[\w-]+, version |Kubernetes |etcd Version: |Version  : |Chromium |Google Chrome )?v?(\d+\.\d+\.\d+)",
    re.MULTILINE,
)
_TIMEOUT_S: Final = 20


def parse(text: str) -> tuple[int, int, int]:
    """The three numbers of `1.2.3`.

    Raises ValueError for anything else.
    """
    major, minor, patch = (int(number) for number in text.split("."))
    return major, minor, patch


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The versions that will do: from `minimum` on and, if `below` is given, older than that."""

    minimum: str
    below: str | None = None

    def admits(self, version: str) -> bool:
        """Whether `version` (such as `2.42.0`) lies in the range."""
        if parse(version) < parse(self.minimum):
            return False
        return self.below is None or parse(version) < parse(self.below)

    def __str__(self) -> str:
        """In words, for messages."""
        return f"{self.minimum} or newer" + (f", older than {self.below}" if self.below else "")


def read(program: Path, argument: str) -> str:
    """Runs `program argument` and gives the version that it reports, such as `3.5.3`.

    Raises SourceFailed if the program does not run here or reports no version.
    """
    try:
        done = subprocess.run(  # the path comes from PATH or our cache
            [str(program), argument], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceFailed(f"{program} does not run: {error}") from error
    found = _REPORT.search(done.stdout) or _REPORT.search(done.stderr)
    if found is None:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["nothing"]
        raise SourceFailed(f"{program} {argument} reports no version; it said: {last[0].strip()[:200]}")
    return found.group(1)
