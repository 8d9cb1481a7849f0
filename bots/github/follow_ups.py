"""Issues on GitHub for follow-ups of postmortems."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from bots.errors import Unreachable
from bots.github.budget import Urgency
from bots.github.client import GitHub
from bots.github.errors import Refused
from bots.github.markers import has
from bots.postmortems.follow_up import Wanted
from bots.words import markdown

LABEL: Final = "follow-up"
_MAX_TITLE: Final = 256


class GitHubTracker:
    """The repository's own issues."""

    name: Final = "github"
    lag: Final = timedelta(0)
    """A list, unlike a search, shows at once what was made."""

    def __init__(self, api: GitHub) -> None:
        """`api` may write issues."""
        self._api = api

    def create(self, wanted: Wanted, marker: str) -> str:
        """Opens the issue and gives its address; raises Unreachable, Postponed or Undeliverable."""
        body: dict[str, Any] = {
            "title": markdown.plain(wanted.title, limit=_MAX_TITLE),
            "body": _body(wanted, marker),
            "labels": [LABEL],
        }
        if wanted.assignee:
            body["assignees"] = [wanted.assignee]
        try:
            made = self._api.write("POST", "issues", body, Urgency.PEOPLE)
        except Refused as error:
            if error.status != 422 or "assignees" not in body:
                raise
            # Somebody who has left is still named in the text.
            del body["assignees"]
            made = self._api.write("POST", "issues", body, Urgency.PEOPLE)
        return _address(made)

    def find(self, marker: str, since: datetime) -> str | None:
        """The address of our own issue with that marker, among those made since then; raises Unreachable or
        Undeliverable."""
        listed = self._api.own_issues(since)
        found = next((one for one in listed if has(str(one.get("body") or ""), _marker(marker))), None)
        return None if found is None else _address(found)


def _marker(marker: str) -> str:
    return f"<!-- tocsin:follow-up {marker} -->"


def _address(issue: Mapping[str, Any]) -> str:
    try:
        return str(issue["html_url"])
    except KeyError as error:
        raise Unreachable(f"GitHub's answer names no issue: {str(issue)[:200]}", unknown=True) from error


def _body(wanted: Wanted, marker: str) -> str:
    incident = markdown.link(wanted.incident, wanted.url) if wanted.url else wanted.incident
    lines = [
        _marker(marker),
        f"A follow-up of {incident}, from its postmortem `{wanted.path}`.",
        "",
        *markdown.table(["Owner", "Due"], [[markdown.text(wanted.owner), wanted.due.isoformat()]]),
    ]
    return "\n".join(lines)
