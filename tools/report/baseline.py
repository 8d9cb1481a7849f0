"""The stored time to resolve that later weeks are compared with: one entry of `policies/severity.yaml`.

Only its own lines are written; ruamel.yaml says where they are. To dump the whole file would space its flow mappings
anew and make a diff that nobody reads.
"""

import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from alerting import numbers
from alerting.model.quantities import Duration
from bots.numbers.measured import Course, measure
from tools.report.content import MONTH, named
from tools.report.week import Week

PLACE: Final = "policies/severity.yaml"
KEY: Final = "baseline"
LEAST: Final = 5
"""Fewer incidents have no median that is worth a comparison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is stored."""

    time_to_resolve: Duration
    until: date
    incidents: int


def entry(course: Course, week: Week) -> Entry:
    """The baseline of the four weeks that end with one; raises ValueError if too little is known."""
    if week.end > course.at:
        raise ValueError(
            f"{week} is not over; expected a week that is, such as {Week.holding(course.at).before()}: "
            "later incidents would be compared with themselves"
        )
    found = named(measure(course, week.ending(MONTH)), numbers.RESOLVE.name)
    if found.spread is None or found.n < LEAST:
        raise ValueError(
            f"{found.n} incidents were resolved in the {MONTH} weeks up to {week}; expected at least {LEAST}: "
            "a median of fewer is chance; choose another week"
        )
    last = (week.end - timedelta(days=1)).date()
    median = Duration(max(round(found.spread.median), 1) * 1000)
    return Entry(time_to_resolve=median, until=last, incidents=found.n)


def stored(text: str, new: Entry) -> str:
    """The file's text with the entry; all other lines stay as they are. Raises ValueError for what is not a mapping."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    tree = YAML().load(text)
    if not isinstance(tree, CommentedMap):
        raise ValueError(f"{PLACE} holds no keys; expected those of a severity policy")
    written = _line(new)
    lines = text.splitlines(keepends=True)
    if KEY not in tree:
        end = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{end}{written}"
    first = tree.lc.key(KEY)[0]
    after = first + 1
    # Its value may go on below, indented; comments and blank lines that follow belong to what comes next.
    while after < len(lines) and lines[after][:1] in (" ", "\t"):
        after += 1
    return "".join([*lines[:first], written, *lines[after:]])


def _line(new: Entry) -> str:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = 4096
    out = io.StringIO()
    value = {"time_to_resolve": str(new.time_to_resolve), "until": new.until, "incidents": new.incidents}
    yaml.dump({KEY: value}, out)
    return out.getvalue()
