"""A place outside that the bot works with, as its pod needs to know it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """GitHub, Slack, PagerDuty …"""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of the environment, as they are."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Variables that name a file, with the file's key in the bot's Secret."""


def environment(places: Iterable[Place], folder: str) -> dict[str, str]:
    """All variables; the Secret's files are in a folder."""
    found: dict[str, str] = {}
    for place in places:
        found |= dict(place.variables)
        found |= {variable: f"{folder}/{file}" for variable, file in place.files.items()}
    return found


def files(places: Iterable[Place]) -> list[str]:
    """Keys of the Secret, each once."""
    return list(dict.fromkeys(file for place in places for file in place.files.values()))
