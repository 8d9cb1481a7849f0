"""The Slack of the drill and the tests refuses what Slack refuses, in its words, and shows everything harmlessly."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tools.standins.slack import SCOPES, TOKEN, Slack, running
from tools.standins.slack_blocks import problems, view_problems
from tools.standins.slack_workspace import Workspace

TEXT = {"type": "plain_text", "text": "x"}
BUTTON = {"type": "button", "action_id": "a", "text": TEXT}
GOOD = [{"type": "section", "text": TEXT}]


@pytest.fixture
def slack() -> Iterator[Slack]:
    """A workspace with one channel and one person."""
    with running(Slack(Workspace(("payments",), ("U01ANA",), SCOPES))) as made:
        yield made


def call(slack: Slack, method: str, token: str = TOKEN, **arguments: Any) -> dict[str, Any]:
    """What the Web API answers to a write."""
    headers = {"Authorization": f"Bearer {token}"}
    answer: dict[str, Any] = requests.post(f"{slack.api}/{method}", json=arguments, headers=headers, timeout=5).json()
    return answer


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "#nowhere", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "#payments"}, "no_text"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": "#payments", "text": "x", "sparkle": True}, "invalid_arguments"),
        ("chat.postMessage", {"channel": "#payments", "text": "x", "blocks": [{"type": "x"}]}, "invalid_blocks"),
        ("chat.postMessage", {"channel": "#payments", "text": "x", "thread_ts": "1.1"}, "message_not_found"),
        ("chat.postMessage", {"channel": "#payments", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.update", {"channel": "#payments", "ts": "1.1", "text": "x"}, "message_not_found"),
        ("conversations.create", {"name": "Payments!"}, "invalid_name_specials"),
        ("conversations.create", {"name": "payments"}, "name_taken"),
        ("conversations.invite", {"channel": "C00001", "users": "U01ANA"}, "not_in_channel"),
        ("conversations.history", {"channel": "C00001"}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1.1", "view": {}}, "invalid_trigger_id"),
        ("chat.delete", {"channel": "C00001", "ts": "1.1"}, "unknown_method"),
    ],
)
def test_what_slack_refuses_is_refused(slack: Slack, method: str, arguments: dict[str, Any], error: str) -> None:
    """By the word that its documentation gives."""
    assert call(slack, method, **arguments)["error"] == error


def test_tokens_and_scopes_are_checked(slack: Slack) -> None:
    """Another token is nobody's; a scope that was not asked for is named."""
    assert call(slack, "chat.postMessage", "other", channel="#payments", text="x")["error"] == "invalid_auth"
    slack.space.scopes = frozenset({"commands"})
    answer = call(slack, "chat.postMessage", channel="#payments", text="x")
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "chat:write", "commands")


def test_a_response_url_is_good_five_times(slack: Slack) -> None:
    """And only if it is one."""
    url = slack.response_url("U01ANA", "C00001")
    answers = [requests.post(url, json={"text": "x"}, timeout=5) for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [404]
    assert answers[-1].text == "used_url"
    assert requests.post(f"{slack.url}/respond/r9", json={"text": "x"}, timeout=5).text == "expired_url"


@pytest.mark.parametrize(
    ("blocks", "says"),
    [
        ([], "blocks: expected a list of at least one"),
        (GOOD * 51, "blocks: 51, at most 50"),
        (
            [{"type": "header", "text": {**TEXT, "text": "x" * 151}}],
            "/blocks/0/text: 151 characters, expected 1 to 150",
        ),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": "x"}}], "/blocks/0/text: mrkdwn, expected plain_text"),
        ([{"type": "section", "text": {**TEXT, "text": ""}}], "/blocks/0/text: 0 characters, expected 1 to 3000"),
        ([{"type": "actions", "elements": []}], "/blocks/0/elements: 0, expected 1 to 25"),
        ([{"type": "actions", "elements": [BUTTON] * 2}], "/blocks/0/elements: action_id not unique"),
        ([{"type": "actions", "elements": [{**BUTTON, "style": "red"}]}], "/blocks/0/elements/0/style: 'red'"),
        ([{"type": "rich_text", "elements": [{"type": "text"}]}], "/blocks/0/elements/0: unknown 'text'"),
        ([{**GOOD[0], "colour": "red"}], "/blocks/0: unknown colour"),
        ([{"type": "input", "label": TEXT, "element": {}}], "/blocks/0: an input in a message"),
    ],
)
def test_blocks_are_checked(blocks: list[dict[str, Any]], says: str) -> None:
    """Each mistake with the place where it is."""
    assert says in problems(blocks)


def test_forms_are_checked() -> None:
    """A title of 24 characters, a way to send what was typed, nothing that is not documented."""
    field = {"type": "input", "block_id": "b", "label": TEXT, "element": {"type": "plain_text_input", "action_id": "b"}}
    view = {"type": "modal", "title": {**TEXT, "text": "x" * 25}, "blocks": [field], "extra": 1}
    assert view_problems(view) == [
        ": unknown extra",
        "/title: 25 characters, expected 1 to 24",
        "/submit: needed where there is an input",
    ]
    assert view_problems({"type": "home"}) == ["view: expected a modal"]
    assert view_problems({"type": "modal", "title": TEXT, "submit": TEXT, "blocks": [field]}) == []


def test_the_page_shows_what_was_written_as_text(slack: Slack) -> None:
    """Messages, threads, and what one person saw; nothing of it is HTML."""
    evil = "<script>alert(1)</script>"
    rich = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": evil}]}],
    }
    first = call(slack, "chat.postMessage", channel="#payments", text=evil, blocks=[rich, *GOOD])
    call(slack, "chat.postMessage", channel="#payments", text="below", thread_ts=first["ts"])
    attachment = {"title": "[FIRING:1]", "text": evil}
    call(slack, "chat.postMessage", channel="#payments", attachments=[attachment])
    requests.post(slack.response_url("U01ANA", "C00001"), json={"text": "only you"}, timeout=5)
    page = requests.get(slack.url, timeout=5).text
    assert "<script>" not in page
    for text in ("&lt;script&gt;", "below", "[FIRING:1]", "only you", "#payments"):
        assert text in page
