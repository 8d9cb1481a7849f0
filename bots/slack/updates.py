"""What happened since, for the thread of an incident or the channel of its own. Pure."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from bots.incident import POSTMORTEM, History
from bots.slack import people, rich
from bots.slack.markup import escaped
from bots.slack.message import Message, Scene, headline, page_of
from bots.slack.rich import Element
from bots.timeline.event import BOT, Event, Kind
from bots.words.wording import words

THREAD: Final = "slack_thread"
"""The source of what was written in the thread itself: nobody has to be told."""
_UNTOLD: Final = frozenset({Kind.OPENED, Kind.ALERT_FIRED, Kind.ALERT_RESOLVED, Kind.DENIED})
"""The message above shows these, or nobody waits for them."""
_MOST: Final = 12
"""Entries of one message."""
_OUTPUT: Final = 2_500
_LONGEST: Final = 6_000
"""Characters of one message, beyond which further entries go into the next one. Slack refuses what is much longer."""


def untold(history: History, told: Collection[str]) -> tuple[Event, ...]:
    """What has to be said still, the oldest first."""
    return tuple(row for row in history.rows if row.id not in told and _is_told(row))


def _is_told(row: Event) -> bool:
    if row.kind == Kind.LINKED and row.data["relation"] != POSTMORTEM:
        # The message above has them. The draft of the postmortem is what somebody has to go on with.
        return False
    # That alerts belong to another incident is for the record.
    return row.kind not in _UNTOLD and row.source != THREAD and "moved_to" not in row.data


def update_message(history: History, rows: Sequence[Event], scene: Scene) -> Message:
    """Several entries as one message; at most a dozen, the rest has to follow."""
    said = _fitting(rows)
    elements = [element for row in said for element in _entry(row, scene)]
    text = "; ".join(f"{row.by}: {words(row)}" if row.by != BOT else words(row) for row in said)
    return Message(
        text=escaped(f"{headline(history.state).split(':')[0]}: {text}", 300),
        blocks=(rich.block(elements),),
        marker={"incident": history.state.name, "what": "update", "told": [row.id for row in said]},
        page=page_of(history.state, scene),
    )


def _fitting(rows: Sequence[Event]) -> Sequence[Event]:
    """As many as one message takes, at least one."""
    size = 0
    for number, row in enumerate(rows[:_MOST]):
        size += sum(min(len(str(value)), _OUTPUT) for value in row.data.values())
        if number and size > _LONGEST:
            return rows[:number]
    return rows[:_MOST]


def ids(message: Message) -> tuple[str, ...]:
    """The entries that a message tells."""
    return tuple(message.marker.get("told", ()))


def _entry(row: Event, scene: Scene) -> Iterable[Element]:
    # By name: whoever did it knows it, and a mention would ring.
    who = [rich.text(row.by, bold=True, limit=100), rich.own(": ")] if row.by != BOT else []
    head = [rich.moment(row.at), rich.own(" "), *who]
    if row.kind == Kind.NOTED and row.data.get("topic") == POSTMORTEM:
        yield rich.section([*head, rich.text(str(row.data["text"]))])
        return
    if row.kind == Kind.NOTED:
        public = [rich.own("public update", bold=True)] if row.data.get("public") else [rich.own("note")]
        to = str(row.data.get("to", ""))
        whom = [rich.own(" for "), people.shown(scene.policy, to)] if to else []
        yield rich.section([*head, *public, *whom])
        yield rich.quote(str(row.data["text"]))
        return
    yield rich.section([*head, *_said(row, scene)])
    if row.data.get("summary"):
        yield rich.quote(str(row.data["summary"]))
    output = str(row.data.get("output", ""))
    if output:
        yield rich.preformatted(output, _OUTPUT)


def _said(row: Event, scene: Scene) -> list[Element]:
    to = row.data.get("to")
    if row.kind == Kind.ASSIGNED and to:
        how = "handed over to " if row.data.get("handoff") else "assigned to "
        return [rich.own(how), people.shown(scene.policy, str(to)), *_note(row.data)]
    if row.kind == Kind.ROLE_ASSIGNED and to:
        return [people.shown(scene.policy, str(to)), rich.own(" is "), rich.text(str(row.data["role"]), limit=100)]
    if row.kind == Kind.LINKED and row.data.get("url"):
        return [rich.own("The draft of the "), rich.link("postmortem", str(row.data["url"])), rich.own(" is there")]
    return [rich.text(words(row), limit=1_500)]


def _note(data: Any) -> list[Element]:
    return [rich.own(": "), rich.text(str(data["note"]), limit=1_000)] if data.get("note") else []
