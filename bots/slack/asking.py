"""What somebody asks in Slack, as a command of the ledger or what is wrong with it. Pure.

`/incident ack INC-7 on it`, `/runbook run high-error-rate`, a click on a button, a form that was sent in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alerting.model.policy import Policy
from bots.commands import runbooks, speech
from bots.directory import member, member_of_slack
from bots.slack import controls, forms
from bots.slack.markup import heard
from bots.timeline.state import incident_number

INCIDENT: Final = "/incident"
RUNBOOK: Final = "/runbook"
SLASHES: Final = (INCIDENT, RUNBOOK)
"""The slash commands of the app's manifest."""
LOOKS: Final = frozenset({"list", "show", "help", "runbook list", "runbook show"})
"""What only reads, and is answered at once."""
_NAMED: Final = re.compile(r"(?:^|\s)(INC-[1-9]\d{0,8})(?=\s|$)", re.IGNORECASE)
_MENTION: Final = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>")
_SLACK_ID: Final = re.compile(r"[UW][A-Z0-9]{3,}")
_DASH: Final = re.compile(r"(?<=\s)[—–](?=(?:public|for|dry-run)\b)")
"""What some keyboards make of two hyphens."""
_LIST_WORDS: Final = frozenset({"", "all", "active"})
_NEEDS: Final = frozenset({"assign", "priority", "note"})
"""With nothing said beside the incident these open their form."""
_OF_NO_INCIDENT: Final = frozenset({"freeze", "unfreeze"})
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "list": ("", "those that go on; `list all`, `list payments`"),
    "show": ("INC-7", "one, with its buttons"),
    "declare": ("checkout Nobody can pay", "starts one; without words it opens a form"),
    "ack": ("INC-7", "I am on it"),
    "assign": ("INC-7 @ana", "somebody is on it"),
    "unassign": ("INC-7", "nobody is on it any more"),
    "role": ("INC-7 commander @ben", "or communications, or scribe"),
    "priority": ("INC-7 P1", "how bad it is"),
    "note": ("INC-7 what you see or do", "a line for the timeline; `note INC-7 --public …` for everybody"),
    "mitigate": ("INC-7", "users are no longer hurt"),
    "resolve": ("INC-7 actionable", "it is over, and what it was: actionable, noise, duplicate or drill"),
    "reopen": ("INC-7", "it is not over"),
    "close": ("INC-7 noise", "nothing is left to do"),
    "handoff": ("INC-7 @ben", "somebody else takes over; without a name whoever is on call next"),
    "merge": ("INC-7 INC-3", "INC-7 is a duplicate of INC-3"),
    "approve": ("INC-7 1", "the first attempt at a remediation may run"),
    "reject": ("INC-7 1", "it may not"),
    "postmortem": ("INC-7", "drafts one, also where nobody has to write one"),
    "freeze": ("the database moves", "no remediation runs any more; `freeze --for 8h …` ends by itself"),
    "unfreeze": ("", "remediation may run again"),
    "help": ("", "this"),
}
"""What can follow `/incident`: an example, and what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Something to do or to show."""

    command: str
    incident: int | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    form: bool = False
    """Whether a form is wanted first."""
    runbook: str = ""
    """The runbook whose action is to run; which action that is depends on the incident."""

    @property
    def looks(self) -> bool:
        """Whether it changes nothing."""
        return self.command in LOOKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Nothing that can be done."""

    message: str


def slash(command: str, text: str, policy: Policy, here: int | None) -> Asked | Wrong:
    """What a slash command asks; `here` is the incident whose own channel it was typed in."""
    text = _DASH.sub("--", text)
    words = " ".join(text.split()) if command == RUNBOOK else text.strip()
    if command == RUNBOOK:
        return _runbook(words, policy, here)
    first, _, rest = words.partition(" ")
    if first.lower() == "list":
        return _list(rest.strip(), policy)
    if first.lower() == "declare" and not rest.strip():
        return Asked(command="declare", form=True)
    if (number := _number(words)) is not None:
        return Asked(command="show", incident=number)
    if bare := _bare(words, here):
        return bare
    spoken = speech.parse_words(_by_name(words, policy))
    if isinstance(spoken, speech.Mistake):
        return Wrong(message=_unknown(first) if _nothing_near(spoken) else _slashed(spoken.message))
    assert isinstance(spoken, speech.Spoken), "words without a slash are a command or a mistake"
    if spoken.command == "runbook":
        return _runbook(rest, policy, here)
    return _spoken(spoken, policy, here)


def _bare(words: str, here: int | None) -> Asked | None:
    """`assign INC-7`, with nothing said that it needs: the form asks for it."""
    verb, _, rest = words.partition(" ")
    verb = verb.lower()
    number = _number(rest.strip())
    if verb in _NEEDS and (number is not None or (not rest.strip() and here is not None)):
        return Asked(command=verb, incident=number if number is not None else here, form=True)
    return None


def _number(word: str) -> int | None:
    return incident_number(word.upper()) if _NAMED.fullmatch(word) else None


def _spoken(spoken: speech.Spoken, policy: Policy, here: int | None) -> Asked | Wrong:
    incident = spoken.incident if spoken.incident is not None else here
    args = dict(spoken.args)
    if spoken.command == "help":
        return Asked(command="help")
    if spoken.command == "declare":
        return _declared(args, policy)
    if spoken.command in _OF_NO_INCIDENT:
        return Asked(command=spoken.command, args=_texts(args, policy))
    if incident is None:
        example = f"`{INCIDENT} {spoken.command} INC-7`"
        return Wrong(
            message=f"which incident? expected one such as {example}; `{INCIDENT} list` shows those that go on"
        )
    if "to" in args:
        who = str(args["to"]).removeprefix("@")
        if member(policy, who) is None:
            return Wrong(message=_nobody(who))
        args["to"] = who
    return Asked(command=spoken.command, incident=incident, args=_texts(args, policy))


def _nobody(who: str) -> str:
    if _SLACK_ID.fullmatch(who):
        return f"nobody in policies/teams has the Slack id {who}; expected a member whose file of the team has it"
    return f"nobody is called {who[:40]!r}; expected a member of a team in policies/teams"


def _nothing_near(mistake: speech.Mistake) -> bool:
    return not mistake.command and "did you mean" not in mistake.message and "INC-" not in mistake.message


def _unknown(word: str) -> str:
    return f"no command {INCIDENT} {word[:40]}; expected one of {', '.join(COMMANDS)}; `{INCIDENT} help` shows how"


def _declared(args: Mapping[str, Any], policy: Policy) -> Asked | Wrong:
    service = str(args.get("service", ""))
    if service not in policy.services:
        known = ", ".join(sorted(policy.services)[:20])
        return Wrong(
            message=f"no service {service[:40]!r}; expected `{INCIDENT} declare SERVICE TITLE` with one of {known}"
        )
    if not args.get("title"):
        return Asked(command="declare", form=True, args=args)
    return Asked(command="declare", args=_texts(args, policy))


def _list(words: str, policy: Policy) -> Asked | Wrong:
    """`list`, `list all`, `list payments`."""
    word = words.lower()
    if word in _LIST_WORDS:
        return Asked(command="list", args={"all": word == "all"})
    if word in policy.teams:
        return Asked(command="list", args={"team": word})
    if word in policy.services:
        return Asked(command="list", args={"service": word})
    return Wrong(message=f"{words[:40]!r} is no team and no service; expected `{INCIDENT} list`, `list all` or a name")


def _runbook(words: str, policy: Policy, here: int | None) -> Asked | Wrong:
    named = _NAMED.search(words)
    incident = incident_number(named[1].upper()) if named else here
    spoken = speech.parse_words(f"runbook {_NAMED.sub(' ', words).strip() or 'list'}")
    if not isinstance(spoken, speech.Spoken):
        return Wrong(
            message=_slashed(spoken.message) if isinstance(spoken, speech.Mistake) else "expected list or show"
        )
    verb, said = str(spoken.args["verb"]), str(spoken.args.get("name", ""))
    if verb == "list":
        return Asked(command="runbook list")
    name = runbooks.resolve(policy, said)
    if name is None:
        return Wrong(message=f"no runbook {said[:60]!r}; {runbooks.suggestion(policy, said)}")
    if verb == "show":
        return Asked(command="runbook show", args={"name": name})
    if not runbooks.bindings(policy, name):
        return Wrong(
            message=f"{name} has no remediation to run; `{RUNBOOK} show {runbooks.kebab(name)}` says what to do"
        )
    dry = {"dry_run": True} if spoken.args.get("dry_run") else {}
    return Asked(command="run", incident=incident, args={"alert": name, **dry}, runbook=name)


def clicked(action: Mapping[str, Any]) -> Asked | Wrong:
    """What a click asks."""
    click = controls.click(action)
    if click is None:
        return Wrong(message="this button means nothing any more; use the newest message of the incident")
    try:
        incident = incident_number(click.incident)
    except ValueError as error:
        return Wrong(message=str(error))
    args: dict[str, Any] = {}
    if click.command in ("approve", "reject"):
        args = {"attempt": int(click.argument)} if click.argument.isdecimal() else {}
    if click.command == "run":
        args = {"action": click.argument, **({"alert": click.alert} if click.alert else {})}
    return Asked(command=click.command, incident=incident, args=args, form=click.form)


def filled(sent: forms.Sent) -> Asked | Wrong:
    """What a form that was sent in asks."""
    if sent.command == "declare":
        return Asked(command="declare", args=sent.args)
    try:
        return Asked(command=sent.command, incident=incident_number(sent.origin.incident), args=sent.args)
    except ValueError as error:
        return Wrong(message=str(error))


def _by_name(text: str, policy: Policy) -> str:
    """The text with members' own names for their Slack ids, so that a mention is a word like any other."""
    return _MENTION.sub(lambda match: f"@{member_of_slack(policy, match[1]) or match[1]}", text)


def _texts(args: Mapping[str, Any], policy: Policy) -> Mapping[str, Any]:
    """Slack's markup in what was typed is not part of what was meant."""
    return {
        name: heard(value, lambda one: member_of_slack(policy, one)) if isinstance(value, str) else value
        for name, value in args.items()
    }


def _slashed(message: str) -> str:
    """Messages of the shared parser speak of `/ack`; here it is a word after `/incident`."""
    return re.sub(r"(?<![\w/])/(?=[a-z])(?!incident|runbook)", f"{INCIDENT} ", message)
