"""Detection as the bot's wiring sees it."""

from bots.detection.due import OnsetsDue
from bots.detection.onsets import Onsets
from bots.integration import Integration, Toolbox
from bots.observing import Observing
from bots.settings import Settings


def detection(settings: Settings, tools: Toolbox) -> Integration:
    """Looks at the Prometheus servers that the bot knows anyway."""
    clocks = (OnsetsDue(),) if settings.prometheus_urls else ()
    return Integration(name="detection", destinations=(Onsets(Observing.of(settings, tools)),), clocks=clocks)
