"""GitHub's issues as a destination of the outbox: what happened in incidents, and answers to people."""

from typing import Final

from bots.errors import Undeliverable
from bots.github.comments import Comments, Replies
from bots.github.issues import Issues
from bots.incident import History
from bots.integration import Toolbox
from bots.outbound.destination import Limit, Settled
from bots.outbox import Parcel

NAME: Final = "github"


class GitHubDestination:
    """One queue: an incident's issue is brought up to date however many errands ask for it."""

    name = NAME
    limits: tuple[Limit, ...] = ()
    """Writes are counted where they are made: one errand may need none, or two."""
    workers = 1
    merges = True

    def __init__(self, issues: Issues, comments: Comments, tools: Toolbox) -> None:
        """`issues` and `comments` do the work."""
        self._issues = issues
        self._comments = comments
        self._replies = Replies(comments)
        self._tools = tools

    def deliver(self, parcel: Parcel) -> None:
        """Raises Unreachable, Postponed or Undeliverable."""
        if "reply" not in parcel.payload:
            self._bring(int(parcel.payload["incident"]))
            return
        number, reply = parcel.payload.get("number"), parcel.payload["reply"]
        if not parcel.payload["ok"] and number is not None and reply.get("by_hand"):
            # What was changed by hand and refused is put back, before the answer: that must not be given twice.
            self._bring(int(number), check=True)
        if number is not None and reply.get("restore"):
            self._issues.restore(self._history(int(number)), reply["restore"])
        self._replies.deliver(parcel)

    def settle(self, parcel: Parcel) -> Settled:
        """Bringing up to date twice is the same as once; an answer is looked for."""
        return self._replies.settle(parcel) if "reply" in parcel.payload else Settled.REPEAT

    def _history(self, number: int) -> History:
        history = self._tools.reading.get(number)
        if history is None:
            raise Undeliverable(f"no incident INC-{number}")
        return history

    def _bring(self, number: int, *, check: bool = False) -> None:
        history = self._history(number)
        known = self._issues.bring(history, check=check)
        if known is not None:
            self._comments.bring(history, known)
