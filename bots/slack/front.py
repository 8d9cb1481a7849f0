"""Answers Slack within its three seconds, whatever else is slow: what changes something is stored and done afterwards.

Only a form is opened in the request (its trigger lives for three seconds), and what only looks is looked up in it; both
have a deadline of their own. https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any, Final, TypeVar

from bots.errors import DestinationError, Overloaded, StorageFull
from bots.inbox import Lane
from bots.integration import Toolbox
from bots.rulebook import Rules
from bots.slack import answers, envelope, forms
from bots.slack.answers import Answer
from bots.slack.asking import Asked, Wrong
from bots.slack.envelope import SOURCE, Envelope
from bots.slack.forms import Sent
from bots.slack.message import Scene
from bots.slack.room import Rooms
from bots.slack.translator import SlackTranslator
from bots.slack.web import Web
from bots.timeline.state import incident_name, incident_number

T = TypeVar("T")

WITHIN_S: Final = 2.0
"""Of Slack's three seconds; the rest is for the way."""
NOTHING: Final[Answer] = {}
"""An empty answer: it was taken in, and what comes of it is told later."""
_WORKERS: Final = 8
_STORING: Final = 64
"""Each may wait for the disk; what people do must not wait in a line for it."""
_LATER: Final = "That takes longer than usual; the answer follows."
_MAYBE: Final = (
    "The bot's disk is slow: it is not sure yet that this was stored. Look at the incident before you repeat it."
)
_log = logging.getLogger(__name__)


class Front:
    """What Slack's requests end at, by HTTP or Socket Mode; any thread may call it."""

    def __init__(
        self, *, translator: SlackTranslator, rooms: Rooms, web: Web, tools: Toolbox, within_s: float = WITHIN_S
    ) -> None:
        """`translator` says what is asked, so that the request and the writer understand the same."""
        self._translator = translator
        self._rooms = rooms
        self._web = web
        self._inbox = tools.inbox
        self._reading = tools.reading
        self._metrics = tools.metrics
        self._policy = tools.policy
        self._public_url = tools.public_url
        self._now = tools.now
        self._within_s = within_s
        # Its own, and one for each kind: the disk, git and Slack may be slow, and none of them makes another wait.
        self._storing = ThreadPoolExecutor(_STORING, thread_name_prefix="slack-store")
        self._looking = ThreadPoolExecutor(_WORKERS, thread_name_prefix="slack-look")
        self._calling = ThreadPoolExecutor(_WORKERS, thread_name_prefix="slack-call")

    def start(self) -> None:
        """Nothing to begin."""

    def stop(self) -> None:
        """Waits for what runs."""
        for pool in (self._storing, self._looking, self._calling):
            pool.shutdown(wait=True, cancel_futures=True)

    def slash(self, body: Mapping[str, Any]) -> Answer:
        """The answer to a slash command; only the person who gave it sees it."""
        row = envelope.slash(body)
        asked = self._translator.asked(row)
        if isinstance(asked, Wrong):
            return answers.said(asked.message, ok=False)
        if asked.looks:
            return self._looked(lambda: self.look(asked), str(row.payload["response_url"]))
        if asked.form:
            return self._form(asked, row)
        return self._store(row)

    def click(self, body: Mapping[str, Any]) -> Answer:
        """The answer to a click on a button: nothing that Slack shows, so what is wrong is posted."""
        row = envelope.click(body)
        asked = self._translator.asked(row)
        url = str(row.payload["response_url"])
        if isinstance(asked, Wrong):
            return self._posted(answers.said(asked.message, ok=False), url)
        return self._posted(self._form(asked, row) if asked.form else self._store(row), url)

    def form(self, body: Mapping[str, Any]) -> Answer:
        """The answer to a form that was sent in: nothing closes it, errors are shown in it."""
        row = envelope.form(body)
        sent = forms.sent(row.payload, self._policy())
        errors = sent.errors or self._objections(sent)
        if errors:
            return {"response_action": "errors", "errors": dict(errors)}
        told = self._store(row)
        return answers.in_form(row.payload["view"], str(told["text"])) if told else NOTHING

    def _objections(self, sent: Sent) -> Mapping[str, str]:
        """What only the incident tells; the writer looks again."""
        if sent.command != "close" or sent.args.get("verdict"):
            return {}
        number = incident_number(sent.origin.incident)
        # A quarter: the form is stored afterwards, and Slack waits for both.
        history = self._waited(self._looking.submit(self._reading.get, number), self._within_s / 4)
        if history is None or history.state.verdict:
            return {}
        return {"verdict": "missing; expected what it was, because nobody has said that yet"}

    def options(self, body: Mapping[str, Any]) -> Answer:
        """The choices of a menu that are asked for as somebody types."""
        return {"options": forms.services(self._policy(), str(body.get("value") or ""))}

    def message(self, body: Mapping[str, Any]) -> None:
        """Takes in what was written where an incident is talked about; raises Overloaded or StorageFull: Slack sends
        it again."""
        row = envelope.message(body)
        if self._translator.about(row) is None:
            return
        storing = self._storing.submit(self._inbox.put_now, SOURCE, Lane.PEOPLE, row.sealed(), self._now())
        try:
            storing.result(self._within_s)
        except Late:
            raise Overloaded("the disk is slow: it is not sure yet that this was stored") from None
        self._count("kept")

    def look(self, asked: Asked) -> Answer:
        """What only reads."""
        policy = self._policy()
        if asked.command == "help":
            return answers.usage()
        if asked.command == "runbook list":
            return answers.runbook_list(policy)
        if asked.command == "runbook show":
            return answers.runbook(policy, str(asked.args["name"]))
        if asked.command == "list":
            return self._list(asked)
        assert asked.incident is not None, "only an incident can be shown"
        history = self._reading.get(asked.incident)
        if history is None:
            return answers.said(
                f"no incident {incident_name(asked.incident)}; `/incident list all` shows some", ok=False
            )
        room = self._rooms.of(history.number)
        scene = Scene(policy=policy, rules=Rules.of(policy), public_url=self._public_url(), now=self._now(), room=room)
        return answers.incident(history, scene)

    def _list(self, asked: Asked) -> Answer:
        team, service = asked.args.get("team"), asked.args.get("service")
        active = None if asked.args.get("all") else True
        found = self._reading.find(active=active, team=team, service=service, limit=answers.MOST + 1)
        what = "on the record" if active is None else "that go on"
        whose = f" of {team or service}" if team or service else ""
        return answers.incident_list(found, self._policy(), self._public_url(), what + whose)

    def _looked(self, look: Callable[[], Answer], url: str) -> Answer:
        """The answer, or that it follows where the bot has no time for it now."""
        running = self._looking.submit(look)
        told = self._waited(running, self._within_s)
        if told is not None:
            return told
        running.add_done_callback(lambda done: self._send(url, done.result()) if not done.cancelled() else None)
        return answers.said(_LATER)

    def _waited(self, running: "Future[T]", within_s: float) -> T | None:
        try:
            return running.result(within_s)
        except Late:
            return None

    def _form(self, asked: Asked, row: Envelope) -> Answer:
        """Opens the form, and says so where that did not work."""
        payload = row.payload
        origin = forms.Origin(
            incident=incident_name(asked.incident) if asked.incident is not None else "",
            channel=str(payload["channel_id"]),
            response_url=str(payload["response_url"]),
        )
        service = str(asked.args.get("service", ""))
        arguments = {"trigger_id": payload["trigger_id"], "view": forms.view(asked.command, origin, service)}
        running = self._calling.submit(self._web.call, "views.open", arguments)
        words = f"say it in words: `/incident {asked.command} {origin.incident or 'SERVICE TITLE'} …`"
        try:
            opened = self._waited(running, self._within_s)
        except DestinationError as error:
            _log.warning("a form could not be opened: %s", error)
            return answers.said(f"Slack did not open the form ({error}); {words}", ok=False)
        return NOTHING if opened is not None else answers.said(f"Slack is slow to open the form; {words}", ok=False)

    def _store(self, row: Envelope) -> Answer:
        """Keeps what is to be done; the answer is empty once it is on the disk."""
        running = self._storing.submit(self._inbox.put_now, SOURCE, Lane.PEOPLE, row.sealed(), self._now())
        try:
            running.result(self._within_s)
        except Late:
            return answers.said(_MAYBE, ok=False)
        except (Overloaded, StorageFull) as error:
            self._count("unavailable")
            return answers.said(f"Nothing was done: {error}", ok=False)
        self._count("kept")
        return NOTHING

    def _count(self, outcome: str) -> None:
        self._metrics.deliveries.labels(SOURCE, outcome).inc()

    def _posted(self, told: Answer, url: str) -> Answer:
        if told:
            self._calling.submit(self._send, url, told)
        return NOTHING

    def _send(self, url: str, told: Answer) -> None:
        try:
            self._web.respond(url, told, "answer")
        except DestinationError as error:
            _log.warning("an answer did not reach the person who asked: %s", error)
