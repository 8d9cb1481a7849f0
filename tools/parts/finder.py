"""Finds a real program, or gets it: PATH, cache, official release, Debian's packages, Go module, in this order."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tools.parts import cache, debian, wayout
from tools.parts.debian import DebianSource
from tools.parts.errors import PartMissing, SourceFailed, UnknownPart
from tools.parts.modules import ModuleSource
from tools.parts.progress import Progress
from tools.parts.recipe import Bundle, Program
from tools.parts.release import ReleaseSource
from tools.parts.settings import Settings, from_environment
from tools.parts.source import Source
from tools.parts.table import TABLE
from tools.parts.version import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A real program that is here and runs."""

    name: str
    version: str
    """As the program reports it, without a packager's suffix: `3.5.3`."""
    path: Path
    source: str
    """For people: `PATH`, `official release`, `Debian sid packages`, `Go module`."""
    extra_args: tuple[str, ...] = ()
    """Flags that it needs so that all its pages answer; put them first on its command line."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """Folders that came with it, such as `crds` of prometheus-operator."""


_FOUND: Final[dict[tuple[str, Settings], Part]] = {}
"""What this process found already: every test asks again, and asking a program for its version takes a while."""


def find(name: str, settings: Settings | None = None, progress: Progress | None = None) -> Part:
    """The part called `name`, fetched if it is not here yet, which can take minutes.

    Raises UnknownPart for a name that is not in the table, PartMissing if every source failed.
    """
    settings = settings or from_environment()
    if (name, settings) not in _FOUND:
        _FOUND[name, settings] = obtain(_program(name), settings, progress or Progress())
    return _FOUND[name, settings]


def find_all(
    names: Iterable[str], settings: Settings | None = None, progress: Progress | None = None
) -> dict[str, Part]:
    """Several parts by their names; raises like `find` at the first that cannot be had."""
    return {name: find(name, settings, progress) for name in names}


def present(name: str, settings: Settings | None = None) -> Part | None:
    """The part if it is on PATH or in the cache; asks no network and fetches nothing.

    Raises UnknownPart for a name that is not in the table.
    """
    program, settings = _program(name), settings or from_environment()
    try:
        return _on_path(program, settings)
    except SourceFailed:
        cached = (kept(program, bundle, settings) for bundle in program.bundles)
        return next((part for part in cached if part is not None), None)


def obtain(program: Program, settings: Settings, progress: Progress) -> Part:
    """The program from the first place that has it: what `find` does for a name.

    Raises PartMissing with what every source said.
    """
    attempts: list[tuple[str, str]] = []
    try:
        return _on_path(program, settings)
    except SourceFailed as failed:
        attempts.append(("PATH", failed.reason))
    for bundle in program.bundles:
        part = _from_bundle(program, bundle, settings, progress, attempts)
        if part is not None:
            return part
    raise PartMissing(program.name, str(program.accepted), attempts, wayout.text(program, settings))


def _program(name: str) -> Program:
    """The table's entry."""
    if name not in TABLE:
        raise UnknownPart(name, tuple(TABLE))
    return TABLE[name]


def _on_path(program: Program, settings: Settings) -> Part:
    """The first program on PATH that is new enough; SourceFailed says what is wrong with those that are there."""
    if not program.commands:
        raise SourceFailed("not looked for there, since files must come with it")
    reasons = []
    for command in program.commands:
        found = shutil.which(command, path=settings.path)
        if found is None:
            continue
        try:
            version = read(Path(found), program.bundles[0].version_argument)
        except SourceFailed as failed:
            reasons.append(failed.reason)
            continue
        if program.accepted.admits(version):
            return Part(name=program.name, version=version, path=Path(found).absolute(), source="PATH")
        reasons.append(f"{found} is {version}")
    raise SourceFailed("; ".join(reasons) or f"no {' or '.join(program.commands)} there")


def sources(bundle: Bundle, settings: Settings) -> Iterator[Source]:
    """Where a bundle can come from on this machine, the preferred source first."""
    yield ReleaseSource(settings)
    for suite in debian.suites(bundle, settings):
        yield DebianSource(settings, suite)
    yield ModuleSource(settings)


def kept(program: Program, bundle: Bundle, settings: Settings) -> Part | None:
    """The program as it lies in the cache, from whichever source."""
    for source in sources(bundle, settings):
        folder = cache.slot(settings.cache, bundle.name, bundle.pin, source.slug)
        found = cache.load(folder).get(program.name)
        if found is None:
            continue
        files = source.files(bundle, folder)
        if program.accepted.admits(found.version) and all(path.is_dir() for path in files.values()):
            return Part(
                name=program.name,
                version=found.version,
                path=found.path,
                source=source.title,
                extra_args=source.arguments(bundle, program.name, folder),
                files=files,
            )
    return None


def _from_bundle(
    program: Program, bundle: Bundle, settings: Settings, progress: Progress, attempts: list[tuple[str, str]]
) -> Part | None:
    """The program out of one bundle: kept, or fetched from the first source that can; failures go to `attempts`."""
    part = kept(program, bundle, settings)
    if part is not None:
        return part
    try:
        with cache.lock(settings.cache, bundle.name, progress):
            # Another process may have fetched it while we waited.
            part = kept(program, bundle, settings)
            for source in sources(bundle, settings) if part is None else ():
                try:
                    _fetch(program, bundle, source, settings, progress)
                except (SourceFailed, OSError) as failed:
                    attempts.append((f"{source.title} of {bundle.name}", str(failed)))
                    progress.say(f"{bundle.name}: not from {source.title}: {failed}")
                    continue
                return kept(program, bundle, settings)
    except OSError as error:
        attempts.append((f"cache of {bundle.name}", str(error)))
    return part


def _fetch(program: Program, bundle: Bundle, source: Source, settings: Settings, progress: Progress) -> None:
    """Puts a whole, tried bundle into the cache.

    Raises SourceFailed if the source cannot give the program, or gives one that does not run or is not new enough.
    """
    paths = source.programs(bundle)
    if program.name not in paths:
        raise SourceFailed(f"it carries no {program.name}")
    with cache.workshop(settings.cache, bundle.name) as work:
        tree, scratch = work / "tree", work / "scratch"
        tree.mkdir()
        scratch.mkdir()
        source.fill(bundle, tree, scratch, progress)
        versions = {name: (path, read(tree / path, bundle.version_argument)) for name, path in paths.items()}
        version = versions[program.name][1]
        if not program.accepted.admits(version):
            raise SourceFailed(f"it carries {program.name} {version}; expected {program.accepted}")
        folder = cache.slot(settings.cache, bundle.name, bundle.pin, source.slug)
        cache.keep(tree, folder, versions, source.title)
    progress.say(f"{program.name} {version} from {source.title} is in {os.fspath(folder)}")
