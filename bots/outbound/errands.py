"""The ledger's effects as errands of the outbox."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from bots.belonging.change import Decision
from bots.outbox import Errand
from bots.timeline.effect import DraftPostmortem, Effect, JudgeRemediation, Notify, RemediationDue, RunRemediation
from bots.timeline.event import key_of
from bots.timeline.intake import Command
from bots.timeline.state import incident_name

DECISIONS: Final = "decisions"
"""What the bot asks of itself: commands that go back into its inbox."""
REMEDIATION: Final = "remediation"
JUDGEMENT: Final = "judgement"
"""Whether a remediation has helped."""
POSTMORTEM: Final = "postmortem"


def errands(
    decision: Decision, automatic: Callable[[RemediationDue], Command | None], mirrors: Sequence[str] = ()
) -> tuple[Errand, ...]:
    """One for every effect that has a destination, and for what people may want to hear one for every mirror.

    `automatic` says whether an alert's action may run by itself.
    """
    found: list[Errand] = []
    for effect in decision.effects:
        if isinstance(effect, Notify):
            found += _to_mirrors(effect, mirrors)
        elif (errand := _errand(effect, automatic)) is not None:
            found.append(errand)
    return tuple(found)


def _to_mirrors(effect: Notify, mirrors: Sequence[str]) -> Iterable[Errand]:
    payload = {"incident": effect.incident, "what": effect.what, "event_key": effect.event_key}
    for mirror in mirrors:
        yield replace(_to(mirror, effect, payload), key=key_of(effect.key, mirror))


def _errand(effect: Effect, automatic: Callable[[RemediationDue], Command | None]) -> Errand | None:
    if isinstance(effect, RemediationDue):
        command = automatic(effect)
        return None if command is None else _to(DECISIONS, effect, command_payload(command))
    if isinstance(effect, RunRemediation):
        return _to(REMEDIATION, effect, asdict(effect))
    if isinstance(effect, DraftPostmortem):
        return _to(POSTMORTEM, effect, asdict(effect))
    if isinstance(effect, JudgeRemediation):
        # A line of its own: what is watched for half an hour holds up nothing else of the incident.
        return replace(_to(JUDGEMENT, effect, asdict(effect)), line=f"{effect.incident}/{effect.attempt}")
    return None


def _to(destination: str, effect: Effect, payload: Mapping[str, Any]) -> Errand:
    return Errand(
        destination=destination,
        key=effect.key,
        line=incident_name(effect.incident),
        incident=effect.incident,
        event_key=effect.event_key,
        payload=payload,
    )


def command_payload(command: Command) -> Mapping[str, Any]:
    """A command as JSON values."""
    payload = {
        "key": command.key,
        "name": command.name,
        "by": command.by,
        "incident": command.incident,
        "args": dict(command.args),
        "source": command.source,
    }
    return payload | ({"reply": dict(command.reply)} if command.reply else {})


def command_of(payload: Mapping[str, Any], received_at: datetime) -> Command:
    """The command that a payload holds."""
    return Command(received_at=received_at, **payload)
