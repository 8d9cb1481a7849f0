"""The folder that the site is written to: file by file, each whole at every moment, and nothing of anybody else's."""

import fcntl
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click

MARK: Final = ".tocsin-site"
"""A file that says that a folder is for the site."""
_NEW: Final = ".tocsin-new-"
"""How a file begins that is not written to its end yet."""
_FOLDERS: Final = ("", "incidents", "history", "postmortems")
_OURS: Final = re.compile(
    r"index\.html|404\.html|style\.css|feed\.xml|history/\d{4}-\d\d\.html|incidents/INC-\d+\.html"
    r"|postmortems/INC-\d+[A-Za-z0-9-]*\.(html|svg|png)|(\w+/)?\.tocsin-new-.*"
)
"""Files that the site may have; whatever else is there, such as `.git` or `CNAME`, stays."""


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes all files, then removes those of an earlier run that are not among them.

    Raises ClickException for a folder of somebody else, or one that cannot be written to.
    """
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
            raise click.ClickException(
                f"{folder}: not empty and not made by this command; expected an empty one; --out"
            )
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / MARK).open("a") as lock:
            # Two at a time would take away each other's files.
            fcntl.flock(lock, fcntl.LOCK_EX)
            # The first page last: what it leads to is there.
            for name in sorted(files, key=lambda name: (name == "index.html", name)):
                _replace(folder / name, files[name])
            for name in set(_known(folder)) - files.keys():
                (folder / name).unlink()
    except OSError as error:
        raise click.ClickException(f"{folder}: {error.strerror}; expected a folder; name one with --out") from error


def _replace(place: Path, content: bytes) -> None:
    place.parent.mkdir(exist_ok=True)
    new = place.with_name(_NEW + place.name)
    new.write_bytes(content)
    new.replace(place)


def _known(folder: Path) -> Iterator[str]:
    for name in _FOLDERS:
        for place in (folder / name).iterdir() if (folder / name).is_dir() else ():
            path = place.relative_to(folder).as_posix()
            if _OURS.fullmatch(path) and not place.is_dir():
                yield path
