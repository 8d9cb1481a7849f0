"""The figures of the bot that are read when Prometheus asks."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from alerting import names
from alerting.model.policy import Policy
from bots.exchange.pushing import Pusher
from bots.figure_metrics import FigureMetrics
from bots.inbox import Inbox
from bots.journal import Journal
from bots.metrics import Metrics, age
from bots.outbox import Outbox
from bots.reading import Reading


def install(
    metrics: Metrics,
    *,
    inbox: Inbox,
    journal: Journal,
    outbox: Outbox,
    destinations: Sequence[str],
    reading: Reading,
    pusher: Pusher,
    policy: Callable[[], Policy],
    now: Callable[[], datetime],
) -> None:
    """What is read when Prometheus asks."""

    def waiting() -> Mapping[str, tuple[int, datetime | None]]:
        return outbox.waiting(destinations)

    metrics.live(names.BOT_INBOX_PENDING, "Bodies that are not in git yet", lambda: [((), inbox.waiting())])
    metrics.live(names.BOT_INBOX_OLDEST, "Age of the oldest of them", lambda: age(inbox.oldest(), now()))
    metrics.live(names.BOT_INBOX_BYTES, "What the inbox's file holds", lambda: [((), journal.used_bytes())])
    metrics.live(names.BOT_UNPUSHED, "Age of the oldest commit not pushed", lambda: age(pusher.unpushed().since, now()))
    metrics.live(
        names.BOT_OUTBOX_PENDING,
        "Outside effects that wait",
        lambda: [((name,), count) for name, (count, _) in waiting().items()],
        ("destination",),
    )
    metrics.live(
        names.BOT_OUTBOX_LAG,
        "Age of the oldest outside effect that waits",
        lambda: [((name,), value) for name, (_, oldest) in waiting().items() for _, value in age(oldest, now())],
        ("destination",),
    )
    metrics.live(
        names.BOT_INCIDENTS_OPEN,
        "Incidents that go on",
        lambda: [((priority,), count) for priority, count in reading.open_by_priority().items()],
        ("priority",),
    )
    metrics.registry.register(FigureMetrics(reading.figures, policy, now))
