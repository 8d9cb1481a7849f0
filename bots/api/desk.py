"""Takes commands in: who asks, whether they may, into the inbox, and back with the answer."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from alerting.model.policy import Policy
from bots.answers import Answers
from bots.api import commands
from bots.api.body import read_body
from bots.api.people import Asker, People
from bots.commands import admission, freeze_commands
from bots.commands.asked import Asked
from bots.errors import Rejected
from bots.inbox import Inbox, Lane
from bots.incident import History
from bots.ledger import Done, Refusal
from bots.metrics import Metrics
from bots.reading import document
from bots.timeline.envelope import seal
from bots.timeline.intake import Command, Denial
from bots.timeline.state import incident_name, incident_number

_MAX_BODY: Final = 64 * 1024
_ANSWER_WITHIN_S: Final = 10.0
_REFUSED: Final = {"unknown": 404, "illegal": 409, "invalid": 422}
_NEW_KEY: Final = "nothing was changed; expected a new key for a new request"
_LATE: Final = "stored; the record follows; read the incident again in a moment"


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON document."""
    text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    return Response(text, status_code=status, media_type="application/json", headers=dict(headers or {}))


def number_of(name: str) -> int:
    """7 for `INC-7`; raises Rejected (404) for anything else, since no such thing exists."""
    if name.startswith("INC-"):
        try:
            return incident_number(name)
        except ValueError as error:
            raise Rejected(404, str(error)) from error
    raise Rejected(404, f"no incident {name[:40]!r}; expected a name such as INC-7")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Takes commands in: who, whether they may, into the inbox, and back with the answer."""

    inbox: Inbox
    answers: Answers
    asked: Asked
    people: People
    policy: Callable[[], Policy]
    read: Callable[[int], History | None]
    """An incident with its timeline."""
    metrics: Metrics
    now: Callable[[], datetime]

    async def reader(self, request: Request) -> Asker:
        """Somebody who may read what there is: a member, or whoever has any role. Raises Rejected (401, 403, 503)."""
        asker = await self.people.asker(request)
        if stranger := self.people.stranger(asker):
            await self.turned_away(asker, "read", {"path": request.url.path}, stranger)
            raise Rejected(403, f"{stranger}; the attempt is in the audit")
        return asker

    async def turned_away(self, asker: Asker, what: str, args: Mapping[str, Any], reason: str) -> None:
        """Writes down that a stranger wanted in: once a day, since they may try as often as they like."""
        await self._deny(asker, what, None, self.now().date().isoformat(), args, reason)

    async def declare(self, request: Request) -> Response:
        """Starts an incident."""
        asker = await self.people.asker(request)
        asked = commands.read(commands.DECLARE, await read_body(request, _MAX_BODY))
        args = asked.model_dump(mode="json", exclude={"key"}, exclude_none=True)
        await self._allowed(asker, "declare", None, asked.key, args)
        service = self.policy().services.get(asked.service)
        if service is None:
            known = ", ".join(sorted(self.policy().services))
            raise Rejected(422, f"no service {asked.service!r}; expected one of {known}")
        args.setdefault("team", service.owner)
        if args["team"] not in self.policy().teams:
            raise Rejected(422, f"no team {args['team']!r}; expected one of {', '.join(sorted(self.policy().teams))}")
        return await self._ask("declare", asker, None, asked.key, args)

    async def command(self, request: Request, name: str) -> Response:
        """Does something about an incident."""
        asker = await self.people.asker(request)
        number = number_of(name)
        asked = commands.read(commands.COMMANDS, await read_body(request, _MAX_BODY))
        return await self.obey(asker, number, asked)

    async def obey(self, asker: Asker, number: int, asked: Any) -> Response:
        """Does what a request of `commands.COMMANDS` says, if whoever asks may; raises Rejected."""
        args = asked.args.model_dump(mode="json", exclude_none=True)
        await self._allowed(asker, asked.command, number, asked.key, args)
        if "to" in args:
            self.people.known(args["to"])
        return await self._ask(asked.command, asker, number, asked.key, args)

    async def switch(self, request: Request, name: str, form: TypeAdapter[Any]) -> Response:
        """Freezes remediation, or lets it run again."""
        asker = await self.people.asker(request)
        asked = commands.read(form, await read_body(request, _MAX_BODY))
        args = asked.model_dump(mode="json", exclude={"key"}, exclude_none=True)
        await self._allowed(asker, name, None, asked.key, args)
        return await self._ask(name, asker, None, asked.key, args)

    async def _allowed(self, asker: Asker, command: str, number: int | None, key: str, args: Mapping[str, Any]) -> None:
        """Raises Rejected (403), after the attempt has been written down, unless the member may."""
        rights, member = self.people.rights(asker), asker.name
        if stranger := self.people.stranger(asker):
            await self._deny(asker, command, number, key, args, stranger)
            raise Rejected(403, f"{stranger}; the attempt is in the audit")
        if command == "run":
            allowed, what = rights.may_run(args["action"]), f"run {args['action']}"
        elif command in admission.APPROVING and number is not None:
            history = await run_in_threadpool(self.read, number)
            what = f"{command} {admission.action_of(args, history) or 'a remediation'}"
            allowed = admission.may_answer(rights, member, command, args, history)
        else:
            verb = commands.VERBS.get(command) or admission.VERBS.get(command, command)
            allowed, what = rights.may(verb), verb
        if allowed:
            return
        await self._deny(asker, command, number, key, args, f"no role of {member} may {what}")
        raise Rejected(403, f"{member} may not {what}; policies/access.yaml says who may; the attempt is in the audit")

    async def _deny(
        self, asker: Asker, command: str, number: int | None, key: str, args: Mapping[str, Any], reason: str
    ) -> None:
        self.metrics.commands.labels(command, "denied").inc()
        denial = Denial(
            # Not the command's own key: with the right given later, the same request must not count as done.
            key=_own(asker.name, number, f"denied {command}", key),
            received_at=self.now(),
            by=asker.name,
            command=command,
            incident=number,
            args=args,
            reason=reason,
            source=asker.source,
        )
        source, body = seal(denial)
        await self.inbox.put(source, Lane.PEOPLE, body, denial.received_at)

    async def _ask(self, name: str, asker: Asker, number: int | None, key: str, args: Mapping[str, Any]) -> Response:
        command = Command(
            key=_own(asker.name, number, name, key),
            received_at=self.now(),
            name=name,
            by=asker.name,
            incident=number,
            args=args,
            source=asker.source,
        )
        if not await run_in_threadpool(self.asked.same, command.key, args, command.received_at):
            self.metrics.commands.labels(name, "refused").inc()
            raise Rejected(409, f"the key {key!r} belongs to another request, with other arguments; {_NEW_KEY}")
        promise = self.answers.promise(command.key)
        source, body = seal(command)
        try:
            await self.inbox.put(source, Lane.PEOPLE, body, command.received_at)
        except BaseException:
            self.answers.forget(command.key, promise)
            raise
        answer = await self.answers.wait(command.key, promise, _ANSWER_WITHIN_S)
        return self._response(name, answer)

    def _response(self, name: str, answer: Done | Refusal | None) -> Response:
        if answer is None:
            self.metrics.commands.labels(name, "late").inc()
            return json_answer({"status": "accepted", "detail": _LATE}, 202)
        if isinstance(answer, Refusal):
            self.metrics.commands.labels(name, "refused").inc()
            raise Rejected(_REFUSED[answer.code], answer.message)
        self.metrics.commands.labels(name, "done").inc()
        if name in freeze_commands.VERBS:
            return json_answer({"status": "done"})
        assert answer.incident is not None, "a command that was done has an incident"
        place = {"Location": f"/api/v1/incidents/{answer.incident.name}"} if name == "declare" else {}
        return json_answer({"incident": document(answer.incident)}, 201 if name == "declare" else 200, place)


def _own(member: str, number: int | None, command: str, key: str) -> str:
    """Keys of different people, about different incidents, or of different commands are different keys."""
    about = "new" if number is None else incident_name(number)
    return hashlib.sha256(f"{member}\n{about}\n{command}\n{key}".encode()).hexdigest()
