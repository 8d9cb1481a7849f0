"""Which file holds what, and on which line: the way from a value of the policy back to the text people edit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel

from alerting.document import front_matter
from alerting.model.access import Access
from alerting.model.catalog import CatalogArea
from alerting.model.remediation import RemediationPolicy
from alerting.model.routing import Routing
from alerting.model.runbook import RunbookFrontMatter
from alerting.model.service import Service
from alerting.model.severity import SeverityPolicy
from alerting.model.silence import Silence
from alerting.model.team import Team
from alerting.model.windows import BurnWindows
from alerting.places import Places, places
from alerting.problem import Level, Problem
from alerting.syntax import Flaw, Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of policy file."""

    name: str
    """What one such file is called in messages, such as `service`."""
    model: type[BaseModel]
    place: str
    """The file, or the folder of the files, from the repository's root."""
    suffix: str = ""
    """How the files of a folder end; empty for a single file."""
    own_name: str | None = None
    """The key inside that must equal the file's name."""
    apart: tuple[str, ...] = ()
    """Files in the folder that are none of the kind."""
    optional: bool = False
    """A single file that may be left out: then the model's defaults hold."""

    def file(self, name: str = "") -> str:
        """The path of the object of that name."""
        return f"{self.place}/{name}{self.suffix}" if self.suffix else self.place


SERVICE: Final = Kind(name="service", model=Service, place="policies/services", suffix=".yaml", own_name="service")
TEAM: Final = Kind(name="team", model=Team, place="policies/teams", suffix=".yaml", own_name="team")
SEVERITY: Final = Kind(name="severity", model=SeverityPolicy, place="policies/severity.yaml")
ROUTING: Final = Kind(name="routing", model=Routing, place="policies/routing.yaml")
ACCESS: Final = Kind(name="access", model=Access, place="policies/access.yaml")
REMEDIATION: Final = Kind(name="remediation", model=RemediationPolicy, place="policies/remediation.yaml", optional=True)
SILENCE: Final = Kind(name="silence", model=Silence, place="policies/silences", suffix=".yaml")
CATALOG: Final = Kind(name="catalog", model=CatalogArea, place="alerting/catalog", suffix=".yaml", own_name="area")
WINDOWS: Final = Kind(name="windows", model=BurnWindows, place="alerting/windows.yaml")
RUNBOOK: Final = Kind(
    name="runbook",
    model=RunbookFrontMatter,
    place="runbooks",
    suffix=".md",
    own_name="alert",
    apart=("TEMPLATE.md", "README.md"),
)
KINDS: Final = (SERVICE, TEAM, SEVERITY, ROUTING, ACCESS, REMEDIATION, SILENCE, CATALOG, WINDOWS, RUNBOOK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The text of every file that was read, and the names of those that could not be understood."""

    texts: Mapping[str, bytes]
    broken: frozenset[tuple[str, str]] = frozenset()
    """(kind, name) of files with mistakes of their own, which other files may well refer to."""
    _places: dict[str, Places] = field(default_factory=dict, compare=False)

    def problem(
        self, kind: Kind, name: str, path: Path, *, wrong: str, expected: str, fix: str, level: Level = "error"
    ) -> Problem:
        """A mistake at a value of an object; items of lists stand in the path by their name or by position from 0."""
        flaw = Flaw(path=path, wrong=wrong, expected=expected, fix=fix)
        return self.report(kind, name, flaw, level)

    def report(self, kind: Kind, name: str, flaw: Flaw, level: Level = "error") -> Problem:
        """A flaw of an object's file, with the words for where it is."""
        file = kind.file(name)
        known = self._known(file)
        own = f"{kind.name} {name}" if name else kind.name
        trail = known.trail(flaw.path)
        return Problem(
            file=file,
            line=known.line(flaw.path) if flaw.line is None else flaw.line,
            object=f"{own}: {trail}" if trail else own,
            wrong=flaw.wrong,
            expected=flaw.expected,
            fix=flaw.fix,
            level=level,
        )

    def _known(self, file: str) -> Places:
        """Where everything stands in a file; in one that is not there, all on its first line."""
        if file not in self._places:
            text = self.texts.get(file, b"")
            if file.endswith(RUNBOOK.suffix):
                text = front_matter(text) or b""
            self._places[file] = places(text)
        return self._places[file]
