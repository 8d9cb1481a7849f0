"""Gathers what the guard rails look at: attempts of all incidents, what is ill, and the switch of the night."""

from datetime import datetime

from bots.belonging.change import Records
from bots.belonging.gathering import Gathering
from bots.guards.attempted import aim, attempted
from bots.guards.freeze import Freeze, of_event, switched
from bots.guards.rails import Surroundings
from bots.rulebook import Rules
from bots.timeline.state import Incident
from bots.timeline.summary import state_dict


class Watch:
    """Looks when somebody asks, so that deliveries of alerts cost nothing."""

    def __init__(self, gathering: Gathering, records: Records, rules: Rules, now: datetime) -> None:
        """Reads nothing yet."""
        self._gathering = gathering
        self._records = records
        self._rules = rules
        self.now = now

    def around(self, incident: Incident, *, automatic: bool) -> Surroundings:
        """What there is besides an incident; what is ill is looked at only for what runs by itself."""
        changed = self._gathering.changed()
        known = self._records.attempts(self.now - self._rules.limits.horizon)
        # Its own count however old they are: an incident may go on for longer than any other limit looks back.
        states = {number: history.state for number, history in changed.items()} | {incident.number: incident}
        attempts = [one for one in known if one.incident not in states]
        for state in states.values():
            if state.inputs.remediations:
                attempts += attempted(state_dict(state))
        ill = self._ill(drill=incident.drill) if automatic else frozenset()
        return Surroundings(attempts=tuple(attempts), ill=ill, frozen=self.frozen())

    def frozen(self) -> Freeze | None:
        """The switch of the night, as it was set last."""
        decided = switched(self._gathering.audit)
        return self._records.frozen() if decided is None else of_event(decided)

    def _ill(self, *, drill: bool) -> frozenset[str]:
        """The targets of actions that are bound to alerts that fire: real ones, or those of rehearsals."""
        changed = self._gathering.changed()
        numbers = {*self._records.active(), *changed}
        found: set[str] = set()
        for number in numbers:
            history = self._gathering.get(number)
            if history is None or not history.state.status.active or history.state.drill != drill:
                continue
            for alert in history.state.alerts.values():
                binding = self._rules.binding(history.state.service, alert.name) if alert.firing else None
                if binding is not None and binding.target:
                    found.add(aim(binding.target))
        return frozenset(found)
