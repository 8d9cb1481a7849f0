"""The outbox's destination that finds out when trouble began, and has it recorded as a note with that time."""

from datetime import datetime, timedelta
from typing import Final

from alerting.model.quantities import Duration
from bots.detection.due import LATELY, ONSET, wanted
from bots.detection.onset import Left, Unknown, onset, to_blame
from bots.errors import Unreachable
from bots.incident import History
from bots.observing import Observing
from bots.outbound.destination import Limit, Settled
from bots.outbox import Parcel
from bots.postmortems.course import Course
from bots.postmortems.measuring import Server, Time, courses
from bots.timeline.event import time_text

_LOOKS: Final = (Duration(1_800_000), Duration(6 * 3_600_000), Duration(24 * 3_600_000))
"""How far back, one after the other: what is further back is looked at in wider steps."""
_BRIDGE: Final = Duration(300_000)
"""Within the objective for so long, trouble was over: what came before is other trouble."""


class Onsets:
    """Asks Prometheus; an incident of which it knows nothing keeps no beginning rather than a wrong one."""

    name = ONSET
    limits: tuple[Limit, ...] = ()
    workers = 1
    merges = False

    def __init__(self, observing: Observing) -> None:
        """Without a server nothing is found."""
        self._observing = observing

    def deliver(self, parcel: Parcel) -> None:
        """Raises Unreachable while no Prometheus answers, for a day, or the inbox has no room."""
        history = self._observing.read(int(parcel.payload["incident"]))
        if history is None or not wanted(history):
            return
        try:
            found = self._find(history)
        except Unreachable:
            if self._observing.now() - parcel.created_at > LATELY:
                return
            raise
        # Asking takes a while, and nobody is corrected by a machine.
        latest = self._observing.read(history.number)
        if found is None or latest is None or not wanted(latest):
            return
        course, at = found
        args = {
            "text": f"Began: the SLI of the objective {course.slo} left it before the page.",
            "began_at": time_text(at),
        }
        self._observing.say(f"{parcel.key}:began", "note", history.number, args, source="prometheus")

    def settle(self, parcel: Parcel) -> Settled:
        """Asking twice is the same as once: the key of the note is the same."""
        return Settled.REPEAT

    def _find(self, history: History) -> tuple[Course, datetime] | None:
        """The objective that was left, and when; None if no server knows. Raises Unreachable if none answers."""
        failed: list[Unreachable] = []
        for server in self._observing.servers:
            try:
                found = self._ask(server, history)
            except Unreachable as error:
                failed.append(error)
                continue
            if found is not None:
                return found
        if failed:
            raise failed[0]
        return None

    def _ask(self, server: Server, history: History) -> tuple[Course, datetime] | None:
        state = history.state
        paged = [alert.labels.get("slo", "") for alert in state.alerts.values() if alert.severity == "page"]
        bridge = self._shrunk(_BRIDGE)
        for back in _LOOKS:
            time = Time(start=state.started_at - self._shrunk(back), end=state.started_at)
            known = courses(self._observing.policy(), state.service, server, time, self._observing.scale)
            course = to_blame(known, paged, state.started_at)
            if course is None:
                return None
            found = onset(course, state.started_at, max(bridge, 3 * course.step))
            if isinstance(found, Left):
                return course, found.at
            if found is not Unknown.EARLIER:
                return None
        return None

    def _shrunk(self, real: Duration) -> timedelta:
        return timedelta(milliseconds=self._observing.scale.window(real).ms)
