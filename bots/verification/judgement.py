"""Judges a service by its SLI since a remediation: it has helped, it has not, or it is too early. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_JITTER: Final = 2.5
"""A gap of so many steps is one: two missing figures in a row."""
_EQUAL: Final = 1e-9
"""Ratios nearer to each other than this are the same: they are sums of floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The SLI of one objective at an instant."""

    bad: float
    """Ratio of bad events, 0..1."""
    rate: float
    """Events a second; any positive number where only the ratio is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One objective."""

    slo: str
    budget: float
    """The ratio of bad events that is still within it."""
    objective: str
    """In words: `99.9%`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A shared alert, which may be about what no objective shows."""

    alert: str
    at: frozenset[datetime]
    """When its condition held, of the instants with figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long something has to be well, and until when that has to be seen."""

    hold: timedelta
    within: timedelta
    step: timedelta
    """Between two figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """It is known."""

    helped: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TooEarly:
    """It is not known yet."""

    after: timedelta
    """When it may be."""


Course = Mapping[datetime, Mapping[str, Figure]]
"""Figures by instant and objective; instants without figures are left out."""


def judge(
    bounds: Sequence[Bound],
    course: Course,
    terms: Terms,
    since: datetime,
    now: datetime,
    trouble: Trouble | None = None,
) -> Judged | TooEarly:
    """Whether all objectives were kept together, with traffic and without a gap, for as long as is asked; without the
    trouble too, where there is one."""
    run = list[datetime]()
    for at in sorted(instant for instant in course if instant >= since):
        if at > since + terms.within:
            break
        if run and at - run[-1] > terms.step * _JITTER:
            run = []
        if (trouble and at in trouble.at) or any(_flaw(bound, course[at].get(bound.slo)) for bound in bounds):
            run = []
            continue
        run.append(at)
        if at - run[0] >= terms.hold:
            return Judged(helped=True, why=_kept(bounds, course, run, terms.hold, trouble))
    end = since + terms.within
    # What is recorded at the last moment is there to be read a little later.
    if now <= end + terms.step * _JITTER:
        left = terms.hold - (run[-1] - run[0] if run else timedelta())
        return TooEarly(after=max(min(left, end + terms.step * _JITTER - now), terms.step))
    return Judged(helped=False, why=_missed(bounds, course, terms, since, trouble))


def _flaw(bound: Bound, figure: Figure | None) -> str:
    """What keeps a figure from being good; nothing if it is."""
    if figure is None:
        return "there are no figures"
    # NaN is neither more nor less than anything.
    if not figure.rate > 0 or figure.bad != figure.bad:
        return "there is no traffic"
    if figure.bad > bound.budget + _EQUAL:
        return f"{_percent(figure.bad)} of events are bad"
    return ""


def _kept(
    bounds: Sequence[Bound], course: Course, run: Sequence[datetime], hold: timedelta, trouble: Trouble | None
) -> str:
    parts = []
    for bound in bounds:
        figures = [course[at][bound.slo] for at in run]
        worst = max(figure.bad for figure in figures)
        parts.append(f"{bound.slo} kept its objective of {bound.objective} (at most {_percent(worst)} bad)")
    over = f"the condition of {trouble.alert} did not hold, and " if trouble else ""
    return f"{over}the 5m SLI of {_and(parts)} for {span(hold)}, with traffic"


def _missed(bounds: Sequence[Bound], course: Course, terms: Terms, since: datetime, trouble: Trouble | None) -> str:
    seen = [at for at in course if since <= at <= since + terms.within]
    last: Mapping[str, Figure] = course[max(seen)] if seen else {}
    flaws = {bound.slo: _flaw(bound, last.get(bound.slo)) for bound in bounds}
    wrong = [f"{slo}: {flaw} at the end" for slo, flaw in flaws.items() if flaw]
    named = _and([f"{bound.slo} ({bound.objective})" for bound in bounds])
    if trouble and seen and max(seen) in trouble.at:
        wrong.insert(0, f"the condition of {trouble.alert} holds at the end")
    end = "; ".join(wrong) or "it was well at the end, and not for long enough"
    if trouble:
        never = f"within {span(terms.within)} there were never {span(terms.hold)} with {trouble.alert} over"
        return f"{never} and the 5m SLI of {named} within its objective: {end}"
    return f"within {span(terms.within)} the 5m SLI of {named} did not keep its objective for {span(terms.hold)}: {end}"


def span(length: timedelta) -> str:
    """`10 minutes`, `10 s`."""
    seconds = length.total_seconds()
    if seconds < 60 or seconds % 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} minutes"


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.2g}%" if ratio else "0%"


def _and(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
