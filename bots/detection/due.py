"""Which incidents have to be looked at: those that paged and of which nobody has said when they began. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from alerting.model.policy import Policy
from bots.clock import View
from bots.event import key_of
from bots.incident import History
from bots.outbox import Errand

ONSET: Final = "onset"
LATELY: Final = timedelta(days=1)
"""What is older is not looked for: Prometheus may have been away, and a person can still say it."""


def onsets(view: View, policy: Policy, now: datetime) -> Iterator[Errand]:
    """One look for each incident."""
    for history in _recent(view, now):
        state = history.state
        known = policy.services.get(state.service)
        if known is not None and known.slos and wanted(history) and now - state.started_at <= LATELY:
            yield Errand(
                destination=ONSET,
                key=key_of(ONSET, str(history.number), history.events[0].key),
                line=state.name,
                incident=history.number,
                event_key=history.events[0].key,
                payload={"incident": history.number},
            )


def wanted(history: History) -> bool:
    """Whether nobody knows yet when it began, and it began by itself."""
    state = history.state
    return state.paged and not state.inputs.declared and state.inputs.began_at is None


def _recent(view: View, now: datetime) -> Iterator[History]:
    yield from view.active()
    for summary in view.ended(now - LATELY):
        history = view.get(summary.number)
        if history is not None:
            yield history
