"""Pull requests of drafts and issues of follow-ups, on a server that holds requests against GitHub's description."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bots.configuration.secret_file import SecretFile
from bots.errors import Undeliverable, Unreachable
from bots.files import SCHEMA
from bots.git import git_remote
from bots.github.budget import Budget
from bots.github.client import GitHub
from bots.github.credentials import TokenCredentials
from bots.github.follow_ups import GitHubTracker
from bots.github.pulls import Pulls
from bots.inbox import INSERT, Inbox
from bots.incident import History
from bots.journal import Journal
from bots.postmortems.follow_up import Wanted, marker
from tests.bots.github.official import request_problems
from tests.bots.http_server import Received, Reply, serving
from tests.bots.office import Office, alert, at, command, delivery
from tests.bots.vault import bare, git, vault

WANTED = Wanted(
    key="a" * 64,
    incident="INC-1",
    path="postmortems/2026/INC-1.md",
    url="https://tocsin.example.com/incidents/INC-1",
    title="Limit @ana's retries, closes #3",
    team="payments",
    owner="ben",
    assignee="ben",
    due=date(2026, 2, 10),
    since=at(0),
    tracker="github",
    project="",
    type="",
)


@dataclass
class Host:
    """What GitHub has, and how it answers."""

    made: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    strangers: frozenset[str] = frozenset()
    lose_answer: bool = False

    def __call__(self, got: Received) -> Reply:
        if urlsplit(got.path).path == "/user":
            return Reply(body=b'{"login": "tocsin-bot"}')
        self.problems += request_problems(got.method, got.path, got.body)
        what = urlsplit(got.path).path.rsplit("/", 1)[1]
        if got.method == "GET":
            asked = parse_qs(urlsplit(got.path).query)
            known = [one for one in self.made if one["what"] == what]
            if what == "pulls":
                known = [one for one in known if f"example:{one['head']}" == asked["head"][0]]
            return Reply(body=json.dumps(known).encode())
        return self._make(what, json.loads(got.body))

    def _make(self, what: str, body: dict[str, Any]) -> Reply:
        if self.strangers & set(body.get("assignees", ())):
            return Reply(status=422, body=b'{"message": "Validation Failed"}')
        if what == "pulls" and any(one["what"] == "pulls" and one["head"] == body["head"] for one in self.made):
            return Reply(status=422, body=b'{"message": "A pull request already exists for example:postmortem/INC-1."}')
        number = len(self.made) + 1
        about = {"what": what, "html_url": f"https://github.com/example/incidents/{what}/{number}"}
        self.made.append(body | about | {"user": {"login": "tocsin-bot"}})
        return Reply(hang_up=True) if self.lose_answer else Reply(status=201, body=json.dumps(self.made[-1]).encode())


@dataclass
class Stage:
    """A client of the host."""

    host: Host
    api: GitHub

    @property
    def pulls(self) -> Pulls:
        """Against the branch main."""
        return Pulls(self.api, lambda: "main")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A client with a token on files of its own; in the end every request was as described."""
    host = Host()
    journal = Journal(tmp_path / "inbox.db", schema=SCHEMA, insert=INSERT, limit_bytes=2**26)
    inbox = Inbox(journal)
    (tmp_path / "token").write_text("secret\n")
    with serving(host) as server:
        api = GitHub(
            url=server.url,
            repository="example/incidents",
            credentials=TokenCredentials(SecretFile(tmp_path / "token", "TOCSIN_GITHUB_TOKEN_FILE")),
            budget=Budget(inbox, lambda: at(0), lambda seconds: None),
            inbox=inbox,
            now=lambda: at(0),
        )
        try:
            yield Stage(host=host, api=api)
        finally:
            inbox.close()
            journal.close()
    assert host.problems == []


def _life(name: str = "Broken") -> History:
    office = Office()
    office.take(delivery(alert(name, 0)), command("ack", received=3))
    office.take(delivery(alert(name, 0, 10)))
    return office.history()


def test_a_draft_gets_one_pull_request(stage: Stage) -> None:
    """Opening it again finds it, whatever people did with it."""
    url = stage.pulls.open(_life())
    assert stage.pulls.open(_life()) == url == "https://github.com/example/incidents/pulls/1"
    (made,) = stage.host.made
    assert (made["head"], made["base"], made["title"]) == (
        "postmortem/INC-1",
        "main",
        "Postmortem of INC-1: Broken on checkout",
    )
    assert made["body"].splitlines()[0] == "The draft of INC-1, with what the machine knows. ana worked on it."


def test_a_pull_request_whose_answer_was_lost_is_not_opened_twice(stage: Stage) -> None:
    """The listing by branch finds it."""
    stage.host.lose_answer = True
    with pytest.raises(Unreachable):
        stage.pulls.open(_life())
    assert stage.pulls.open(_life()).endswith("/pulls/1")
    assert len(stage.host.made) == 1


def test_titles_of_alerts_mention_nobody(stage: Stage) -> None:
    """Nor refer to other issues."""
    stage.pulls.open(_life("@ana closes #3"))
    title = stage.host.made[0]["title"]
    assert "@ana" not in title
    assert "#3" not in title
    assert len(title) <= 256


def test_a_title_is_no_markdown(stage: Stage) -> None:
    """GitHub shows it as it is: nothing in it is escaped."""
    stage.pulls.open(_life("rate_of_[5xx]"))
    GitHubTracker(stage.api).create(replace(WANTED, title="Limit rate_of_[5xx]"), marker(WANTED))
    assert [one["title"] for one in stage.host.made] == [
        "Postmortem of INC-1: rate_of_[5xx] on checkout",
        "Limit rate_of_[5xx]",
    ]


def test_a_follow_up_becomes_an_issue(stage: Stage) -> None:
    """With label, assignee and a table; its words refer to nothing."""
    tracker = GitHubTracker(stage.api)
    assert tracker.create(WANTED, marker(WANTED)) == "https://github.com/example/incidents/issues/1"
    (made,) = stage.host.made
    assert (made["labels"], made["assignees"]) == (["follow-up"], ["ben"])
    assert made["body"].splitlines()[-1] == "| ben | 2026-02-10 |"
    assert "@ana" not in made["title"]
    assert "#3" not in made["title"]


def test_somebody_who_cannot_be_assigned_does_not_lose_the_follow_up(stage: Stage) -> None:
    """The owner is in the text."""
    stage.host.strangers = frozenset({"ben"})
    GitHubTracker(stage.api).create(WANTED, marker(WANTED))
    (made,) = stage.host.made
    assert "assignees" not in made
    assert "| ben |" in made["body"]


def test_a_follow_up_is_found_by_its_marker_only(stage: Stage) -> None:
    """Another follow-up's issue is not it."""
    stage.host.lose_answer = True
    tracker = GitHubTracker(stage.api)
    other = replace(WANTED, key="b" * 64)
    with pytest.raises(Unreachable) as caught:
        tracker.create(WANTED, marker(WANTED))
    assert caught.value.unknown
    assert tracker.find(marker(other), at(0) - timedelta(days=1)) is None
    assert tracker.find(marker(WANTED), at(0) - timedelta(days=1)) == "https://github.com/example/incidents/issues/1"


def test_an_issue_from_before_is_not_looked_at(stage: Stage) -> None:
    """GitHub lists what changed since then; the newest come first, so the list is not followed into the past."""
    old = {"what": "issues", "body": f"<!-- tocsin:follow-up {marker(WANTED)} -->", "html_url": "https://old"}
    stage.host.made.append(old | {"created_at": "2025-01-01T00:00:00Z"})
    assert GitHubTracker(stage.api).find(marker(WANTED), at(0)) is None


def test_the_remote_says_which_branch_is_the_default(tmp_path: Path) -> None:
    """Asked by git, so that every host can be."""
    remote = bare(tmp_path / "remote.git")
    git(remote, "symbolic-ref", "HEAD", "refs/heads/trunk")
    with vault(tmp_path / "state", remote) as one:
        with pytest.raises(Undeliverable, match=r"^the remote has no default branch; push one$"):
            git_remote.default_branch(one.store.path)
        tree = git(remote, "hash-object", "-w", "-t", "tree", "/dev/null").strip()
        identity = ("-c", "user.name=ana", "-c", "user.email=ana@example.com")
        commit = git(remote, *identity, "commit-tree", tree, "-m", "begin").strip()
        git(remote, "update-ref", "refs/heads/trunk", commit)
        assert git_remote.default_branch(one.store.path) == "trunk"
