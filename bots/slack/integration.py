"""Slack as an integration of the bot."""

from typing import Final

from fastapi import APIRouter

from bots.configuration.secret_file import SecretFile
from bots.integration import Integration, Part, Toolbox
from bots.outbound.mirror import Mirror
from bots.slack import notices
from bots.slack.destination import Slack, linker
from bots.slack.envelope import SOURCE
from bots.slack.front import Front
from bots.slack.http import SlackSource
from bots.slack.posting import Posting
from bots.slack.room import MIRROR as ROOMS
from bots.slack.room import Rooms
from bots.slack.settings import APP_TOKEN_FILE, SIGNING_SECRETS_FILE, TOKEN_FILE, SlackSettings
from bots.slack.socket import SocketMode
from bots.slack.thread import MIRROR, Threads
from bots.slack.translator import DESTINATION, SlackTranslator
from bots.slack.web import LONGEST_LIMIT, Web

NAME: Final = "slack"


def slack(settings: SlackSettings, tools: Toolbox) -> Integration:
    """Ways in and out; raises SettingsError for a file of secrets that cannot be used."""
    token = SecretFile(settings.token_file, TOKEN_FILE)
    past = tools.outbox.calls_since(DESTINATION, tools.now() - LONGEST_LIMIT)
    web = Web(settings.url, lambda: token.first, tools.now, past)
    mirror = Mirror(tools.journal, MIRROR)
    posting = Posting(web, mirror, tools.now)
    rooms = Rooms(web, posting, Mirror(tools.journal, ROOMS), tools.now)
    translator = SlackTranslator(policy=tools.policy, reading=tools.reading, mirror=mirror, rooms=rooms)
    front = Front(translator=translator, rooms=rooms, web=web, tools=tools)
    routes, parts = _ways_in(settings, tools, front)
    return Integration(
        name=NAME,
        routes=routes,
        destinations=(_destination(tools, web, posting, rooms, mirror),),
        translators={SOURCE: translator},
        mirrors=(DESTINATION,),
        clocks=(notices.reminders_due, notices.digests_due),
        parts=(front, *parts),
    )


def _destination(tools: Toolbox, web: Web, posting: Posting, rooms: Rooms, mirror: Mirror) -> Slack:
    threads = Threads(
        posting=posting,
        rooms=rooms,
        mirror=mirror,
        policy=tools.policy,
        public_url=tools.public_url,
        now=tools.now,
        link=linker(tools.inbox, tools.now),
    )
    return Slack(
        web=web,
        posting=posting,
        threads=threads,
        read=tools.reading.get,
        policy=tools.policy,
        public_url=tools.public_url,
        now=tools.now,
    )


def _ways_in(settings: SlackSettings, tools: Toolbox, front: Front) -> tuple[tuple[APIRouter, ...], tuple[Part, ...]]:
    """What is posted to us, and the connection that we open; one or both."""
    # Bolt is dear to import, and a bot without Slack has no need of it.
    from bots.slack.listeners import application

    app = application(front)
    routes: list[APIRouter] = []
    parts: list[Part] = []
    if settings.signing_secrets_file is not None:
        secrets = SecretFile(settings.signing_secrets_file, SIGNING_SECRETS_FILE)
        source = SlackSource(app, secrets, tools.metrics, tools.now)
        routes.append(source.router())
        parts.append(source)
    if settings.app_token_file is not None:
        parts.append(SocketMode(app, SecretFile(settings.app_token_file, APP_TOKEN_FILE), settings.url))
    return tuple(routes), tuple(parts)
