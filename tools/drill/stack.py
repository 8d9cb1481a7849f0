"""`tocsin drill --stack NAME`: a test alert through a deployed stack, followed to where people would see it.

What can be known differs. Alertmanager's own metrics say that the other side took a notification; the APIs of the bot,
PagerDuty and Slack show that it is there, if we have tokens; nothing can look into a mailbox. The outcome says which.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from alerting import names
from alerting.errors import TocsinError
from alerting.model.policy import Policy
from alerting.routes.answer import Answer, Notification, Router
from tools.drill.errors import DrillError
from tools.drill.stack_members import Count, Counts, Members, alert_at
from tools.drill.stack_proofs import Proof

ALERT: Final = "FireDrill"
RUN: Final = "drill_run"
"""The label by which this one alert is found again."""
CHANNELS: Final = ("bot", "pagerduty", "slack", "email")
_INTEGRATIONS: Final = {"bot": "webhook", "pagerduty": "pagerduty", "slack": "slack", "email": "email"}
_ENDS: Final = ("bot", "pagerduty")
"""Where the end of an alert matters: elsewhere nothing stays open."""
_EVERY_S: Final = 1.0
_LASTS: Final = timedelta(minutes=15)
"""After this the alert ends by itself, should this program be killed."""

State = Literal["arrived", "taken", "missing", "not routed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What became of the alert on one channel."""

    name: str
    receiver: str
    state: State
    """arrived: it was seen there. taken: the other side took it, and nobody could look. missing: neither."""
    detail: str
    resolved: str | None = None
    """What says that its end arrived, too; None if nothing does."""
    took_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The fire drill."""

    run: str
    labels: Mapping[str, str]
    channels: Sequence[Channel]
    notes: Sequence[str] = ()

    @property
    def succeeded(self) -> bool:
        """Whether the alert reached every channel that it is routed to, and its end reached the bot and PagerDuty."""
        routed = [one for one in self.channels if one.state != "not routed"]
        ends = [one for one in routed if one.name in _ENDS]
        return bool(routed) and all(one.state != "missing" for one in routed) and all(one.resolved for one in ends)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "run": self.run,
            "labels": dict(self.labels),
            "succeeded": self.succeeded,
            "channels": [
                {
                    "channel": one.name,
                    "receiver": one.receiver,
                    "state": one.state,
                    "detail": one.detail,
                    "resolved": one.resolved,
                    "took_s": one.took_s,
                }
                for one in self.channels
            ],
            "notes": list(self.notes),
        }


@dataclass(slots=True, kw_only=True)
class _Watch:
    """One channel while it is being watched."""

    name: str
    route: Notification
    proof: Proof | None
    why_not: str
    """Why nobody can look there."""
    found: str | None = None
    taken: bool = False
    count: Count = field(default_factory=Count)
    took_s: float | None = None
    resolved: str | None = None

    def settled(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self.found is not None or (self.taken and self.proof is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The alert of one run."""

    run: str
    labels: Mapping[str, str]
    start: datetime

    def lasting(self, until: datetime) -> dict[str, Any]:
        """As it is posted; it ends at that time."""
        text = "A test after a deployment. Nothing is wrong, and there is nothing to do; it ends by itself."
        notes = {"summary": f"Fire drill {self.run}", "description": text}
        return alert_at(self.labels, notes, self.start, until)


def alert_of(policy: Policy, service: str, at: datetime) -> Alert:
    """A page of the highest priority, so that it takes every way there is; raises DrillError for an unknown service."""
    if service not in policy.services:
        raise DrillError(
            f"--service {service}: there is no such service; expected one of: {', '.join(policy.services)}"
        )
    run = f"{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    labels = {
        names.ALERTNAME: ALERT,
        names.SERVICE: service,
        names.TEAM: policy.services[service].owner,
        names.SEVERITY: "page",
        names.PRIORITY: min(policy.severity.priorities),
        "drill": "true",
        RUN: run,
    }
    return Alert(run=run, labels=labels, start=at)


Proofs = Callable[[Alert, Answer], Mapping[str, Proof | str]]
"""For each channel its proof, or why there is none."""


class FireDrill:
    """One run."""

    def __init__(self, policy: Policy, members: Members, alert: Alert, proofs: Proofs, within_s: float) -> None:
        """`within_s`: how long each channel has; the end of the alert has a group interval more."""
        self._members, self._alert, self._within_s = members, alert, within_s
        self._end_within_s = within_s + policy.routing.group_interval.seconds
        answer = Router(policy).resolve(alert.labels, alert.start)
        self._answer = answer
        given = proofs(alert, answer)
        self._watches = [
            _Watch(
                name=name,
                route=route,
                proof=None if isinstance(proof := given[name], str) else proof,
                why_not=proof if isinstance(proof, str) else "",
            )
            for name in CHANNELS
            if (route := next((one for one in answer.notifications if one.channel == name), None)) is not None
        ]
        self._notes: list[str] = []

    def run(self) -> Outcome:
        """Posts, follows and ends the alert; it is ended also if this is interrupted. Raises DrillError."""
        before = self._members.counts()
        began = time.monotonic()
        self._notes += self._members.post(self._alert.lasting(datetime.now(UTC) + _LASTS))
        with self._ending():
            self._wait(self._within_s, lambda: self._look(before, began))
        after = self._members.counts()
        self._wait(self._end_within_s, lambda: self._look_again(after))
        return Outcome(
            run=self._alert.run, labels=self._alert.labels, channels=self._channels(), notes=tuple(self._notes)
        )

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """Ends the alert, whatever happens."""
        try:
            yield
            self._notes += [f"it is muted by {one}" for one in self._members.muted_by(RUN, self._alert.run)]
        finally:
            self._notes += self._members.post(self._alert.lasting(datetime.now(UTC)))

    def _wait(self, within_s: float, done: Callable[[], bool]) -> None:
        end = time.monotonic() + within_s
        while not done() and time.monotonic() < end:
            time.sleep(_EVERY_S)

    def _look(self, before: Counts, began: float) -> bool:
        """Whether all channels have it."""
        now = self._members.counts()
        for watch in self._watches:
            if watch.settled():
                continue
            watch.count = _since(watch, now, before)
            watch.taken = watch.count.taken > 0
            if watch.proof is not None:
                watch.found = self._ask(watch, watch.proof.arrived)
            if watch.settled():
                watch.took_s = round(time.monotonic() - began, 1)
        return all(watch.settled() for watch in self._watches)

    def _look_again(self, before: Counts) -> bool:
        """Whether the end of the alert has arrived where it matters."""
        now = self._members.counts()
        for watch in self._watches:
            if watch.resolved is not None:
                continue
            if watch.proof is not None and watch.found is not None:
                watch.resolved = self._ask(watch, watch.proof.resolved)
            elif _since(watch, now, before).taken > 0:
                watch.resolved = "taken"
        # What never arrived cannot end.
        ends = [watch for watch in self._watches if watch.name in _ENDS and watch.settled()]
        return all(watch.resolved for watch in ends)

    def _ask(self, watch: _Watch, question: Callable[[], str | None]) -> str | None:
        """What a proof says; one that cannot say anything is not asked again, and the channel says why."""
        try:
            return question()
        except TocsinError as error:
            watch.proof, watch.why_not = None, str(error)
            return None

    def _channels(self) -> list[Channel]:
        by_name = {watch.name: watch for watch in self._watches}
        return [_told(by_name[name]) if name in by_name else _not_routed(name, self._answer) for name in CHANNELS]


def _since(watch: _Watch, now: Counts, before: Counts) -> Count:
    """What became of requests to a channel's receiver; to all of its kind where servers do not tell them apart."""
    kind = _INTEGRATIONS[watch.name]
    key = (kind, watch.route.receiver)
    if key not in now:
        key = (kind, "")
    return now.get(key, Count()) - before.get(key, Count())


def _told(watch: _Watch) -> Channel:
    """The end of one channel's story."""
    state: State = "missing"
    if watch.found is not None:
        state, detail = "arrived", watch.found
    elif watch.taken and watch.proof is None:
        state, detail = "taken", f"{_taker(watch)}; not verified: {watch.why_not}"
    else:
        detail = _why_missing(watch)
    return Channel(
        name=watch.name,
        receiver=watch.route.receiver,
        state=state,
        detail=detail,
        resolved=watch.resolved,
        took_s=watch.took_s,
    )


def _taker(watch: _Watch) -> str:
    if watch.name == "bot":
        # One receiver for all services.
        return "the bot took what Alertmanager sent it, which may have been about another alert"
    return f"{watch.route.to} took it"


def _why_missing(watch: _Watch) -> str:
    if watch.route.muted_by:
        return f"muted now by {', '.join(watch.route.muted_by)} of policies/routing.yaml"
    if watch.taken:
        return "Alertmanager's notification was taken, and the alert is not there"
    if watch.count.refused or watch.count.given_up:
        return f"{watch.count.refused:.0f} requests failed; Alertmanager's log says why"
    return "Alertmanager sent nothing"


def _not_routed(name: str, answer: Answer) -> Channel:
    pages = f"pages of {answer.service} with priority {answer.priority}"
    return Channel(
        name=name, receiver="", state="not routed", detail=f"policies/routing.yaml sends {pages} to no {name}"
    )
