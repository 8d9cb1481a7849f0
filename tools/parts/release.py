"""Official releases, checked against the pinned sum before anything of them is used."""

import hashlib
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

from tools.parts.errors import SourceFailed
from tools.parts.progress import Progress
from tools.parts.recipe import Bundle, Release
from tools.parts.settings import Settings

# Seconds to connect, then to wait for each piece: a machine without a way out must not wait long for the next source.
_TIMEOUT_S: Final = (3.05, 15.0)
_CHUNK: Final = 1 << 18
# By the number of hexadecimal digits.
_SUMS: Final = {64: "sha256", 128: "sha512"}
# The sum is that of the file, not of what a server makes of it on the way.
_AS_IT_IS: Final = {"Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class ReleaseSource:
    """Downloads the archive for this platform and takes the programs out of it."""

    settings: Settings
    timeout_s: tuple[float, float] = _TIMEOUT_S
    slug = "release"
    title = "official release"

    def programs(self, bundle: Bundle) -> Mapping[str, str]:
        """All of the archive's programs, if its sum is known for this platform."""
        release = self._release(bundle)
        return {name: f"bin/{name}" for name in release.members}

    def arguments(self, bundle: Bundle, program: str, tree: Path) -> tuple[str, ...]:
        """None: releases carry their pages."""
        return ()

    def files(self, bundle: Bundle, tree: Path) -> Mapping[str, Path]:
        """None: only the programs are taken out of the archive."""
        return {}

    def fill(self, bundle: Bundle, tree: Path, scratch: Path, progress: Progress) -> None:
        """Downloads, compares the sum, then unpacks only the programs."""
        release = self._release(bundle)
        archive = scratch / "archive"
        url = self.url(release)
        wanted = release.sums[self.settings.platform]
        kind = _SUMS[len(wanted)]
        found = self._download(url, archive, hashlib.new(kind), f"{bundle.name}: downloading {url}", progress)
        if found != wanted:
            name = kind.upper().replace("SHA", "SHA-")
            raise SourceFailed(f"{url} has {name} {found}; expected {wanted}; it was thrown away")
        (tree / "bin").mkdir()
        for name, member in release.members.items():
            _take(archive, member.format(platform=self.settings.platform), tree / "bin" / name)

    def url(self, release: Release) -> str:
        """Where the archive for this platform lies."""
        archive = release.archive.format(platform=self.settings.platform)
        return f"{self.settings.releases_url}/{release.repository}/releases/download/{release.tag}/{archive}"

    def _download(self, url: str, target: Path, digest: "hashlib._Hash", what: str, progress: Progress) -> str:
        """Writes what `url` answers to `target` and gives its sum in hexadecimal."""
        got = size = 0
        try:
            with requests.get(url, stream=True, timeout=self.timeout_s, headers=_AS_IT_IS) as answer:
                if answer.status_code != requests.codes.ok:
                    raise SourceFailed(f"{url} answered {answer.status_code}; expected 200")
                size = int(answer.headers.get("Content-Length") or 0)
                with target.open("wb") as file:
                    for piece in answer.iter_content(_CHUNK):
                        digest.update(piece)
                        got += file.write(piece)
                        progress.step(f"{what}{_share(got, size)}")
        except requests.exceptions.ChunkedEncodingError as error:
            raise SourceFailed(f"{url} broke off before the end: {_cause(error)}") from error
        except requests.RequestException as error:
            raise SourceFailed(f"{url} cannot be reached: {_cause(error)}") from error
        return digest.hexdigest()

    def _release(self, bundle: Bundle) -> Release:
        """The release, if it is offered here."""
        if bundle.release is None or self.settings.platform not in bundle.release.sums:
            raise SourceFailed(f"no sum is known for {bundle.name} {bundle.version} on {self.settings.platform}")
        return bundle.release


def _share(done: int, size: int) -> str:
    """How much is here, if the server said how much there is."""
    return f" {done * 100 // size} %" if size else ""


def _cause(error: BaseException) -> str:
    """The innermost reason, without the layers and addresses of objects around it."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return str(error) or type(error).__name__


def _take(archive: Path, member: str, target: Path) -> None:
    """Writes one program of the archive to `target`; an empty `member` means that the download is the program.

    Only the contents of named members are read, so that no path or link in an archive is ever followed.
    """
    if not member:
        shutil.copyfile(archive, target)
    else:
        try:
            with tarfile.open(archive) as tar, target.open("wb") as file:
                found = tar.extractfile(member)
                if found is None:
                    raise SourceFailed(f"{member} in the archive is not a regular file")
                shutil.copyfileobj(found, file)
        except KeyError as error:
            raise SourceFailed(f"the archive does not hold {member}") from error
        except (tarfile.TarError, EOFError) as error:
            raise SourceFailed(f"the archive cannot be read: {error}") from error
    target.chmod(0o755)
