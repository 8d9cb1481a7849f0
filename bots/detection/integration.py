"""Detection as the bot's wiring sees it."""

from alerting.timescale import Timescale
from bots.detection.due import OnsetsDue
from bots.detection.onsets import Onsets
from bots.integration import Integration, Toolbox
from bots.prometheus import Prometheus
from bots.settings import Settings


def detection(settings: Settings, tools: Toolbox) -> Integration:
    """Looks at the Prometheus servers that the bot knows anyway."""
    looking = Onsets(
        servers=[Prometheus(url, tools.now, settings.ca_file) for url in settings.prometheus_urls],
        read=tools.reading.get,
        policy=tools.policy,
        inbox=tools.inbox,
        now=tools.now,
        scale=Timescale(factor=settings.time_lapse),
    )
    return Integration(
        name="detection", destinations=(looking,), clocks=(OnsetsDue(),) if settings.prometheus_urls else ()
    )
