"""Who reaches the bot's pages from outside, as a stack's file says it."""

from typing import Any

import pulumi
import pytest

from tests.stacks.companies import MINI
from tools.program import record_stack
from tools.program.running import run_main, stack_recorder

BOT = {"image": "ghcr.io/example/tocsin:0.1.0", "remote": "git@example.com:a/b.git"}
LOGIN = {"github_client_id": "Iv1.example"}
ALLOWED = "nginx.ingress.kubernetes.io/whitelist-source-range"
TOO_WIDE = (
    "is more of the internet than anybody owns; expected a network such as 10.0.0.0/8; "
    "if everybody may come to the bot's login, write anywhere"
)


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "0.0.0.0/1", "2000::/3"])
def test_a_network_of_everybody_is_refused(network: str) -> None:
    """Nobody publishes incidents by a zero too many."""
    assert f"stack production: tocsin:bot.networks.#1: {network!r} {TOO_WIDE}" in refused({"networks": [network]})


@pytest.mark.parametrize("login", [None, {}, {"sign_on": {"issuer": "https://a.example.com", "audience": "b"}}])
def test_everybody_wants_a_login(login: dict[str, Any] | None) -> None:
    """Also tokens on the API alone are no login: the pages would ask nobody."""
    assert (
        "stack production: tocsin:bot.networks: anywhere shows the bot's pages to everybody, and nothing asks who is "
        "there; expected a login in tocsin:bot.login, with sign_on.client_id or github_client_id, or networks of "
        "yours; set up a login (docs/setup-login.md), or name the networks whose people may read them"
    ) in refused({"networks": ["anywhere"], "login": login})


def test_behind_a_login_everybody_may_come() -> None:
    """To the pages only: what is for the inside stays closed."""
    stack = record_stack(MINI, "production", changes={"tocsin:bot": BOT | {"networks": ["anywhere"], "login": LOGIN}})
    notes = {one["metadata"]["name"]: one["metadata"]["annotations"] for one in stack.manifests("Ingress")}
    assert notes["tocsin-pages"][ALLOWED] == "0.0.0.0/0,::/0"
    assert notes["tocsin-inside"][ALLOWED] == "127.0.0.1/32"


def refused(bot: dict[str, Any]) -> str:
    """What is said of a bot's section; nothing may be registered."""
    recorder = stack_recorder(MINI, "production", changes={"tocsin:bot": BOT | bot})
    with pytest.raises(pulumi.RunError) as caught:
        recorder.run(run_main)
    assert recorder.recording.resources == ()
    return str(caught.value)
