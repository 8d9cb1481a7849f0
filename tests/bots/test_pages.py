"""The pages for people."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests

from bots.api.commands import NAMES
from bots.page import CSS_PATH
from bots.timeline.event import Event, Kind
from bots.words.lengths import length
from bots.words.links import is_web
from bots.words.wording import words
from tests.bots.bodies import AT, alert, body
from tests.bots.bot_process import BotProcess


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """A bot with one incident from an alert and one that is over."""
    made = BotProcess(root=Path(__file__).parents[1] / "data" / "mini", folder=tmp_path_factory.mktemp("bot"))
    made.prepare()
    made.start()
    evil = {
        "summary": '"><script>alert(1)</script>{{ 7*7 }}',
        "runbook_url": "javascript:alert(1)",
        "dashboard_url": "https://grafana.example.com/d/checkout?var-x=<b>",
    }
    made.deliver(body(alert(1, instance="<img src=x>") | {"annotations": evil}))
    made.settled()
    made.post("/api/v1/incidents", {"title": "<i>Old</i>", "service": "payments-db", "drill": True, "key": "k"})
    made.post("/api/v1/incidents/INC-2/commands", {"command": "resolve", "key": "r", "args": {"verdict": "drill"}})
    yield made
    made.stop()


class Page(HTMLParser):
    """What a page holds, as a browser would see it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps tags and addresses; an attribute that runs a script would fail the test."""
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            if name in ("href", "src"):
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        """Keeps the text."""
        self.text += data


def page(bot: BotProcess, path: str, status: int = 200) -> Page:
    """A page whose headers are checked."""
    answer = requests.get(bot.url + path, timeout=10, allow_redirects=False)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return Page(answer.text)


def test_an_incident_s_page_says_what_matters(bot: BotProcess) -> None:
    """State, priority and what it means, who is on call, what fires, and the commands to copy."""
    text = page(bot, "/incidents/INC-1").text
    for part in ("INC-1", "P0", "users cannot buy", "open", "checkout", "payments", "On call now", "primary", "firing"):
        assert part in text
    assert "tocsin incident ack INC-1" in text
    assert "nobody yet" in text
    assert "(expected within 5m)" in text


def test_text_from_labels_stays_text(bot: BotProcess) -> None:
    """No tag, no script, no template, no address that is not the web's."""
    shown = page(bot, "/incidents/INC-1")
    assert not {"script", "img", "iframe", "b", "i", "form"} & set(shown.tags)
    assert '"><script>alert(1)</script>{{ 7*7 }}' in shown.text
    assert "instance=<img src=x>" in shown.text
    assert not [link for link in shown.links if link.startswith("javascript")]
    assert "https://grafana.example.com/d/checkout?var-x=<b>" in shown.links


def test_nothing_on_a_page_turns_the_writing_round(bot: BotProcess) -> None:
    """Not in a title, a label or a note: https://trojansource.codes."""
    asked = {"title": "x \u202egnp.exe", "service": "checkout", "key": "turned", "note": "\x1b[31mred \u2066y"}
    name = bot.post("/api/v1/incidents", asked).json()["incident"]["id"]
    text = page(bot, f"/incidents/{name}").text
    assert "x \ufffdgnp.exe" in text
    assert "\ufffd[31mred \ufffdy" in text
    assert not set("\u202e\u2066\x1b") & set(text + page(bot, "/incidents").text)
    done = {"command": "resolve", "key": "turned"}
    assert bot.post(f"/api/v1/incidents/{name}/commands", done).status_code == 200


def test_without_a_link_in_the_alert_the_policy_s_runbook_is_offered(bot: BotProcess) -> None:
    """`javascript:` was no link; the runbook's name comes from the alert's."""
    bot.deliver(body(alert(9, service="cart") | {"annotations": {}}))
    bot.settled()
    name = bot.get("/api/v1/incidents?service=cart").json()["incidents"][0]["id"]
    links = page(bot, f"/incidents/{name}").links
    assert "https://git.example.com/shop/tocsin/blob/main/runbooks/CheckoutAvailabilityBurn.md" in links


def test_pages_need_nothing_from_elsewhere(bot: BotProcess) -> None:
    """The style sheet is the bot's own, and may be kept for ever."""
    for path in ("/incidents", "/incidents/INC-1", "/docs"):
        assert CSS_PATH in page(bot, path).links
    answer = requests.get(bot.url + CSS_PATH, timeout=10)
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "prefers-color-scheme: dark" in answer.text


def test_the_list_shows_what_goes_on_first(bot: BotProcess) -> None:
    """Those that are over are a click away."""
    assert "INC-1" in page(bot, "/incidents").text
    assert "<i>Old</i>" not in page(bot, "/incidents").text
    assert "<i>Old</i>" in page(bot, "/incidents?show=over").text
    everything = page(bot, "/incidents?show=all").text
    assert "INC-1" in everything
    assert "INC-2" in everything


def test_the_start_leads_to_the_list(bot: BotProcess) -> None:
    """Whoever types the address arrives somewhere."""
    answer = requests.get(bot.url, timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/incidents")


def test_a_notification_s_link_leads_to_the_incident_of_now(bot: BotProcess) -> None:
    """302, never cached: tomorrow it is another one. One that is over is better than none."""
    answer = requests.get(f"{bot.url}/current/payments/checkout", timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/incidents/INC-1")
    assert answer.headers["Cache-Control"] == "no-store"
    answer = requests.get(f"{bot.url}/current/payments/payments-db", timeout=10, allow_redirects=False)
    owner_is_platform = answer.status_code == 404
    assert owner_is_platform or answer.headers["Location"] == "/incidents/INC-2"


def test_without_an_incident_the_page_is_kind(bot: BotProcess) -> None:
    """Whoever was paged a second before the bot knows gets an explanation and a page that looks again."""
    text = page(bot, "/current/payments/brand-new", 404).text
    assert "No incident of brand-new (payments) is on the record yet." in text
    assert "this page renews itself every 5 seconds" in text
    assert "There is no incident INC-4000." in page(bot, "/incidents/INC-4000", 404).text
    assert "There is no incident nonsense." in page(bot, "/incidents/nonsense", 404).text


def test_the_api_is_described(bot: BotProcess) -> None:
    """Every route and every command, without a script."""
    text = page(bot, "/docs").text
    for part in ("/alertmanager", "/api/v1/incidents/{name}/commands", "Ack: I am on it.", "RFC 9457"):
        assert part in text
    document = requests.get(f"{bot.url}/openapi.json", timeout=10).json()
    assert {"post"} <= set(document["paths"]["/api/v1/incidents"])
    assert "/incidents" not in document["paths"]
    assert set(document["components"]["schemas"]["Asked"]["discriminator"]["mapping"]) == set(NAMES)
    assert "Postmortem: A draft of a postmortem is wanted" in text


@pytest.mark.parametrize(
    ("url", "web"),
    [
        ("https://example.com/x", True),
        ("http://prometheus:9090/graph?g0.expr=up", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.com", False),
        ("https://", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_only_web_addresses_are_followed(url: str, web: bool) -> None:
    """Everything else is shown as text or not at all."""
    assert is_web(url) is web


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=2, minutes=5), "2 hours 5 minutes"),
        (timedelta(days=1, hours=1, minutes=1), "1 day 1 hour"),
        (timedelta(minutes=-5), "less than a minute"),
    ],
)
def test_lengths_are_said_as_people_say_them(span: timedelta, text: str) -> None:
    """The two largest units."""
    assert length(span) == text


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_event_has_words(kind: Kind) -> None:
    """A sentence for each, from the least that the kind holds."""
    least = {
        "incident": 1,
        "team": "payments",
        "service": "checkout",
        "alert": "A",
        "severity": "page",
        "priority": "P1",
        "to": "ana",
        "role": "scribe",
        "text": "hello",
        "verdict": "noise",
        "relation": "dashboard",
        "attempt": 1,
        "action": "restart_pod",
        "outcome": "failed",
        "reason": "why",
        "command": "ack",
    }
    said = words(Event(kind=kind, at=AT, by="ana", key="k", data=least))
    assert said[0].isupper() or said.startswith(("A ", "hello", "ana", "restart_pod"))


def test_times_are_utc(bot: BotProcess) -> None:
    """And the page says so."""
    assert f"As of {datetime.now(UTC):%Y-%m-%d %H}" in page(bot, "/incidents").text
