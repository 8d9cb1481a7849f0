"""What tests ask of a real bot's API, and how a failure reads."""

from typing import Any

import requests

from tests.bots.bot_process import BotProcess


def declare(bot: BotProcess, title: str = "Customers call", **more: Any) -> str:
    """A new incident's name."""
    asked = {"title": title, "service": "checkout", "key": f"declare-{title.replace(' ', '-')}"} | more
    answer = bot.post("/api/v1/incidents", asked)
    assert answer.status_code == 201, answer.text
    name = str(answer.json()["incident"]["id"])
    assert answer.headers["Location"] == f"/api/v1/incidents/{name}"
    return name


def command(
    bot: BotProcess, name: str, verb: str, member: str = "ana", key: str = "", **args: Any
) -> requests.Response:
    """Asks for something about an incident."""
    document = {"command": verb, "args": args, "key": key or f"{verb}-{len(args)}"}
    return bot.post(f"/api/v1/incidents/{name}/commands", document, member)


def problem(answer: requests.Response) -> tuple[int, str]:
    """Status and detail of a failure, whose form is checked."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    return answer.status_code, document["detail"]
