"""The places that this bot reaches: its own inbox, programs on this machine, the branches with drafts."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from bots.commands.remediation import WANTED_WITHIN
from bots.errors import Overloaded, StorageFull, Unreachable
from bots.inbox import Inbox, Lane
from bots.outbound.destination import Limit, Settled
from bots.outbound.errands import DECISIONS, REMEDIATION, command_of
from bots.outbox import Parcel
from bots.outcome import Outcome
from bots.timeline.effect import RunRemediation
from bots.timeline.envelope import seal
from bots.timeline.event import BOT
from bots.timeline.intake import Command

_INTERRUPTED: Final = "the bot was restarted while it ran; nobody knows how it ended"


class Runner(Protocol):
    """What carries a remediation out."""

    def name(self, run: RunRemediation) -> str:
        """Where people find the run while it lasts; empty if nowhere."""

    def begin(self, run: RunRemediation) -> Outcome | None:
        """Makes sure that nothing stands in its way; gives why it is refused, or None if it may run.

        Raises Unreachable when it has to wait. Nothing was changed then.
        """

    def apply(self, run: RunRemediation) -> Outcome:
        """Returns when it has ended; raises Unreachable, with an unknown outcome, when its end cannot be seen."""

    def find(self, run: RunRemediation) -> Outcome | None:
        """How a run ended that an earlier process began; None if nobody knows. Raises Unreachable."""


class Decisions:
    """Puts the bot's own commands into its inbox; their keys make a repetition a no-op."""

    name = DECISIONS
    limits: tuple[Limit, ...] = ()
    workers = 1
    merges = False

    def __init__(self, inbox: Inbox, now: Callable[[], datetime]) -> None:
        """`now` is when the command counts as received."""
        self._inbox = inbox
        self._now = now

    def deliver(self, parcel: Parcel) -> None:
        """Raises Unreachable while the inbox has no room."""
        put(self._inbox, command_of(parcel.payload, self._now()))

    def settle(self, parcel: Parcel) -> Settled:
        """Twice is the same as once."""
        return Settled.REPEAT


class Remediations:
    """Runs actions and writes down that they began and how they ended. An action is never run twice for one attempt."""

    name = REMEDIATION
    limits: tuple[Limit, ...] = ()
    workers = 4
    merges = False

    def __init__(
        self,
        runner: Runner,
        inbox: Inbox,
        now: Callable[[], datetime],
        forbidden: Callable[[RunRemediation], str] = lambda run: "",
        begun: Callable[[RunRemediation], bool] = lambda run: True,
    ) -> None:
        """`runner` runs what is asked for; `forbidden` says why that must not begin now, or nothing.

        `begun` is whether the record says that it began.
        """
        self._runner = runner
        self._forbidden = forbidden
        self._begun = begun
        self._inbox = inbox
        self._now = now
        self._outcomes: dict[str, Outcome] = {}

    def deliver(self, parcel: Parcel) -> None:
        """Raises Unreachable when the inbox has no room, or while somebody else works on the target: harmless before
        the action; later `settle` knows."""
        run = run_of(parcel.payload)
        refused = self._too_late(parcel) or self._stopped(run) or self._runner.begin(run)
        if refused is None:
            started = {"attempt": run.attempt, "run": self._runner.name(run)}
            self._say(parcel, "remediation_start", started, unknown=False)
        self._outcomes[parcel.key] = refused or self._runner.apply(run)
        self._finish(parcel, self._outcomes[parcel.key])

    def settle(self, parcel: Parcel) -> Settled:
        """A run that was begun is not begun again; this process or the runner knows its end, or nobody does.

        One with a name that is not there, and of which nobody was told that it began, never did: it is told before.
        """
        run = run_of(parcel.payload)
        known = self._outcomes.get(parcel.key) or self._runner.find(run)
        if known is None and self._runner.name(run) and not self._begun(run):
            return Settled.REPEAT
        self._finish(parcel, known or self._interrupted(run))
        return Settled.HAPPENED

    def _interrupted(self, run: RunRemediation) -> Outcome:
        name = self._runner.name(run)
        gone = f"the bot was restarted, and there is no {name}: it was never made, or somebody deleted it"
        detail = f"{gone}; ask again if it is still wanted" if name else _INTERRUPTED
        return Outcome(outcome="failed", exit_code=None, detail=detail)

    def _stopped(self, run: RunRemediation) -> Outcome | None:
        """The request was allowed, and approved, some time ago."""
        why = self._forbidden(run)
        return Outcome(outcome="refused", exit_code=None, detail=why) if why else None

    def _too_late(self, parcel: Parcel) -> Outcome | None:
        if self._now() - parcel.created_at <= WANTED_WITHIN:
            return None
        why = f": {parcel.why}" if parcel.why else ""
        detail = f"could not begin within {WANTED_WITHIN.seconds // 60} minutes{why}; ask again if it is still wanted"
        return Outcome(outcome="refused", exit_code=None, detail=detail)

    def _finish(self, parcel: Parcel, outcome: Outcome) -> None:
        self._say(parcel, "remediation_finish", outcome.args(int(parcel.payload["attempt"])), unknown=True)
        self._outcomes.pop(parcel.key, None)

    def _say(self, parcel: Parcel, name: str, args: Mapping[str, Any], *, unknown: bool) -> None:
        command = Command(
            key=f"{parcel.key}:{name}",
            received_at=self._now(),
            name=name,
            by=BOT,
            incident=parcel.incident,
            args=args,
            source="remediation",
        )
        put(self._inbox, command, unknown=unknown)


def put(inbox: Inbox, command: Command, *, unknown: bool = False) -> None:
    """Stores a command of the bot's own; raises Unreachable while there is no room."""
    source, body = seal(command)
    try:
        inbox.put_now(source, Lane.PEOPLE, body, command.received_at)
    except (Overloaded, StorageFull) as error:
        raise Unreachable(str(error), unknown=unknown) from error


def run_of(payload: Mapping[str, Any]) -> RunRemediation:
    """The run that a payload holds."""
    return RunRemediation(**payload)
