"""What mutes what, on a real Alertmanager."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from alerting.model.routing import STANDARD_INHIBITIONS, Inhibition, MuteWindow, TimeRange
from alerting.policy import load
from alerting.routes import alertmanager_config
from tests.conftest import DATA
from tests.real_alertmanager import RealAlertmanager, running
from tests.receiving import Sink

MINI = load(DATA / "mini")


def labels(name: str, service: str, severity: str, **more: str) -> dict[str, str]:
    """Labels of an alert as the compiled rules set them."""
    team = MINI.services[service].owner
    return {"alertname": name, "service": service, "team": team, "severity": severity, **more}


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[RealAlertmanager]:
    """An Alertmanager with the inhibitions that a policy has unless it says otherwise."""
    with Sink() as sink, running(MINI, tmp_path, sink, inhibitions=STANDARD_INHIBITIONS) as started:
        yield started


def tell(alertmanager: RealAlertmanager, *alerts: Mapping[str, str], heard: set[str]) -> None:
    """Sends alerts, and holds that Slack hears of exactly those named."""
    alertmanager.post(*alerts)
    # A group of its own that mutes nothing and starts later: when it has been sent the others have been decided on.
    alertmanager.post({"alertname": "Last", "severity": "page"})
    for name in {*heard, "Last"}:
        alertmanager.sink.wait("slack", lambda arrival, name=name: name in str(arrival.body))  # type: ignore[misc]
    everything = str([arrival.body for arrival in alertmanager.sink.of("slack")])
    assert {alert["alertname"] for alert in alerts if alert["alertname"] in everything} == heard


def muted(alertmanager: RealAlertmanager) -> set[str]:
    """The names of the alerts that Alertmanager holds back because of another."""
    return {each["labels"]["alertname"] for each in alertmanager.alerts() if each["status"]["inhibitedBy"]}


def test_a_page_mutes_the_tickets_of_its_service_only(alertmanager: RealAlertmanager) -> None:
    """While checkout pages its ticket disturbs nobody; a ticket of another service does, as does one without labels."""
    page = labels("Fast", "checkout", "page")
    same = labels("SlowOfCheckout", "checkout", "ticket")
    foreign = labels("ForeignOfCheckout", "checkout", "warning")
    other = labels("SlowOfDatabase", "payments-db", "ticket")
    bare = {"alertname": "Bare", "severity": "ticket"}
    tell(alertmanager, page, same, foreign, other, bare, heard={"Fast", "SlowOfDatabase", "Bare"})
    assert muted(alertmanager) == {"SlowOfCheckout", "ForeignOfCheckout"}


def test_an_alert_without_a_service_mutes_nothing(alertmanager: RealAlertmanager) -> None:
    """A page and a ticket that both lack the label are not of the same service; that of another tool counts as page."""
    page = {"alertname": "BarePage", "severity": "critical"}
    ticket = {"alertname": "BareTicket", "severity": "ticket"}
    empty = {"alertname": "EmptyTicket", "severity": "ticket", "service": "", "team": "payments"}
    tell(alertmanager, page, ticket, empty, heard={"BarePage", "BareTicket", "EmptyTicket"})
    assert muted(alertmanager) == set()


def test_an_ill_dependency_mutes_the_tickets_of_what_depends_on_it(alertmanager: RealAlertmanager) -> None:
    """The database pages: tickets of checkout are its echo, its page is not, nor is a ticket of the platform."""
    cause = labels("DatabaseDown", "payments-db", "page")
    echo = labels("SlowCheckout", "checkout", "ticket")
    page = labels("CheckoutFails", "checkout", "page")
    unrelated = labels("DiskFills", "platform", "ticket")
    tell(alertmanager, cause, unrelated, echo, heard={"DatabaseDown", "DiskFills"})
    assert muted(alertmanager) == {"SlowCheckout"}
    alertmanager.post(page)
    alertmanager.sink.wait("pagerduty", lambda arrival: arrival.body["payload"]["class"] == "CheckoutFails")


def test_a_ticket_of_a_dependency_mutes_nothing(alertmanager: RealAlertmanager) -> None:
    """A dependency is ill when it pages, not when it has a ticket."""
    ticket = labels("DatabaseSlow", "payments-db", "ticket")
    echo = labels("SlowCheckout", "checkout", "ticket")
    tell(alertmanager, ticket, echo, heard={"DatabaseSlow", "SlowCheckout"})


def test_an_availability_page_mutes_the_latency_page(alertmanager: RealAlertmanager) -> None:
    """Requests that fail are slow or fast for no reason of their own: people are told once."""
    availability = labels("CheckoutAvailabilityBurn", "checkout", "page", slo="availability")
    latency = labels("CheckoutLatencyBurn", "checkout", "page", slo="latency")
    database = labels("PaymentsDbLatencyBurn", "payments-db", "page", slo="latency")
    tell(alertmanager, availability, latency, database, heard={"CheckoutAvailabilityBurn", "PaymentsDbLatencyBurn"})
    assert muted(alertmanager) == {"CheckoutLatencyBurn"}


def test_nothing_mutes_the_watchdog(tmp_path: Path) -> None:
    """A rule that would is compiled so that it cannot: the dead man's switch must not cry over a healthy monitoring."""
    greedy = (Inhibition(name="greedy", source=('severity="page"',), target=('severity=~".*"',)),)
    with Sink() as sink, running(MINI, tmp_path, sink, inhibitions=greedy) as alertmanager:
        alertmanager.post(labels("Fast", "platform", "page"), labels("Watchdog", "platform", "info"))
        arrival = sink.wait("watchdog")
        assert [alert["labels"]["alertname"] for alert in arrival.body["alerts"]] == ["Watchdog"]
        assert muted(alertmanager) == set()


def test_a_mute_window_that_holds_tells_the_bot_alone(tmp_path: Path) -> None:
    """Alerts that a window picks reach the bot and no person, others of the same route reach both."""
    window = MuteWindow(
        name="now",
        matchers=('alertname=~"Muted.*"', 'severity="ticket"'),
        reason="test",
        times=(TimeRange.model_validate({"from": "00:00", "to": "24:00"}),),
    )
    with Sink() as sink, running(MINI, tmp_path, sink, mute_windows=(window,)) as alertmanager:
        muted_ticket = labels("MutedTicket", "checkout", "ticket")
        page = labels("MutedByNameOnly", "platform", "page")
        tell(alertmanager, page, muted_ticket, heard={"MutedByNameOnly"})
        sink.wait("bot", lambda arrival: "MutedTicket" in str(arrival.body))


def test_dependents_may_stay_loud() -> None:
    """`mute_dependents: false` compiles no rule for dependencies."""
    loud = replace(MINI, routing=MINI.routing.model_copy(update={"mute_dependents": False}))
    assert len(alertmanager_config(MINI)["inhibit_rules"]) == len(MINI.routing.inhibitions) + 1
    assert len(alertmanager_config(loud)["inhibit_rules"]) == len(MINI.routing.inhibitions)
