"""Opening the issues of follow-ups, each exactly once."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots import inbox as inbox_table
from bots import outbox as outbox_table
from bots.destination import Settled
from bots.envelope import open_item
from bots.errors import Postponed, Unreachable
from bots.inbox import Inbox
from bots.intake import Command
from bots.jira.tracker import JiraTracker, fields
from bots.journal import Journal
from bots.outbox import Errand, Outbox, Parcel
from bots.postmortems.follow_up import Wanted, errand, marker
from bots.postmortems.issues import AGAIN_S, FollowUps
from bots.secret_file import SecretFile
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


def test_a_follow_up_becomes_an_issue_with_owner_and_day(tmp_path: Path) -> None:
    """And the incident knows where it is."""
    jira = Jira()
    with bench(tmp_path, jira) as one:
        one.place.deliver(one.parcel())
        (told,) = one.commands()
    (issue,) = jira.issues
    assert (issue["project"], issue["issuetype"]) == ({"key": "PAY"}, {"name": "Bug"})
    assert (issue["duedate"], issue["assignee"]) == ("2026-02-10", {"accountId": "5b10a2844c20165700ede21g"})
    assert issue["labels"] == ["tocsin", marker(WANTED)]
    assert (told.name, told.incident, told.args["relation"], told.args["title"]) == (
        "link",
        7,
        "follow_up",
        "Limit retries",
    )
    assert told.args["url"].endswith("/browse/PAY-1")


def test_an_issue_whose_answer_was_lost_is_found_by_its_marker(tmp_path: Path) -> None:
    """One issue, one link; not before Jira's search can know of it."""
    jira = Jira()
    jira.lose_answer = True
    with bench(tmp_path, jira) as one:
        parcel = one.parcel()
        with pytest.raises(Unreachable) as caught:
            one.place.deliver(parcel)
        assert caught.value.unknown
        jira.lose_answer = False
        with pytest.raises(Postponed, match=r"^jira lists what was just made 300 s later$") as later:
            one.place.settle(parcel)
        assert later.value.after_s == 300
        one.now += timedelta(minutes=5)
        assert one.place.settle(parcel) is Settled.REPEAT
        one.place.deliver(parcel)
        (told,) = one.commands()
    assert len(jira.issues) == 1
    assert told.args["url"].endswith("/browse/PAY-1")


def test_a_bot_that_lost_its_volume_opens_nothing_twice(tmp_path: Path) -> None:
    """Although the record does not know the issue yet: it is looked for since the incident began."""
    jira = Jira()
    for folder in ("volume", "another"):
        with bench(tmp_path / folder, jira) as one:
            one.place.deliver(one.parcel())
            (told,) = one.commands()
        assert told.args["url"].endswith("/browse/PAY-1")
    assert len(jira.issues) == 1
    day = f"{WANTED.since - timedelta(days=1):%Y/%m/%d}"
    assert jira.searches[-1] == f'labels = "{marker(WANTED)}" AND created >= "{day}"'


def test_what_jira_refuses_is_said_and_tried_again_as_it_is_then(tmp_path: Path) -> None:
    """Said once, however often it is refused; with another project it is opened there."""
    jira = Jira()
    jira.refuse = Reply(status=400, body=b'{"errors": {"project": "Specify a valid project ID or key"}}')
    with bench(tmp_path, jira) as one:
        parcel = one.parcel()
        for _ in range(2):
            with pytest.raises(Unreachable, match="400 Bad Request") as caught:
                one.place.deliver(parcel)
            assert (caught.value.alone, caught.value.unknown, caught.value.after_s) == (True, False, AGAIN_S)
        assert len({told.key for told in one.commands()}) == 1
        told = one.commands()[0]
        jira.refuse = None
        one.wanted = replace(WANTED, project="SHOP")
        one.place.deliver(parcel)
        assert one.commands()[-1].name == "link"
    assert told.name == "note"
    assert told.args["text"].startswith("The follow-up 'Limit retries' could not be opened in jira: POST http://127.")
    assert told.args["text"].endswith(
        '400 Bad Request: {"errors": {"project": "Specify a valid project ID or key"}}. '
        "It is tried again every hour: correct the postmortem, the team's file or the tracker's settings."
    )
    assert [issue["project"] for issue in jira.issues] == [{"key": "SHOP"}]


def test_somebody_whom_jira_does_not_assign_does_not_lose_the_follow_up(tmp_path: Path) -> None:
    """The owner is in the text."""
    jira = Jira()
    jira.strangers = frozenset({WANTED.assignee})
    with bench(tmp_path, jira) as one:
        one.place.deliver(one.parcel())
    (issue,) = jira.issues
    assert "assignee" not in issue
    assert issue["description"]["content"][1]["content"][0]["text"] == "Owner: ben."


def test_what_nobody_wants_any_more_is_not_opened(tmp_path: Path) -> None:
    """Its line was taken out, or its title changed, while Jira was away."""
    jira = Jira()
    with bench(tmp_path, jira) as one:
        parcel = one.parcel()
        one.wanted = None
        one.place.deliver(parcel)
        assert not one.commands()
    assert not jira.issues


def test_what_another_tracker_opens_meanwhile_is_left_to_it(tmp_path: Path) -> None:
    """The errand waits: it may be meant for this one again."""
    with bench(tmp_path, Jira()) as one:
        parcel = one.parcel()
        one.wanted = replace(WANTED, tracker="github")
        with pytest.raises(Postponed, match=r"^'Limit retries' is opened in github instead$"):
            one.place.deliver(parcel)


def test_a_follow_up_without_a_project_says_what_to_do(tmp_path: Path) -> None:
    """And is opened once the team's file names one."""
    with bench(tmp_path, Jira()) as one:
        one.wanted = replace(WANTED, project="")
        with pytest.raises(Unreachable) as caught:
            one.place.deliver(one.parcel())
        why = "'Limit retries': team payments names no Jira project; add `jira` to its file"
        assert str(caught.value) == why
        (told,) = one.commands()
    assert told.args["text"].startswith(
        f"The follow-up 'Limit retries' could not be opened in jira: {why}. It is tried"
    )


def test_a_changed_token_is_used_at_once(tmp_path: Path) -> None:
    """The first of the file; one that is not taken is waited for to be mended."""
    with bench(tmp_path, Jira()) as one:
        parcel = one.parcel()
        (tmp_path / "token").write_text("other\n")
        one.tracker._token._looked_at = float("-inf")
        with pytest.raises(Unreachable, match=r"401 .*; expected a valid token, in the file of the token$"):
            one.place.deliver(parcel)
        assert not one.commands()


@given(st.text(min_size=1, max_size=400))
def test_any_title_is_one_line_of_plain_text(title: str) -> None:
    """Jira's document format takes text as text, and its summary takes no line breaks."""
    found = fields(replace(WANTED, title=title), "tocsin-x")
    assert len(found["summary"]) <= 255
    assert "\n" not in found["summary"]
    assert "\r" not in found["summary"]
