"""A workspace, people in it, and a bot that serves them: a process, or its parts in this one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.bots.bot_process import BotProcess, wait_until
from tools.standins.slack import APP_TOKEN, Slack, running
from tools.standins.slack_hands import Hands, by_http, by_socket
from tools.standins.slack_workspace import Workspace

MANIFEST = Path(__file__).parents[3] / "docs" / "slack-app-manifest.yaml"
SECRET = "signing-secret-of-the-app"
PEOPLE = ("U01ANA", "U01BEN", "U01CHI", "U01DEE", "U01ELI", "U01FAY", "U0STRANGER")
ANA, BEN, ELI, STRANGER = "U01ANA", "U01BEN", "U01ELI", "U0STRANGER"


def scopes() -> tuple[str, ...]:
    """Those that the manifest asks for."""
    return tuple(yaml.safe_load(MANIFEST.read_text())["oauth_config"]["scopes"]["bot"])


def workspace() -> Slack:
    """A workspace of the miniature company, with the scopes of the manifest."""
    return Slack(Workspace(("general", "payments", "platform"), PEOPLE, scopes()))


def configure(bot: BotProcess, slack: Slack, *, socket: bool = False, secret: str = SECRET) -> None:
    """Makes a bot use a workspace from its next start on."""
    bot.prepare()
    token = bot.folder / "slack-token"
    token.write_text(f"{slack.token}\n")
    found = {"TOCSIN_SLACK_TOKEN_FILE": str(token), "TOCSIN_SLACK_URL": slack.api}
    if socket:
        (bot.folder / "slack-app-token").write_text(f"{APP_TOKEN}\n")
        found["TOCSIN_SLACK_APP_TOKEN_FILE"] = str(bot.folder / "slack-app-token")
    else:
        (bot.folder / "slack-secrets").write_text(f"{secret}\n")
        found["TOCSIN_SLACK_SIGNING_SECRETS_FILE"] = str(bot.folder / "slack-secrets")
    # Slack's own libraries read such a variable; ours must not care.
    other = {"SLACK_BOT_TOKEN": "-".join(("xoxb", "of", "another", "program")), "SLACK_SIGNING_SECRET": "another"}
    bot.settings = {**bot.settings, **found, **other}


@contextmanager
def staffed(root: Path, folder: Path, *, socket: bool = False) -> Iterator[tuple[BotProcess, Hands]]:
    """A bot process with a workspace and people, ready to work."""
    with running(workspace()) as slack:
        bot = BotProcess(root=root, folder=folder)
        configure(bot, slack, socket=socket)
        send = by_socket(slack) if socket else by_http(f"{bot.url}/slack", SECRET)
        try:
            bot.start()
            if socket:
                wait_until(lambda: slack.sockets, 60, lambda: f"no socket:\n{bot.log}")
            yield bot, Hands(slack=slack, send=send)
        finally:
            if bot.process is not None:
                bot.stop()


def messages(slack: Slack, channel: str, *, thread: bool = False) -> list[dict[str, Any]]:
    """The messages of a channel; those below others only with `thread`."""
    with slack.space.lock:
        found = [dict(one) for one in slack.space.named(channel).messages]
    return [one for one in found if ("thread_ts" in one) is thread]


def texts(value: Any) -> str:
    """Everything in blocks that people read, in order."""
    if isinstance(value, Mapping):
        own = value.get("text") if isinstance(value.get("text"), str) else ""
        people = f"@{value['user_id']}" if "user_id" in value else ""
        rest = (item for name, item in value.items() if name not in ("value", "action_id", "url", "type", "style"))
        return f"{own}{people}" + "".join(texts(one) for one in rest if isinstance(one, Mapping | list))
    return "\n".join(texts(one) for one in value) if isinstance(value, list) else ""


def read(message: Mapping[str, Any]) -> str:
    """What a person reads in a message."""
    return texts(list(message["blocks"])) if "blocks" in message else str(message["text"])


def wait_for(slack: Slack, channel: str, holds: Any, *, thread: bool = False, within_s: float = 60) -> Any:
    """The messages of a channel once a condition on them holds."""
    wait_until(
        lambda: slack_has(slack, channel) and holds(messages(slack, channel, thread=thread)),
        within_s,
        lambda: f"#{channel}: {[read(one) for one in messages(slack, channel, thread=thread)]}",
    )
    return messages(slack, channel, thread=thread)


def slack_has(slack: Slack, channel: str) -> bool:
    """Whether a channel is there."""
    with slack.space.lock:
        return any(one.name == channel for one in slack.space.channels.values())


def private(slack: Slack, user: str) -> list[str]:
    """What only one person saw."""
    with slack.space.lock:
        return [read(one) for one in slack.space.ephemeral if one["user"] == user]
