"""What each kind of event holds beside its head, and the check of one event as it is written."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

SEVERITIES: Final = ("page", "ticket", "info")
PRIORITIES: Final = ("P0", "P1", "P2", "P3", "P4")
VERDICTS: Final = ("actionable", "noise", "duplicate", "drill")
ENDS: Final = ("succeeded", "ran", "failed", "timed_out", "refused", "rejected", "dry_run")
"""How a run ends; `ran` waits to be judged."""
JUDGEMENTS: Final = ("verified", "not_verified")
"""Whether what ran has helped."""
OUTCOMES: Final = (*ENDS, *JUDGEMENTS)
_KEY: Final = re.compile(r"[0-9a-f]{64}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


@dataclass(frozen=True, slots=True)
class Type:
    """What a value must be, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]


def _one_of(*words: str) -> Type:
    return Type(f"one of {', '.join(words)}", lambda value: value in words)


def _is_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(k, str) and isinstance(v, str) for k, v in value.items())


def _is_scalars(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(k, str) and isinstance(v, str | int | float | bool) for k, v in value.items()
    )


def _is_time(value: Any) -> bool:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


TEXT: Final = Type("text", lambda value: isinstance(value, str))
FLAG: Final = Type("true or false", lambda value: isinstance(value, bool))
NUMBER: Final = Type("a whole number from 1", _is_number)
INTEGER: Final = Type("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool))
TIME: Final = Type("a time such as 2026-01-05T10:00:00Z", _is_time)
TEXTS: Final = Type("a mapping of texts", _is_texts)
SCALARS: Final = Type("a mapping of texts, numbers and flags", _is_scalars)
IDS: Final = Type("a list of texts", lambda value: isinstance(value, list) and all(isinstance(i, str) for i in value))
SEVERITY: Final = _one_of(*SEVERITIES)
PRIORITY: Final = _one_of(*PRIORITIES)
VERDICT: Final = _one_of(*VERDICTS)

_FACT: Final = {
    "alert": TEXT,
    "fingerprint": TEXT,
    "severity": SEVERITY,
    "priority": PRIORITY,
    "starts_at": TIME,
    "labels": TEXTS,
    "annotations": TEXTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The keys of events."""

    head: Mapping[str, Type]
    needed: Mapping[str, Mapping[str, Type]]
    optional: Mapping[str, Mapping[str, Type]]


FIELDS: Final = Fields(
    head={
        "v": Type("1", lambda value: value == 1 and not isinstance(value, bool)),
        "id": TEXT,
        "at": TIME,
        "by": TEXT,
        "kind": TEXT,
        "key": Type("a sha256 in hex", lambda value: isinstance(value, str) and bool(_KEY.fullmatch(value))),
        "source": TEXT,
    },
    needed={
        "opened": {"incident": NUMBER, "team": TEXT, "service": TEXT},
        "alert_fired": _FACT,
        "alert_resolved": {**_FACT, "ends_at": TIME},
        "acknowledged": {},
        "assigned": {"to": TEXT},
        "role_assigned": {"role": TEXT, "to": TEXT},
        "noted": {"text": TEXT},
        "priority_changed": {"priority": PRIORITY},
        "mitigated": {},
        "resolved": {},
        "reopened": {},
        "closed": {"verdict": VERDICT},
        "linked": {"relation": TEXT},
        "remediation_requested": {"attempt": NUMBER, "action": TEXT},
        "remediation_approved": {"attempt": NUMBER},
        "remediation_started": {"attempt": NUMBER},
        "remediation_finished": {"attempt": NUMBER, "outcome": _one_of(*OUTCOMES)},
        "amended": {"amends": IDS},
        "redacted": {"redacts": IDS, "reason": TEXT},
        "denied": {"command": TEXT, "reason": TEXT},
    },
    optional={
        "opened": {"drill": FLAG, "declared": FLAG, "title": TEXT, "priority": PRIORITY, "formerly": NUMBER},
        "alert_fired": {"generator_url": TEXT},
        "alert_resolved": {"generator_url": TEXT},
        "acknowledged": {"note": TEXT},
        "assigned": {"note": TEXT, "handoff": FLAG, "from": TEXT, "roles": IDS, "summary": TEXT},
        "noted": {
            "began_at": TIME,
            "public": FLAG,
            "url": TEXT,
            "freeze": FLAG,
            "until": TIME,
            "topic": TEXT,
            "to": TEXT,
            "from": TEXT,
            "layer": TEXT,
            "step": NUMBER,
        },
        "priority_changed": {"note": TEXT},
        "mitigated": {"note": TEXT},
        "resolved": {"note": TEXT, "verdict": VERDICT, "alerts": IDS},
        "reopened": {"note": TEXT},
        "closed": {"note": TEXT, "duplicate_of": NUMBER, "alerts": IDS},
        "linked": {"incident": NUMBER, "url": TEXT, "title": TEXT},
        "remediation_requested": {
            "alert": TEXT,
            "target": TEXTS,
            "parameters": SCALARS,
            "automatic": FLAG,
            "dry_run": FLAG,
            "approval": FLAG,
        },
        "remediation_approved": {"note": TEXT},
        "remediation_started": {"run": TEXT},
        "remediation_finished": {
            "detail": TEXT,
            "exit_code": INTEGER,
            "output": TEXT,
            "incident": NUMBER,
            "action": TEXT,
            "alert": TEXT,
        },
        "amended": {"moved_to": NUMBER, "text": TEXT, "edited_at": TIME},
        "redacted": {"fields": TEXTS},
        "denied": {"incident": NUMBER, "args": TEXTS},
    },
)


_NEEDED_HEAD: Final = {name: wanted for name, wanted in FIELDS.head.items() if name != "source"}


def check(value: Any) -> tuple[str, ...]:
    """Everything that keeps a mapping from being an event, a line each; nothing if it is one."""
    if not isinstance(value, Mapping):
        return (f"got {type(value).__name__}; expected a mapping",)
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in FIELDS.needed:
        return (f"kind: got {kind!r}; expected one of {', '.join(FIELDS.needed)}",)
    needed = {**_NEEDED_HEAD, **FIELDS.needed[kind]}
    optional = {"source": TEXT, **FIELDS.optional.get(kind, {})}
    problems = [f"{name}: missing; expected {needed[name].words}" for name in needed if name not in value]
    for name, item in value.items():
        wanted = needed.get(name) or optional.get(name)
        if wanted is None:
            problems.append(f"{name}: unknown; expected only {', '.join((*needed, *optional))}")
        elif not wanted.holds(item):
            problems.append(f"{name}: got {item!r}; expected {wanted.words}")
    return tuple(problems)
