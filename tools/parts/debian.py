"""Debian's packages, fetched by apt into the cache and unpacked there: nothing is installed, root is not needed.

apt works on a state of its own in the cache, with the machine's own mirror and proxy settings, so that it needs neither
root nor fresh lists; what it fetches is checked against the archive's signature as ever.
"""

import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.parts.errors import SourceFailed
from tools.parts.progress import Progress
from tools.parts.recipe import Bundle, Debian
from tools.parts.running import require, run
from tools.parts.settings import Settings

PAGES: Final = Path(__file__).parent / "pages"
_KEYRING: Final = "/usr/share/keyrings/{distribution}-archive-keyring.gpg"
_COMPONENTS: Final[Mapping[str, str]] = {"debian": "main", "ubuntu": "main universe"}
_UPDATE_TIMEOUT_S: Final = 180
_DOWNLOAD_TIMEOUT_S: Final = 600
_LISTS_AGE_S: Final = 3600
"""How long downloaded package lists are used: the parts of one suite are fetched in one go."""


@dataclass(frozen=True, slots=True)
class DebianSource:
    """The packages of one suite."""

    settings: Settings
    suite: str

    @property
    def slug(self) -> str:
        """With the suite, since suites carry different versions."""
        return f"debian-{self.suite}"

    @property
    def title(self) -> str:
        """With the distribution's own name."""
        return f"{self.settings.distribution.capitalize() or 'Debian'} {self.suite} packages"

    def programs(self, bundle: Bundle) -> Mapping[str, str]:
        """What the unpacked packages hold."""
        return _recipe(bundle).programs

    def arguments(self, bundle: Bundle, program: str, tree: Path) -> tuple[str, ...]:
        """Flags that lead the program from /usr/share to the unpacked tree."""
        return tuple(word.format(folder=tree) for word in _recipe(bundle).arguments.get(program, ()))

    def files(self, bundle: Bundle, tree: Path) -> Mapping[str, Path]:
        """None that anybody asks for."""
        return {}

    def fill(self, bundle: Bundle, tree: Path, scratch: Path, progress: Progress) -> None:
        """Refreshes the suite's list, downloads the packages, unpacks them and adds our pages."""
        recipe = _recipe(bundle)
        unpack = require("dpkg-deb", self.settings.path)
        apt = Apt(
            get=require("apt-get", self.settings.path),
            state=self.settings.cache / "apt" / f"{self.settings.distribution}-{self.suite}",
        )
        progress.say(f"{bundle.name}: fetching {recipe.packages[0]} from {self.title}")
        if not apt.is_fresh():
            apt.prepare(deb_line(apt.get, self.settings, self.suite), self.settings)
        apt.download(recipe.packages, scratch)
        for package in sorted(scratch.glob("*.deb")):
            run([unpack, "-x", package, tree], timeout_s=_UPDATE_TIMEOUT_S)
        for place, page in recipe.pages.items():
            (tree / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PAGES / page, tree / place)


def suites(bundle: Bundle, settings: Settings) -> tuple[str, ...]:
    """Which suites to ask: the table's on Debian, elsewhere only the machine's own release."""
    if settings.distribution == "debian" and bundle.debian is not None:
        return bundle.debian.suites
    return (settings.codename or "stable",)


def deb_line(apt_get: str, settings: Settings, suite: str) -> str:
    """The line of sources.list for `suite` on the mirror from which this machine takes its own release.

    Raises SourceFailed if the machine's apt has no such mirror.
    """
    addresses = run([apt_get, "update", "--print-uris", "-o", "Debug::NoLocking=1"], timeout_s=_UPDATE_TIMEOUT_S)
    release = re.compile(rf"'(\S+)/dists/{re.escape(settings.codename)}/InRelease' ")
    found = next((match.group(1) for line in addresses if (match := release.match(line))), None)
    if found is None or not settings.codename:
        raise SourceFailed(
            f"apt knows no mirror of {settings.distribution or 'this system'} {settings.codename}".strip()
        )
    keyring = _KEYRING.format(distribution=settings.distribution)
    return f"deb [signed-by={keyring}] {found} {suite} {_COMPONENTS.get(settings.distribution, 'main')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Apt:
    """apt with all of its state in one folder."""

    get: str
    """The path of apt-get."""
    state: Path

    @property
    def _ready(self) -> Path:
        """Exists once the lists were fetched; its age is theirs."""
        return self.state / "ready"

    def is_fresh(self) -> bool:
        """Whether the lists were fetched lately."""
        return self._ready.exists() and time.time() - self._ready.stat().st_mtime < _LISTS_AGE_S

    def prepare(self, deb: str, settings: Settings) -> None:
        """Writes the configuration for one sources.list line and fetches its package list.

        Raises SourceFailed if the mirror cannot be reached or its signature does not hold.
        """
        shutil.rmtree(self.state, ignore_errors=True)
        for folder in ("lists/partial", "cache/archives/partial", "sources.list.d"):
            (self.state / folder).mkdir(parents=True)
        (self.state / "status").touch()
        (self.state / "sources.list").write_text(f"{deb}\n", encoding="utf-8")
        (self.state / "apt.conf").write_text(self._configuration(settings), encoding="utf-8")
        self._run("update", "--error-on=any", timeout_s=_UPDATE_TIMEOUT_S)
        self._ready.touch()

    def download(self, packages: tuple[str, ...], folder: Path) -> None:
        """Downloads the suite's version of the packages into `folder`.

        Raises SourceFailed if the suite does not carry one of them.
        """
        self._run("download", *packages, timeout_s=_DOWNLOAD_TIMEOUT_S, folder=folder)

    def _run(self, *words: str, timeout_s: float, folder: Path | None = None) -> None:
        run([self.get, "-q", *words], environment=self._environment(), folder=folder, timeout_s=timeout_s)

    def _environment(self) -> dict[str, str]:
        return {"APT_CONFIG": str(self.state / "apt.conf"), "LC_ALL": "C.UTF-8"}

    def _configuration(self, settings: Settings) -> str:
        """Our folders and none of the machine's hooks, but its proxies and the like, which `Acquire` holds."""
        apt_config = require("apt-config", settings.path)
        acquire = run([apt_config, "dump", "--format", '%F "%v";%n', "Acquire"], timeout_s=_UPDATE_TIMEOUT_S)
        ours = {
            "Dir::State": self.state,
            "Dir::State::lists": self.state / "lists",
            "Dir::State::status": self.state / "status",
            "Dir::Cache": self.state / "cache",
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Acquire::GzipIndexes": "true",
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": "/dev/null",
            "Dir::Etc::sourcelist": self.state / "sources.list",
            "Dir::Etc::sourceparts": self.state / "sources.list.d",
            "APT::Sandbox::User": "root",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
            "Acquire::http::Timeout": "10",
            "Acquire::https::Timeout": "10",
            "Acquire::Retries": "1",
        }
        lines = [*acquire, *(f'{key} "{value}";' for key, value in ours.items()), 'Acquire::Languages { "none"; };']
        return "".join(f"{line}\n" for line in lines if line)


def _recipe(bundle: Bundle) -> Debian:
    """What the packages of a bundle are, if unpacking them works."""
    if bundle.debian is None:
        raise SourceFailed(f"{bundle.name} does not run from unpacked packages")
    return bundle.debian
