"""Verification as the bot's wiring sees it."""

from alerting.timescale import Timescale
from bots.integration import Integration, Toolbox
from bots.observing import Observing
from bots.settings import Settings
from bots.store import Store
from bots.verification.due import judgements, lapses, lost
from bots.verification.judgements import Judgements


def verification(settings: Settings, tools: Toolbox, store: Store) -> Integration:
    """Watches what remediations did, at the Prometheus servers that the bot knows anyway."""
    unsettled = store.index.unsettled
    clocks = (lapses(Timescale(factor=settings.time_lapse), unsettled), lost(unsettled), judgements(unsettled))
    return Integration(name="verification", destinations=(Judgements(Observing.of(settings, tools)),), clocks=clocks)
