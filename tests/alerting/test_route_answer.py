"""`resolve`: what the compiled tree answers, against a real Alertmanager for random alerts."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.model.document_model import Severity
from alerting.model.matcher import parse_all
from alerting.model.quantities import Duration
from alerting.model.routing import MuteWindow
from alerting.names import pagerduty_dedup_key
from alerting.policy import load
from alerting.routes import Router, completed, resolve
from alerting.routes.golang import quoted
from alerting.routes.severities import asked, meaning, translated
from tests.conftest import DATA
from tests.real_alertmanager import RealAlertmanager, running
from tests.receiving import Sink

MINI = load(DATA / "mini")
SATURDAY = datetime(2026, 3, 7, 12, tzinfo=UTC)
MONDAY = datetime(2026, 3, 9, 12, tzinfo=UTC)

# Windows that mute parts of routes, so that the tree has children of every kind.
WINDOWS = (
    *MINI.routing.mute_windows,
    MuteWindow(name="batch", matchers=('alertname=~"Batch.*"',), reason="nightly", weekdays=("sunday",)),
    MuteWindow(name="db", matchers=('service="payments-db"', 'pod!=""'), reason="backup", weekdays=("monday",)),
)
POLICY = replace(MINI, routing=MINI.routing.model_copy(update={"mute_windows": WINDOWS}))
ROUTER = Router(POLICY)

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
LABELS = st.fixed_dictionaries(
    {},
    optional={
        "alertname": st.sampled_from(["Watchdog", "BatchLate", "CheckoutAvailabilityBurn", "X"]) | TEXT,
        "service": st.sampled_from(["checkout", "payments-db", "platform"]) | TEXT,
        "team": st.sampled_from(["payments", "platform"]) | TEXT,
        "severity": st.sampled_from(["page", "ticket", "info", "critical", "warning", "PAGE", "none"]) | TEXT,
        "priority": st.sampled_from(["P0", "P1", "P2", "P3", "P4"]) | TEXT,
        "pod": TEXT,
    },
)
INSTANTS = st.integers(0, 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
COUNTER = itertools.count()


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealAlertmanager]:
    """One Alertmanager that routes but, for an hour, tells nobody but the bot."""
    with (
        Sink() as sink,
        running(POLICY, tmp_path_factory.mktemp("am"), sink, group_wait=Duration(3_600_000)) as started,
    ):
        yield started


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LABELS, min_size=1, max_size=25))
def test_alertmanager_routes_random_alerts_as_we_do(
    alertmanager: RealAlertmanager, alerts: list[dict[str, str]]
) -> None:
    """Whatever the labels are, Alertmanager names the same receivers."""
    batch = str(next(COUNTER))
    sent = [{**labels, "batch": batch, "number": str(number)} for number, labels in enumerate(alerts)]
    alertmanager.post(*({"labels": labels} for labels in sent))
    said = {
        each["labels"]["number"]: [receiver["name"] for receiver in each["receivers"]]
        for each in alertmanager.alerts(f'batch="{batch}"')
    }
    assert said == {labels["number"]: list(ROUTER.receivers(labels)) for labels in sent}


@given(LABELS, INSTANTS)
def test_every_alert_gets_an_answer(labels: dict[str, str], at: datetime) -> None:
    """The bot hears of everything but info and the Watchdog, and a page always reaches a person unless it is muted."""
    answer = ROUTER.resolve(labels, at)
    told = {each.receiver for each in answer.notifications}
    if labels.get("alertname") == "Watchdog":
        assert "dead-mans-switch" in told
    else:
        assert ("bot" in told) == (answer.severity != "info")
        if answer.severity == "page" and not answer.silenced_by:
            assert answer.reaches_people or any(each.muted_by for each in answer.notifications)
            assert any(each.channel == "pagerduty" for each in answer.notifications)
    assert answer.severity == meaning(POLICY.severity, labels)


@given(LABELS)
def test_completing_adds_only_what_is_missing(labels: dict[str, str]) -> None:
    """What a person typed stays, and completing twice is completing once."""
    once = completed(POLICY, labels)
    assert labels.items() <= once.items()
    assert completed(POLICY, once) == once


@given(st.sampled_from(["=", "!=", "=~", "!~"]), st.lists(st.sampled_from(["page", "ticket", "info"]), min_size=1))
def test_a_matcher_in_our_words_means_what_the_words_mean(operator: str, words: list[str]) -> None:
    """Widened to foreign words, a matcher accepts an alert exactly if it accepts the word that it counts as."""
    written = words[0] if operator in ("=", "!=") else "|".join(words)
    (matcher,) = parse_all([f'severity{operator}"{written}"'])
    wide = translated(POLICY.severity, matcher)
    for word in ("page", "ticket", "info", "critical", "warning", "unheard-of", ""):
        counts_as: Severity = meaning(POLICY.severity, {"severity": word})
        assert wide.accepts(word) == matcher.accepts(counts_as) == (counts_as in (asked(matcher) or set()))


def test_the_people_on_call_are_named() -> None:
    """The answer names who has each layer at the time, and whom a page reaches in which order."""
    labels = completed(MINI, {"service": "checkout", "severity": "page"})
    answer = resolve(MINI, labels, MONDAY)
    assert answer.labels == {"service": "checkout", "severity": "page", "team": "payments", "priority": "P0"}
    assert [(each.layer, each.who, each.email, each.slack) for each in answer.on_call] == [
        ("primary", "ana", "ana@example.com", "U01ANA"),
        ("office", "dee", "dee@example.com", "U01DEE"),
    ]
    assert [(step.who, step.layer, str(step.after)) for step in answer.escalation] == [
        ("ana", "primary", "0s"),
        ("ana", None, "3m"),
    ]
    assert answer.notes == ()
    assert answer.reaches_people


def test_a_ticket_escalates_to_nobody() -> None:
    """Only what goes to PagerDuty has an escalation."""
    assert resolve(MINI, completed(MINI, {"service": "checkout", "severity": "ticket"}), MONDAY).escalation == ()


def test_a_mute_window_holds_back_people_and_not_the_bot() -> None:
    """At the weekend a P3 is written down but nobody is told; on Monday they are."""
    labels = completed(MINI, {"service": "payments-db", "severity": "ticket", "alertname": "X"})
    weekend, week = resolve(MINI, labels, SATURDAY), resolve(MINI, labels, MONDAY)
    assert {each.receiver: each.muted_by for each in weekend.notifications} == {
        "bot": (),
        "slack-platform": ("weekend-tickets",),
    }
    assert not weekend.reaches_people
    assert week.reaches_people


def test_a_silence_that_holds_is_named() -> None:
    """Under a silence nobody is told."""
    labels = completed(MINI, {"service": "payments-db", "severity": "page"})
    assert resolve(MINI, labels, datetime(2026, 2, 1, 23, tzinfo=UTC)).silenced_by == ("db-upgrade",)
    assert resolve(MINI, labels, datetime(2026, 2, 2, 2, tzinfo=UTC)).silenced_by == ()


def test_what_mutes_an_alert_is_named() -> None:
    """A ticket of checkout is muted by a page of checkout or of the database it needs."""
    labels = completed(MINI, {"service": "checkout", "severity": "ticket"})
    assert [rule.source for rule in resolve(MINI, labels, MONDAY).muted_while] == [
        ('severity=~"page|critical"', 'service="checkout"'),
        ('service="payments-db"', 'severity=~"page|critical"'),
    ]


def test_what_was_assumed_is_said() -> None:
    """An alert of another tool gets an answer, with what the routes take it for."""
    answer = resolve(MINI, {"service": "legacy", "severity": "fatal", "team": "payments"}, MONDAY)
    assert answer.notes == (
        "no service 'legacy' is known: it belongs to platform",
        "severity 'fatal' is not known: it counts as ticket",
        "platform belongs to platform, which is notified whatever the label team says",
    )
    assert resolve(MINI, {"severity": "critical"}, MONDAY).notes == (
        "the alert names no service: it belongs to platform",
        "severity 'critical' is page here",
    )


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("checkout", '"checkout"'),
        ('a"b\\c', r'"a\"b\\c"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\x00\x7f", r'"\x00\x7f"'),
        ("é\u200b\U000e0001", r'"é\u200b\U000e0001"'),
    ],
)
def test_group_keys_quote_as_go_does(text: str, literal: str) -> None:
    """The hash of a group key is PagerDuty's key, so every byte of it counts."""
    assert quoted(text) == literal


@given(LABELS)
def test_pagerdutys_key_is_that_of_the_group(labels: dict[str, str]) -> None:
    """For every alert that PagerDuty is told of, and for no other."""
    told = [one for one in ROUTER.resolve(labels, MONDAY).notifications if one.channel == "pagerduty"]
    expected = pagerduty_dedup_key(told[0].group_key) if told else None
    assert ROUTER.pagerduty_key(labels) == expected
