"""What a place outside is to the bot: ways in, ways out, and what runs beside them; `bots.app` wires nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from fastapi import APIRouter

from alerting.model.policy import Policy
from bots.access.memberships import Teams
from bots.clock import Due
from bots.inbox import Inbox
from bots.journal import Journal
from bots.metrics import Metrics
from bots.outbound.destination import Destination
from bots.outbox import Outbox
from bots.reading import Reading
from bots.timeline.envelope import Translator


class Part(Protocol):
    """A thread of the bot."""

    def start(self) -> None:
        """Begins to work."""

    def stop(self) -> None:
        """Ends after what it has begun; does nothing if it was never started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """What every integration is built from."""

    policy: Callable[[], Policy]
    """The one that holds now."""
    reading: Reading
    inbox: Inbox
    outbox: Outbox
    journal: Journal
    metrics: Metrics
    now: Callable[[], datetime]
    public_url: Callable[[], str]
    """The bot's address as people see it, without a slash at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One place outside."""

    name: str
    routes: tuple[APIRouter, ...] = ()
    destinations: tuple[Destination, ...] = ()
    translators: Mapping[str, Translator] = field(default_factory=dict)
    """By the source of the rows that they open."""
    mirrors: tuple[str, ...] = ()
    """Destinations that get an errand for whatever people may want to hear."""
    clocks: tuple[Due, ...] = ()
    parts: tuple[Part, ...] = ()
    teams: Callable[[], Teams] | None = None
    """Who is in which team there, where grants may name its teams."""
