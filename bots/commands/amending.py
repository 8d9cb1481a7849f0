"""`amend`: a note says something else from now on, or nothing. Pure.

The first words stay in the timeline; `bots.timeline.corrections` shows what holds.
"""

from bots.commands.arguments import Arguments
from bots.commands.command import event, illegal
from bots.incident import History
from bots.timeline.answer import Refusal
from bots.timeline.corrections import corrections, text_of
from bots.timeline.event import Event, Kind
from bots.timeline.intake import Command

NAME = "amend"


def amend(history: History, command: Command) -> Event | Refusal:
    """The event of `amend {amends, text?, edited_at?}`; `amends` is the id of a note, and without text it is taken
    back."""
    arguments = Arguments(command)
    name, text, edited_at = arguments.word("amends"), arguments.text("text"), arguments.time("edited_at")
    note = next((one for one in history.events if one.id == name and one.kind is Kind.NOTED), None)
    if name and note is None:
        arguments.problem("amends", name, "the id of a note of the incident")
    if arguments.problems or note is None:
        return Refusal(code="invalid", message="; ".join(arguments.problems))
    if text_of(note, corrections(history.events)) == text:
        return illegal(history.state, f"says that already; nothing is left to correct in {name}")
    data = {"amends": [name], "text": text, "edited_at": edited_at}
    return event(command, Kind.AMENDED, {key: value for key, value in data.items() if value})
