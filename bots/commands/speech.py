"""What people type: `/ack`, `/assign @ana`, `/resolve noise a false alarm`, wherever they type it.

Pure. Names of people, runbooks and incidents are kept as they were written; whoever knows the policy looks them up.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alerting.model.quantities import Duration
from bots.timeline.event_fields import PRIORITIES, VERDICTS
from bots.timeline.state import incident_number

_WORD: Final = re.compile(r"/([A-Za-z][A-Za-z_-]*)([,.:;!]?)(?=\s|$)[ \t]*")
_FIRST: Final = re.compile(r"\s*(\S+)\s?")
_INCIDENT: Final = re.compile(r"INC-[0-9]+", re.IGNORECASE)
_ROLES: Final = ("commander", "communications", "scribe")
_SHOWN: Final = 40
_NEAR: Final = 0.75
_NEAR_COMMAND: Final = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A command as it was given."""

    command: str
    """The ledger's word for it; `runbook`, `list`, `show` and `help` are for whoever listens."""
    args: Mapping[str, Any] = field(default_factory=dict)
    """As the ledger takes them, but for people (`to`: `@ana`, `<@U01ANA>`, `ana`) and runbooks (`name`)."""
    incident: int | None = None
    """The incident that was named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotACommand:
    """Ordinary text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Meant as a command, and none."""

    message: str
    """One sentence: what is wrong and what was expected."""
    command: str = ""
    """The command that was meant, as far as it was understood."""


Heard = Spoken | NotACommand | Mistake
_Read = Callable[[str], Mapping[str, Any] | str]
"""The rest of the line to arguments, or to what is wrong with it."""


def parse(text: str) -> Heard:
    """A text that begins with `/word`; what follows on further lines belongs to it. Anything else is no command."""
    match = _WORD.match(text.strip())
    if match is None or (match[2] and _name(match[1]) not in _COMMANDS):
        return NotACommand()
    return _heard(match[1], text.strip()[match.end() :].strip())


def parse_words(text: str) -> Heard:
    """The same without the slash, as after `/incident` in Slack; nothing at all asks for help."""
    first, rest = _split(text)
    return _heard(first.removeprefix("/"), rest) if first else Spoken(command="help")


def begins(line: str) -> bool:
    """Whether a line has the form of a command."""
    return _WORD.match(line.strip()) is not None


def meant(line: str) -> bool:
    """Whether a line among others gives a command that there is, or nearly: paths and addresses begin lines too."""
    match = _WORD.match(line.strip())
    if match is None:
        return False
    name = _name(match[1])
    return name in _SHOWN_NAMES or (name not in _COMMANDS and not match[2] and bool(_near(name)))


def behind(line: str) -> str:
    """What follows the word of a command on its line."""
    return _WORD.sub("", line.strip(), count=1)


def _name(word: str) -> str:
    return _ALIASES.get(word.lower(), word.lower())


def _heard(word: str, rest: str) -> Heard:
    name = _name(word)
    read = _COMMANDS.get(name)
    if read is None:
        return Mistake(message=_unknown(word))
    incident, rest = _incident(rest)
    if isinstance(incident, str):
        return Mistake(message=incident, command=name)
    if name == "merge" and incident is not None and not _INCIDENT.match(rest):
        # `merge INC-3` names the other incident, `merge INC-7 INC-3` both.
        incident, rest = None, f"INC-{incident} {rest}"
    args = read(rest)
    if isinstance(args, str):
        return Mistake(message=f"/{name}: {args}", command=name)
    return Spoken(command=name, args=args, incident=incident)


def _unknown(word: str) -> str:
    near = _near(word)
    hint = f"did you mean /{near[0]}?" if near else f"expected one of {', '.join(f'/{name}' for name in _SHOWN_NAMES)}"
    return f"no command /{word[:_SHOWN]}; {hint}"


def _near(word: str) -> list[str]:
    return difflib.get_close_matches(word.lower(), sorted({*_COMMANDS, *_ALIASES}), n=1, cutoff=_NEAR_COMMAND)


def _incident(rest: str) -> tuple[int | str | None, str]:
    """The incident that stands first, if one does, and what follows it."""
    first, after = _split(rest)
    if not _INCIDENT.fullmatch(first):
        return None, rest
    try:
        return incident_number(first.upper()), after
    except ValueError as error:
        return str(error), after


def _split(text: str) -> tuple[str, str]:
    match = _FIRST.match(text)
    return (match[1], text[match.end() :].strip()) if match else ("", "")


def _got(word: str) -> str:
    return f"got {word[:_SHOWN]!r}" if word else "missing"


def _filled(**args: Any) -> Mapping[str, Any]:
    return {name: value for name, value in args.items() if value not in ("", None, False)}


def _remark(name: str) -> _Read:
    return lambda rest: _filled(**{name: rest})


def _assign(rest: str) -> Mapping[str, Any] | str:
    to, note = _split(rest)
    return _filled(to=to, note=note) if to else "missing; expected a person, such as /assign @ana"


def _role(rest: str) -> Mapping[str, Any] | str:
    role, rest = _split(rest)
    to, _ = _split(rest)
    if role.lower() not in _ROLES:
        return f"{_got(role)}; expected one of {', '.join(_ROLES)}, such as /role scribe @ana"
    return _filled(role=role.lower(), to=to) if to else f"nobody is named; expected /role {role.lower()} @ana"


def _priority(rest: str) -> Mapping[str, Any] | str:
    word, reason = _split(rest)
    if word.upper() not in PRIORITIES:
        return f"{_got(word)}; expected one of {', '.join(PRIORITIES)}"
    return _filled(priority=word.upper(), reason=reason)


def _resolve(rest: str) -> Mapping[str, Any] | str:
    word, note = _split(rest)
    if word.lower() in VERDICTS:
        return _filled(verdict=word.lower(), note=note)
    if difflib.get_close_matches(word.lower(), VERDICTS, n=1, cutoff=_NEAR):
        return f"{_got(word)}; expected one of {', '.join(VERDICTS)}, or a remark"
    return _filled(note=rest)


def _close(rest: str) -> Mapping[str, Any] | str:
    word, note = _split(rest)
    if word and word.lower() not in VERDICTS:
        return f"{_got(word)}; expected one of {', '.join(VERDICTS)}"
    return _filled(verdict=word.lower(), note=note)


def _note(rest: str) -> Mapping[str, Any] | str:
    first, after = _split(rest)
    public = first == "--public"
    text = after if public else rest
    return _filled(text=text, public=public) if text else "missing; expected some text"


def _handoff(rest: str) -> Mapping[str, Any] | str:
    first, after = _split(rest)
    if first.startswith(("@", "<@")):
        return _filled(to=first, note=after)
    return _filled(note=rest)


def _merge(rest: str) -> Mapping[str, Any] | str:
    word, _ = _split(rest)
    if not _INCIDENT.fullmatch(word):
        return f"{_got(word)}; expected the incident that goes on, such as /merge INC-3"
    return {"into": word.upper()}


def _attempt(remark: str) -> _Read:
    """The number of an attempt, and after it what `remark` calls it."""

    def read(rest: str) -> Mapping[str, Any] | str:
        word, why = _split(rest)
        number = word.removeprefix("#")
        if not re.fullmatch("[1-9][0-9]{0,8}", number):
            return f"{_got(word)}; expected the number of an attempt, such as 1"
        return _filled(attempt=int(number), **{remark: why})

    return read


def _runbook(rest: str) -> Mapping[str, Any] | str:
    verb, rest = _split(rest)
    name, options = _split(rest)
    if verb.lower() == "list":
        return {"verb": "list"}
    if verb.lower() not in ("show", "run"):
        near = difflib.get_close_matches(verb.lower(), ("list", "show", "run"), n=1, cutoff=_NEAR_COMMAND)
        hint = f"did you mean /runbook {near[0]}?" if near else "expected list, show NAME or run NAME"
        return f"{_got(verb)}; {hint}"
    if not name:
        return f"no runbook is named; expected one such as /runbook {verb.lower()} high-error-rate"
    if options not in ("", "--dry-run"):
        return f"{_got(options)}; expected nothing more, or --dry-run"
    return _filled(verb=verb.lower(), name=name, dry_run=options == "--dry-run")


def _declare(rest: str) -> Mapping[str, Any] | str:
    service, title = _split(rest)
    return _filled(service=service, title=title)


def _freeze(rest: str) -> Mapping[str, Any] | str:
    first, after = _split(rest)
    span, reason = _split(after) if first == "--for" else ("", rest)
    if first == "--for":
        try:
            Duration.parse(span)
        except ValueError:
            return f"--for: {_got(span)}; expected how long, such as /freeze --for 8h the database moves"
    if not reason:
        return "missing; expected why, such as /freeze the database moves, or /freeze --for 8h the database moves"
    return {"reason": reason, **({"for": span} if span else {})}


def _nothing(rest: str) -> Mapping[str, Any] | str:
    return f"{_got(rest)}; expected nothing more" if rest else {}


_COMMANDS: Final[Mapping[str, _Read]] = {
    "ack": _remark("note"),
    "assign": _assign,
    "unassign": _remark("note"),
    "role": _role,
    "priority": _priority,
    "mitigate": _remark("note"),
    "resolve": _resolve,
    "reopen": _remark("reason"),
    "close": _close,
    "note": _note,
    "handoff": _handoff,
    "merge": _merge,
    "approve": _attempt("note"),
    "reject": _attempt("reason"),
    "runbook": _runbook,
    "postmortem": _nothing,
    "freeze": _freeze,
    "unfreeze": _remark("reason"),
    "declare": _declare,
    "list": _nothing,
    "show": _nothing,
    "help": _nothing,
}
_ALIASES: Final = {"acknowledge": "ack", "duplicate": "merge", "runbooks": "runbook"}
COMMANDS: Final = frozenset(_COMMANDS)
"""Every word that is understood first."""
_SHOWN_NAMES: Final = tuple(name for name in _COMMANDS if name not in ("list", "show", "declare", "help"))
