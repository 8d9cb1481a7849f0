"""Pull requests for drafts of postmortems: one for each branch.

https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request
"""

from collections.abc import Callable, Mapping
from typing import Any

from bots.errors import Unreachable
from bots.github.budget import Urgency
from bots.github.client import GitHub
from bots.github.errors import Refused
from bots.incident import History
from bots.postmortems.draft import branch, draft_path
from bots.words import markdown

_MAX_TITLE = 256
"""Characters that GitHub takes."""


class Pulls:
    """Used by the thread of the destination of postmortems."""

    def __init__(self, api: GitHub, base: Callable[[], str]) -> None:
        """`api` may write pull requests; `base` names the branch that they go to, and may raise Unreachable."""
        self._api = api
        self._base = base

    def open(self, history: History) -> str:
        """The address of the pull request for an incident's draft, opened unless there is one, whatever its state.

        Raises Unreachable, Postponed or Undeliverable.
        """
        head = branch(history.number)
        known = self._find(head)
        if known is not None:
            return known
        body = {"title": _title(history), "head": head, "base": self._base(), "body": _body(history)}
        try:
            made = self._api.write("POST", "pulls", body, Urgency.PEOPLE)
        except Refused as error:
            # Somebody, or an earlier call whose answer was lost, has opened it in between.
            known = self._find(head) if error.status == 422 else None
            if known is None:
                raise
            return known
        return _address(made)

    def _find(self, head: str) -> str | None:
        owner = self._api.repository.split("/")[0]
        found = self._api.get("pulls", head=f"{owner}:{head}", state="all", per_page=1)
        return _address(found[0]) if found else None


def _address(pull: Mapping[str, Any]) -> str:
    try:
        return str(pull["html_url"])
    except KeyError as error:
        raise Unreachable(f"GitHub's answer names no pull request: {str(pull)[:200]}", unknown=True) from error


def _title(history: History) -> str:
    # A title is plain text, but what refers or mentions in it does so in notifications.
    return markdown.plain(f"Postmortem of {history.state.name}: {history.state.title}", limit=_MAX_TITLE)


def _body(history: History) -> str:
    state = history.state
    whose = f"{markdown.text(state.assignee)} worked on it." if state.assignee else "Nobody was assigned to it."
    lines = [
        f"The draft of {state.name}, with what the machine knows. {whose}",
        "",
        f"- Replace the text in italics in `{draft_path(state)}`; `tocsin postmortem lint` says what is left.",
        "- Name what will be done in `follow_ups`, with owner and due date: each becomes an issue when this is merged.",
        "- Set `status: published` when it is complete.",
    ]
    return "\n".join(lines)
