"""Incidents as tables for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_COLOURS: Final = {"P0": "bold red", "P1": "red", "P2": "yellow", "P3": "blue", "P4": "dim"}


_UTC: Final = " (UTC)"


def show_list(incidents: Sequence[Mapping[str, Any]]) -> None:
    """One line per incident."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from bots.words import shown

    console = Console()
    if not incidents:
        console.print("no incident fits; `tocsin incident list --all` shows those that are over", highlight=False)
        return
    table = Table(box=None, pad_edge=False)
    for column in ("INCIDENT", "PRI", "STATE", "SERVICE", "WHO"):
        table.add_column(column, overflow="fold")
    # A terminal is 80 columns wide: the minute is enough here.
    table.add_column(f"OPENED{_UTC}", no_wrap=True)
    table.add_column("TITLE", overflow="fold")
    for one in incidents:
        table.add_row(
            str(one["id"]),
            Text(str(one["priority"]), style=_COLOURS.get(one["priority"], "")),
            str(one["status"]) + (" (drill)" if one.get("drill") else ""),
            Text(shown.line(str(one["service"]))),
            Text(shown.line(_who(one))),
            clock(one["opened_at"])[:-3],
            Text(shown.line(str(one["title"]))),
        )
    console.print(table)


def _who(one: Mapping[str, Any]) -> str:
    """Who works on it, or whom a page of the team reaches now."""
    if one.get("assignee"):
        return str(one["assignee"])
    return f"(on call: {one['on_call']})" if one.get("on_call") else ""


def show_incident(
    state: Mapping[str, Any], timeline: Sequence[Mapping[str, Any]], duty: Sequence[Mapping[str, Any]] = ()
) -> None:
    """One incident: facts, alerts, timeline."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from bots.words import shown

    console = Console()
    console.print(Text(f"{state['id']}  {shown.line(state['title'])}", style="bold"))
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column()
    facts.add_column(overflow="fold")  # An address that is cut off leads nowhere.
    for name, value in (*_facts(state), *_duty(duty)):
        facts.add_row(Text(shown.line(name), style="dim"), Text(shown.line(value)))
    console.print(facts)
    alerts = state.get("alerts", ())
    if alerts:
        console.print()
        table = Table(box=None, pad_edge=False)
        for column in ("ALERT", "STATE", "SEVERITY", f"SINCE{_UTC}", "SUMMARY"):
            table.add_column(column, overflow="fold")
        for alert in alerts:
            cells = (
                alert["alert"],
                alert["status"],
                alert["severity"],
                clock(alert["started_at"]),
                alert.get("summary", ""),
            )
            table.add_row(*(Text(shown.line(str(cell))) for cell in cells))
        console.print(table)
    console.print()
    rows = Table(box=None, pad_edge=False)
    for column in (f"WHEN{_UTC}", "WHO", "WHAT"):
        rows.add_column(column, overflow="fold")
    for row in timeline:
        rows.add_row(clock(row["at"]), Text(shown.line(str(row["by"]))), Text(shown.lines(_words(row))))
    console.print(rows)


def _duty(duty: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Who is on call now, and a layer's hours where they are over."""
    for one in duty:
        if one["who"]:
            until = f", until {clock(one['until'])[:-3]} UTC" if one["until"] else ""
            yield "On call", f"{one['who']} ({one['layer']}{until})"
        elif one["next"]:
            yield "Later", f"{one['next']} ({one['layer']}, from {clock(one['next_at'])[:-3]} UTC)"
    if duty and not any(one["who"] for one in duty):
        yield "On call", "nobody now"


def _facts(state: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = {
        "status": "State",
        "priority": "Priority",
        "service": "Service",
        "team": "Team",
        "assignee": "Working on it",
        "verdict": "Verdict",
        "duplicate_of": "Duplicate of",
    }
    found = [(words, str(state[name])) for name, words in names.items() if state.get(name)]
    found += [(str(role).capitalize(), str(who)) for role, who in state.get("roles", {}).items()]
    for name in ("opened", "acknowledged", "mitigated", "resolved", "closed"):
        if state.get(f"{name}_at"):
            by = f" by {state[f'{name}_by']}" if state.get(f"{name}_by") else ""
            found.append((name.capitalize(), f"{clock(state[f'{name}_at'])} UTC{by}"))
    return [*found, *_links(state)]


def _links(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Runbooks, each once, and what was linked: the issue, the thread, the postmortem."""
    from bots.words.links import is_web

    runbooks = {one.get("runbook_url", ""): f"Runbook of {one['alert']}" for one in state.get("alerts", ())}
    linked = {one["url"]: one.get("title") or one["relation"].replace("_", " ") for one in state.get("links", ())}
    yield from ((name[:1].upper() + name[1:], url) for url, name in (runbooks | linked).items() if is_web(url))


def _words(row: Mapping[str, Any]) -> str:
    from bots.timeline.event import Event, parse_time
    from bots.timeline.event_fields import FIELDS
    from bots.words.wording import words

    data = {name: value for name, value in row.items() if name not in FIELDS.head}
    event = Event(kind=_kind(row["kind"]), at=parse_time(row["at"]), by=row["by"], key=row["key"], data=data)
    return words(event)


def _kind(name: str) -> Any:
    from bots.timeline.event import Kind

    return Kind(name)


def clock(text: str) -> str:
    """`2026-01-05 10:00:00` of an RFC 3339 time in UTC."""
    return text[:19].replace("T", " ")
