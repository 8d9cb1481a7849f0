"""Slack's own framework as the one that hands out what arrives, by HTTP or Socket Mode.

Imported only where Slack is configured: it costs a tenth of a second and 18 MiB. Signatures are verified before, with
several secrets at a time, and nothing of it asks Slack for anything: no call stands between a request and its answer.
https://docs.slack.dev/tools/bolt-python
"""

import logging
import re
from collections.abc import Callable
from typing import Any, Final

from slack_bolt import App, BoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bots.slack import answers, controls, forms
from bots.slack.answers import Answer
from bots.slack.asking import SLASHES
from bots.slack.front import Front

ACTIONS: Final = re.compile(f"{controls.PREFIX}:({controls.FORM}|{controls.DO}):.+")
FORMS: Final = re.compile(f"{re.escape(forms.PREFIX)}.+")
EVENTS: Final = ("message",)
"""What the app subscribes to, beside commands and interactions."""
_SPOKEN: Final = (None, "file_share", "thread_broadcast", "me_message")
"""Kinds of messages that somebody wrote just now; edits, deletions and joins are others."""
_BROKEN: Final = "Something is wrong in the bot, its log says what. Nothing was done."
_log = logging.getLogger(__name__)


def application(front: Front) -> App:
    """The application; `dispatch` gives the answer to a request."""
    app = App(
        name="tocsin",
        logger=_log,
        # With one of ours Bolt does not look for a token of its own in the environment, which it would ask Slack about.
        client=WebClient(),
        authorize=_authorize,
        process_before_response=True,
        request_verification_enabled=False,
        ignoring_self_events_enabled=False,
        token_verification_enabled=False,
    )
    for command in SLASHES:
        app.command(command)(lambda ack, body: _ack(ack, _told(front.slash, body)))
    app.action(ACTIONS)(lambda ack, body: _ack(ack, _told(front.click, body)))
    app.view(FORMS)(lambda ack, body: _ack(ack, _filled(front, body)))
    app.options(forms.SERVICE)(lambda ack, body: _ack(ack, front.options(body)))
    app.event("message")(lambda ack, body: _message(ack, body, front))
    return app


def _told(take: Callable[[Any], Answer], body: Any) -> Answer:
    """The answer; a person who asked is told also where something is wrong with us."""
    try:
        return take(body)
    except Exception:
        _log.exception("what somebody asked in Slack could not be taken in")
        return answers.said(_BROKEN, ok=False)


def _filled(front: Front, body: Any) -> Answer:
    """The same for a form, which stays open with what was written in it."""
    try:
        return front.form(body)
    except Exception:
        _log.exception("what somebody wrote in a form could not be taken in")
        return answers.in_form(body["view"], _BROKEN)


def _ack(ack: Any, answer: Any) -> None:
    ack(dict(answer)) if answer else ack()


def _message(ack: Any, body: Any, front: Front) -> None:
    event = body.get("event") or {}
    if event.get("subtype") in _SPOKEN and not event.get("bot_id") and event.get("user"):
        front.message(body)
    ack()


def _authorize(context: BoltContext) -> AuthorizeResult:
    """One workspace, known already; Bolt would ask Slack otherwise."""
    return AuthorizeResult(
        enterprise_id=context.enterprise_id, team_id=context.team_id, bot_token="none", bot_id="", bot_user_id=""
    )
