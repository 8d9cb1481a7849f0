"""A comment is taken apart into what it says and what it asks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.commands.comment_parts import parts


def test_a_comment_may_hold_several_commands() -> None:
    """A line that begins with a command begins the next one; what is said before is a part of its own."""
    assert parts("/ack\n/note one\ntwo\n\n/priority P1") == ("/ack", "/note one\ntwo", "/priority P1")
    assert parts("the bank is down\r\n\r\n/ack\r\n/akc") == ("the bank is down", "/ack", "/akc")
    assert parts("") == ("",)


NO_COMMANDS = [
    "look:\n```\n/resolve noise\n```\nthat was it",
    "look:\n~~~ text\n/resolve noise\n```\n/resolve\n~~~~",
    "/note ```\n/resolve\n```",
    "/note look:\n````\n```\n/resolve\n````",
    "look:\n\n    /resolve noise",
    "look:\n\n\t/resolve noise",
    "> /resolve noise\n\nwho was that?",
    "full are\n/tmp and\n/var/log",
    "slow are\n/list and\n/show",
    "in the list:\n- /resolve",
    "```\n/resolve",
]


@pytest.mark.parametrize("text", NO_COMMANDS)
def test_what_is_quoted_or_code_or_a_path_is_no_command(text: str) -> None:
    """Somebody shows it to somebody."""
    assert parts(text) == (text,)


def test_a_command_after_a_code_block_is_one() -> None:
    """The fence ends where it does on the page; three backquotes on one line are no fence."""
    assert parts("```\nlog\n```\n/ack") == ("```\nlog\n```", "/ack")
    assert parts("```log```\n/ack") == ("```log```", "/ack")
    assert parts("text\n   /ack") == ("text", "/ack")


@given(st.lists(st.text(max_size=20), max_size=6))
def test_splitting_a_comment_loses_no_word(lines: list[str]) -> None:
    """Only blank space between the parts goes."""
    text = "\n".join(lines)
    assert "".join("".join(parts(text)).split()) == "".join(text.split())
