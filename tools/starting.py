"""Writes a new data folder: the starter's files with the names that were asked for, and what the code ships as data."""

import io
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from alerting import names
from alerting.editor import FOLDER, modeline, vscode_settings
from alerting.errors import PolicyError, TocsinError
from alerting.model.policy import PLATFORM
from alerting.policy import load, read
from alerting.sources import ACCESS, CATALOG, KINDS, RUNBOOK, SERVICE, TEAM, WINDOWS, Kind
from tools.runbook import TEMPLATE, from_template
from tools.schema import write as write_schemas

CODE: Final = Path(__file__).parents[1]
"""The checkout that this program runs from; its catalogue, windows, runbooks and templates are copied."""
STARTER: Final = Path(__file__).parent / "starter"
_POSTMORTEM: Final = "postmortems/TEMPLATE.md"
_REFERENCE: Final = "docs/policy-reference.md"
_ALWAYS: Final = (names.WATCHDOG, names.VANISHED)
_FIRST: Final = {SERVICE.name: "web", TEAM.name: "platform"}


class CannotStartError(TocsinError):
    """The folder cannot be started; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What was asked for."""

    folder: Path
    team: str
    service: str


def start(wanted: Start) -> int:
    """Writes the folder, all of it or nothing, and gives the number of files; raises CannotStartError."""
    folder = wanted.folder
    if wanted.service == PLATFORM:
        raise CannotStartError(f"the service {PLATFORM} is always there; name another one with --service")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CannotStartError(f"{folder} is not empty; expected a folder that is empty or new; name another")
        with tempfile.TemporaryDirectory(dir=folder, prefix=".tocsin-") as scratch:
            new = Path(scratch)
            _write(new, wanted)
            load(new)
            for child in sorted(new.iterdir()):
                child.replace(folder / child.name)
    except OSError as error:
        raise CannotStartError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    except PolicyError as error:
        raise CannotStartError(f"the files that {CODE} ships have mistakes:\n{error}") from error
    return sum(1 for path in folder.rglob("*") if path.is_file())


def _write(new: Path, wanted: Start) -> None:
    """Every file of a new folder."""
    for kind, source in _starter_files():
        target = new / kind.file(_renamed(kind, source.stem, wanted))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{modeline(kind)}\n{_with_names(kind, source, wanted)}", encoding="utf-8")
    (new / "policies/silences").mkdir()
    (new / "policies/silences/.gitkeep").touch()
    shutil.copytree(CODE / CATALOG.place, new / CATALOG.place)
    shutil.copy(CODE / WINDOWS.place, new / WINDOWS.place)
    _runbooks(new, names.burn_alert(wanted.service, "availability"))
    (new / _POSTMORTEM).parent.mkdir()
    shutil.copy(CODE / _POSTMORTEM, new / _POSTMORTEM)
    write_schemas(new / FOLDER)
    shutil.copy(CODE / _REFERENCE, new / _REFERENCE)
    (new / ".vscode").mkdir()
    settings = orjson.dumps(vscode_settings(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    (new / ".vscode/settings.json").write_bytes(settings)


def _starter_files() -> Iterator[tuple[Kind, Path]]:
    """The starter's files with their kinds."""
    for kind in KINDS:
        if kind.suffix:
            for path in sorted((STARTER / kind.place).glob(f"*{kind.suffix}")):
                yield kind, path
        elif (STARTER / kind.place).is_file():
            yield kind, STARTER / kind.place


def _renamed(kind: Kind, name: str, wanted: Start) -> str:
    """The name of a file of the starter in the new folder."""
    own = {SERVICE.name: wanted.service, TEAM.name: wanted.team}
    return own[kind.name] if _FIRST.get(kind.name) == name else name


def _with_names(kind: Kind, source: Path, wanted: Start) -> str:
    """The text of a file of the starter with the names in it replaced; comments stay."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 200
    yaml.indent(mapping=2, sequence=4, offset=2)
    tree = yaml.load(source.read_text(encoding="utf-8"))
    if kind.name in _EDITS:
        _EDITS[kind.name](tree, wanted)
    buffer = io.StringIO()
    yaml.dump(tree, buffer)
    return buffer.getvalue()


def _service(tree: dict[str, Any], wanted: Start) -> None:
    tree["owner"] = wanted.team
    if tree["service"] == _FIRST[SERVICE.name]:
        tree["service"] = wanted.service
        sli = tree["slos"][0]["sli"]
        for key in sli:
            sli[key] = sli[key].replace('service="web"', f'service="{wanted.service}"')


def _team(tree: dict[str, Any], wanted: Start) -> None:
    tree["team"] = wanted.team
    tree["slack"] = type(tree["slack"])(f"#{wanted.team}")


def _access(tree: dict[str, Any], wanted: Start) -> None:
    for grant in tree["grants"]:
        grant["to"]["team"] = wanted.team


_EDITS: Final[Mapping[str, Callable[[dict[str, Any], Start], None]]] = {
    SERVICE.name: _service,
    TEAM.name: _team,
    ACCESS.name: _access,
}


def _runbooks(new: Path, burn_alert: str) -> None:
    """The template, the runbooks of the catalogue and of what is always there, and a first one of one's own."""
    folder = new / RUNBOOK.place
    folder.mkdir()
    shutil.copy(CODE / TEMPLATE, new / TEMPLATE)
    loaded = read(new)
    if loaded.partial is None:
        raise PolicyError(loaded.problems)
    catalog = (alert.alert for area in loaded.partial.catalog.values() for alert in area.alerts)
    for name in (*catalog, *_ALWAYS):
        shutil.copy(CODE / RUNBOOK.file(name), new / RUNBOOK.file(name))
    (new / RUNBOOK.file(burn_alert)).write_text(from_template(new, burn_alert), encoding="utf-8")
