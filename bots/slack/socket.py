"""Socket Mode: what people do in Slack arrives over a connection that the bot opens, so nothing outside needs a way in.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import json
import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from bots.configuration.secret_file import SecretFile

if TYPE_CHECKING:
    from slack_bolt import App

_WORKERS: Final = 64
"""As by HTTP."""
_RETRY_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
_LOOK_S: Final = 0.5
_LASTS_S: Final = 3.0
_log = logging.getLogger(__name__)


class SocketMode:
    """A thread that connects, and connects again within a second or two when the connection is lost.

    Slack's client would notice that only at its next look, ten seconds later; meanwhile people see errors.
    """

    def __init__(self, app: "App", tokens: SecretFile, url: str, *, lasts_s: float = _LASTS_S) -> None:
        """`tokens` holds the app-level token (`xapp-…`); `url` is the Web API's address.

        A connection that is closed within `lasts_s` is not opened again at once.
        """
        self._lasts_s = lasts_s
        self._app = app
        self._tokens = tokens
        self._url = url
        self._client: Any = None
        self._greetings = 0
        """How often Slack has greeted since we connected."""
        self._failures = 0
        """How often in a row there was no connection that lasts."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slack-socket", daemon=True)

    def start(self) -> None:
        """Connects from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Closes the connection; what was not answered, Slack sends again."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._connect()
            except Exception as error:
                wait_s = _RETRY_S[min(self._failures, len(_RETRY_S) - 1)]
                self._failures += 1
                _log.warning(
                    "Slack's socket is not open, tried again in %.0f s: %s", wait_s, " ".join(str(error).split())
                )
                self._close()
                self._stopping.wait(wait_s)
        self._close()

    def _connect(self) -> None:
        """Returns when the bot stops, or when another token is to be used; raises whatever the client raises."""
        from slack_bolt.adapter.socket_mode import SocketModeHandler
        from slack_sdk import WebClient

        token = self._tokens.first
        client = WebClient(base_url=f"{self._url}/", timeout=20)
        handler: Any = SocketModeHandler(self._app, token, logger=_log, web_client=client, concurrency=_WORKERS)
        self._greetings = 0
        handler.client.on_message_listeners.append(self._heard)
        self._client = handler
        handler.connect()
        _log.info("Slack's socket is open")
        opened_s = time.monotonic()
        while not self._stopping.wait(_LOOK_S):
            if self._tokens.first != token:
                _log.info("Slack's app-level token has changed")
                break
            lasts = time.monotonic() - opened_s >= self._lasts_s
            self._failures = 0 if lasts else self._failures
            if handler.client.is_connected():
                continue
            if not lasts:
                raise ConnectionError("it is closed as soon as it is open")
            handler.client.connect_to_new_endpoint()
            opened_s = time.monotonic()
        self._close()

    def _close(self) -> None:
        handler, self._client = self._client, None
        if handler is not None:
            handler.close()

    def _heard(self, frame: str) -> None:
        """Slack greets with how many connections the app has, and gives what somebody does to one of them."""
        greeting = json.loads(frame) if '"num_connections"' in frame else {}
        if greeting.get("type") != "hello":
            return
        self._greetings += 1
        # When Slack changes connections, every few hours, the one before is there for a moment still.
        own = min(self._greetings, 2)
        if greeting["num_connections"] > own:
            _log.warning(
                "Slack counts %d connections of this app and tells each only a part of what people do; "
                "a second bot needs an app of its own",
                greeting["num_connections"],
            )
