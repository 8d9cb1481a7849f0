"""What the bot was not told, by comparison."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bots.monitoring.alertmanager_view import AlertmanagerView, KnownSilence, ListedAlert, Matcher, fingerprint
from bots.monitoring.prometheus import Episode, PrometheusView, evaluations, split
from bots.monitoring.reconcile import KnownAlert, Views, gone, missed
from bots.timeline.intake import Alert
from tests.bots.bodies import AT

NOW = AT + timedelta(hours=2)
LABELS = {"alertname": "HighErrorRate", "service": "checkout", "severity": "page", "cluster": "eu"}
EVERY = timedelta(seconds=15)


def minutes(number: float) -> datetime:
    """An instant of the test's morning."""
    return AT + timedelta(minutes=number)


def episode(start: float, last: float, labels: Mapping[str, str] = LABELS) -> Episode:
    """An alert that fired between two minutes."""
    return Episode(labels=labels, start=minutes(start), last=minutes(last), interval=EVERY)


def known(start: float, end: float | None = None, labels: Mapping[str, str] = LABELS) -> KnownAlert:
    """An alert that the bot heard of."""
    return KnownAlert(
        fingerprint=fingerprint(labels),
        labels=labels,
        annotations={"summary": "s"},
        starts_at=minutes(start),
        ended_at=None if end is None else minutes(end),
    )


def listing(start: float, *, active: bool = True, labels: Mapping[str, str] = LABELS) -> ListedAlert:
    """An alert that Alertmanager lists."""
    return ListedAlert(
        fingerprint=fingerprint(labels),
        labels=labels,
        annotations={"summary": "s"},
        starts_at=minutes(start),
        active=active,
        generator_url="",
    )


def prometheus(*episodes: Episode, listed: tuple[Mapping[str, str], ...] = ()) -> PrometheusView:
    """A Prometheus that evaluates its rules."""
    return PrometheusView(evaluating=True, stale=frozenset(), listed=listed, episodes=episodes)


def alertmanager(*alerts: ListedAlert, silences: tuple[KnownSilence, ...] = ()) -> AlertmanagerView:
    """An Alertmanager that has been up for a day."""
    return AlertmanagerView(up_since=NOW - timedelta(days=1), alerts=alerts, silences=silences)


def views(*seen: PrometheusView | AlertmanagerView, complete: bool = True) -> Views:
    """Everything that answered."""
    return Views(
        prometheus=tuple(one for one in seen if isinstance(one, PrometheusView)),
        alertmanagers=tuple(one for one in seen if isinstance(one, AlertmanagerView)),
        complete=complete,
    )


def told(alerts: tuple[Alert, ...]) -> list[tuple[str, datetime, datetime | None]]:
    """What goes into the inbox, in short."""
    return [(alert.status, alert.starts_at, alert.ends_at) for alert in alerts]


# What fired and resolved while the bot was down


def test_an_episode_of_the_gap_is_told_whole() -> None:
    """Its begin and its end, under the name that Alertmanager would have given it."""
    found = missed([], views(prometheus(episode(10, 20)), alertmanager()), NOW)
    end = minutes(20) + EVERY
    assert told(found) == [("firing", minutes(10), None), ("resolved", minutes(10), end)]
    assert {alert.fingerprint for alert in found} == {fingerprint(LABELS)}


def test_an_episode_that_the_bot_knows_is_not_told_again() -> None:
    """Also when the two sides' times differ by an evaluation."""
    heard = known(10.25, 20.25)
    assert missed([heard], views(prometheus(episode(10, 20)), alertmanager()), NOW) == ()


def test_a_second_episode_of_a_known_alert_is_told() -> None:
    """The first one was heard of, the second one fell into the gap."""
    found = missed([known(10, 20)], views(prometheus(episode(10, 20), episode(40, 50)), alertmanager()), NOW)
    assert told(found) == [("firing", minutes(40), None), ("resolved", minutes(40), minutes(50) + EVERY)]


def test_two_servers_with_the_same_rules_tell_an_episode_once() -> None:
    """A pair of Prometheus evaluates at slightly different times."""
    found = missed([], views(prometheus(episode(10, 20)), prometheus(episode(10.1, 20.1)), alertmanager()), NOW)
    assert told(found) == [("firing", minutes(10), None), ("resolved", minutes(10), minutes(20) + EVERY)]


def test_an_episode_under_a_silence_notified_nobody_and_is_not_told() -> None:
    """A silence that covered only a part of it does not count."""
    matcher = Matcher(name="service", value="check.*", regex=True, equal=True)
    covering = KnownSilence(matchers=(matcher,), starts_at=minutes(0), ends_at=minutes(60))
    late = replace(covering, starts_at=minutes(15))
    seen = prometheus(episode(10, 20))
    assert missed([], views(seen, alertmanager(silences=(covering,))), NOW) == ()
    assert len(missed([], views(seen, alertmanager(silences=(late,))), NOW)) == 2


def test_an_episode_that_ended_a_moment_ago_is_left_to_the_usual_road() -> None:
    """Alertmanager's own notification is on its way."""
    assert missed([], views(prometheus(episode(100, 119.7)), alertmanager()), NOW) == ()


def test_what_asks_nothing_of_anybody_is_not_told() -> None:
    """The bot's route lets pages and tickets through."""
    info = LABELS | {"severity": "info"}
    seen = views(prometheus(episode(10, 20, info)), alertmanager(listing(10, labels=info)))
    assert missed([], seen, NOW) == ()


# What fires now


def test_an_alert_that_alertmanager_lists_and_the_bot_does_not_know_is_told() -> None:
    """Only its begin: it fires still. What Prometheus says of the same episode adds nothing."""
    found = missed([], views(prometheus(episode(100, 119)), alertmanager(listing(100))), NOW)
    assert told(found) == [("firing", minutes(100), None)]


def test_a_silenced_alert_is_not_told() -> None:
    """Nobody is to be notified of it, so there is no incident."""
    seen = views(prometheus(episode(100, 119.9)), alertmanager(listing(100, active=False)))
    assert missed([], seen, NOW) == ()


def test_a_very_young_alert_is_left_to_the_usual_road() -> None:
    """It may be in the inbox this very moment."""
    assert missed([], views(alertmanager(listing(119.8))), NOW) == ()


def test_one_of_a_cluster_is_enough_to_call_an_alert_active() -> None:
    """Members gossip; the one that has not heard of the alert yet does not hide it."""
    found = missed([], views(alertmanager(), alertmanager(listing(100))), NOW)
    assert told(found) == [("firing", minutes(100), None)]


# What is gone


def test_what_nobody_lists_any_more_is_closed_at_the_time_prometheus_saw() -> None:
    """The end is the first evaluation without it."""
    found = gone([known(10)], views(prometheus(episode(10, 20)), alertmanager()), NOW)
    assert told(found) == [("resolved", minutes(10), minutes(20) + EVERY)]


def test_without_a_sample_it_is_closed_now() -> None:
    """Prometheus may keep less than the alert lasted."""
    assert told(gone([known(10)], views(prometheus(), alertmanager()), NOW)) == [("resolved", minutes(10), NOW)]


@pytest.mark.parametrize(
    "seen",
    [
        views(prometheus(), alertmanager(), complete=False),
        views(prometheus()),
        views(alertmanager()),
        views(prometheus(), alertmanager(listing(10))),
        views(prometheus(), alertmanager(listing(10, active=False))),
        views(prometheus(listed=(LABELS,)), alertmanager()),
        views(prometheus(), prometheus(listed=({**LABELS, "replica": "b"},)), alertmanager()),
        views(replace(prometheus(), evaluating=False), alertmanager()),
        views(replace(prometheus(), stale=frozenset({"HighErrorRate"})), alertmanager()),
        views(prometheus(), replace(alertmanager(), up_since=NOW - timedelta(minutes=4))),
    ],
    ids=[
        "somebody did not answer",
        "no Alertmanager",
        "no Prometheus",
        "Alertmanager lists it",
        "Alertmanager lists it silenced",
        "Prometheus has it firing or pending",
        "the other Prometheus has it",
        "no rule is evaluated",
        "its rule is not evaluated",
        "an Alertmanager is too young",
    ],
)
def test_in_doubt_nothing_is_closed(seen: Views) -> None:
    """Every side must have looked, and none may have found it."""
    assert gone([known(10)], seen, NOW) == ()


def test_another_alert_of_the_same_name_does_not_keep_it_open() -> None:
    """Labels decide."""
    other = LABELS | {"cluster": "us"}
    found = gone([known(10)], views(prometheus(listed=(other,)), alertmanager(listing(10, labels=other))), NOW)
    assert len(found) == 1


def test_what_has_ended_is_not_closed_again() -> None:
    """The bot knows."""
    assert gone([known(10, 20)], views(prometheus(), alertmanager()), NOW) == ()


# The parts


def test_missing_evaluations_divide_episodes() -> None:
    """Fifteen seconds between samples is one episode, a minute is two."""
    times = [AT.timestamp() + seconds for seconds in (0, 15, 30, 90, 105)]
    assert [(one.start, one.last) for one in split(times, LABELS, EVERY)] == [
        (AT, AT + timedelta(seconds=30)),
        (AT + timedelta(seconds=90), AT + timedelta(seconds=105)),
    ]
    assert list(split([], LABELS, EVERY)) == []


def test_late_or_failing_rules_are_stale() -> None:
    """A rule that was not evaluated for three intervals, or with an error, says nothing."""
    groups = [
        {
            "interval": 15,
            "lastEvaluation": (NOW - timedelta(seconds=40)).isoformat(),
            "rules": [{"name": "Fine", "health": "ok"}, {"name": "Broken", "health": "err"}],
        },
        {
            "interval": 15,
            "lastEvaluation": (NOW - timedelta(seconds=50)).isoformat(),
            "rules": [{"name": "Late", "health": "ok"}],
        },
        {"interval": 15, "lastEvaluation": "0001-01-01T00:00:00Z", "rules": [{"name": "New", "health": "unknown"}]},
    ]
    assert evaluations(groups, NOW) == ({"Fine"}, {"Broken", "Late", "New"})
    assert evaluations([], NOW) == (set(), set())
