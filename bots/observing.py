"""What a destination works with that finds something out at Prometheus and has it written down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from alerting.model.policy import Policy
from alerting.timescale import REAL, Timescale
from bots.destinations import put
from bots.inbox import Inbox
from bots.incident import History
from bots.integration import Toolbox
from bots.monitoring.prometheus import Prometheus
from bots.settings import Settings
from bots.timeline.event import BOT
from bots.timeline.intake import Command


class Server(Protocol):
    """A Prometheus, or what answers like one."""

    def get(self, path: str, parameters: Mapping[str, Any]) -> Any:
        """The `data` of an answer; raises Unreachable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observing:
    """Where to look, by which policy and clock, and where to say what was seen."""

    servers: Sequence[Server]
    """Those that know the SLIs."""
    read: Callable[[int], History | None]
    """An incident by its number."""
    policy: Callable[[], Policy]
    inbox: Inbox
    now: Callable[[], datetime]
    scale: Timescale = REAL

    @classmethod
    def of(cls, settings: Settings, tools: Toolbox) -> "Observing":
        """With the Prometheus servers that the bot knows anyway."""
        return cls(
            servers=[Prometheus(url, tools.now, settings.ca_file) for url in settings.prometheus_urls],
            read=tools.reading.get,
            policy=tools.policy,
            inbox=tools.inbox,
            now=tools.now,
            scale=Timescale(factor=settings.time_lapse),
        )

    def say(self, key: str, name: str, incident: int, args: Mapping[str, Any], *, source: str) -> None:
        """The bot's own command about an incident, once for each key; raises Unreachable while there is no room."""
        command = Command(
            key=key, received_at=self.now(), name=name, by=BOT, incident=incident, args=args, source=source
        )
        put(self.inbox, command)
