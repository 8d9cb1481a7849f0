"""The pages for people, as text: pure, from values to HTML."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from alerting.model.policy import Policy
from bots.commands.rights import rights
from bots.incident import History
from bots.page_forms import forms
from bots.people.roster import roster
from bots.timeline.event import BOT
from bots.timeline.state import Incident, Status
from bots.timeline.summary import Summary
from bots.words import shown
from bots.words.lengths import length
from bots.words.links import Link, help_links
from bots.words.phrases import weekday
from bots.words.wording import words

_FOLDER: Final = Path(__file__).parent / "pages"
CSS: Final = (_FOLDER / "page.css").read_bytes()
CSS_PATH: Final = f"/static/{hashlib.sha256(CSS).hexdigest()[:12]}.css"
"""Named after its content, so that browsers may keep it for ever."""
_REFRESH_S: Final = 30
_MAX_ALERTS: Final = 100
_MAX_ROWS: Final = 500
OUTCOMES: Final = {
    "succeeded": "ran to its end",
    "ran": "ran; being watched",
    "verified": "helped",
    "not_verified": "not seen to have helped",
    "timed_out": "took too long",
    "dry_run": "dry run",
}
"""What came of a remediation, in words."""


def _clock(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _ticks(text: str) -> Markup:
    """What stands between backticks as code; everything is escaped."""
    parts = (
        Markup("<code>{}</code>").format(part) if odd % 2 else escape(part) for odd, part in enumerate(text.split("`"))
    )
    return Markup("").join(parts)


def _finalize(value: object) -> object:
    # Markup is made here or by jinja itself, and is a str too.
    return shown.lines(value) if type(value) is str else value


_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_finalize,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {
    "clock": _clock,
    "rfc3339": _rfc3339,
    "day": lambda at: at.astimezone(UTC).strftime("%A %-d %B %Y, UTC"),
    "ticks": _ticks,
    "hour": lambda at: at.astimezone(UTC).strftime("%H:%M"),
    "weekday": weekday,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a timeline."""

    at: datetime
    kind: str
    text: str
    by: str
    """Empty where the bot or Alertmanager only passes on what happened."""
    new_day: bool


class Visitor(Protocol):
    """Somebody who is logged in."""

    @property
    def name(self) -> str:
        """The member."""

    @property
    def groups(self) -> Collection[str]:
        """Those of the single sign-on."""

    @property
    def proof(self) -> str:
        """What their forms carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One choice above the list."""

    url: str
    text: str
    current: bool


def incident_page(
    history: History, policy: Policy, public_url: str, now: datetime, guest: "Visitor | None" = None
) -> str:
    """One incident for people; with forms for whoever is logged in."""
    incident = history.state
    alerts = sorted(incident.alerts_in_order, key=lambda alert: not alert.firing)
    meaning = policy.severity.priorities.get(incident.priority)  # type: ignore[call-overload]  # a word of P0..P4
    return _render(
        "incident.html",
        now,
        # Not under somebody's hands: a form half filled in would be gone.
        refresh_s=_REFRESH_S if incident.status.active and guest is None else 0,
        incident=incident,
        meaning=meaning.means if meaning else "",
        acknowledge_within=str(meaning.acknowledge_within) if meaning and meaning.acknowledge_within else "",
        duration=length((incident.ended_at or now) - (incident.inputs.began_at or incident.started_at)),
        rows=rows(history),
        help=help_links(incident, policy),
        on_call=roster(policy.teams.get(incident.team), now),
        public_url=public_url,
        commands=commands(incident),
        # The same page sent twice asks once.
        form_key=now.strftime("%Y%m%d%H%M%S%f"),
        forms=forms(history, guest.name, rights(policy, guest.name, guest.groups), now) if guest else (),
        guest=guest,
        alerts=alerts[:_MAX_ALERTS],
        outcomes=OUTCOMES,
        more_alerts=max(len(alerts) - _MAX_ALERTS, 0),
    )


def list_page(
    found: Sequence[Summary],
    filters: Sequence[Filter],
    empty: str,
    next_url: str | None,
    now: datetime,
    guest: "Visitor | None" = None,
    on_call: Mapping[str, str] | None = None,
) -> str:
    """Several incidents for people; `on_call` says whom a page of a team reaches first."""
    return _render(
        "list.html",
        now,
        incidents=found,
        on_call=on_call or {},
        filters=filters,
        empty=empty,
        next_url=next_url,
        refresh_s=_REFRESH_S,
        guest=guest,
    )


def message_page(
    heading: str, lines: Sequence[str], now: datetime, refresh_s: int = 0, back: Link | None = None
) -> str:
    """Something to say instead of a page, and a way on."""
    way = back or Link(url="/incidents", text="All incidents")
    return _render("message.html", now, heading=heading, lines=lines, refresh_s=refresh_s, back=way)


def login_page(ways: Sequence[Link], now: datetime) -> str:
    """The ways to log in."""
    return _render("login.html", now, ways=ways, refresh_s=0)


def docs_page(
    openapi: Mapping[str, Any], operations: Sequence[Any], now: datetime, guest: "Visitor | None" = None
) -> str:
    """The API for people."""
    return _render("docs.html", now, api=openapi, operations=operations, refresh_s=0, guest=guest)


def rows(history: History) -> tuple[Row, ...]:
    """The timeline, oldest first; of a very long one the newest rows."""
    found: list[Row] = []
    day = None
    for event in history.rows[-_MAX_ROWS:]:
        at = event.at.astimezone(UTC)
        by = "" if event.by in (BOT, "alertmanager") else event.by
        found.append(Row(at=at, kind=event.kind.value, text=words(event), by=by, new_day=at.date() != day))
        day = at.date()
    return tuple(found)


def commands(incident: Incident) -> tuple[str, ...]:
    """What is usually done in this state, ready to copy; names are the bot's own, so nothing needs quoting."""
    name, status = incident.name, incident.status
    waiting = [one.attempt for one in incident.inputs.remediations if one.waits]
    if waiting and status.active:
        # Whoever looks at the page now is asked for it.
        answer = (f"tocsin incident approve {name} {waiting[-1]}", f"tocsin incident reject {name} {waiting[-1]}")
        return (*answer, *_usual(name, status))
    return _usual(name, status)


def _usual(name: str, status: Status) -> tuple[str, ...]:
    note = f'tocsin incident note {name} "what you see or do"'
    if status is Status.OPEN:
        return (f"tocsin incident ack {name}", f"tocsin incident assign {name} NAME", note)
    if status is Status.ACKNOWLEDGED:
        mitigate, over = f"tocsin incident mitigate {name}", f"tocsin incident handoff {name}"
        return (note, mitigate, f"tocsin incident resolve {name} --verdict actionable", over)
    if status is Status.MITIGATED:
        return (note, f"tocsin incident resolve {name} --verdict actionable")
    if status is Status.RESOLVED:
        return (f"tocsin incident close {name} --verdict actionable", f"tocsin incident reopen {name}", note)
    return (f"tocsin incident reopen {name}", note)


def filter_url(**chosen: str) -> str:
    """The list's address with a choice."""
    return "/incidents" + (f"?{urlencode(chosen)}" if chosen else "")


def _render(template: str, now: datetime, **values: Any) -> str:
    return _TEMPLATES.get_template(template).render(now=now, css=CSS_PATH, **{"guest": None, **values})
