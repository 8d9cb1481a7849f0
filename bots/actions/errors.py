"""How an action can end otherwise than well, by what is known of the target then.

ActionError
├── Refused     nothing was changed, and the same request will never be carried out
├── Failed      something went wrong; the message says what may have been changed
└── TimedOut    the change was made, but its effect was not seen in time
"""

from collections.abc import Iterable

from alerting.errors import TocsinError


class ActionError(TocsinError):
    """An action did not end well; the message is a sentence for the timeline."""


class Refused(ActionError):
    """The request is not carried out."""


class Failed(ActionError):
    """The request was not carried out, or not wholly."""


class TimedOut(ActionError):
    """The effect was not seen within the action's limit."""


class RequestError(Refused):
    """The request has mistakes; `problems` holds all of them."""

    def __init__(self, problems: Iterable[str]) -> None:
        """Keeps the problems and makes one sentence of them."""
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))
