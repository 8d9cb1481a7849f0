"""The places outside that the settings name, each made from the same toolbox."""

from bots.integration import Integration, Toolbox
from bots.settings import Settings


def integrations(settings: Settings, tools: Toolbox) -> tuple[Integration, ...]:
    """Those that are configured; raises SettingsError for a file of secrets that cannot be used."""
    found: list[Integration] = []
    return tuple(found)
