"""From Sloth's files to what we found in them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from alerting.names import burn_alert
from alerting.problem import Problem
from alerting.syntax import Path
from tools.imports.errors import ForeignFileError
from tools.imports.found import Found, FoundService, FoundSlo, Notebook
from tools.imports.naming import kebab
from tools.imports.numbers import percent, tier
from tools.imports.shapes import Query, Sli, of_events, of_ratio
from tools.imports.sloth_file import AlertSettings, SlothFile, SlothResource, SlothService, SlothSlo
from tools.imports.source import Source, WireModel, read_documents

OWNER_LABELS: Final = ("owner", "team")
TIER_LABELS: Final = ("tier",)
_LABELS: Final = "series carry `service`, `slo` and `team`, alerts also `severity` and `priority`, and nothing else"
_PERIOD: Final = "Sloth says the period on its command line; 30d is assumed, write `window` if it is another"


def find(file: str, text: bytes) -> Found:
    """What is in a Sloth file; raises ForeignFileError with all of its mistakes."""
    sources, problems = read_documents(file, text)
    book = Notebook()
    services: list[FoundService] = []
    for source in sources:
        service, at, mistakes = _service(source)
        problems += mistakes
        if service is not None:
            services.append(_Reading(source, at, book, problems).service(service))
    if problems:
        raise ForeignFileError(problems)
    return Found(services=tuple(services), notes=tuple(sorted(book.notes)))


def _service(source: Source) -> tuple[SlothService | None, Path, list[Problem]]:
    """The document's service, where in the document it is, and what is wrong with it."""
    if source.tree.get("kind") == "PrometheusServiceLevel" and "version" not in source.tree:
        resource, problems = source.understand(SlothResource)
        return (resource.spec if resource else None), ("spec",), problems
    if source.tree.get("version") != "prometheus/v1":
        return None, (), [_unknown_version(source)]
    file, problems = source.understand(SlothFile)
    return file, (), problems


def _unknown_version(source: Source) -> Problem:
    tree = source.tree
    got = tree.get("version", tree.get("apiVersion"))
    openslo = str(got).startswith("openslo")
    return source.problem(
        ("version",) if "version" in tree else ("apiVersion",),
        "no version" if got is None else f"got {str(got)[:60]!r}",
        "expected `version: prometheus/v1`, or `apiVersion: sloth.slok.dev/v1` of kind PrometheusServiceLevel",
        "use `tocsin import openslo`" if openslo else "is it a Sloth file?",
    )


class _Reading:
    """Reads one service of one document."""

    def __init__(self, source: Source, at: Path, book: Notebook, problems: list[Problem]) -> None:
        self.source, self.at, self.book, self.problems = source, at, book, problems

    def line(self, *path: str | int) -> int:
        """The line of something in the service."""
        return self.source.line(*self.at, *path)

    def service(self, wire: SlothService) -> FoundService:
        """The service with every SLO that can be kept."""
        name = kebab(wire.service, "service")
        about = f"service {name}"
        if name != wire.service:
            self.book.lost(
                self.line("service"),
                about,
                f"the name {wire.service[:60]!r} is not one of ours",
                f"it is called {name}",
            )
        kept = {*OWNER_LABELS, *TIER_LABELS, "service"}
        self._labels(about, ("labels",), [label for label in wire.labels if label not in kept])
        self._unknown(about, wire, (), ("version",))
        if wire.slos:
            self.book.lost(self.line("slos"), about, "the period is not in the file", _PERIOD)
        slos = [self._slo(name, slo, number) for number, slo in enumerate(wire.slos)]
        return FoundService(
            name=name,
            line=self.line("service"),
            owner=next((kebab(str(wire.labels[key]), "team") for key in OWNER_LABELS if key in wire.labels), None),
            tier=next((tier(wire.labels[key]) for key in TIER_LABELS if key in wire.labels), None),
            slos=tuple(slo for slo in slos if slo is not None),
        )

    def _slo(self, service: str, wire: SlothSlo, number: int) -> FoundSlo | None:
        """One SLO; None if it has to be left out, which is noted."""
        path: Path = ("slos", number)
        name = kebab(wire.name, "slo")
        about = f"slo {name}"
        if name != wire.name:
            self.book.lost(
                self.line(*path, "name"),
                about,
                f"the name {wire.name[:60]!r} is not one of ours",
                f"it is called {name}",
            )
        try:
            objective = percent(wire.objective, 1)
        except ValueError as error:
            self.problems.append(
                self.source.problem(
                    (*self.at, *path, "objective"),
                    str(error),
                    "expected a percentage above 0 and below 100, such as 99.9",
                    "correct it in the Sloth file",
                )
            )
            return None
        sli = self._sli(about, wire, path)
        self._alerting(about, burn_alert(service, name), wire, path)
        self._labels(about, (*path, "labels"), list(wire.labels))
        for part, model in (("", wire), ("sli", wire.sli)):
            self._unknown(about, model, (*path, part) if part else path)
        if sli is None:
            return None
        item: dict[str, Any] = {"name": name, "objective": objective}
        if wire.description:
            item["description"] = wire.description.strip()
        return FoundSlo(line=self.line(*path), item=item | {"sli": dict(sli)})

    def _sli(self, about: str, wire: SlothSlo, path: Path) -> Sli | None:
        """The indicator; None if it has to be left out, which is noted."""
        sli, line = wire.sli, self.line(*path, "sli")
        if sum(part is not None for part in (sli.events, sli.raw, sli.plugin)) != 1:
            self.book.left_out(
                line, about, "`sli` has not exactly one of `events`, `raw` and `plugin`", "write its SLI by hand"
            )
            return None
        if sli.plugin is not None:
            plugin = str(sli.plugin.get("id", "?"))[:80]
            self.book.left_out(line, about, f"the SLI comes from the plugin {plugin}", "write its queries by hand")
            return None
        try:
            if sli.raw is not None:
                return of_ratio(_over_window(sli.raw.error_ratio_query))
            assert sli.events is not None
            return of_events(_over_window(sli.events.error_query), _over_window(sli.events.total_query))
        except ValueError as error:
            self.book.left_out(line, about, f"a query cannot be taken over: {error}", "write its SLI by hand")
            return None

    def _alerting(self, about: str, ours: str, wire: SlothSlo, path: Path) -> None:
        """Notes every setting of the alerts, none of which has a place in a service file."""
        alerting, at = wire.alerting, (*path, "alerting")
        if alerting.name is not None:
            self.book.lost(
                self.line(*at, "name"),
                about,
                f"the alert's name {alerting.name[:80]!r}",
                f"the alerts are called {ours}",
            )
        for part, settings in (
            ("", alerting),
            ("page_alert", alerting.page_alert),
            ("ticket_alert", alerting.ticket_alert),
        ):
            if settings is None:
                continue
            inside = (*at, self._written(at, part)) if part else at
            self._labels(f"{about}: {part or 'alerts'}", (*inside, "labels"), list(settings.labels))
            self._annotations(f"{about}: {part or 'alerts'}", (*inside, "annotations"), settings.annotations, ours)
            self._unknown(about, settings, inside)
            if isinstance(settings, AlertSettings) and settings.disable:
                self.book.lost(
                    self.line(*inside, "disable"),
                    f"{about}: {part}",
                    "`disable` is not kept",
                    "every SLO has a page and a ticket alert; silence or route them in policies/",
                )

    def _written(self, at: Path, part: str) -> str:
        """A key as this document spells it: in snake_case or in camelCase."""
        node = self.source.tree
        for step in (*self.at, *at):
            node = node[step]
        first, _, second = part.partition("_")
        return part if part in node else first + second.capitalize()

    def _labels(self, about: str, path: Path, labels: list[str]) -> None:
        if labels:
            self.book.lost(self.line(*path), about, f"labels {', '.join(map(str, labels))[:200]} are not kept", _LABELS)

    def _annotations(self, about: str, path: Path, annotations: Mapping[str, Any], alert: str) -> None:
        for name, value in annotations.items():
            runbook = name in ("runbook", "runbook_url")
            self.book.lost(
                self.line(*path, name),
                about,
                f"the annotation {name}: {str(value)[:120]!r} is not kept",
                f"its place is runbooks/{alert}.md" if runbook else "every alert says in one form what burns how fast",
            )

    def _unknown(self, about: str, model: WireModel, path: Path, known: tuple[str, ...] = ()) -> None:
        """Notes the keys that have no meaning here, such as plugins and intervals."""
        for key in _extra(model):
            if key not in known:
                self.book.lost(self.line(*path, key), about, f"`{key[:60]}` is not kept", "it has no counterpart here")


def _extra(model: WireModel) -> Iterator[str]:
    yield from model.model_extra or ()


def _over_window(text: str) -> Query:
    """A query that uses the window, as Sloth asks for."""
    query = Query(text)
    if not query.uses_window:
        raise ValueError("it does not use {{.window}}")
    return query
