"""The app's manifest says what the bot does: commands, scopes, events and where they are sent."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bots.slack import asking, http, listeners, web
from tests.bots.slack.office import MANIFEST
from tools.standins.slack_methods import METHODS

SOURCES = Path(__file__).parents[3] / "bots" / "slack"
# What a subscription needs: https://docs.slack.dev/reference/events
EVENTS = {"message.channels": "channels:history", "message.groups": "groups:history"}


def manifest() -> Mapping[str, Any]:
    """The whole file."""
    found: Mapping[str, Any] = yaml.safe_load(MANIFEST.read_text())
    return found


def test_the_commands_are_those_that_are_heard() -> None:
    """Each has a hint, mentions arrive as ids, and all go to the one address."""
    commands = manifest()["features"]["slash_commands"]
    assert sorted(one["command"] for one in commands) == sorted(asking.SLASHES)
    assert all(one["should_escape"] is True for one in commands)
    assert {one["url"] for one in commands} == {f"https://incidents.example.com{http.PATH}"}
    assert all(len(one["description"]) <= 2_000 and len(one["usage_hint"]) <= 1_000 for one in commands)


def test_the_setup_page_says_every_command() -> None:
    """What people can do is one table, and nothing of it is left out."""
    page = MANIFEST.with_name("setup-slack-app.md").read_text()
    table = page.partition("## What people can do")[2].partition("\n## ")[0]
    assert [name for name in asking.COMMANDS if not re.search(rf"[`/ ]{name}[ `]", table)] == []


def test_the_scopes_are_those_that_are_needed() -> None:
    """Every method and event has one, and none is asked for in vain."""
    scopes = set(manifest()["oauth_config"]["scopes"]["bot"])
    used = {"commands", "chat:write.public"}
    for method in web.LIMITS:
        needed = METHODS[method].scopes
        assert not needed or scopes & set(needed), f"{method} needs one of {needed}"
        used |= set(needed)
    events = set(manifest()["settings"]["event_subscriptions"]["bot_events"])
    assert events == set(EVENTS)
    assert {event.partition(".")[0] for event in events} == set(listeners.EVENTS)
    assert {EVENTS[event] for event in events} <= scopes
    assert scopes == used


def test_every_method_that_is_called_has_a_limit() -> None:
    """What the code names is what the client knows, and nothing else."""
    named = set()
    for path in SOURCES.glob("*.py"):
        named |= set(re.findall(r'"((?:auth|chat|conversations|views)\.[a-zA-Z]+)"', path.read_text()))
    assert named == set(web.LIMITS)


def test_one_address_takes_everything() -> None:
    """Interactions, menus and events go to the same place as commands; by default not by socket."""
    settings = manifest()["settings"]
    address = f"https://incidents.example.com{http.PATH}"
    assert settings["event_subscriptions"]["request_url"] == address
    assert settings["interactivity"] == {
        "is_enabled": True,
        "request_url": address,
        "message_menu_options_url": address,
    }
    assert settings["socket_mode_enabled"] is False
    assert settings["token_rotation_enabled"] is False
