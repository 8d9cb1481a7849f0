"""A report as Markdown: readable as it stands, on GitHub, and as the body of an issue."""

from collections.abc import Iterator, Sequence
from typing import Final

from alerting import numbers
from bots.numbers.case import Case
from bots.numbers.measured import Measured
from bots.words import markdown
from bots.words.phrases import duration, moment
from tools.report.content import HISTORY, MONTH, Report, Wanted, named
from tools.report.words import UNKNOWN, goal, in_unit, met, objective, of, share, value

_MOST_ROWS: Final = 30
"""Rows of a table; how many are left out is said."""
_CHARTS: Final = {
    "incidents.svg": "Incidents of the last twelve weeks",
    "detect.svg": "Time to detect, week by week",
    "acknowledge.svg": "Time to acknowledge, week by week",
    "resolve.svg": "Time to resolve, week by week",
    "noise.svg": "False pages, week by week",
    "alerts.svg": "The noisiest alerts",
    "budgets.svg": "Error budget left",
}
_PROGRESS: Final = {
    "draft": "still in time",
    "overdue": "**overdue**",
    "late": "complete, late",
    "complete": "complete",
}


def page(report: Report, charts: Sequence[str], *, images: str = "{}", link: str = "") -> str:
    """The whole page; `charts` are the files that there are, `images` their address with `{}` for the name.

    `link` is the bot's address, where incidents have pages; without one they are only named.
    """
    lines = [f"# {title(report)}", "", *_summary(report), ""]
    lines += ["## Against the targets", "", *_targets(report), ""]
    lines += _pictures(charts, images, ("incidents.svg", "detect.svg", "acknowledge.svg", "resolve.svg"))
    lines += ["## Incidents of the week", "", *_incidents(report, link), ""]
    lines += ["## Alert noise", "", *_noise(report), "", *_pictures(charts, images, ("noise.svg", "alerts.svg"))]
    lines += ["## Postmortems", "", *_postmortems(report, link), ""]
    lines += ["## Remediation", "", *_remediation(report), ""]
    lines += ["## Objectives", "", *_objectives(report), "", *_pictures(charts, images, ("budgets.svg",))]
    lines += ["## What the numbers mean", "", *_definitions(), ""]
    return "\n".join(lines)


def title(report: Report) -> str:
    """`Week 2026-W09: 23 February to 1 March 2026`."""
    return f"Week {report.week}: {report.week.words}"


def sentence(report: Report) -> str:
    """The week in one sentence."""
    count = len(report.incidents)
    told = f"{count} {'incident' if count == 1 else 'incidents'}"
    if not report.missed:
        known = [one for one in report.now if one.met]
        told += ", no target missed" if known else ", no target could be judged"
    else:
        told += f"; missed: {', '.join(report.missed)}"
    return told + (f"; not known: {', '.join(report.unmeasured)}" if report.unmeasured else "") + "."


def _summary(report: Report) -> Iterator[str]:
    yield markdown.text(sentence(report), limit=2_000)
    if report.unfinished:
        yield ""
        yield f"The week goes on; this is how it stood on {moment(report.at)} UTC."


def _targets(report: Report) -> Iterator[str]:
    rows = []
    for now in report.now:
        name = now.definition.name
        before, month = named(report.before, name), named(report.month, name)
        p90 = in_unit(now, now.spread.p90) if now.spread else "–"
        rows.append(
            [
                now.definition.title,
                f"**{value(now)}**" if now.value is not None else UNKNOWN,
                p90,
                of(now),
                value(before),
                _month(month),
                goal(now),
                met(now),
            ]
        )
    head = ["", "This week", "p90", "Of", "Week before", f"Last {MONTH} weeks", "Target", ""]
    yield from markdown.table(head, rows)
    yield ""
    yield "Times are medians. Drills count nowhere, duplicates only among the pages."


def _month(measured: Measured) -> str:
    return f"{value(measured)} of {of(measured)}" if measured.value is not None else UNKNOWN


def _pictures(charts: Sequence[str], images: str, wanted: Sequence[str]) -> Iterator[str]:
    for name in wanted:
        if name in charts:
            yield f"![{_CHARTS[name]}](<{images.replace('{}', name)}>)"
            yield ""


def _incidents(report: Report, link: str) -> Iterator[str]:
    asides = [
        f"{count} {word if count == 1 else f'{word}s'}"
        for count, word in ((report.duplicates, "duplicate"), (report.drills, "drill"))
        if count
    ]
    left_out = f" Left out: {' and '.join(asides)}." if asides else ""
    if not report.incidents:
        yield f"None.{left_out}"
        return
    rows = [
        [
            _named(case, link),
            case.priority,
            markdown.text(case.service),
            markdown.text(case.title, limit=120),
            moment(case.started_at)[:16],
            *(duration(taken) if taken is not None else "–" for taken in (case.detect, case.acknowledge, case.resolve)),
            markdown.text(case.verdict) or "–",
        ]
        for case in sorted(report.incidents, key=lambda case: (case.priority, case.number))[:_MOST_ROWS]
    ]
    head = ["Incident", "Priority", "Service", "What", "Started", "Detected", "Acknowledged", "Resolved", "Verdict"]
    yield from markdown.table(head, rows)
    yield from _more(len(report.incidents))
    yield ""
    yield f"Started is in UTC; the others are how long it took.{left_out}"


def _named(case: Case, link: str) -> str:
    return markdown.link(case.name, f"{link}/incidents/{case.name}") if link else case.name


def _more(count: int) -> Iterator[str]:
    if count > _MOST_ROWS:
        yield ""
        yield f"{count - _MOST_ROWS} more are not shown."


def _noise(report: Report) -> Iterator[str]:
    if not report.paged:
        yield f"Nobody was paged in {MONTH} weeks."
        return
    rows = [
        [
            markdown.text(one.alert),
            markdown.text(one.service),
            str(one.pages),
            str(one.noise),
            str(one.unjudged),
            UNKNOWN if one.share is None else share(one.share),
        ]
        for one in report.paged[:_MOST_ROWS]
    ]
    yield f"Pages of {MONTH} weeks, the noisiest first."
    yield ""
    yield from markdown.table(["Alert", "Service", "Pages", "Noise", "Without a verdict", "Share of noise"], rows)
    yield from _more(len(report.paged))


def _postmortems(report: Report, link: str) -> Iterator[str]:
    if report.postmortems is None:
        yield f"Nobody knows which are complete: {markdown.text(report.unread)}."
        return
    if not report.postmortems:
        yield f"Of the incidents of {HISTORY} weeks none waits, and none that was due this week was late."
        return
    yield f"Of the incidents of {HISTORY} weeks."
    yield ""
    rows = [_postmortem(one, link) for one in report.postmortems[:_MOST_ROWS]]
    yield from markdown.table(["Incident", "Team", "Resolved", "Due", ""], rows)
    yield from _more(len(report.postmortems))


def _postmortem(one: Wanted, link: str) -> list[str]:
    state = _PROGRESS[one.progress.value]
    if one.completed is not None:
        state += f" by {duration(one.completed - one.due)}"
    return [
        _named(one.case, link),
        markdown.text(one.case.team),
        moment(one.case.resolved_at)[:16],
        moment(one.due)[:16],
        state,
    ]


def _remediation(report: Report) -> Iterator[str]:
    if not report.actions:
        yield f"No remediation was carried out in {MONTH} weeks."
        return
    rows = [
        [markdown.text(one.action), str(one.worked), str(one.failed), share(one.worked / (one.worked + one.failed))]
        for one in report.actions
    ]
    yield f"Attempts of {MONTH} weeks."
    yield ""
    yield from markdown.table(["Action", "Worked", "Did not", "Share"], rows)


def _objectives(report: Report) -> Iterator[str]:
    if report.objectives.missing:
        yield f"{UNKNOWN.capitalize()}: {markdown.text(report.objectives.missing)}."
        return
    rows = [
        [
            markdown.text(one.service),
            markdown.text(one.slo),
            UNKNOWN if one.promised is None else objective(one.promised),
            UNKNOWN if one.within is None else share(one.within) + (f" of {share(one.known)}" if one.partly else ""),
            UNKNOWN if one.left is None else share(one.left),
            {True: "met", False: "**missed**", None: "not known"}[one.met],
        ]
        for one in report.objectives.ranked[:_MOST_ROWS]
    ]
    head = ["Service", "Objective", "Promised", numbers.COMPLIANCE.title, numbers.BUDGET.title, ""]
    yield from markdown.table(head, rows)
    yield from _more(len(report.objectives.rows))
    if any(one.partly for one in report.objectives.rows):
        yield ""
        yield "Where a second share stands, only for that share of the week anything is known."


def _definitions() -> Iterator[str]:
    for one in numbers.DEFINITIONS:
        yield f"- **{one.title}.** {one.meaning} ([source]({one.source}))"
