"""What the bot was not told: pure comparison of what it knows with what Prometheus and Alertmanager say.

Alertmanager forgets. What fired and resolved while the bot was down is never sent, a ticket that resolved under an
inhibition is never sent as resolved, and after a restart of its own its groups are empty. Prometheus keeps `ALERTS`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bots.monitoring.alertmanager_view import AlertmanagerView, ListedAlert, fingerprint, merged
from bots.monitoring.prometheus import Episode, PrometheusView
from bots.timeline.intake import Alert

SETTLED: Final = timedelta(minutes=5)
"""How long an Alertmanager must be up before what it does not list counts as gone: Prometheus repeats itself to it."""
_SETTLING: Final = timedelta(seconds=30)
"""An alert younger than this may still be on its way by the usual road."""
_TOLD: Final = frozenset({"page", "ticket"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAlert:
    """An alert that the bot holds as firing, or that ended not long ago."""

    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    ended_at: datetime | None
    """None while it fires, as far as the bot knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """What was seen, of everything that was asked."""

    prometheus: tuple[PrometheusView, ...]
    alertmanagers: tuple[AlertmanagerView, ...]
    complete: bool
    """All servers that are configured answered; only then is anything closed."""


def missed(known: Sequence[KnownAlert], views: Views, now: datetime) -> tuple[Alert, ...]:
    """Alerts that fired without the bot hearing of it: those of the gap, and those that Alertmanager lists."""
    listed = merged(views.alertmanagers)
    found: list[Alert] = []
    for episode in _distinct(views.prometheus):
        if episode.labels.get("severity") in _TOLD and now - episode.end > _SETTLING:
            found += _of_episode(episode, known, listed, views.alertmanagers)
    firing = {alert.fingerprint for alert in known if alert.ended_at is None}
    for listing in listed.values():
        told = listing.labels.get("severity") in _TOLD and now - listing.starts_at > _SETTLING
        if listing.active and told and listing.fingerprint not in firing:
            found.append(_firing(listing))
    return tuple(found)


def gone(known: Sequence[KnownAlert], views: Views, now: datetime) -> tuple[Alert, ...]:
    """Alerts that the bot holds as firing and that nobody lists any more; none while anybody is silent or too young."""
    if not views.complete or not views.prometheus or not views.alertmanagers:
        return ()
    if any(now - view.up_since < SETTLED for view in views.alertmanagers):
        return ()
    if not all(view.evaluating for view in views.prometheus):
        return ()
    listed = merged(views.alertmanagers)
    return tuple(
        _resolved(alert, _ended(alert, views, now))
        for alert in known
        if alert.ended_at is None
        and now - alert.starts_at > _SETTLING
        and alert.fingerprint not in listed
        and not _prometheus_lists(alert, views.prometheus)
    )


def _distinct(views: Iterable[PrometheusView]) -> tuple[Episode, ...]:
    """Every episode once, though two servers that evaluate the same rules tell it with slightly different times."""
    found: list[Episode] = []
    for view in views:
        before = tuple(found)
        found += [
            episode
            for episode in view.episodes
            if not any(
                _same(other.labels, episode.labels) and other.start <= episode.end and episode.start <= other.end
                for other in before
            )
        ]
    return tuple(found)


def _prometheus_lists(alert: KnownAlert, views: Iterable[PrometheusView]) -> bool:
    """Whether any Prometheus has it firing or pending, or has not looked."""
    name = alert.labels.get("alertname", "")
    return any(name in view.stale or any(_same(alert.labels, labels) for labels in view.listed) for view in views)


def _same(sent: Mapping[str, str], evaluated: Mapping[str, str]) -> bool:
    """Whether labels as Alertmanager got them are these of a rule: relabelling on the way may only have added some."""
    return evaluated.get("alertname") == sent.get("alertname") and (
        evaluated.items() <= sent.items() or sent.items() <= evaluated.items()
    )


def _of_episode(
    episode: Episode,
    known: Sequence[KnownAlert],
    listed: Mapping[str, ListedAlert],
    alertmanagers: Iterable[AlertmanagerView],
) -> list[Alert]:
    """The firing and the resolved notification of an episode that has ended, less what the bot knows."""
    same = [alert for alert in known if _same(alert.labels, episode.labels)]
    if any(_covers(alert, episode) for alert in same):
        return []
    if any(listing.starts_at <= episode.end and _same(listing.labels, episode.labels) for listing in listed.values()):
        # It fires again (or still): the list has its present state, and a resolved one would be wrong.
        return []
    silences = [silence for view in alertmanagers for silence in view.silences]
    if any(silence.mutes(episode.labels, episode.start, episode.end) for silence in silences):
        return []
    begun = next((alert for alert in same if alert.ended_at is None and alert.starts_at <= episode.end), None)
    if begun:
        # The bot heard it begin; only the end is missing, and `gone` judges that.
        return []
    labels, name = (same[0].labels, same[0].fingerprint) if same else (episode.labels, fingerprint(episode.labels))
    firing = Alert(
        fingerprint=name,
        status="firing",
        starts_at=episode.start,
        ends_at=None,
        labels=labels,
        annotations=same[0].annotations if same else episode.annotations,
    )
    return [firing, _resolved(firing, episode.end)]


def _covers(alert: KnownAlert, episode: Episode) -> bool:
    """Whether the bot knows this episode, begin and end; two Prometheus servers tell slightly different times."""
    slack = episode.interval * 2
    return (
        alert.ended_at is not None
        and alert.starts_at <= episode.start + slack
        and alert.ended_at >= episode.last - slack
    )


def _ended(alert: KnownAlert, views: Views, now: datetime) -> datetime:
    """When Prometheus last had it, else now."""
    ends = [
        episode.end
        for view in views.prometheus
        for episode in view.episodes
        if episode.end >= alert.starts_at and _same(alert.labels, episode.labels)
    ]
    return min(max(ends), now) if ends else now


def _resolved(alert: KnownAlert | Alert, end: datetime) -> Alert:
    return Alert(
        fingerprint=alert.fingerprint,
        status="resolved",
        starts_at=alert.starts_at,
        ends_at=end,
        labels=alert.labels,
        annotations=alert.annotations,
    )


def _firing(listing: ListedAlert) -> Alert:
    return Alert(
        fingerprint=listing.fingerprint,
        status="firing",
        starts_at=listing.starts_at,
        ends_at=None,
        labels=listing.labels,
        annotations=listing.annotations,
        generator_url=listing.generator_url,
    )
