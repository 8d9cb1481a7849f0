"""No text from outside means anything in Slack, and what people wrote is understood as they meant it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bots.incident import History
from bots.rulebook import Rules
from bots.slack import answers, forms, notices, rich
from bots.slack.markup import escaped, heard, lines, plain
from bots.slack.message import Message, Scene, incident_message
from bots.slack.room import room_name, topic_of
from bots.slack.updates import untold, update_message
from bots.timeline.intake import Alert
from tests.bots.office import Office, alert, at, command, delivery
from tests.bots.slack.stage import MINI, URL
from tools.standins.slack_blocks import MOST_CHARACTERS, problems, view_problems

HOSTILE = (
    "<!channel>",
    "<!here|x> @channel @here @everyone",
    "<@U01ANA> hi",
    "<https://evil.example|https://bank.example>",
    "https://evil.example/x",
    "`*_~ ```code``` > quote",
    "&lt;!channel&gt;",
    "<!subteam^S1> <#C00001>",
    ":tada: \u202egnp.exe\u2066 \x1b]0;x\x07",
    "line\nbreak\u2028and\x00more",
    "tocsin:do:approve:1",
    "x" * 9_000,
    "",
)
TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=80)
NAMES = st.sampled_from(("checkout", "Broken", *HOSTILE))


def test_a_link_does_not_read_like_another_address() -> None:
    """Alerts may be called anything."""
    assert rich.link("https://evil.example/x in Prometheus", "http://prometheus/graph") == {
        "type": "link",
        "url": "http://prometheus/graph",
        "text": "link: https://evil.example/x in Prometheus",
    }


def walk(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside a value."""
    if isinstance(value, Mapping):
        yield value
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from walk(item)


def harmless(message: Message) -> None:
    """Asserts that Slack takes a message, and that nothing in it calls anybody or leads anywhere unsaid."""
    assert problems(list(message.blocks)) == []
    for block in message.blocks:
        # Slack's own models check what they know as well.
        found = Block.parse(dict(block))
        assert found is not None
        found.validate_json()
    assert len(json.dumps(message.blocks, ensure_ascii=False)) <= MOST_CHARACTERS
    assert not re.search(r"<[^>]*>", message.text), message.text
    assert not re.search(r"@\w", message.text), message.text
    known = {member.slack for team in MINI.teams.values() for member in team.members}
    for one in walk(list(message.blocks)):
        assert one.get("type") not in ("mrkdwn", "broadcast", "usergroup", "emoji", "markdown", "image")
        if one.get("type") == "user":
            assert one["user_id"] in known
        if one.get("type") == "link":
            assert one["url"].startswith(("http://", "https://"))
            assert not one["text"].startswith("http") or one["text"] == one["url"]
        if isinstance(one.get("text"), str):
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", one["text"])
        if "action_id" in one and one.get("type") == "button":
            assert one["value"].startswith("INC-")


@st.composite
def histories(draw: st.DrawFn) -> History:
    """An incident whose every outside text may be hostile."""
    made = []
    service = draw(NAMES)
    for number in range(draw(st.integers(1, 3))):
        one: Alert = alert(f"A{number}", number)
        labels = {
            **one.labels,
            "alertname": draw(NAMES),
            "priority": "P0",
            draw(TEXTS): draw(TEXTS),
            "service": service,
        }
        texts = {name: draw(TEXTS) for name in ("summary", "runbook_url", "dashboard_url")}
        made.append(replace(one, labels=labels, annotations=texts, generator_url=draw(TEXTS)))
    office = Office()
    office.take(delivery(*made))
    note = draw(TEXTS)
    if note.strip():
        office.take(command("note", text=note), command("ack", note=note), command("resolve", note=note))
    return office.history()


def scene(**changes: Any) -> Scene:
    """What a message needs to know."""
    return Scene(policy=MINI, rules=Rules.of(MINI), public_url=URL, now=at(60), **changes)


@given(histories(), st.booleans())
def test_no_label_and_no_note_means_anything(history: History, in_room: bool) -> None:
    """Messages, updates, reminders and lists are taken by Slack whatever the texts in them are, and are only shown."""
    harmless(incident_message(history, scene(room="C00001", in_room=in_room)))
    topic = topic_of(history.state)
    assert len(topic) <= 250
    assert not re.search(r"<[^>]*>|@\w", topic)
    assert re.fullmatch("[a-z0-9][a-z0-9_-]{0,79}", room_name(history.state))
    rows = untold(history, ())
    if rows:
        harmless(update_message(history, rows, scene()))
    told = answers.incident(history, scene())
    assert problems(told["blocks"]) == []
    every = {"remind": notices.last_news(history)[1], "due_at": "2026-01-05T11:00:00Z", "periods": 1}
    message = notices.reminder(history, every, MINI, at(61), "k")
    if message is not None:
        harmless(message)


def test_the_longest_incident_still_fits() -> None:
    """Many alerts with long names, texts and addresses: fewer are shown, and it is said how many there are."""
    office = Office()
    made = []
    for number in range(40):
        one = alert(f"A{number}", number)
        address = f"https://example.com/{'x' * 550}"
        texts = {"summary": "s" * 2_000, "runbook_url": f"{address}{number}", "dashboard_url": f"{address}d{number}"}
        made.append(replace(one, labels={**one.labels, "alertname": f"{'N' * 190}{number}"}, annotations=texts))
    office.take(delivery(*made))
    for number in range(20):
        office.take(command("note", text=f"{number} " + "n" * 9_000), command("role", role=f"r{number}" * 9, to="ben"))
    history = office.history()
    message = incident_message(history, scene())
    harmless(message)
    assert "more alerts, " in message.arguments()["blocks"][2]["elements"][-1]["elements"][0]["text"]
    told: list[str] = []
    while rows := untold(history, told):
        update = update_message(history, rows, scene())
        harmless(update)
        told += update.marker["told"]
    assert len(told) == 40


@given(TEXTS, TEXTS)
def test_answers_to_one_person_are_only_shown(text: str, hint: str) -> None:
    """Refusals quote what was said; nothing in the quote works."""
    for told in (
        answers.said(text, ok=False),
        answers.outcome({"ok": False, "text": text, "reply": {"hint": hint}}),
    ):
        assert problems(told["blocks"]) == []
        assert not re.search(r"<[^>]*>|@\w", told["text"])


@given(TEXTS)
def test_texts_stay_inside_their_limits(text: str) -> None:
    """One line stays one line; both are cut; nothing moves a cursor or turns the writing round."""
    assert len(plain(text, 100)) <= 100
    assert "\n" not in plain(text)
    assert len(lines(text)) <= 2_500
    assert not set("<>") & set(escaped(text))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("<@U01ANA|ana> look at <#C1|payments>", "@ana look at #payments"),
        ("<@U99>", "@U99"),
        ("<!here> <!subteam^S1|@dev>", "@here @dev"),
        ("a &lt;b&gt; &amp;&amp; c", "a <b> && c"),
        ("<https://x.example/a|the page>", "the page (https://x.example/a)"),
        ("<https://x.example/a>", "https://x.example/a"),
        ("<http://x.example|x.example>", "http://x.example"),
        ("<mailto:ana@example.com|ana@example.com>", "ana@example.com"),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_what_people_write_is_understood(written: str, meant: str) -> None:
    """Mentions by name, links as they read, characters as they were typed."""
    assert heard(written, {"U01ANA": "ana"}.get) == meant


@pytest.mark.parametrize("name", sorted(forms.COMMANDS))
def test_every_form_is_taken(name: str) -> None:
    """Slack opens it, also with a long address in its memory; what it remembers comes back."""
    origin = forms.Origin(incident="INC-123456", channel="C1", response_url="https://hooks.example/" + "x" * 5_000)
    view = forms.view(name, origin)
    assert view_problems(view) == []
    View(**view).validate_json()
    assert forms.Origin.unpacked(view["private_metadata"]) == replace(origin, response_url="")


def test_a_menu_of_services_is_never_too_long() -> None:
    """What starts as somebody types comes first, and no more than Slack shows."""
    assert [one["value"] for one in forms.services(MINI, "p")] == ["payments-db", "platform"]
    assert [one["value"] for one in forms.services(MINI, "form")] == ["platform"]
    many = replace(MINI, services={f"s-{number}": next(iter(MINI.services.values())) for number in range(300)})
    assert len(forms.services(many, "")) == 100


def test_the_clock_of_a_message_is_the_readers() -> None:
    """Times are given as instants, not as text in one zone."""
    office = Office()
    office.take(delivery(alert("Broken", 0)))
    message = incident_message(office.history(), scene())
    dates = [one for one in walk(list(message.blocks)) if one.get("type") == "date"]
    assert dates[0]["timestamp"] == int(at(0).timestamp())
    assert dates[0]["fallback"] == f"{at(0) + timedelta(0):%Y-%m-%d %H:%M} UTC"
