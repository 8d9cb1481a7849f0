"""A report as plain data, for programs; what is not known is null."""

from collections.abc import Mapping, Sequence
from typing import Any

from bots.numbers.case import Case
from bots.numbers.measured import Measured
from bots.timeline.event import time_text
from tools.report.content import Report


def plain(report: Report) -> Mapping[str, Any]:
    """The whole report; times in seconds, shares 0..1."""
    postmortems = report.postmortems
    return {
        "week": str(report.week),
        "start": time_text(report.week.start),
        "end": time_text(report.week.end),
        "at": time_text(report.at),
        "numbers": {
            one.definition.name: {"title": one.definition.title, "unit": one.definition.unit}
            | {
                "week": _measured(one),
                "before": _measured(_same(report.before, one)),
                "month": _measured(_same(report.month, one)),
                "goal": None if one.goal is None else {"operator": one.goal.operator, "value": one.goal.value},
                "met": one.met,
                "source": one.definition.source,
            }
            for one in report.now
        },
        "incidents": [_case(case) for case in report.incidents],
        "duplicates": report.duplicates,
        "drills": report.drills,
        "paged": [
            {"alert": one.alert, "service": one.service, "pages": one.pages, "noise": one.noise}
            | {"without_verdict": one.unjudged, "share": one.share}
            for one in report.paged
        ],
        "postmortems": None
        if postmortems is None
        else [
            {"incident": one.case.name, "team": one.case.team, "due": time_text(one.due)}
            | {"state": one.progress.value, "completed": time_text(one.completed) if one.completed else None}
            for one in postmortems
        ],
        "remediations": [{"action": one.action, "worked": one.worked, "failed": one.failed} for one in report.actions],
        "objectives": None
        if report.objectives.missing
        else [
            {"service": one.service, "slo": one.slo, "promised": one.promised, "left": one.left}
            | {"within": one.within, "known": one.known, "met": one.met}
            for one in report.objectives.rows
        ],
    }


def _same(measured: Sequence[Measured], other: Measured) -> Measured:
    return next(one for one in measured if one.definition is other.definition)


def _measured(one: Measured) -> Mapping[str, Any]:
    return {
        "value": one.value,
        "p90": one.spread.p90 if one.spread else None,
        "n": one.n,
        "unknown": one.unknown,
    }


def _case(case: Case) -> Mapping[str, Any]:
    times = {"detect": case.detect, "acknowledge": case.acknowledge, "resolve": case.resolve}
    return {
        "id": case.name,
        "title": case.title,
        "team": case.team,
        "service": case.service,
        "priority": case.priority,
        "verdict": case.verdict or None,
        "started_at": time_text(case.started_at),
        **{f"time_to_{name}": None if taken is None else taken.total_seconds() for name, taken in times.items()},
    }
