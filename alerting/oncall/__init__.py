"""Who is on call: turns, hours of duty, overrides and escalation of a team, at any instant.

Local times follow one rule, also where the clocks change: a local time means **the first instant at which the wall
clock shows that time or a later one**. So a time that is skipped in spring is the moment of the change, a time that
comes twice in autumn is its first occurrence, a whole skipped day (Pacific/Apia, 2011-12-30) takes no time at all, and
no two handoffs ever change places. Turns of whole days or weeks and `hours` follow the wall clock; other turns are
elapsed time.

An override replaces the person of its layer within the layer's hours; of two that overlap the later one in the file
wins. A layer has nobody before its `start`. All instants that come back are UTC.
"""

from alerting.oncall.escalation import DEFAULT_WAIT, Notified, notified
from alerting.oncall.findings import idle_overrides, overlapping_overrides
from alerting.oncall.schedule import Gap, Shift, clip, gaps, on_call, shifts, unreached

__all__ = [
    "DEFAULT_WAIT",
    "Gap",
    "Notified",
    "Shift",
    "clip",
    "gaps",
    "idle_overrides",
    "notified",
    "on_call",
    "overlapping_overrides",
    "shifts",
    "unreached",
]
