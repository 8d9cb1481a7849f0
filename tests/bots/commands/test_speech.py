"""What people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.commands.speech import Mistake, NotACommand, Spoken, parse, parse_words

GIVEN = [
    ("/ack", "ack", {}),
    ("/ack looking at it", "ack", {"note": "looking at it"}),
    ("/ACK", "ack", {}),
    ("  /acknowledge\n", "ack", {}),
    ("/assign @ana", "assign", {"to": "@ana"}),
    ("/assign <@U01ANA> you know it best", "assign", {"to": "<@U01ANA>", "note": "you know it best"}),
    ("/role scribe @ben", "role", {"role": "scribe", "to": "@ben"}),
    ("/priority p1 users notice", "priority", {"priority": "P1", "reason": "users notice"}),
    ("/mitigate", "mitigate", {}),
    ("/mitigate switched to\nthe other region", "mitigate", {"note": "switched to\nthe other region"}),
    ("/resolve", "resolve", {}),
    ("/resolve noise", "resolve", {"verdict": "noise"}),
    ("/resolve Actionable the disk was full", "resolve", {"verdict": "actionable", "note": "the disk was full"}),
    ("/resolve restarted it", "resolve", {"note": "restarted it"}),
    ("/reopen it is back", "reopen", {"reason": "it is back"}),
    ("/close actionable", "close", {"verdict": "actionable"}),
    ("/close", "close", {}),
    ("/note the cache is cold", "note", {"text": "the cache is cold"}),
    ("/note --public we are on it", "note", {"text": "we are on it", "public": True}),
    ("/handoff", "handoff", {}),
    ("/handoff @ben all quiet", "handoff", {"to": "@ben", "note": "all quiet"}),
    ("/handoff all quiet", "handoff", {"note": "all quiet"}),
    ("/merge INC-3", "merge", {"into": "INC-3"}),
    ("/duplicate inc-3", "merge", {"into": "INC-3"}),
    ("/approve 2", "approve", {"attempt": 2}),
    ("/approve #2 go", "approve", {"attempt": 2, "note": "go"}),
    ("/reject 1", "reject", {"attempt": 1}),
    ("/reject 1 it is the database", "reject", {"attempt": 1, "reason": "it is the database"}),
    ("/runbook run high-error-rate", "runbook", {"verb": "run", "name": "high-error-rate"}),
    ("/runbook run HighErrorRate --dry-run", "runbook", {"verb": "run", "name": "HighErrorRate", "dry_run": True}),
    ("/runbook list", "runbook", {"verb": "list"}),
    ("/postmortem", "postmortem", {}),
    ("/freeze the database moves", "freeze", {"reason": "the database moves"}),
    ("/freeze --for 8h the database moves", "freeze", {"reason": "the database moves", "for": "8h"}),
    ("/unfreeze", "unfreeze", {}),
    ("/unfreeze it moved", "unfreeze", {"reason": "it moved"}),
]


@pytest.mark.parametrize(("text", "command", "args"), GIVEN, ids=[text for text, _, _ in GIVEN])
def test_a_command_is_understood(text: str, command: str, args: dict[str, object]) -> None:
    """Case and space around it do not matter; the words of people stay as they are."""
    assert parse(text) == Spoken(command=command, args=args)


def test_an_incident_may_be_named_first() -> None:
    """As everywhere where the place does not tell which one is meant."""
    assert parse_words("ack INC-123") == Spoken(command="ack", incident=123)
    assert parse_words("assign inc-7 @ana") == Spoken(command="assign", args={"to": "@ana"}, incident=7)
    assert parse_words("resolve INC-7 noise") == Spoken(command="resolve", args={"verdict": "noise"}, incident=7)
    assert parse_words("merge INC-7 INC-3") == Spoken(command="merge", args={"into": "INC-3"}, incident=7)
    assert parse_words("merge INC-3") == Spoken(command="merge", args={"into": "INC-3"})
    assert parse_words("declare checkout Nobody can pay") == Spoken(
        command="declare", args={"service": "checkout", "title": "Nobody can pay"}
    )
    assert parse_words("") == Spoken(command="help")


@pytest.mark.parametrize(
    "text", ["", "thanks", "/etc/passwd is full", "/", "/ ack", "see /ack", "// no", "/7", "path /tmp/x"]
)
def test_ordinary_text_is_no_command(text: str) -> None:
    """A path is not a command, nor is a slash in the middle."""
    assert parse(text) == NotACommand()


ALL = (
    "/ack, /assign, /unassign, /role, /priority, /mitigate, /resolve, /reopen, /close, /note, /handoff, /merge, "
    "/approve, /reject, /runbook, /postmortem, /freeze, /unfreeze"
)
WRONG = [
    ("/akc", "no command /akc; did you mean /ack?"),
    (
        "/tmp is full",
        f"no command /tmp; expected one of {ALL}",
    ),
    ("/assign", "/assign: missing; expected a person, such as /assign @ana"),
    (
        "/role chef @ana",
        "/role: got 'chef'; expected one of commander, communications, scribe, such as /role scribe @ana",
    ),
    ("/role scribe", "/role: nobody is named; expected /role scribe @ana"),
    ("/priority high", "/priority: got 'high'; expected one of P0, P1, P2, P3, P4"),
    ("/priority", "/priority: missing; expected one of P0, P1, P2, P3, P4"),
    (
        "/resolve actoinable",
        "/resolve: got 'actoinable'; expected one of actionable, noise, duplicate, drill, or a remark",
    ),
    ("/close done", "/close: got 'done'; expected one of actionable, noise, duplicate, drill"),
    ("/note", "/note: missing; expected some text"),
    ("/merge it", "/merge: got 'it'; expected the incident that goes on, such as /merge INC-3"),
    ("/approve first", "/approve: got 'first'; expected the number of an attempt, such as 1"),
    ("/approve 0", "/approve: got '0'; expected the number of an attempt, such as 1"),
    ("/runbook", "/runbook: missing; expected list, show NAME or run NAME"),
    ("/runbook run", "/runbook: no runbook is named; expected one such as /runbook run high-error-rate"),
    ("/runbook run X now", "/runbook: got 'now'; expected nothing more, or --dry-run"),
    ("/runbook lits", "/runbook: got 'lits'; did you mean /runbook list?"),
    (
        "/freeze",
        "/freeze: missing; expected why, such as /freeze the database moves, or /freeze --for 8h the database moves",
    ),
    (
        "/freeze --for ever it moves",
        "/freeze: --for: got 'ever'; expected how long, such as /freeze --for 8h the database moves",
    ),
    ("/ack INC-0", "'INC-0' is not an incident; expected one such as INC-7"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[text for text, _ in WRONG])
def test_a_mistake_says_what_was_expected(text: str, message: str) -> None:
    """One sentence that helps at night."""
    heard = parse(text)
    assert isinstance(heard, Mistake)
    assert heard.message == message


@pytest.mark.parametrize("text", ["/ack, looking", "/ack: looking", "/Ack! looking"])
def test_a_mark_behind_the_word_is_none_of_its(text: str) -> None:
    """People write sentences; a word that is no command stays text."""
    assert parse(text) == Spoken(command="ack", args={"note": "looking"})
    assert parse(text.lower().replace("ack", "etc")) == NotACommand()


@given(st.text(max_size=80))
def test_any_text_is_heard(text: str) -> None:
    """Nothing breaks the parser, and nothing that does not begin with a slash is a command."""
    heard = parse(text)
    assert isinstance(heard, Spoken | Mistake | NotACommand)
    assert text.strip().startswith("/") or heard == NotACommand()
    assert not isinstance(parse_words(text), NotACommand)
    assert len(getattr(heard, "message", "")) < 300


@given(st.sampled_from([text for text, _, _ in GIVEN]), st.text(max_size=40))
def test_words_of_a_command_come_from_a_closed_set(text: str, more: str) -> None:
    """Whatever is appended, priorities, verdicts and numbers are ones that exist."""
    heard = parse(f"{text} {more}")
    if isinstance(heard, Spoken):
        args = heard.args
        assert args.get("priority", "P0") in ("P0", "P1", "P2", "P3", "P4")
        assert args.get("verdict", "noise") in ("actionable", "noise", "duplicate", "drill")
        assert int(args.get("attempt", 1)) >= 1
