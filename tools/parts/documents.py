"""Descriptions of other people's interfaces, as they publish them on npm: what tests hold our requests against.

`document("github-openapi")` gives a file. npm fetches the package from wherever this machine's npm looks; the archive's
sum is pinned here, so it does not matter where that is. Nothing of the package is run or installed.
"""

import base64
import hashlib
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.parts import cache
from tools.parts.errors import PartMissing, SourceFailed, UnknownPart
from tools.parts.progress import Progress
from tools.parts.running import require, run
from tools.parts.settings import Settings, from_environment

_TIMEOUT_S: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file of one package."""

    package: str
    version: str
    integrity: str
    """The archive's SHA-512 in base64, as npm publishes it."""
    member: str
    """The file in the archive."""


DOCUMENTS: Final[Mapping[str, Document]] = {
    "github-openapi": Document(
        package="@octokit/openapi",
        version="23.0.2",
        integrity="sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
        member="package/generated/api.github.com.json",
    ),
    "github-webhooks": Document(
        package="@octokit/webhooks-examples",
        version="7.6.1",
        integrity="sha512-De6U3XB6O3DtCa7bKgCMzTHdeopqqZ6SNivMYJnK65ierKL1AnNIA0tkRYCRS7lwGT792d+Ps1WbfHlso6MynQ==",
        member="package/api.github.com/index.json",
    ),
}
"""By the name that this project gives them."""


def document(name: str, settings: Settings | None = None, progress: Progress | None = None) -> Path:
    """The file, fetched if it is not in the cache yet.

    Raises UnknownPart for a name that is not in the table, PartMissing if npm cannot get it.
    """
    if name not in DOCUMENTS:
        raise UnknownPart(name, tuple(DOCUMENTS))
    return obtain(name, DOCUMENTS[name], settings or from_environment(), progress or Progress())


def obtain(name: str, wanted: Document, settings: Settings, progress: Progress) -> Path:
    """The file of a package: what `document` does for a name. Raises PartMissing."""
    folder = cache.slot(settings.cache, name, wanted.version, "npm")
    kept = folder / Path(wanted.member).name
    if kept.is_file():
        return kept
    try:
        with cache.lock(settings.cache, name, progress), cache.workshop(settings.cache, name) as work:
            # Another process may have fetched it while we waited.
            if not kept.is_file():
                progress.say(f"{name}: fetching {wanted.package} {wanted.version} with npm")
                _fetch(wanted, settings, work)
                folder.parent.mkdir(parents=True, exist_ok=True)
                shutil.rmtree(folder, ignore_errors=True)
                (work / "kept").rename(folder)
    except (SourceFailed, OSError) as failed:
        way_out = "install npm, which comes with Node.js, and make sure that it reaches its registry"
        raise PartMissing(name, wanted.version, [(f"npm package {wanted.package}", str(failed))], way_out) from failed
    return kept


def _fetch(wanted: Document, settings: Settings, work: Path) -> None:
    """Puts the file into `work/kept`; raises SourceFailed."""
    npm = require("npm", settings.path)
    words = ["pack", "--silent", "--ignore-scripts", "--cache", str(work / "npm"), "--pack-destination", str(work)]
    run([npm, *words, f"{wanted.package}@{wanted.version}"], timeout_s=_TIMEOUT_S, folder=work)
    archives = list(work.glob("*.tgz"))
    if len(archives) != 1:
        raise SourceFailed(f"npm made {len(archives)} archives; expected one")
    found = "sha512-" + base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
    if found != wanted.integrity:
        raise SourceFailed(f"the archive has {found}; expected {wanted.integrity}; it was thrown away")
    (work / "kept").mkdir()
    try:
        with tarfile.open(archives[0]) as tar, (work / "kept" / Path(wanted.member).name).open("wb") as file:
            inside = tar.extractfile(wanted.member)
            if inside is None:
                raise SourceFailed(f"{wanted.member} in the archive is not a regular file")
            shutil.copyfileobj(inside, file)
    except (KeyError, tarfile.TarError, EOFError) as error:
        raise SourceFailed(f"{wanted.member} cannot be taken out of the archive: {error}") from error
