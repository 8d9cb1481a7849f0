"""What we found, planned as files: new ones, and additions to those that are there. Nothing here writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from alerting.document import read
from alerting.meaning import flaws
from alerting.model.service import Service, Slo
from alerting.problem import Problem
from alerting.syntax import Flaw
from tools.imports.errors import ForeignFileError
from tools.imports.found import Found, FoundService, FoundSlo, Note
from tools.imports.service_text import InextensibleError, extended_file, new_file

DEFAULT_TIER = 2
"""Of a service that says nothing: neither worth waking everyone for nor worth nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What becomes of one service file."""

    path: Path
    action: Literal["create", "extend", "leave"]
    added: tuple[str, ...] = ()
    """Names of SLOs that are new."""
    same: tuple[str, ...] = ()
    """Names of SLOs that are there already, word for word."""
    different: tuple[str, ...] = ()
    """Names of SLOs that are there and say something else: they stay as they are."""
    text: bytes = b""
    """The whole new file; empty if the file is left as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the person who imports adds to the foreign file."""

    file: str
    """The foreign file as it is called in messages."""
    folder: Path
    """Where service files are."""
    owner: str | None
    tier: int | None


def plan(found: Found, settings: Settings) -> tuple[tuple[Planned, ...], tuple[Note, ...]]:
    """The files to write and what is to be said about them; raises ForeignFileError with every reason against it."""
    problems: list[Problem] = []
    notes: list[Note] = []
    planned: list[Planned] = []
    for service in _joined(found.services):
        problems += _repeated(service, settings)
        path = settings.folder / f"{service.name}.yaml"
        try:
            if path.exists():
                planned.append(_extension(service, path))
            else:
                complete, assumed = _complete(service, settings)
                notes += assumed
                planned.append(_creation(complete, path))
        except _RefusedError as refused:
            problems += [_problem(settings.file, service.line, f"service {service.name}", refused.flaw)]
        except OSError as error:
            flaw = Flaw(wrong=f"{path} cannot be read ({error.strerror})", expected="expected a file", fix="look at it")
            problems += [_problem(settings.file, service.line, f"service {service.name}", flaw)]
    if problems:
        raise ForeignFileError(problems)
    return tuple(planned), tuple(sorted((*found.notes, *notes)))


class _RefusedError(Exception):
    """A file cannot be planned."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.wrong)
        self.flaw = flaw


def _joined(services: Iterable[FoundService]) -> list[FoundService]:
    """Services by name, those of several documents as one."""
    joined: dict[str, FoundService] = {}
    for service in services:
        first = joined.get(service.name)
        joined[service.name] = (
            service
            if first is None
            else replace(
                first,
                owner=first.owner or service.owner,
                tier=first.tier or service.tier,
                description=first.description or service.description,
                slos=(*first.slos, *service.slos),
            )
        )
    return [service for service in joined.values() if service.slos]


def _repeated(service: FoundService, settings: Settings) -> list[Problem]:
    """SLOs of one service that would have the same name."""
    first: dict[str, FoundSlo] = {}
    problems = []
    for slo in service.slos:
        if slo.name in first:
            flaw = Flaw(
                wrong=f"another SLO of {service.name} is called {slo.name}, on line {first[slo.name].line}",
                expected="expected each name once in a service",
                fix="rename one",
            )
            problems.append(_problem(settings.file, slo.line, f"slo {slo.name}", flaw))
        first.setdefault(slo.name, slo)
    return problems


def _complete(service: FoundService, settings: Settings) -> tuple[FoundService, list[Note]]:
    """The service with the owner and tier that were given; an owner that nobody names is refused."""
    owner = settings.owner or service.owner
    if owner is None:
        raise _RefusedError(
            Flaw(wrong="it has no owner", expected="expected a team", fix="name one with `--owner TEAM`")
        )
    tier = settings.tier or service.tier
    notes = []
    if tier is None:
        about = f"service {service.name}"
        instead = f"{DEFAULT_TIER} is assumed; name another with `--tier N`"
        notes.append(Note(line=service.line, object=about, what="it has no tier", instead=instead))
    return replace(service, owner=owner, tier=tier or DEFAULT_TIER), notes


def _creation(service: FoundService, path: Path) -> Planned:
    text = new_file(service)
    _loaded(text, path)
    assert read(text).tree["slos"] == [dict(slo.item) for slo in service.slos]
    return Planned(path=path, action="create", added=tuple(slo.name for slo in service.slos), text=text)


def _extension(service: FoundService, path: Path) -> Planned:
    """Adds what is new to a file, and tells what is there already."""
    before = path.read_bytes()
    there = {slo.name: slo for slo in _loaded(before, path).slos}
    fresh = [slo for slo in service.slos if slo.name not in there]
    known = [slo for slo in service.slos if slo.name in there]
    same = [slo.name for slo in known if Slo.model_validate(slo.item) == there[slo.name]]
    planned = Planned(
        path=path,
        action="leave",
        same=tuple(same),
        different=tuple(slo.name for slo in known if slo.name not in same),
    )
    if not fresh:
        return planned
    try:
        text = extended_file(before, fresh)
    except InextensibleError:
        text = b""
    _proven(before, text, fresh, path)
    return replace(planned, action="extend", added=tuple(slo.name for slo in fresh), text=text)


def _proven(before: bytes, after: bytes, fresh: Sequence[FoundSlo], path: Path) -> None:
    """Refuses an addition that would change anything else in the file."""
    expected = dict(read(before).tree)
    expected["slos"] = [*(expected.get("slos") or ()), *(dict(slo.item) for slo in fresh)]
    if read(after).tree != expected:
        flaw = Flaw(
            wrong=f"{path} is written in a way that cannot be extended",
            expected="expected `slos` as a list with one `- name:` for each",
            fix="rewrite it, or import into another folder with `--out DIR`",
        )
        raise _RefusedError(flaw)
    _loaded(after, path)


def _loaded(text: bytes, path: Path) -> Service:
    """A service file as our loader reads it; one that it does not take is refused with its first mistake."""
    document = read(text)
    found = list(document.flaws)
    if document.readable and not found:
        try:
            return Service.model_validate(document.tree)
        except ValidationError as error:
            found = flaws(error, document, Service)
    first = found[0]
    where = ".".join(str(step) for step in first.path)
    raise _RefusedError(
        Flaw(
            wrong=f"{path} has a mistake ({f'{where}: ' if where else ''}{first.wrong})",
            expected=first.expected,
            fix="`tocsin check` shows all of them" if path.exists() else first.fix,
        )
    )


def _problem(file: str, line: int, about: str, flaw: Flaw) -> Problem:
    return Problem(file=file, line=line, object=about, wrong=flaw.wrong, expected=flaw.expected, fix=flaw.fix)
