"""The outbox's destination that finds out whether remediations have helped.

An errand waits here until Prometheus's figures since the end of the run say so, or until the time for it is over. What
is known is asked anew each time, so a bot that was restarted goes on where it was.
"""

from datetime import datetime, timedelta
from typing import Final

from alerting.alert_windows import longest_window
from alerting.health import condition, health_queries
from alerting.model.policy import Policy
from alerting.model.service import Service
from bots.errors import Postponed, Unreachable
from bots.guards.attempted import NOT_VERIFIED, RAN, VERIFIED
from bots.guards.limits import span
from bots.observing import Observing
from bots.outbound.destination import Limit, Settled
from bots.outbound.errands import JUDGEMENT
from bots.outbox import Parcel
from bots.timeline.state import Remediation
from bots.verification.asking import Time, course, instants
from bots.verification.judgement import Bound, Judged, Terms, Trouble, judge

_LONGEST_WAIT: Final = timedelta(seconds=30)
"""Between two looks at what is being watched."""
_AGAIN: Final = timedelta(seconds=1)
"""Until the end of a run that the errand names is in the record."""
_MOST_FIGURES: Final = 10_000
"""Prometheus gives 11,000 at a time: https://github.com/prometheus/prometheus/blob/main/web/api/v1/api.go"""
_AWAY: Final = timedelta(days=1)
"""How much longer than the time for it a judgement waits for a Prometheus that does not answer: what it has recorded
meanwhile tells as much later."""


class Judgements:
    """Watches what ran; several at a time, each in a line of its own."""

    name = JUDGEMENT
    limits: tuple[Limit, ...] = ()
    workers = 2
    merges = False

    def __init__(self, observing: Observing) -> None:
        """Without a server nothing can be verified."""
        self._observing = observing

    def deliver(self, parcel: Parcel) -> None:
        """Raises Postponed while it is too early, Unreachable while Prometheus is away or the inbox has no room."""
        number, attempt = int(parcel.payload["incident"]), int(parcel.payload["attempt"])
        history = self._observing.read(number)
        ran = None if history is None else history.state.attempt(attempt)
        if history is None or ran is None or ran.finished_at is None:
            raise Postponed(_AGAIN.total_seconds(), "the end of the run is not recorded yet")
        if ran.outcome != RAN:
            return
        judged = self._judge(history.state.service, ran, ran.finished_at)
        args = {
            "attempt": attempt,
            "outcome": VERIFIED if judged.helped else NOT_VERIFIED,
            "detail": judged.why,
        }
        self._observing.say(f"{parcel.key}:judge", "remediation_judge", number, args, source="remediation")

    def settle(self, parcel: Parcel) -> Settled:
        """Asking again gives the same command."""
        return Settled.REPEAT

    def _judge(self, name: str, ran: Remediation, since: datetime) -> Judged:
        policy, now = self._observing.policy(), self._observing.now()
        service = policy.services.get(name)
        if service is None or not service.slos:
            return Judged(helped=False, why=f"{name} has no objective, so nobody can tell")
        if not self._observing.servers:
            return Judged(helped=False, why="the bot knows no Prometheus to ask, so nobody can tell")
        holds = condition(service, ran.alert)
        terms = self._terms(policy, service, None if holds is None else ran.alert)
        queries = health_queries(policy, service, ran.alert, self._observing.scale)
        bounds = [Bound(slo=one.slo, budget=one.budget, objective=one.objective) for one in queries]
        time = Time(start=since, end=min(now, since + terms.within), step=terms.step)
        trouble = None
        try:
            found = course(self._observing.servers, queries, time)
            if holds is not None:
                trouble = Trouble(alert=ran.alert, at=instants(self._observing.servers, holds, time))
        except Unreachable as error:
            if now > since + terms.within + _AWAY:
                return Judged(helped=False, why=f"nobody can tell: {error}")
            raise Unreachable(str(error), alone=True, after_s=min(_LONGEST_WAIT, terms.hold).total_seconds()) from error
        verdict = judge(bounds, found, terms, since, now, trouble)
        if isinstance(verdict, Judged):
            return verdict
        wait = min(verdict.after, _LONGEST_WAIT)
        raise Postponed(wait.total_seconds(), "it is being watched whether it has helped")

    def _terms(self, policy: Policy, service: Service, shared: str | None) -> Terms:
        """`shared` is an alert whose end has to be seen too: what looks back for hours takes hours to end."""
        asked = policy.remediation.verify
        hold, within = span(self._observing.scale.window(asked.hold)), span(self._observing.scale.window(asked.within))
        if shared is not None:
            within = max(within, span(longest_window(policy, service, shared, "", self._observing.scale)) + hold)
        return Terms(
            hold=hold,
            within=within,
            step=max(span(self._observing.scale.evaluation(service.scrape_interval)), within / _MOST_FIGURES),
        )
