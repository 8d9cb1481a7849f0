"""What people do on GitHub, as what they ask of the bot: the translator of the inbox's rows from there.

What the bot did itself is not heard, nor what other programs did. Somebody whom no team knows may ask nothing: the
attempt is in the audit, and only those who belong to the repository are told, so that nobody outside can make the bot
write.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from alerting.github.labels import INCIDENT, priority_label, state_label
from alerting.model.policy import Policy
from bots.admission import admit
from bots.directory import member_of_github
from bots.errors import Rejected
from bots.event_fields import PRIORITIES
from bots.github.comments import SOURCE
from bots.github.form import declared
from bots.github.issue import LINK
from bots.github.markers import begin, has
from bots.github.spoken import Asked, asked
from bots.github.wire import CommentEvent, Issue, IssuesEvent, User, unseal
from bots.inbox import Item
from bots.incident import History
from bots.intake import MISTAKEN, Command, Intake
from bots.mirror import Mirror
from bots.rights import members
from bots.speech import NotACommand, parse, parts
from bots.state import Status

_INSIDERS: Final = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""https://docs.github.com/en/graphql/reference/enums#commentauthorassociation"""
_NAMED: Final = re.compile(r"INC-([1-9]\d{0,8}) ")
_NOTE: Final = 10_000
_SAID: Final = 200
_BY_STATE: Final = {
    state_label(Status.ACKNOWLEDGED): "ack",
    state_label(Status.MITIGATED): "mitigate",
    state_label(Status.RESOLVED): "resolve",
    state_label(Status.CLOSED): "close",
}


class Listening:
    """Used by the writer's thread."""

    def __init__(
        self,
        *,
        repository: str,
        login: Callable[[], str],
        policy: Callable[[], Policy],
        history: Callable[[int], History | None],
        recent: Callable[[], Iterable[int]],
        mirror: Mirror,
    ) -> None:
        """`login` is the bot's own, `mirror` tells which issue is whose, `recent` gives the newest incidents."""
        self._recent = recent
        self._repository = repository
        self._login = login
        self._policy = policy
        self._history = history
        self._mirror = mirror

    def __call__(self, item: Item) -> Sequence[Intake]:
        """What a delivery asks. Raises Rejected when it is no event of GitHub."""
        if not item.intact:
            raise Rejected(422, "the body is not the one that was stored: its digest differs")
        envelope, event = unseal(item.body)
        if (
            event is None
            or event.repository.full_name.lower() != self._repository.lower()
            or self._machine(event.sender)
        ):
            return ()
        if isinstance(event, CommentEvent):
            return self._comment(event, item) if event.action == "created" else ()
        key = f"github delivery {envelope.delivery}"
        return self._issue(event, item, key)

    def _machine(self, sender: User) -> bool:
        return sender.type == "Bot" or sender.login.lower() == self._login().lower()

    # comments

    def _comment(self, event: CommentEvent, item: Item) -> Sequence[Intake]:
        history = self._of(event.issue)
        if history is None or event.issue.pull_request is not None:
            return ()
        comment = event.comment
        insider = comment.author_association in _INSIDERS
        by = self._by(event.sender)
        found: list[Intake] = []
        for number, part in enumerate(parts(comment.body or "")):
            heard = parse(part)
            note = isinstance(heard, NotACommand)
            if not part.strip() or (note and not insider and by not in members(self._policy())):
                # What somebody from outside writes is no attempt at anything.
                continue
            if isinstance(heard, NotACommand):
                wanted = Asked(name="note", args={"text": _cut(part), "url": comment.html_url})
            else:
                wanted = asked(heard, self._policy(), history, by)
            reply = {"issue": event.issue.number, "comment": comment.id, "said": part[:_SAID], "quiet": note}
            # A colleague whom no team knows is not told so below each of their comments.
            told = insider and (not note or by in members(self._policy()))
            key = f"github comment {comment.id} {number}"
            found.append(self._admit(wanted, event.sender, history, item, key, reply if told else {}))
        return found

    # what is done to an issue by hand

    def _issue(self, event: IssuesEvent, item: Item, key: str) -> Sequence[Intake]:
        history = self._of(event.issue)
        if history is None:
            return self._declare(event, item)
        wanted = self._wanted(event, history)
        if wanted is None:
            return ()
        # Only who belongs to the repository can do any of this.
        reply = {"issue": event.issue.number, "by_hand": True}
        return (self._admit(wanted, event.sender, history, item, key, reply),)

    def _wanted(self, event: IssuesEvent, history: History) -> Asked | None:
        status = history.state.status
        if event.action == "labeled" and event.label is not None:
            return _labelled(event.label.name, history)
        if event.action == "assigned" and event.assignee is not None:
            return self._assigned(event.assignee, history)
        if event.action == "closed" and status is not Status.CLOSED:
            return Asked(name="resolve" if status.active else "close")
        if event.action == "reopened" and not status.active:
            return Asked(name="reopen")
        return None

    def _assigned(self, assignee: User, history: History) -> Asked | None:
        name = member_of_github(self._policy(), assignee.login)
        if name is None:
            return Asked(name=MISTAKEN, args={"message": nobody(assignee.login)})
        return None if name == history.state.assignee else Asked(name="assign", args={"to": name})

    # incidents that people open

    def _declare(self, event: IssuesEvent, item: Item) -> Sequence[Intake]:
        labels = [label.name for label in event.issue.labels]
        opens = event.action == "opened" or (
            event.action == "labeled" and event.label is not None and event.label.name == INCIDENT
        )
        issue = event.issue
        if not opens or INCIDENT not in labels or issue.pull_request is not None:
            return ()
        args = declared(self._policy(), issue.title, issue.body or "", labels)
        wanted = Asked(name="declare", args={**args, "relation": LINK, "url": issue.html_url})
        if "service" not in args:
            message = f"which service is it? add its label, such as service: {_any_service(self._policy())}"
            wanted = Asked(name=MISTAKEN, args={"message": f"{message}, and then the label {INCIDENT} again"})
        # A form labels its issue in the name of whoever fills it in; nobody else can label without belonging here.
        own = issue.user is not None and issue.user.login == event.sender.login
        insider = issue.author_association in _INSIDERS or not own
        reply = {"issue": issue.number, "react": True} if insider else {}
        # Being opened with the label makes two deliveries, and each is sent again when it got lost.
        return (self._admit(wanted, event.sender, None, item, f"github issue {issue.id}", reply),)

    def _admit(
        self, wanted: Asked, sender: User, history: History | None, item: Item, key: str, reply: dict[str, Any]
    ) -> Intake:
        command = Command(
            key=key,
            received_at=item.received_at,
            name=wanted.name,
            by=self._by(sender),
            incident=history.number if history else None,
            args=wanted.args,
            source=SOURCE,
            reply={"destination": SOURCE, **reply} if reply else {},
        )
        return command if wanted.name == MISTAKEN else admit(self._policy(), command, history)

    def _by(self, sender: User) -> str:
        return member_of_github(self._policy(), sender.login) or f"github:{sender.login}"

    def _of(self, issue: Issue) -> History | None:
        number = self._mirror.find(str(issue.number))
        return self._just_opened(issue) if number is None else self._history(number)

    def _just_opened(self, issue: Issue) -> History | None:
        """The incident of an issue that the mirror has not got to yet: people may be faster."""
        if issue.user is not None and issue.user.login == self._login():
            named = _NAMED.match(issue.title)
            history = self._history(int(named[1])) if named is not None else None
            marked = history is not None and has(issue.body or "", begin(history.events[0].id))
            return history if marked else None
        if all(label.name != INCIDENT for label in issue.labels):
            return None
        found = (self._history(number) for number in self._recent())
        return next((one for one in found if one is not None and _is_on(one, issue.html_url)), None)


def _is_on(history: History, url: str) -> bool:
    """Whether an incident was declared on an issue."""
    return any(link.relation == LINK and link.url == url for link in history.state.inputs.links)


def _labelled(label: str, history: History) -> Asked | None:
    state = history.state
    for priority in PRIORITIES:
        if label == priority_label(priority):
            return None if priority == state.priority else Asked(name="priority", args={"priority": priority})
    name = _BY_STATE.get(label)
    if name is None or label == state_label(state.status):
        return None
    return Asked(name=name)


def nobody(login: str) -> str:
    """What is said about an account that is no member's."""
    return f"{login[:40]} is nobody's account on GitHub in policies/teams; expected that of a member"


def _cut(text: str) -> str:
    return text if len(text) <= _NOTE else text[: _NOTE - 1] + "…"


def _any_service(policy: Policy) -> str:
    return next(iter(sorted(policy.services)), "checkout")
