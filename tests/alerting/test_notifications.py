"""What people read: notifications that a real Alertmanager rendered, compared with tests/golden/notifications/."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
import yaml

from alerting import names
from alerting.policy import load
from alerting.routes import Router
from tests.conftest import DATA
from tests.real_alertmanager import RealAlertmanager, running
from tests.receiving import Arrival, Sink

SINCE = "2026-02-01T10:00:00Z"
UNTIL = "2026-02-01T10:20:30Z"
HOSTILE = '<!channel> & "x" {{ .Labels }} `y` *z* </td><script>alert(1)</script>\n\r\nBcc: all@example.com'


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Alerts, and where their notification must arrive."""

    channels: tuple[str, ...]
    alerts: tuple[dict[str, Any], ...]
    title: str
    """How the title of the notification to look at starts."""
    resolved: int = 0
    """How many of the alerts are sent again as resolved."""


def alert(name: str, annotations: dict[str, str] | None = None, **labels: str) -> dict[str, Any]:
    """An alert as the compiled rules make it."""
    usual = {
        "summary": "checkout spends its error budget 14.4 times too fast",
        "description": "5.2% of requests fail; the budget of 30 days lasts 50 hours.",
        "runbook_url": f"https://git.example.com/shop/tocsin/blob/main/runbooks/{name}.md",
        "dashboard_url": "https://grafana.example.com/d/checkout?var-slo=availability&from=now-6h",
    }
    own = {"service": "checkout", "team": "payments", "severity": "page", "priority": "P0", **labels}
    return {
        "labels": {"alertname": name, **{key: value for key, value in own.items() if value}},
        "annotations": usual if annotations is None else annotations,
        "startsAt": SINCE,
    }


EVERYWHERE = ("slack", "pagerduty", "email")
CASES = {
    "firing": Case(
        channels=EVERYWHERE, title="[FIRING:1] P0 checkout", alerts=(alert("FiringBurn", slo="availability"),)
    ),
    "resolved": Case(
        channels=EVERYWHERE,
        title="[RESOLVED] P0 checkout",
        alerts=(alert("ResolvedBurn", slo="availability"),),
        resolved=1,
    ),
    "many": Case(
        channels=EVERYWHERE,
        title="[FIRING:60] P0 checkout",
        alerts=tuple(alert("ManyDown", instance=f"10.0.0.{number}:8080") for number in range(60)),
    ),
    "half-resolved": Case(
        channels=EVERYWHERE,
        title="[FIRING:7] P0 checkout",
        alerts=tuple(alert("HalfDown", instance=f"10.0.0.{number}:8080") for number in range(12)),
        resolved=5,
    ),
    "drill": Case(
        channels=EVERYWHERE, title="[DRILL] [FIRING:1] P0 checkout", alerts=(alert("DrillBurn", drill="true"),)
    ),
    "hostile": Case(
        channels=EVERYWHERE,
        title="[FIRING:1] P0 checkout",
        alerts=(
            alert(
                "HostileBurn",
                annotations={
                    "summary": f"HostileBurn {HOSTILE}",
                    "description": f"{HOSTILE} {'long ' * 200}",
                    "runbook_url": "javascript:alert(1)",
                    "dashboard_url": "https://evil.example.com/|<!channel>",
                },
                pod=HOSTILE,
            ),
        ),
    ),
    "ticket": Case(
        channels=("slack",),
        title="[FIRING:2] P2 platform",
        alerts=(
            alert("SlowBurn", service="platform", team="platform", severity="ticket", priority="P2"),
            alert("OtherTicket", service="platform", team="platform", severity="ticket", priority="P2"),
        ),
    ),
    "foreign": Case(
        channels=("slack", "pagerduty"),
        title="[FIRING:1]: FromElsewhere",
        alerts=(alert("FromElsewhere", annotations={}, service="", team="", severity="critical", priority=""),),
    ),
}


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealAlertmanager]:
    """One Alertmanager for all cases, which differ in their alerts' names and so in their groups."""
    policy = load(DATA / "mini")
    # Cases differ by alert name only; inhibition between them would depend on their order.
    with Sink() as sink, running(policy, tmp_path_factory.mktemp("am"), sink, inhibitions=()) as started:
        yield started


def is_about(case: Case, arrival: Arrival) -> bool:
    """Whether a notification is of the case's alerts."""
    return case.alerts[0]["labels"]["alertname"] in shown(arrival)


def is_looked_at(case: Case, arrival: Arrival) -> bool:
    """Whether it is the one of the case's notifications that its golden file shows."""
    done = "2026-02-01 10:20:30" in shown(arrival) or not case.resolved
    return done and is_about(case, arrival) and case.title in shown(arrival)


def shown(arrival: Arrival) -> str:
    """A notification as one text."""
    return str(mail_text(arrival.body) if arrival.channel == "email" else arrival.body)


def mail_text(mail: EmailMessage) -> dict[str, str]:
    """The parts of a mail that do not change from run to run."""
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    headers = {"from": str(mail["from"]), "to": str(mail["to"]), "subject": str(mail["subject"])}
    # Mail lines end in CRLF on the wire.
    return {
        **headers,
        **{key: part.get_content().replace("\r\n", "\n") for key, part in (("text", plain), ("html", html))},
    }


class Dumper(yaml.SafeDumper):
    """YAML in which texts of several lines are shown as such."""


Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


@pytest.mark.parametrize("name", CASES)
def test_a_notification_reads_as_its_golden_file(
    alertmanager: RealAlertmanager, golden: Callable[[str, str], None], name: str
) -> None:
    """Alertmanager renders the shipped templates to what the golden files show, on every channel of the alert."""
    case = CASES[name]
    alertmanager.post(*case.alerts)
    if case.resolved:
        for channel in case.channels:
            alertmanager.sink.wait(channel, lambda arrival: is_about(case, arrival))
        alertmanager.post(*({**each, "endsAt": UNTIL} for each in case.alerts[: case.resolved]))
    for channel in case.channels:
        arrival = alertmanager.sink.wait(channel, lambda arrival: is_looked_at(case, arrival))
        body = mail_text(arrival.body) if channel == "email" else arrival.body
        text = yaml.dump(body, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)
        golden(f"notifications/{name}.{channel}.yaml", text)


def test_outside_text_cannot_call_everybody_or_leave_its_place(alertmanager: RealAlertmanager) -> None:
    """No mark of Slack's, no tag of HTML and no header of a mail comes out of a label or an annotation."""
    case = CASES["hostile"]
    alertmanager.post(*case.alerts)
    slack = alertmanager.sink.wait("slack", lambda arrival: is_about(case, arrival)).body["attachments"][0]
    assert "<!" not in slack["title"] + slack["text"] + slack["fallback"]
    assert "evil.example.com" not in slack["text"].replace("pod=", "")
    mail = alertmanager.sink.wait("email", lambda arrival: is_about(case, arrival)).body
    assert "<script>" not in mail_text(mail)["html"]
    assert mail["bcc"] is None


def test_pagerdutys_key_is_the_hash_of_the_group_key_that_names_computes(alertmanager: RealAlertmanager) -> None:
    """The key that PagerDuty gets is `names.pagerduty_dedup_key` of the group key that `resolve` gives."""
    labels = alert("KeyBurn")["labels"]
    alertmanager.post(alert("KeyBurn"))
    answer = Router(load(DATA / "mini")).resolve(labels, datetime(2026, 2, 1, tzinfo=UTC))
    keys = {each.receiver: each.group_key for each in answer.notifications}
    event = alertmanager.sink.wait("pagerduty", lambda arrival: arrival.body["payload"]["class"] == "KeyBurn").body
    assert event["dedup_key"] == names.pagerduty_dedup_key(keys["pagerduty-checkout"])
    delivery = alertmanager.sink.wait("bot", lambda arrival: "KeyBurn" in str(arrival.body)).body
    assert delivery["groupKey"] == keys["bot"] == '{}/{severity=~"page|ticket"}:{service="checkout", team="payments"}'
