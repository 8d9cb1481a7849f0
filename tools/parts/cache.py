"""Where fetched bundles lie: whole or not at all, and fetched by one process at a time.

<cache>/parts/<bundle>-<pin>-<source>/       the bundle, with `stamp.json` written last, renamed into place whole
<cache>/work/<bundle>-…/                     a bundle in the making; leftovers of a killed process go at the next try
<cache>/locks/<bundle>                       held while a bundle is fetched
"""

import fcntl
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.parts.progress import Progress

_STAMP: Final = "stamp.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One program of a bundle in the cache."""

    path: Path
    version: str


def slot(cache: Path, bundle: str, pin: str, source: str) -> Path:
    """The folder of a bundle. The pin is in its name, so that a new pin fetches anew."""
    return cache / "parts" / f"{bundle}-{pin}-{source}"


def load(folder: Path) -> Mapping[str, Kept]:
    """The programs of a whole bundle; empty if it is absent, half there or changed since."""
    try:
        stamp = json.loads((folder / _STAMP).read_bytes())
        kept = {
            name: Kept(path=folder / one["path"], version=one["version"]) for name, one in stamp["programs"].items()
        }
        sizes = {name: one["bytes"] for name, one in stamp["programs"].items()}
        whole = all(kept[name].path.stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return kept if whole else {}


def keep(made: Path, folder: Path, programs: Mapping[str, tuple[str, str]], source: str) -> None:
    """Stamps the bundle in `made` and renames it to `folder`, whatever lay there before.

    `programs` is name → (path in the bundle, version). Raises OSError, such as for a full disk.
    """
    stamp = {
        "source": source,
        "programs": {
            name: {"path": path, "version": version, "bytes": (made / path).stat().st_size}
            for name, (path, version) in programs.items()
        },
    }
    (made / _STAMP).write_text(json.dumps(stamp, indent=2), encoding="utf-8")
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    made.rename(folder)


@contextmanager
def workshop(cache: Path, bundle: str) -> Iterator[Path]:
    """A fresh folder to make a bundle in, on the same disk as its place; gone afterwards, also on Ctrl-C.

    To be used under `lock`, since it also removes what killed processes left behind.
    """
    work = cache / "work"
    work.mkdir(parents=True, exist_ok=True)
    for leftover in work.glob(f"{bundle}-in-work-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{bundle}-in-work-", dir=work))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def lock(cache: Path, bundle: str, progress: Progress) -> Iterator[None]:
    """Held by one process at a time for each bundle; the kernel frees it when the process ends, however it ends."""
    locks = cache / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / bundle).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say(f"{bundle}: another process is fetching it, waiting")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
