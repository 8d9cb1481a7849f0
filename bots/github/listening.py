"""What people do on GitHub, as what they ask of the bot: the translator of the inbox's rows from there.

What the bot did itself is not heard, nor what other programs did. Somebody whom no team knows may ask nothing: the
attempt is in the audit, and only those who belong to the repository are told, so that nobody outside can make the bot
write.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from alerting.github.labels import INCIDENT
from alerting.model.policy import Policy
from bots.commands.admission import admit
from bots.commands.rights import members
from bots.directory import member_of_github
from bots.errors import Rejected
from bots.github.by_hand import PUT_BACK, asked_by_hand, aspect
from bots.github.comments import SOURCE
from bots.github.form import declared
from bots.github.issue import LINK
from bots.github.looking import comment_name
from bots.github.markers import begin, has
from bots.github.overwritten import damaged, lost
from bots.github.remarks import Hearer
from bots.github.spoken import Asked, mistaken
from bots.github.wire import CommentEvent, Issue, IssuesEvent, User, unseal
from bots.inbox import Item
from bots.incident import History
from bots.outbound.mirror import Mirror
from bots.timeline.event import BOT, time_text
from bots.timeline.intake import MISTAKEN, Command, Intake

_INSIDERS: Final = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""https://docs.github.com/en/graphql/reference/enums#commentauthorassociation"""
_NAMED: Final = re.compile(r"INC-([1-9]\d{0,8}) ")
_SAID: Final = 200
_LOST: Final = ("deleted", "transferred")


class Listening:
    """Used by the writer's thread."""

    def __init__(
        self,
        *,
        own: Callable[[str, int], bool],
        login: Callable[[], str],
        policy: Callable[[], Policy],
        history: Callable[[int], History | None],
        recent: Callable[[], Iterable[int]],
        mirror: Mirror,
    ) -> None:
        """`own` knows the repository by its name and number, `login` is the bot's, `mirror` tells which issue is whose,
        `recent` gives the newest incidents."""
        self._recent = recent
        self._own = own
        self._login = login
        self._policy = policy
        self._history = history
        self._mirror = mirror

    def __call__(self, item: Item) -> Sequence[Intake]:
        """What a delivery asks. Raises Rejected when it is no event of GitHub."""
        if not item.intact:
            raise Rejected(422, "the body is not the one that was stored: its digest differs")
        envelope, event = unseal(item.body)
        if event is None or not self._own(event.repository.full_name, event.repository.id):
            return ()
        if isinstance(event, IssuesEvent):
            key = event.key(envelope.delivery)
            if self._is_bot(event.sender):
                return self._overwritten(event, item, key)
            return () if self._machine(event.sender) else self._issue(event, item, key)
        return () if self._machine(event.sender) else self._comment(event, item)

    def _machine(self, user: User) -> bool:
        return user.type == "Bot" or self._is_bot(user)

    def _is_bot(self, user: User) -> bool:
        return user.login.lower() == self._login().lower()

    # comments

    def _comment(self, event: CommentEvent, item: Item) -> Sequence[Intake]:
        history, comment = self._of(event.issue), event.comment
        if history is None or event.issue.pull_request is not None:
            return ()
        if comment.user is not None and self._machine(comment.user):
            # What the bot wrote is its own; people may edit and delete it.
            return ()
        by = self._by(event.sender)
        known = by in members(self._policy())
        # Nobody edits the words of others without belonging to the repository.
        own = comment.user is None or comment.user.login == event.sender.login
        insider = comment.author_association in _INSIDERS or not own
        if event.action != "deleted" and comment.updated_at is not None:
            self._mirror.put_part(history.number, comment_name(comment.id), {"at": time_text(comment.updated_at)})
        found: list[Intake] = []
        for remark in Hearer(policy=self._policy(), history=history, by=by).remarks(event, item.received_at):
            if remark.note and not (insider or known):
                # What somebody from outside writes is no attempt at anything.
                continue
            said = {"said": remark.said[:_SAID], "quiet": remark.note}
            # A colleague whom no team knows is not told so below each of their comments.
            told = known or (insider and not remark.note)
            reply = {"issue": event.issue.number, "comment": comment.id, **said} if told else {}
            found.append(self._admit(remark.wanted, event.sender, history, item, remark.key, reply))
        return found

    # what is done to an issue by hand

    def _issue(self, event: IssuesEvent, item: Item, key: str) -> Sequence[Intake]:
        history = self._of(event.issue)
        if history is None:
            return self._declare(event, item)
        if event.action in _LOST:
            return (self._lost(event, history, item, key),)
        wanted = asked_by_hand(event, self._policy(), history)
        if wanted is None:
            self._last(event, history)
        if wanted is None and damaged(event, self._written(history), history.events[0].id):
            wanted = PUT_BACK
        if wanted is None:
            return ()
        # Who belongs to the repository can do any of this, and whoever opened an issue can close it.
        own = event.issue.user is not None and event.issue.user.login == event.sender.login
        insider = event.issue.author_association in _INSIDERS or not own
        silent = wanted == PUT_BACK or not (insider or self._by(event.sender) in members(self._policy()))
        reply = {"issue": event.issue.number, "by_hand": True, "silent": silent}
        found = self._admit(wanted, event.sender, history, item, key, reply)
        late = isinstance(found, Command) and wanted.name != MISTAKEN and not self._last(event, history)
        return () if late else (found,)

    def _last(self, event: IssuesEvent, history: History) -> bool:
        """Whether nothing was done since to the same side of the issue: what got lost is told after what came later."""
        side, at = aspect(event), event.issue.updated_at
        if not side or not at or self._by(event.sender) not in members(self._policy()):
            return True
        name = f"{side} of issue {event.issue.number}"
        known = self._mirror.part(name)
        if known is not None and str(known.state["at"]) > at:
            return False
        self._mirror.put_part(history.number, name, {"at": at})
        return True

    def _lost(self, event: IssuesEvent, history: History, item: Item, key: str) -> Command:
        text = (
            f"Its issue #{event.issue.number} on GitHub was {event.action} by {event.sender.login}: no other is opened"
        )
        args = {"text": text}
        return Command(
            key=key,
            received_at=item.received_at,
            name="note",
            by=BOT,
            incident=history.number,
            args=args,
            source=SOURCE,
        )

    def _overwritten(self, event: IssuesEvent, item: Item, key: str) -> Sequence[Intake]:
        """What a write of the bot's took from people is given back."""
        history = self._of(event.issue)
        taken = {} if history is None else lost(event, self._written(history), history.events[0].id)
        if history is None or not taken:
            return ()
        reply = {"issue": event.issue.number, "silent": True, "restore": taken}
        return (self._admit(PUT_BACK, event.sender, history, item, key, reply),)

    def _written(self, history: History) -> Mapping[str, Any]:
        known = self._mirror.get(history.number)
        return {} if known is None else known.state

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
            wanted = mistaken(f"{message}, and then the label {INCIDENT} again")
        # A form labels its issue in the name of whoever fills it in; nobody else can label without belonging here.
        own = issue.user is not None and issue.user.login == event.sender.login
        insider = issue.author_association in _INSIDERS or not own or self._by(event.sender) in members(self._policy())
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


def _any_service(policy: Policy) -> str:
    return next(iter(sorted(policy.services)), "checkout")
