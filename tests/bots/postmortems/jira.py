"""A Jira on this machine, and the destination that opens follow-ups there."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from bots import inbox as inbox_table
from bots import outbox as outbox_table
from bots.configuration.secret_file import SecretFile
from bots.inbox import Inbox
from bots.jira.tracker import JiraTracker
from bots.journal import Journal
from bots.outbox import Errand, Outbox, Parcel
from bots.postmortems.follow_up import Wanted, errand
from bots.postmortems.issues import FollowUps
from bots.timeline.envelope import open_item
from bots.timeline.intake import Command
from tests.bots.http_server import Received, Reply, Server, serving
from tests.bots.office import at

WANTED = Wanted(
    key="a" * 64,
    incident="INC-7",
    path="postmortems/2026/INC-7.md",
    url="https://tocsin.example.com/incidents/INC-7",
    title="Limit retries",
    team="payments",
    owner="ben",
    assignee="5b10a2844c20165700ede21g",
    due=date(2026, 2, 10),
    since=at(0),
    tracker="jira",
    project="PAY",
    type="Bug",
)


class Jira:
    """Answers as Jira's documented calls do, and refuses what they do not document."""

    def __init__(self) -> None:
        self.issues: list[dict[str, Any]] = []
        self.refuse: Reply | None = None
        self.strangers: frozenset[str] = frozenset()
        self.lose_answer = False
        self.searches: list[str] = []

    def __call__(self, got: Received) -> Reply:
        if self.refuse is not None:
            return self.refuse
        expected = "Basic " + b64encode(b"bot@example.com:secret").decode()
        if got.headers.get("Authorization") != expected or got.headers.get("Content-Type") != "application/json":
            return Reply(status=401, body=b'{"errorMessages": ["not logged in"]}')
        asked = json.loads(got.body)
        if got.path == "/rest/api/3/search/jql":
            return self._search(asked)
        assert (got.method, got.path) == ("POST", "/rest/api/3/issue")
        return self._create(asked)

    def _create(self, asked: dict[str, Any]) -> Reply:
        found = asked["fields"]
        assert set(asked) == {"fields"}
        assert set(found) <= {"project", "issuetype", "summary", "description", "duedate", "labels", "assignee"}
        assert (found["description"]["type"], found["description"]["version"]) == ("doc", 1)
        assert 0 < len(found["summary"]) <= 255
        assert "\n" not in found["summary"]
        assert not [label for label in found["labels"] if " " in label]
        if found.get("assignee", {}).get("accountId") in self.strangers:
            refusal = b'{"errorMessages":[],"errors":{"assignee":"User cannot be assigned issues."}}'
            return Reply(status=400, body=refusal)
        self.issues.append(found)
        if self.lose_answer:
            return Reply(hang_up=True)
        return Reply(status=201, body=json.dumps({"id": "10000", "key": f"PAY-{len(self.issues)}"}).encode())

    def _search(self, asked: dict[str, Any]) -> Reply:
        assert set(asked) == {"jql", "fields", "maxResults"}
        self.searches.append(asked["jql"])
        found = [
            {"id": str(number), "key": f"PAY-{number}"}
            for number, issue in enumerate(self.issues, start=1)
            if any(f'labels = "{label}" ' in asked["jql"] for label in issue["labels"])
        ]
        return Reply(body=json.dumps({"issues": found, "isLast": True}).encode())


class Bench:
    """The destination with an inbox on a file and a Jira."""

    def __init__(self, folder: Path, server: Server) -> None:
        folder.mkdir(exist_ok=True)
        schema = inbox_table.SCHEMA + outbox_table.SCHEMA
        self.journal = Journal(folder / "inbox.db", schema=schema, insert=inbox_table.INSERT, limit_bytes=2**26)
        self.inbox, self.outbox = Inbox(self.journal), Outbox(self.journal)
        self.server = server
        secret = folder / "token"
        secret.write_text("secret\n")
        self.wanted: Wanted | None = WANTED
        self.now = at(5)
        self.tracker = JiraTracker(server.url, "bot@example.com", SecretFile(secret, "TOCSIN_JIRA_TOKEN_FILE"))
        self.place = FollowUps(self.tracker, self._wanted, self.inbox, lambda: self.now)

    def _wanted(self, number: int, title: str) -> Wanted | None:
        assert number == 7
        return self.wanted if self.wanted is not None and self.wanted.title == title else None

    def parcel(self, one: Wanted = WANTED) -> Parcel:
        """The errand on its way."""
        wanted: Errand = errand(one, "b" * 64)
        self.outbox.hold([wanted], at(0))
        self.journal.run(lambda connection: self.outbox.release(connection, [wanted.key]))
        (parcel,) = self.outbox.heads(wanted.destination, at(1), 5)
        return parcel

    def commands(self) -> list[Command]:
        """What the incident was told."""
        return [one for item in self.inbox.pending(10) if isinstance(one := open_item(item), Command)]

    def close(self) -> None:
        """Ends its threads."""
        self.inbox.close()
        self.journal.close()


@contextmanager
def bench(folder: Path, jira: Jira) -> Iterator[Bench]:
    """A bench, closed in the end."""
    with serving(jira) as server:
        one = Bench(folder, server)
        try:
            yield one
        finally:
            one.close()
