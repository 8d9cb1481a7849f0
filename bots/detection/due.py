"""Which incidents have to be looked at: those that paged and of which nobody has said when they began. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from alerting.model.policy import Policy
from bots.clock import View
from bots.incident import History
from bots.outbox import Errand
from bots.timeline.event import key_of

ONSET: Final = "onset"
LATELY: Final = timedelta(days=1)
"""What is older is not looked for: Prometheus may have been away, and a person can still say it."""
_TIMES: Final = 3
"""How often one that is over is read: once could be lost with a disk that was full at that moment."""


class OnsetsDue:
    """One look for each incident; those that are over are read a few times only, however often the clock asks."""

    __name__ = "onsets"

    def __init__(self) -> None:
        """Has seen nothing yet; what was said before a restart is known by its key."""
        self._read: dict[int, int] = {}

    def __call__(self, view: View, policy: Policy, now: datetime) -> Iterator[Errand]:
        """The looks that are due."""
        for history in view.active():
            yield from self._due(history, policy, now)
        over = {one.number for one in view.ended(now - LATELY)}
        self._read = {number: times for number, times in self._read.items() if number in over}
        for number in sorted(over):
            if self._read.get(number, 0) < _TIMES:
                self._read[number] = self._read.get(number, 0) + 1
                found = view.get(number)
                yield from () if found is None else self._due(found, policy, now)

    def _due(self, history: History, policy: Policy, now: datetime) -> Iterator[Errand]:
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
