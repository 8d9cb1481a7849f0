"""From OpenSLO v1 documents to what we found in them."""

from dataclasses import dataclass, field
from typing import Any, Final

from alerting.problem import Problem
from tools.imports.errors import ForeignFileError
from tools.imports.found import Found, FoundService, FoundSlo, Notebook
from tools.imports.naming import kebab
from tools.imports.numbers import tier
from tools.imports.openslo_file import (
    VERSIONS,
    DataSourceObject,
    OtherObject,
    ServiceObject,
    SliObject,
    SloObject,
)
from tools.imports.openslo_slo import SloReading
from tools.imports.source import Source, WireModel, read_documents

OWNER_LABELS: Final = ("owner", "team")
TIER_LABELS: Final = ("tier", "serviceTier")
KINDS: Final[dict[str, type[WireModel]]] = {
    "SLO": SloObject,
    "SLI": SliObject,
    "Service": ServiceObject,
    "DataSource": DataSourceObject,
    "AlertPolicy": OtherObject,
    "AlertCondition": OtherObject,
    "AlertNotificationTarget": OtherObject,
}


@dataclass(slots=True, kw_only=True)
class Objects:
    """The objects of a file by kind and name, each with its document."""

    of: dict[tuple[str, str], tuple[Source, Any]] = field(default_factory=dict)

    def all(self, kind: str) -> list[tuple[Source, Any]]:
        """Every object of a kind, in the file's order."""
        return [pair for (of, _), pair in self.of.items() if of == kind]

    def get(self, kind: str, name: str) -> Any | None:
        """The object of that name; None if the file does not have it."""
        found = self.of.get((kind, name))
        return found[1] if found else None


def find(file: str, text: bytes) -> Found:
    """What is in an OpenSLO file; raises ForeignFileError with all of its mistakes."""
    sources, problems = read_documents(file, text)
    objects = Objects()
    for source in sources:
        problems += _gather(source, objects)
    book = Notebook()
    _note_others(objects, book)
    services: dict[str, FoundService] = {}
    slos: dict[str, list[FoundSlo]] = {}
    for source, slo in objects.all("SLO"):
        reading = SloReading(source=source, slo=slo, book=book, problems=problems, get=objects.get)
        found = reading.read()
        if found:
            service = kebab(slo.spec.service or "", "service")
            if service not in services:
                services[service] = _service(service, source, slo, objects, book)
            slos.setdefault(service, []).extend(found)
    if problems:
        raise ForeignFileError(problems)
    return Found(
        services=tuple(_with_slos(service, slos[name]) for name, service in services.items()),
        notes=tuple(sorted(book.notes)),
    )


def _gather(source: Source, objects: Objects) -> list[Problem]:
    """Puts the document's object among the others; gives what is wrong with it."""
    version, kind = source.tree.get("apiVersion"), source.tree.get("kind")
    if version not in VERSIONS:
        sloth = "version" in source.tree or str(version).startswith("sloth")
        return [
            source.problem(
                ("apiVersion",),
                "no apiVersion" if version is None else f"got {str(version)[:60]!r}",
                "expected openslo/v1",
                "use `tocsin import sloth`" if sloth else "convert the file to OpenSLO v1",
            )
        ]
    if not isinstance(kind, str) or kind not in KINDS:
        expected = f"expected one of {', '.join(KINDS)}"
        return [source.problem(("kind",), f"got {str(kind)[:60]!r}", expected, "correct or remove the document")]
    value, problems = source.understand(KINDS[kind])
    if value is None:
        return problems
    key = (kind, value.metadata.name)  # type: ignore[attr-defined]
    if key in objects.of:
        first = objects.of[key][0].line("metadata", "name")
        return [
            source.problem(
                ("metadata", "name"),
                f"another {kind} is called {key[1][:60]!r}, on line {first}",
                "expected each name once in a kind",
                "rename or remove one",
            )
        ]
    objects.of[key] = (source, value)
    return []


def _note_others(objects: Objects, book: Notebook) -> None:
    """Notes the objects that have no counterpart."""
    for source, other in objects.all("DataSource"):
        book.lost(
            source.line("spec"),
            f"data source {other.metadata.name[:60]}",
            "the connection is not kept",
            "rules run on the Prometheus servers that load them",
        )
    for kind, words in (
        ("AlertPolicy", "alert policy"),
        ("AlertCondition", "alert condition"),
        ("AlertNotificationTarget", "notification target"),
    ):
        for source, other in objects.all(kind):
            book.lost(
                source.line("kind"),
                f"{words} {other.metadata.name[:60]}",
                "it is not kept",
                "alerts follow alerting/windows.yaml, and go where policies/routing.yaml says",
            )


def _service(name: str, source: Source, slo: SloObject, objects: Objects, book: Notebook) -> FoundService:
    """The service of an SLO, with what its own document, or else the SLO's labels, say of it."""
    own = objects.get("Service", slo.spec.service or "")
    labels = {**slo.metadata.labels, **(own.metadata.labels if own else {})}
    about = f"service {name}"
    if name != slo.spec.service:
        renamed = f"the name {str(slo.spec.service)[:60]!r} is not one of ours"
        book.lost(source.line("spec", "service"), about, renamed, f"it is called {name}")
    owners = [labels[key] for key in OWNER_LABELS if isinstance(labels.get(key), str)]
    tiers = [tier(labels[key]) for key in TIER_LABELS if key in labels]
    return FoundService(
        name=name,
        line=source.line("spec", "service"),
        owner=kebab(owners[0], "team") if owners else None,
        tier=next((each for each in tiers if each is not None), None),
        description=(own.spec.description or own.metadata.display_name).strip() if own else "",
    )


def _with_slos(service: FoundService, slos: list[FoundSlo]) -> FoundService:
    return FoundService(
        name=service.name,
        line=service.line,
        owner=service.owner,
        tier=service.tier,
        description=service.description,
        slos=tuple(slos),
    )
