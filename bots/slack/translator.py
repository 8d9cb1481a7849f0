"""Opens the inbox's rows that came from Slack: what somebody asked becomes a command, or a denial."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from alerting.model.policy import Policy
from bots.commands import admission, runbooks
from bots.directory import member_of_slack
from bots.inbox import Item
from bots.outbound.mirror import Mirror
from bots.reading import Reading
from bots.slack import asking, forms
from bots.slack.asking import Asked, Wrong
from bots.slack.envelope import SOURCE, Envelope
from bots.slack.markup import cut, heard
from bots.slack.recovery import remote
from bots.slack.room import Rooms
from bots.slack.updates import THREAD
from bots.timeline.event import key_of
from bots.timeline.intake import Command, Intake
from bots.timeline.state import incident_name

DESTINATION: Final = "slack"
_MOST_ACTIVE: Final = 200
_MAX_NOTE: Final = 9_900


class SlackTranslator:
    """The writer's thread calls it; the same row gives the same keys each time."""

    def __init__(self, *, policy: Callable[[], Policy], reading: Reading, mirror: Mirror, rooms: Rooms) -> None:
        """`mirror` and `rooms` say which incident a thread or a channel is about."""
        self._policy = policy
        self._reading = reading
        self._mirror = mirror
        self._rooms = rooms

    def __call__(self, item: Item) -> Sequence[Intake]:
        """The intakes of a row; raises ValueError, KeyError or TypeError when it cannot be used."""
        envelope = Envelope.opened(item.body)
        if envelope.kind == "message":
            return self._note(item, envelope)
        asked = self.asked(envelope)
        if isinstance(asked, Wrong) or asked.looks or asked.form:
            # Answered in the request already.
            return ()
        return (self._admitted(item, envelope, asked),)

    def asked(self, envelope: Envelope) -> Asked | Wrong:
        """What it asks; also what the request needs to know."""
        policy, payload = self._policy(), envelope.payload
        if envelope.kind == "slash":
            here = self._rooms.incident(str(payload["channel_id"]))
            return asking.slash(str(payload["command"]), str(payload["text"]), policy, here)
        if envelope.kind == "click":
            return asking.clicked(payload["action"])
        return asking.filled(forms.sent(payload, policy))

    def _admitted(self, item: Item, envelope: Envelope, asked: Asked) -> Intake:
        policy = self._policy()
        slack_id = str(envelope.payload["user_id"])
        reply = _reply(envelope)
        if asked.runbook:
            asked, hint = self._chosen(asked, policy)
            reply |= {"hint": hint} if hint else {}
        command = Command(
            key=_key(envelope),
            received_at=item.received_at,
            name=asked.command,
            by=member_of_slack(policy, slack_id) or f"slack:{slack_id}",
            incident=asked.incident,
            args=dict(asked.args),
            source=SOURCE,
            reply=reply,
        )
        if asked.runbook and not command.args.get("action") and not admission.stranger(policy, command.by):
            # There is nothing to be allowed: the ledger refuses it, and the hint says why.
            return command
        history = self._reading.get(asked.incident) if asked.incident is not None else None
        return admission.admit(policy, command, history)

    def _chosen(self, asked: Asked, policy: Policy) -> tuple[Asked, str]:
        """The action of a runbook, and the incident that it is meant for where that was not said."""
        incident, hint = asked.incident, ""
        if incident is None:
            active = self._reading.find(active=True, limit=_MOST_ACTIVE)
            histories = (self._reading.get(one.number) for one in active)
            fitting = runbooks.having(policy, (one.state for one in histories if one is not None), asked.runbook)
            if len(fitting) == 1:
                incident = fitting[0].number
            elif fitting:
                hint = f"{asked.runbook} fires in {', '.join(incident_name(one.number) for one in fitting)}: name one"
            else:
                hint = f"{asked.runbook} fires in no incident that goes on"
        history = self._reading.get(incident) if incident is not None else None
        service = history.state.service if history else ""
        found = runbooks.alert_of(policy, history.state, asked.runbook) if history else None
        alert = found.name if found else asked.runbook
        action = runbooks.action_for(policy, asked.runbook, service, alert)
        if not action:
            hint = f"{asked.runbook} has no remediation for {service or 'this service'}"
        return replace(asked, incident=incident, args={**asked.args, "alert": alert, "action": action}), hint

    def about(self, envelope: Envelope) -> int | None:
        """The incident in whose thread, or in whose own channel, a message was written; None if in none."""
        channel, thread = str(envelope.payload["channel"]), str(envelope.payload["thread_ts"])
        return self._rooms.incident(channel) or (self._mirror.find(remote(channel, thread)) if thread else None)

    def _note(self, item: Item, envelope: Envelope) -> Sequence[Intake]:
        """What a member writes in an incident's thread, or in its own channel, is a note of the timeline."""
        policy, payload = self._policy(), envelope.payload
        number = self.about(envelope)
        who = member_of_slack(policy, str(payload["user"]))
        text = heard(str(payload["text"]), lambda one: member_of_slack(policy, one)).strip()
        if number is None or who is None or not text:
            return ()
        command = Command(
            key=key_of("slack message", str(payload["channel"]), str(payload["ts"])),
            received_at=item.received_at,
            name="note",
            by=who,
            incident=number,
            args={"text": cut(text, _MAX_NOTE)},
            source=THREAD,
        )
        # Talking is no attempt at anything: without the right it is no note, and no denial either.
        admitted = admission.admit(policy, command)
        return (admitted,) if isinstance(admitted, Command) else ()


def _key(envelope: Envelope) -> str:
    """The same for the same click however often Slack sends it."""
    payload = envelope.payload
    if envelope.kind == "form":
        return key_of("slack form", str(payload["view"]["id"]))
    action = payload.get("action") or {}
    return key_of("slack", envelope.kind, str(payload["trigger_id"]), str(action.get("action_id", "")))


def _reply(envelope: Envelope) -> dict[str, Any]:
    """Where the person is told what came of it."""
    payload = envelope.payload
    if envelope.kind == "form":
        origin = forms.Origin.unpacked(payload["view"]["private_metadata"])
        channel, url = origin.channel, origin.response_url
    else:
        channel, url = str(payload["channel_id"]), str(payload["response_url"])
    return {"destination": DESTINATION, "channel": channel, "user": str(payload["user_id"]), "response_url": url}
