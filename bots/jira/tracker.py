"""Issues in Jira, for follow-ups.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-post
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/#api-rest-api-3-search-jql-post
https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import requests

from bots.configuration.secret_file import SecretFile
from bots.errors import KeyRefused, Undeliverable, Unreachable
from bots.outbound.destination import HttpCall, send
from bots.postmortems.follow_up import Wanted

_MAX_SUMMARY: Final = 255
_CREATE: Final = "/rest/api/3/issue"


class JiraTracker:
    """One Jira site."""

    name: Final = "jira"
    lag: Final = timedelta(minutes=5)
    """Its search shows what was made seconds to minutes later."""

    def __init__(self, url: str, email: str, token: SecretFile) -> None:
        """`url` is the site's address, without a slash at its end."""
        self._url = url
        self._email = email
        self._token = token
        self._session = requests.Session()

    def create(self, wanted: Wanted, marker: str) -> str:
        """Opens the issue and gives its address; raises Unreachable or Undeliverable."""
        if not wanted.project:
            raise Undeliverable(f"{wanted.title!r}: team {wanted.team} names no Jira project; add `jira` to its file")
        asked = fields(wanted, marker)
        try:
            answer = self._send(_CREATE, {"fields": asked}, wanted.key)
        except Undeliverable as error:
            if '"assignee"' not in str(error) or "assignee" not in asked:
                raise
            # Somebody who has left is still named in the text.
            del asked["assignee"]
            answer = self._send(_CREATE, {"fields": asked}, wanted.key)
        try:
            return self._page(str(answer.json()["key"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Unreachable(f"{self._url}: the answer names no issue: {answer.text[:200]}", unknown=True) from error

    def find(self, marker: str, since: datetime) -> str | None:
        """The address of the issue with that marker, among those made since then; raises Unreachable or
        Undeliverable."""
        query = f'labels = "{marker}" AND created >= "{since:%Y/%m/%d}"'
        answer = self._send("/rest/api/3/search/jql", {"jql": query, "fields": ["labels"], "maxResults": 1}, marker)
        try:
            found = answer.json()["issues"]
            return self._page(str(found[0]["key"])) if found else None
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise Unreachable(f"{self._url}: the answer is no list of issues: {answer.text[:200]}") from error

    def _page(self, key: str) -> str:
        return f"{self._url}/browse/{key}"

    def _send(self, path: str, body: Mapping[str, Any], key: str) -> requests.Response:
        # Read anew for each call: the token may have been changed.
        self._session.auth = (self._email, self._token.first)
        try:
            return send(self._session, HttpCall(method="POST", url=self._url + path, json=body), key)
        except KeyRefused as error:
            # The operator can mend it while the follow-up waits: nothing is lost over a token that ran out.
            raise Unreachable(f"{error}; expected a valid token, in the file of the token") from error


def fields(wanted: Wanted, marker: str) -> dict[str, Any]:
    """The fields of the issue. The description is Atlassian's document format, in which text is only text."""
    found: dict[str, Any] = {
        "project": {"key": wanted.project},
        "issuetype": {"name": wanted.type},
        "summary": " ".join(wanted.title.split())[:_MAX_SUMMARY],
        "description": _document(wanted),
        "duedate": wanted.due.isoformat(),
        "labels": ["tocsin", marker],
    }
    if wanted.assignee:
        found["assignee"] = {"accountId": wanted.assignee}
    return found


def _document(wanted: Wanted) -> Mapping[str, Any]:
    lines = [f"Follow-up of {wanted.incident}, of the postmortem {wanted.path}.", f"Owner: {wanted.owner}."]
    content: list[dict[str, Any]] = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in lines
    ]
    if wanted.url:
        link = {"type": "text", "text": wanted.url, "marks": [{"type": "link", "attrs": {"href": wanted.url}}]}
        content.append({"type": "paragraph", "content": [link]})
    return {"type": "doc", "version": 1, "content": content}
