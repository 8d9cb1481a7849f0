"""Looking for the test alert where it should have arrived: at the bot, at PagerDuty, in Slack.

Each proof says in words what it found, or None as long as it found nothing; what it cannot find out it says by raising
DrillError or another TocsinError, once: then the channel is not verified, and the drill says why.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import requests

from tools.drill.errors import DrillError
from tools.pagerduty import PagerDuty

TIMEOUT_S: Final = 15
_MOST_PAGES: Final = 50
_EARLIER: Final = timedelta(days=30)
"""How far back an earlier drill is looked for that nobody has ended."""
_LONGEST_WAIT_S: Final = 30.0


class Proof(Protocol):
    """Where one channel ends."""

    def arrived(self) -> str | None:
        """What is there of the alert; None if nothing yet."""

    def resolved(self) -> str | None:
        """What says that it is over; None if nothing yet."""


class Bot:
    """The incident of the drill in the bot's record."""

    def __init__(self, get: Callable[[str, Mapping[str, Any]], Any], service: str, team: str, run: str) -> None:
        """`get` asks the API and raises BotError."""
        self._get, self._service, self._team, self._run = get, service, team, run
        self._name: str | None = None

    def arrived(self) -> str | None:
        """An incident that is marked as a drill and holds the alert."""
        wanted = {"service": self._service, "team": self._team, "limit": 10}
        for one in self._get("/api/v1/incidents", wanted)["incidents"]:
            if one["drill"] and self._run in json.dumps(self._get(f"/api/v1/incidents/{one['id']}", {})):
                self._name = str(one["id"])
                return f"{self._name} holds it, marked as a drill"
        return None

    def resolved(self) -> str | None:
        """The incident's state."""
        if self._name is None:
            return None
        state = self._get(f"/api/v1/incidents/{self._name}", {})["incident"]["status"]
        return f"{self._name} is {state}" if state in ("resolved", "closed") else None


class Paging:
    """The incident at PagerDuty."""

    def __init__(self, account: PagerDuty, key: str, since: datetime) -> None:
        """`key` is what Alertmanager calls the alert's group there; every drill of a service has the same.

        To be made before the alert is posted. Raises PagerDutyError, and DrillError if an earlier drill is not over:
        then no new incident would be opened.
        """
        self._account, self._key, self._since = account, key, since
        earlier = account.incidents(key, since - _EARLIER)
        for one in earlier:
            if one["status"] != "resolved":
                number = one["incident_number"]
                raise DrillError(f"incident {number} of an earlier fire drill is still open; resolve it in PagerDuty")
        self._earlier = {one["incident_number"] for one in earlier}

    def _incident(self) -> dict[str, Any] | None:
        found = self._account.incidents(self._key, self._since)
        return next((one for one in found if one["incident_number"] not in self._earlier), None)

    def arrived(self) -> str | None:
        """The incident, and whom it was assigned to."""
        found = self._incident()
        if found is None:
            return None
        people = [str(one["assignee"]["summary"]) for one in found.get("assignments") or ()]
        return f"incident {found['incident_number']}, {found['urgency']} urgency, at {', '.join(people) or 'nobody'}"

    def resolved(self) -> str | None:
        """The incident's state."""
        found = self._incident()
        return f"incident {found['incident_number']} is resolved" if found and found["status"] == "resolved" else None


class Slack:
    """The message in the team's channel: https://docs.slack.dev/reference/methods/conversations.history"""

    def __init__(
        self,
        url: str,
        token: str,
        channel: str,
        run: str,
        since: datetime,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`url` is that of `chat.postMessage`, as the routes have it; `channel` is `#payments` or an id."""
        self._base = url.rpartition("/")[0]
        self._channel, self._run, self._since, self._sleep = channel, run, since, sleep
        self._id: str | None = None
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def arrived(self) -> str | None:
        """The message that names the run."""
        asked = {"channel": self._channel_id(), "oldest": f"{self._since.timestamp():.6f}", "limit": "100"}
        messages = self._call("conversations.history", asked)["messages"]
        return f"it is in {self._channel}" if any(self._run in json.dumps(one) for one in messages) else None

    def resolved(self) -> str | None:
        """Messages stay."""
        return f"the message stays in {self._channel}"

    def _channel_id(self) -> str:
        if self._id is None:
            name = self._channel.removeprefix("#")
            found = [str(one["id"]) for one in self._channels() if name in (one["name"], one["id"])]
            if not found:
                raise DrillError(f"Slack shows the token no channel {self._channel}; invite the app to it")
            self._id = found[0]
        return self._id

    def _channels(self) -> Iterator[dict[str, Any]]:
        cursor = ""
        for _ in range(_MOST_PAGES):
            kinds = {"types": "public_channel,private_channel", "exclude_archived": "true", "limit": "200"}
            answer = self._call("conversations.list", kinds | ({"cursor": cursor} if cursor else {}))
            yield from answer["channels"]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def _call(self, method: str, parameters: Mapping[str, str]) -> Any:
        for _ in range(3):
            try:
                answer = self._session.get(f"{self._base}/{method}", params=parameters, timeout=TIMEOUT_S)
            except requests.RequestException as error:
                raise DrillError(f"Slack at {self._base}: nothing answers there; expected Slack's Web API") from error
            if answer.status_code != 429:
                break
            self._sleep(_wait_s(answer))
        try:
            found = answer.json()
        except ValueError as error:
            raise DrillError(
                f"Slack at {self._base}: {method} was answered {answer.status_code} without JSON"
            ) from error
        if not found.get("ok"):
            raise DrillError(
                f"Slack refused {method}: {str(found.get('error', 'no reason given'))[:100]}; the token needs "
                "channels:read, channels:history, groups:read and groups:history"
            )
        return found


def _wait_s(answer: requests.Response) -> float:
    try:
        return min(float(answer.headers["Retry-After"]), _LONGEST_WAIT_S)
    except (KeyError, ValueError):
        return _LONGEST_WAIT_S
