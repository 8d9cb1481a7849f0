"""What people and the bot itself may do about attempts at remediation, by the incident's state and the guard rails.

    requested ──(approval)── approved ──▶ started ──▶ ran ──▶ verified | not_verified
        │                       │                     └──▶ failed, timed_out; dry_run; succeeded (what only looks)
        └──▶ rejected, refused ◀┘

Pure: a command gives the event to record, or a refusal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

from bots.commands.arguments import MAX_OUTPUT, Arguments
from bots.commands.remediation import WANTED_WITHIN, chosen, only_dry, over, requested, wanted, wanted_again, withdrawn
from bots.guards.attempted import RAN, REJECTED, changes
from bots.guards.rails import Allowed, Stopped, Surroundings, Wanted, may_run
from bots.rulebook import Rules
from bots.timeline.alert_state import AlertState
from bots.timeline.answer import Refusal
from bots.timeline.event import BOT, Kind
from bots.timeline.event_fields import ENDS, JUDGEMENTS
from bots.timeline.intake import Command
from bots.timeline.state import Incident, Remediation
from bots.words.phrases import moment

Told = Mapping[str, Any] | Refusal


class Around(Protocol):
    """Gives what the guard rails look at besides an incident."""

    def __call__(self, incident: Incident, *, automatic: bool) -> Surroundings:
        """What is ill is needed only for what runs by itself."""


def nothing(incident: Incident, *, automatic: bool) -> Surroundings:
    """Nothing was attempted and nothing is ill."""
    return Surroundings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One command and everything that it is judged by."""

    incident: Incident
    command: Command
    arguments: Arguments
    rules: Rules
    around: Around
    now: datetime

    def judge(self, wanted: Wanted) -> Allowed | Stopped:
        """What the guard rails say."""
        around = self.around(self.incident, automatic=wanted.automatic)
        return may_run(wanted, around, self.rules.limits, self.now)

    def illegal(self, why: str) -> Refusal:
        """`INC-7 is closed …`."""
        return Refusal(code="illegal", message=f"{self.incident.name} {why}")

    def stopped(self, verdict: Stopped) -> Refusal:
        """What a guard rail says, as a refusal."""
        return Refusal(code="illegal", message=verdict.reason)

    def attempt(self, *, ended: bool = False) -> Remediation | Refusal:
        """The attempt that the command names; one that has not ended unless `ended` ones are meant too."""
        number = self.arguments.number("attempt")
        known = self.incident.attempt(number)
        if known is None:
            return self.illegal(f"has no attempt {number} at a remediation")
        if known.outcome and not ended:
            return self.illegal(f"has ended its attempt {number} already, as {known.outcome}")
        return known


def _run(asked: Asked) -> Told:
    """A request; whether it has to wait for another person is recorded with it."""
    arguments, incident = asked.arguments, asked.incident
    action, alert = arguments.word("action"), arguments.text("alert")
    wants_dry, by_itself = arguments.flag("dry_run"), arguments.flag("automatic") and asked.command.by == BOT
    if arguments.problems:
        return {}
    if why := over(incident):
        return asked.illegal(why)
    found = chosen(incident, asked.rules, action, alert)
    if isinstance(found, str):
        return asked.illegal(found)
    state, binding = found
    if by_itself and (why := _outdated(state, asked.now)):
        return asked.illegal(why)
    dry_run = wants_dry or only_dry(binding, asked.rules)
    verdict = asked.judge(wanted(incident, state, binding, automatic=by_itself, dry_run=dry_run))
    if isinstance(verdict, Stopped):
        return asked.stopped(verdict)
    return requested(incident, asked.rules, state.name, binding, dry_run=dry_run, automatic=by_itself)


def _outdated(alert: AlertState, now: datetime) -> str:
    """Why nothing runs by itself for an alert any more; nothing if it may. A bot that was away hears of old ones."""
    if not alert.firing:
        return f"has no {alert.name} that still fires"
    since = alert.spans[-1].start
    if now - since > WANTED_WITHIN:
        return f"has {alert.name} since {moment(since)} UTC, longer than 15 minutes ago: people have been at it"
    return ""


def _approve(asked: Asked) -> Told:
    """Consent of another person; the guard rails are asked again, since time has passed."""
    attempt = asked.attempt()
    if isinstance(attempt, Refusal):
        return attempt
    number, by = attempt.attempt, asked.command.by
    if attempt.approved_by:
        return asked.illegal(f"has its attempt {number} approved already, by {attempt.approved_by}")
    if not attempt.approval:
        return asked.illegal(f"has an attempt {number} that needs nobody's approval")
    if by == attempt.requested_by:
        return asked.illegal(f"has an attempt {number} that {by} asked for; somebody else has to approve it")
    if why := withdrawn(asked.incident, attempt, asked.rules):
        return asked.illegal(why)
    if asked.now - attempt.requested_at > asked.rules.limits.approve_within:
        return asked.illegal(f"has an attempt {number} that was asked for too long ago; ask for it again")
    # Somebody has looked: what holds only for what nobody looked at does not stand in the way.
    verdict = asked.judge(replace(wanted_again(asked.incident, attempt), automatic=False))
    if isinstance(verdict, Stopped):
        return asked.stopped(verdict)
    return {"attempt": number, "note": asked.arguments.text("note")}


def _reject(asked: Asked) -> Told:
    """The end of a request that has not begun; whoever asked for it may take it back so."""
    attempt = asked.attempt()
    if isinstance(attempt, Refusal):
        return attempt
    if not attempt.waits:
        return asked.illegal(f"has an attempt {attempt.attempt} that does not wait for approval any more")
    return {"attempt": attempt.attempt, "outcome": REJECTED, "detail": asked.arguments.text("reason")}


def _start(asked: Asked) -> Told:
    attempt = asked.attempt()
    if isinstance(attempt, Refusal):
        return attempt
    return {"attempt": attempt.attempt, "run": asked.arguments.text("run")}


def _finish(asked: Asked) -> Told:
    """How a run ended. What changed something and ended well has only run: whether it helped is judged later."""
    arguments, attempt = asked.arguments, asked.attempt()
    if isinstance(attempt, Refusal):
        return attempt
    outcome = arguments.one_of("outcome", ENDS, needed=True)
    if outcome == "succeeded" and changes(attempt.action) and not attempt.dry_run:
        outcome = RAN
    return {
        "attempt": attempt.attempt,
        "outcome": outcome,
        "exit_code": arguments.integer("exit_code"),
        "detail": arguments.text("detail", cut=True),
        "output": arguments.text("output", cut=True, limit=MAX_OUTPUT),
    }


def _judge(asked: Asked) -> Told:
    """Whether what ran has helped."""
    attempt = asked.attempt(ended=True)
    if isinstance(attempt, Refusal):
        return attempt
    if attempt.outcome != RAN:
        state = f"ended as {attempt.outcome}" if attempt.outcome else "has not ended"
        return asked.illegal(f"has an attempt {attempt.attempt} that {state}; only what ran is judged")
    outcome = asked.arguments.one_of("outcome", JUDGEMENTS, needed=True)
    return {"attempt": attempt.attempt, "outcome": outcome, "detail": asked.arguments.text("detail", cut=True)}


VERBS: Final[Mapping[str, tuple[Kind, Callable[[Asked], Told]]]] = {
    "run": (Kind.REMEDIATION_REQUESTED, _run),
    "approve": (Kind.REMEDIATION_APPROVED, _approve),
    "reject": (Kind.REMEDIATION_FINISHED, _reject),
    "remediation_start": (Kind.REMEDIATION_STARTED, _start),
    "remediation_finish": (Kind.REMEDIATION_FINISHED, _finish),
    "remediation_judge": (Kind.REMEDIATION_FINISHED, _judge),
}
