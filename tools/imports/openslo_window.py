"""OpenSLO's time windows as the period of an SLO of ours."""

import re
from collections.abc import Sequence
from typing import Any, Final

from alerting.model.timezone import parse_timezone
from alerting.problem import Problem
from tools.imports.found import Notebook
from tools.imports.openslo_file import TimeWindow
from tools.imports.source import Source

DEFAULT: Final = "30d"
_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})([mhdwMQY])")
# OpenSLO leaves open how long these are when they roll.
_DAYS: Final = {"M": 30, "Q": 90, "Y": 365}
_CALENDAR: Final = {"1w": "week", "7d": "week", "1M": "month", "1Q": "quarter", "3M": "quarter"}


def period(
    source: Source, windows: Sequence[TimeWindow], about: str, book: Notebook, problems: list[Problem]
) -> Any | None:
    """The value of `window`; None for the default. What is not kept is noted, what cannot be read is a problem."""
    at = ("spec", "timeWindow")
    if not windows:
        book.lost(source.line("spec"), about, "there is no timeWindow", f"{DEFAULT} is assumed")
        return None
    if len(windows) > 1:
        book.lost(
            source.line(*at, 1), about, "only the first timeWindow is kept", "write another SLO for another window"
        )
    window = windows[0]
    match = _DURATION.fullmatch(window.duration)
    if match is None:
        problems.append(
            source.problem(
                (*at, 0, "duration"),
                f"got {window.duration[:40]!r}",
                "expected a number and one of m, h, d, w, M, Q and Y, such as 28d or 1M",
                "correct it in the OpenSLO file",
            )
        )
        return None
    count, unit = int(match[1]), match[2]
    line = source.line(*at, 0)
    rolling = f"{count * _DAYS[unit]}d" if unit in _DAYS else f"{count}{unit}"
    if window.calendar is not None and not window.rolling:
        return _calendar(source, window, rolling, about, book, problems)
    if window.rolling is False:
        book.lost(line, about, "a window that does not roll needs a `calendar`", f"it rolls, {rolling} long")
    elif unit in _DAYS:
        book.lost(line, about, f"a rolling window of {window.duration} has no fixed length", f"{rolling} is used")
    return None if rolling == DEFAULT else rolling


def _calendar(
    source: Source, window: TimeWindow, rolling: str, about: str, book: Notebook, problems: list[Problem]
) -> Any | None:
    """A window of the calendar, or the rolling one of the same length if ours has no such window."""
    assert window.calendar is not None
    at = ("spec", "timeWindow", 0)
    kind = _CALENDAR.get(window.duration)
    if kind is None:
        book.lost(
            source.line(*at, "duration"),
            about,
            f"a calendar window of {window.duration} is not kept",
            f"it rolls, {rolling} long; calendar windows are weeks, months and quarters",
        )
        return None if rolling == DEFAULT else rolling
    try:
        zone = parse_timezone(window.calendar.zone)
    except ValueError as error:
        wrong, _, expected = str(error).partition("; ")
        problems.append(
            source.problem((*at, "calendar", "timeZone"), wrong, expected, "correct it in the OpenSLO file")
        )
        return None
    if window.calendar.start:
        book.lost(
            source.line(*at, "calendar", "startTime"),
            about,
            f"the start {window.calendar.start[:40]} is not kept",
            f"each {kind} begins at its first midnight in {zone}",
        )
    return {"calendar": kind, "timezone": zone}
