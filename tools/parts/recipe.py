"""The shapes of the table: what a program is, and from where the bundle that carries it can be had."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.parts.version import Accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An official archive per platform, each with the SHA-256 or SHA-512 that its makers publish."""

    repository: str
    """`owner/name` of the project, the first two words of the address."""
    tag: str
    archive: str
    """File name; `{platform}` stands for `linux-amd64` and the like."""
    members: Mapping[str, str]
    """Program → its path in the archive; an empty path: the download is the program itself."""
    sums: Mapping[str, str]
    """Platform → SHA-256 or SHA-512 of the archive. A platform whose sum we could not learn for certain is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debian:
    """Packages that are unpacked, not installed: no daemon starts, no root is needed."""

    packages: tuple[str, ...]
    suites: tuple[str, ...]
    """Debian's suites to ask, in order; other distributions are asked for their own release only."""
    programs: Mapping[str, str]
    """Program → its path in the unpacked tree."""
    pages: Mapping[str, str] = field(default_factory=dict)
    """Path in the unpacked tree → file under `tools/parts/pages/` that is put there."""
    arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Program → flags that it needs when it is not installed; `{folder}` stands for the unpacked tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A Go module whose versions are pinned by the `go.mod` and `go.sum` in `tools/parts/<folder>/`."""

    programs: Mapping[str, str]
    """Program → the Go package that is built."""
    folder: str | None = None
    """Where go.mod and go.sum lie, if not in a folder that is called like the bundle."""
    version_symbol: str | None = None
    """The variable that the linker sets to `version`, unless the program's source says its version itself."""
    version_prefix: str = ""
    """What the program writes in front of `version` in that variable."""
    tags: tuple[str, ...] = ()
    """Build constraints; a program that wants one and is built without may start and then fail."""
    files: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Name → (module, folder in it) of files that are kept beside the programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Programs that come together."""

    name: str
    version: str
    """The pinned version, as releases and modules carry it; Debian's may be another one that is accepted."""
    version_argument: str = "--version"
    """What makes its programs report their version."""
    release: Release | None = None
    debian: Debian | None = None
    module: Module | None = None

    @property
    def pin(self) -> str:
        """What is fetched, as its folder is called: a change of it fetches anew."""
        return "-".join((self.version, *(self.module.tags if self.module is not None else ())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One real program that drill, tests or bench run."""

    name: str
    """The name by which this project asks for it."""
    commands: tuple[str, ...]
    """Its names on PATH; empty if one found there would lack the files that must come with it."""
    accepted: Accepted
    bundles: tuple[Bundle, ...]
    """Where it comes from, the preferred one first."""
    used_by: tuple[str, ...]
    """Who runs it: `drill`, `tests`, `bench`."""
    homebrew: str | None = None
    """The formulae to install on macOS, as words for brew."""
    apt: str | None = None
    """The package that a Debian or Ubuntu user would install."""
