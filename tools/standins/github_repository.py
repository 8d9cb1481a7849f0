"""A repository of the GitHub that is played on this machine: its issues, comments and webhook, and people's hands."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

MAX_BODY: Final = 65_536
MAX_TITLE: Final = 256
_MAX_LABEL: Final = 50
_MAX_ASSIGNEES: Final = 10


class Refused(Exception):
    """An answer that is not 2xx, as GitHub words it."""

    def __init__(self, status: int, message: str, *, errors: Iterable[Any] = ()) -> None:
        """`errors` are the fields that are wrong."""
        self.status = status
        self.message = message
        self.errors = tuple(errors)
        super().__init__(message)


@dataclass(slots=True, kw_only=True)
class Comment:
    """A comment of an issue."""

    id: int
    author: str
    body: str
    at: datetime
    edited_at: datetime | None = None
    reactions: list[tuple[str, str]] = field(default_factory=list)
    """Who, and what."""


@dataclass(slots=True, kw_only=True)
class Issue:
    """An issue, with everything that happened to it."""

    number: int
    author: str
    title: str
    body: str
    at: datetime
    updated_at: datetime
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    open: bool = True
    reason: str | None = None
    comments: list[Comment] = field(default_factory=list)
    reactions: list[tuple[str, str]] = field(default_factory=list)
    writes: list[tuple[datetime, str]] = field(default_factory=list)
    """When the API changed it, and how."""

    @property
    def id(self) -> int:
        """Unlike its number, unique everywhere."""
        return 1_000_000 + self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A pull request, which nobody merges here."""

    number: int
    author: str
    title: str
    body: str
    head: str
    """The branch that it is about."""
    base: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class Happening:
    """What a webhook tells."""

    event: str
    action: str
    issue: Issue
    sender: str
    comment: Comment | None = None
    label: str | None = None
    assignee: str | None = None
    before: dict[str, str] = field(default_factory=dict)
    """The texts that were edited, as they were."""


@dataclass
class Repository:
    """Several threads use it; whoever looks inside holds `lock`."""

    name: str = "example/incidents"
    number: int = 8
    """It stays when the name changes."""
    bot: str = "tocsin[bot]"
    people: frozenset[str] = frozenset()
    """Logins that can be assigned, besides the bot; empty is everybody."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    heard: Callable[[Happening], None] = lambda happening: None
    """Called, with the lock held, for everything that webhooks tell."""
    issues: dict[int, Issue] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    teams: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The organisation's teams by their slugs, with the logins of their members."""
    associations: dict[str, str] = field(default_factory=dict)
    """Login → how it belongs to the repository; a member by default."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    _numbers: int = 40
    _ids: int = 9_000

    # what the API does

    def create(self, author: str, title: str, body: str, labels: Iterable[str], assignees: Iterable[str]) -> Issue:
        """Raises Refused for what GitHub does not take."""
        with self.lock:
            self._check(title=title, body=body, labels=labels, assignees=assignees)
            self._numbers += 1
            now = self.now()
            made = Issue(number=self._numbers, author=author, title=title, body=body, at=now, updated_at=now)
            made.labels, made.assignees = list(dict.fromkeys(labels)), list(dict.fromkeys(assignees))
            self.issues[made.number] = made
            made.writes.append((now, "created"))
            self._tell(made, author, "opened")
            for label in made.labels:
                self._tell(made, author, "labeled", label=label)
            return made

    def get(self, number: int) -> Issue:
        """Raises Refused (404)."""
        if number not in self.issues:
            raise Refused(404, "Not Found")
        return self.issues[number]

    def change(self, number: int, sender: str, **fields: Any) -> Issue:
        """Sets fields of an issue and tells of every difference; raises Refused."""
        with self.lock:
            issue = self.get(number)
            self._check(**{name: fields[name] for name in fields if name in ("title", "body", "labels", "assignees")})
            issue.updated_at = self.now()
            issue.writes.append((issue.updated_at, ", ".join(sorted(fields))))
            before = (list(issue.labels), list(issue.assignees), issue.open, issue.title, issue.body)
            self._set(issue, fields)
            self._differences(issue, sender, *before)
            return issue

    def comment(self, number: int, author: str, body: str) -> Comment:
        """Adds a comment; raises Refused."""
        with self.lock:
            issue = self.get(number)
            self._check(body=body)
            if not body.strip():
                raise Refused(422, "Validation Failed", errors=["body is blank"])
            self._ids += 1
            made = Comment(id=self._ids, author=author, body=body, at=self.now())
            issue.comments.append(made)
            issue.updated_at = made.at
            self.heard(Happening(event="issue_comment", action="created", issue=issue, sender=author, comment=made))
            return made

    def commented(self, comment_id: int) -> tuple[Issue, Comment]:
        """A comment with its issue; raises Refused (404)."""
        found = ((one, comment) for one in self.issues.values() for comment in one.comments if comment.id == comment_id)
        for pair in found:
            return pair
        raise Refused(404, "Not Found")

    def edit_comment(self, comment_id: int, sender: str, body: str) -> Comment:
        """Changes a comment; raises Refused."""
        with self.lock:
            issue, comment = self.commented(comment_id)
            self._check(body=body)
            before, comment.body, comment.edited_at = comment.body, body, self.now()
            told = Happening(event="issue_comment", action="edited", issue=issue, sender=sender, comment=comment)
            told.before = {"body": before}
            self.heard(told)
            return comment

    def delete_comment(self, comment_id: int, sender: str) -> None:
        """Takes a comment away; raises Refused."""
        with self.lock:
            issue, comment = self.commented(comment_id)
            issue.comments.remove(comment)
            told = Happening(event="issue_comment", action="deleted", issue=issue, sender=sender, comment=comment)
            self.heard(told)

    def pull(self, author: str, title: str, body: str, head: str, base: str) -> Pull:
        """Opens a pull request; raises Refused if the branch has one."""
        with self.lock:
            self._check(title=title, body=body)
            if any(one.head == head for one in self.pulls.values()):
                raise Refused(422, "Validation Failed", errors=[f"A pull request already exists for {head}."])
            self._numbers += 1
            made = Pull(
                number=self._numbers, author=author, title=title, body=body, head=head, base=base, at=self.now()
            )
            self.pulls[made.number] = made
            return made

    # what people do

    def open(self, login: str, title: str, body: str = "", labels: Iterable[str] = ()) -> Issue:
        """A person opens an issue, with or without a form."""
        return self.create(login, title, body, labels, ())

    def label(self, login: str, number: int, label: str) -> None:
        """A person adds a label, after taking away one of the same kind."""
        issue = self.get(number)
        kind = label.split(": ")[0] + ": "
        kept = [one for one in issue.labels if ": " not in label or not one.startswith(kind)]
        self.change(number, login, labels=[*kept, label])

    def unlabel(self, login: str, number: int, label: str) -> None:
        """A person takes a label away."""
        self.change(number, login, labels=[one for one in self.get(number).labels if one != label])

    def assign(self, login: str, number: int, *assignees: str) -> None:
        """A person assigns people."""
        self.change(number, login, assignees=[*self.get(number).assignees, *assignees])

    def unassign(self, login: str, number: int, *assignees: str) -> None:
        """A person takes people off it."""
        self.change(number, login, assignees=[one for one in self.get(number).assignees if one not in assignees])

    def close(self, login: str, number: int) -> None:
        """A person closes it."""
        self.change(number, login, state="closed", state_reason="completed")

    def reopen(self, login: str, number: int) -> None:
        """A person opens it again."""
        self.change(number, login, state="open", state_reason="reopened")

    def edit(self, login: str, number: int, body: str) -> None:
        """A person changes the text."""
        self.change(number, login, body=body)

    def delete(self, number: int, login: str = "somebody") -> None:
        """A person deletes it."""
        with self.lock:
            issue = self.get(number)
            del self.issues[number]
            self._tell(issue, login, "deleted")

    # inside

    def _check(
        self,
        *,
        title: str | None = None,
        body: str | None = None,
        labels: Iterable[str] = (),
        assignees: Iterable[str] = (),
    ) -> None:
        wrong = []
        if title is not None and not title.strip():
            wrong.append("title is missing")
        if title is not None and len(title) > MAX_TITLE:
            wrong.append(f"title is too long (maximum is {MAX_TITLE} characters)")
        if body is not None and len(body) > MAX_BODY:
            wrong.append(f"body is too long (maximum is {MAX_BODY} characters)")
        wrong += [f"label {label} is too long" for label in labels if len(label) > _MAX_LABEL]
        known = self.people | {self.bot}
        wrong += [f"assignees {one} is invalid" for one in assignees if self.people and one not in known]
        if len(list(assignees)) > _MAX_ASSIGNEES:
            wrong.append("too many assignees")
        if wrong:
            raise Refused(422, "Validation Failed", errors=wrong)

    def _set(self, issue: Issue, fields: dict[str, Any]) -> None:
        issue.title = fields.get("title", issue.title)
        issue.body = fields.get("body", issue.body)
        issue.labels = list(dict.fromkeys(fields.get("labels", issue.labels)))
        issue.assignees = list(dict.fromkeys(fields.get("assignees", issue.assignees)))
        if "state" in fields:
            issue.open, issue.reason = fields["state"] == "open", fields.get("state_reason")

    def _differences(
        self, issue: Issue, sender: str, labels: list[str], assignees: list[str], was_open: bool, title: str, body: str
    ) -> None:
        for label in (one for one in labels if one not in issue.labels):
            self._tell(issue, sender, "unlabeled", label=label)
        for label in (one for one in issue.labels if one not in labels):
            self._tell(issue, sender, "labeled", label=label)
        for login in (one for one in issue.assignees if one not in assignees):
            self._tell(issue, sender, "assigned", assignee=login)
        for login in (one for one in assignees if one not in issue.assignees):
            self._tell(issue, sender, "unassigned", assignee=login)
        if issue.open != was_open:
            self._tell(issue, sender, "reopened" if issue.open else "closed")
        edited = {"title": title} if title != issue.title else {}
        edited |= {"body": body} if body != issue.body else {}
        if edited:
            self._tell(issue, sender, "edited", before=edited)

    def _tell(self, issue: Issue, sender: str, action: str, **more: Any) -> None:
        self.heard(Happening(event="issues", action=action, issue=issue, sender=sender, **more))
