"""Verification as the bot's wiring sees it."""

from alerting.timescale import Timescale
from bots.integration import Integration, Toolbox
from bots.prometheus import Prometheus
from bots.settings import Settings
from bots.store import Store
from bots.verification.due import judgements, lapses, lost
from bots.verification.judgements import Judgements


def verification(settings: Settings, tools: Toolbox, store: Store) -> Integration:
    """Watches what remediations did, at the Prometheus servers that the bot knows anyway."""
    scale = Timescale(factor=settings.time_lapse)
    watching = Judgements(
        servers=[Prometheus(url, tools.now, settings.ca_file) for url in settings.prometheus_urls],
        read=tools.reading.get,
        policy=tools.policy,
        inbox=tools.inbox,
        now=tools.now,
        scale=scale,
    )
    unsettled = store.index.unsettled
    clocks = (lapses(scale, unsettled), lost(unsettled), judgements(unsettled))
    return Integration(name="verification", destinations=(watching,), clocks=clocks)
