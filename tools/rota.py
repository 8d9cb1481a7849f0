"""What `tocsin oncall` answers, as plain values for programs; `tools.rota_tables` shows the same to people."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerting.model.team import Team
from alerting.oncall import Gap, Shift, gaps, notified, shifts, unreached
from alerting.oncall.localtime import instant, resolve
from alerting.oncall.spans import subtract

SEARCH_WEEKS = (3, 60)
"""How far ahead the next shift is looked for: nearly always soon, and never later than the longest turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which teams, which part of them, and when."""

    teams: tuple[Team, ...]
    layer: str | None
    person: str | None
    timezone: str | None
    """Zone to read and show times in; None for each team's own."""
    at: tuple[datetime, bool] | None
    """A time, possibly without a zone, and whether it stands for its whole day; None for now."""
    now: datetime

    def zone(self, team: Team) -> ZoneInfo:
        """Where the team's times are read and shown."""
        return ZoneInfo(self.timezone or (team.on_call.timezone if team.on_call else "UTC"))

    def start(self, team: Team) -> datetime:
        """The instant that is asked about, or the beginning of the day."""
        return resolve(self.at[0], self.zone(team)) if self.at else self.now

    def range(self, team: Team, weeks: int | None) -> tuple[datetime, datetime]:
        """The next so many weeks by the wall clock; without weeks the day that is asked about, else one week."""
        start, zone = self.start(team), self.zone(team)
        if weeks is None and self.at and self.at[1]:
            return start, instant(datetime.combine(self.at[0].date() + timedelta(days=1), time()), zone)
        local = start.astimezone(zone).replace(tzinfo=None, fold=0)
        return start, instant(local + timedelta(weeks=weeks or 1), zone)

    def is_moment(self, weeks: int | None) -> bool:
        """Whether an instant is asked about, rather than a day, weeks, or the shifts of one person."""
        return weeks is None and not (self.at and self.at[1]) and self.person is None

    def shifts(self, weeks: int | None) -> list[tuple[str, Shift]]:
        """Every shift of the range with its team's name, whole, in order of time."""
        found = [(team.team, shift) for team in self.teams for shift in self.of(team, weeks)]
        return sorted(found, key=lambda pair: (pair[1].start, pair[0], pair[1].layer))

    def of(self, team: Team, weeks: int | None) -> tuple[Shift, ...]:
        """One team's shifts of the range that are asked about."""
        return self.pick(team, shifts(team, None, *self.range(team, weeks)))

    def pick(self, team: Team, found: tuple[Shift, ...]) -> tuple[Shift, ...]:
        """Those of the layer and the person that are asked about."""
        return tuple(shift for shift in found if self.layer in (None, shift.layer) and self.person in (None, shift.who))


def moment(asked: Asked) -> list[dict[str, Any]]:
    """For every team: each layer's person at the time, until when and who is next, and whom a page would reach."""
    return [
        {
            "team": team.team,
            "timezone": asked.zone(team).key,
            "at": asked.start(team),
            "layers": [_layer(team, layer.name, asked.start(team)) for layer in _layers(asked, team)],
            "page": [
                {
                    "who": step.who,
                    "layer": step.layer,
                    "after": str(step.after),
                    "wait": None if step.wait is None else str(step.wait),
                }
                for step in notified(team, asked.start(team))
            ],
        }
        for team in asked.teams
    ]


def period(asked: Asked, weeks: int | None) -> list[dict[str, Any]]:
    """For every team the shifts of the range, whole."""
    return [
        {
            "team": team.team,
            "timezone": asked.zone(team).key,
            "from": asked.range(team, weeks)[0],
            "to": asked.range(team, weeks)[1],
            "shifts": [_shift(shift) for shift in asked.of(team, weeks)],
        }
        for team in asked.teams
    ]


def coverage(asked: Asked, weeks: int) -> list[dict[str, Any]]:
    """For every team the exact times in which nobody is on call, or whom a page would not reach though someone is."""
    found = []
    for team in asked.teams:
        begin, end = asked.range(team, weeks)
        begin = begin.replace(second=0, microsecond=0)
        nobody = gaps(team, begin, end)
        holes = [(gap.start, gap.end) for gap in nobody]
        silent = [
            Gap(start=start, end=until)
            for gap in unreached(team, begin, end)
            for start, until in subtract((gap.start, gap.end), holes)
        ]
        found.append(
            {
                "team": team.team,
                "timezone": asked.zone(team).key,
                "from": begin,
                "to": end,
                "layers": bool(team.on_call),
                "nobody_on_call": [_gap(gap) for gap in nobody],
                "escalation_reaches_nobody": [_gap(gap) for gap in silent],
            }
        )
    return found


def _layers(asked: Asked, team: Team) -> list[Any]:
    layers = team.on_call.layers if team.on_call else ()
    return [layer for layer in layers if asked.layer in (None, layer.name)]


def _layer(team: Team, layer: str, at: datetime) -> dict[str, Any]:
    """Who has the layer at the time, since and until when, and whose it is after that."""
    current = next(iter(shifts(team, layer, at, at + timedelta.resolution)), None)
    after = _following(team, layer, at)
    return {
        "layer": layer,
        "who": current.who if current else None,
        "since": current.start if current else None,
        "until": current.end if current else None,
        "override": current.override if current else False,
        "next": None if after is None else {"who": after.who, "start": after.start},
    }


def _following(team: Team, layer: str, at: datetime) -> Shift | None:
    """The first shift that begins after the time; None if there is none for more than a year."""
    for weeks in SEARCH_WEEKS:
        later = [shift for shift in shifts(team, layer, at, at + timedelta(weeks=weeks)) if shift.start > at]
        if later:
            return later[0]
    return None


def _shift(shift: Shift) -> dict[str, Any]:
    return {
        "layer": shift.layer,
        "who": shift.who,
        "start": shift.start,
        "end": shift.end,
        "override": shift.override,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {"start": gap.start, "end": gap.end, "minutes": gap.minutes}
