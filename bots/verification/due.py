"""What is due about remediations because time has passed: requests lapse, and what ran has to be judged.

Pure, but for the question which incidents are concerned: of thousands very few are.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from alerting.model.policy import Policy
from alerting.timescale import Timescale
from bots.clock import Due, View
from bots.guards.attempted import RAN
from bots.guards.limits import span
from bots.incident import History
from bots.outbound.errands import JUDGEMENT
from bots.outbox import Errand
from bots.timeline.effect import JudgeRemediation
from bots.timeline.event import BOT, Kind
from bots.timeline.intake import Command

_LOST: Final = timedelta(hours=2)
"""Longer than what may run waits for its target, and then runs."""
Unsettled = Callable[[], Iterable[int]]
"""The incidents with an attempt that has not ended or is not judged yet, of all that there are."""


def lapses(scale: Timescale, unsettled: Unsettled) -> Due:
    """Requests that nobody approved in time end, so that the record says so and another one may be made."""

    def due(view: View, policy: Policy, now: datetime) -> Iterator[Command | Errand]:
        within = span(scale.window(policy.remediation.approve_within))
        for history in _histories(view, unsettled):
            for attempt in history.state.inputs.remediations:
                if attempt.waits and now - attempt.requested_at > within:
                    yield _lapsed(history, attempt.attempt, policy, now)

    return due


def _lapsed(history: History, attempt: int, policy: Policy, now: datetime) -> Command:
    return Command(
        key=f"lapse:{history.number}:{attempt}",
        received_at=now,
        name="remediation_finish",
        by=BOT,
        incident=history.number,
        args={
            "attempt": attempt,
            "outcome": "refused",
            "detail": f"nobody approved it within {policy.remediation.approve_within}; ask again if it is still wanted",
        },
        source="remediation",
    )


def lost(unsettled: Unsettled) -> Due:
    """Attempts of which nobody will hear any more, as after the bot lost its disk: others must not wait for ever."""

    def due(view: View, policy: Policy, now: datetime) -> Iterator[Command | Errand]:
        for history in _histories(view, unsettled):
            for attempt in history.state.inputs.remediations:
                since = attempt.started_at or attempt.requested_at
                if attempt.approval and attempt.started_at is None:
                    since += span(policy.remediation.approve_within)
                if attempt.outcome or attempt.waits or attempt.inherited_from is not None or now - since < _LOST:
                    continue
                how = "it was never begun" if attempt.started_at is None else "nobody knows how it ended"
                yield Command(
                    key=f"lost:{history.number}:{attempt.attempt}",
                    received_at=now,
                    name="remediation_finish",
                    by=BOT,
                    incident=history.number,
                    args={
                        "attempt": attempt.attempt,
                        "outcome": "refused" if attempt.started_at is None else "failed",
                        "detail": f"{how}; ask again if it is still wanted",
                    },
                    source="remediation",
                )

    return due


def judgements(unsettled: Unsettled) -> Due:
    """What ran and is not judged yet; the errand is known already, unless the bot lost its disk meanwhile."""

    def due(view: View, policy: Policy, now: datetime) -> Iterator[Command | Errand]:
        for history in _histories(view, unsettled):
            for attempt in history.state.inputs.remediations:
                if attempt.outcome == RAN and attempt.inherited_from is None:
                    yield _judgement(history, attempt.attempt)

    return due


def _judgement(history: History, attempt: int) -> Errand:
    key = next(
        event.key
        for event in history.events
        if event.kind == Kind.REMEDIATION_FINISHED and event.data["attempt"] == attempt and "incident" not in event.data
    )
    effect = JudgeRemediation(incident=history.number, event_key=key, attempt=attempt)
    return Errand(
        destination=JUDGEMENT,
        key=effect.key,
        line=f"{history.number}/{attempt}",
        incident=history.number,
        event_key=key,
        payload=asdict(effect),
    )


def _histories(view: View, unsettled: Unsettled) -> Iterator[History]:
    yield from (history for number in unsettled() if (history := view.get(number)) is not None)
