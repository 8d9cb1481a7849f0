"""The API, asked by real requests to a real bot: deliveries and operation."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dashboards.metrics import EXPORTERS
from tests.bots.asking import problem
from tests.bots.bodies import alert, body
from tests.bots.bot_process import BotProcess, wait_until


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """One bot for all questions; every test has incidents of its own."""
    root = Path(__file__).parents[1] / "data" / "mini"
    made = BotProcess(root=root, folder=tmp_path_factory.mktemp("bot"))
    made.prepare()
    made.start()
    yield made
    made.stop()


# deliveries


def test_a_delivery_needs_a_known_token(bot: BotProcess) -> None:
    """Nothing is read before."""
    assert problem(requests.post(f"{bot.url}/alertmanager", data=body(), timeout=10)) == (
        401,
        "no bearer token; expected `Authorization: Bearer TOKEN`",
    )
    answer = bot.deliver(body(), token="wrong")
    assert problem(answer) == (401, "unknown token; expected one of the bot's Alertmanager tokens")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_member_s_token_delivers_nothing(bot: BotProcess) -> None:
    """People are not Alertmanager."""
    assert bot.deliver(body(), token="token-of-ana").status_code == 401


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 1_000_000, 400),
        (b'{"a":' * 200_000, 400),
        (b"\xff" * 100, 400),
        (b"{}", 422),
        (b"[" + b"{}," * 300_000 + b"{}]", 422),
        (body(alert() | {"labels": {str(number): 1 for number in range(50_000)}}), 422),
        (body(*[{"status": 1}] * 19_000), 422),
        (b'"' + b"x" * (4 * 1024 * 1024) + b'"', 413),
        (b"x" * 10_000_000, 413),
    ],
    ids=[
        "empty",
        "half",
        "deep lists",
        "deep objects",
        "not UTF-8",
        "no fields",
        "a long list",
        "many wrong labels",
        "many wrong alerts",
        "just over 4 MiB",
        "10 MB",
    ],
)
def test_hostile_bodies_change_nothing(bot: BotProcess, sent: bytes, status: int) -> None:
    """Each gets a clear 4xx, and nothing is kept."""
    before = bot.metric('tocsin_deliveries_total{outcome="kept",source="alertmanager"}')
    assert problem(bot.deliver(sent))[0] == status
    assert bot.metric('tocsin_deliveries_total{outcome="kept",source="alertmanager"}') == before
    assert bot.ready()


def test_a_body_that_is_too_large_is_refused_without_its_length(bot: BotProcess) -> None:
    """Chunked bodies are counted while they arrive."""

    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100_000

    headers = {"Authorization": "Bearer alertmanager-token"}
    answer = requests.post(f"{bot.url}/alertmanager", data=chunks(), headers=headers, timeout=30)
    assert problem(answer) == (
        413,
        "the body is larger than 4 MiB; nothing was kept; set `max_alerts` in Alertmanager's webhook_config",
    )


def test_hostile_text_is_recorded_as_text(bot: BotProcess) -> None:
    """Labels with markup, quotes, controls and surrogates survive into git and stay text there."""
    strange = "`${x}` \u0000 \u202e <script>alert(1)</script> | a: b\n- c # d '\" \U0001f525"
    told = alert(77, service="notifications") | {"annotations": {"summary": strange}}
    assert bot.deliver(body(told)).status_code == 202
    bot.settled()
    found = bot.get("/api/v1/incidents?service=notifications").json()["incidents"]
    shown = bot.get(f"/api/v1/incidents/{found[0]['id']}").json()
    (fired,) = [row for row in shown["timeline"] if row["kind"] == "alert_fired"]
    assert "<script>alert(1)</script>" in fired["annotations"]["summary"]
    page = requests.get(f"{bot.url}/incidents/{found[0]['id']}", timeout=10).text
    assert "<script" not in page


def test_truncated_notifications_say_so(bot: BotProcess) -> None:
    """Whoever reads the incident knows that alerts are missing."""
    bot.deliver(body(alert(88, service="cart"), truncatedAlerts=12))
    bot.settled()
    name = bot.get("/api/v1/incidents?service=cart").json()["incidents"][0]["id"]
    notes = [row["text"] for row in bot.get(f"/api/v1/incidents/{name}").json()["timeline"] if row["kind"] == "noted"]
    assert notes == ["Alertmanager left 12 more alerts of this group out of its notification"]


# operation


def test_what_is_not_there_is_404_in_the_same_form(bot: BotProcess) -> None:
    """Also the sources that are not part of this bot."""
    for path in ("/github", "/slack", "/pagerduty", "/nothing"):
        assert problem(requests.post(bot.url + path, timeout=10)) == (404, f"POST {path}: Not Found")
    assert problem(requests.get(f"{bot.url}/alertmanager", timeout=10))[0] == 405


def test_health_and_metrics(bot: BotProcess) -> None:
    """Without a token, for Kubernetes and Prometheus."""
    assert requests.get(f"{bot.url}/healthz", timeout=10).json() == {"status": "ok"}
    assert requests.get(f"{bot.url}/readyz", timeout=10).json() == {
        "status": "ok",
        "checks": {"inbox": "ok", "writer": "ok"},
    }
    answer = requests.get(f"{bot.url}/metrics", timeout=10)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert bot.metric("tocsin_inbox_pending") == 0
    assert bot.metric('tocsin_outbox_lag_seconds{destination="postmortem"}') >= 0


def test_the_metrics_that_dashboards_ask_for_are_there(bot: BotProcess) -> None:
    """All that are listed as the bot's."""
    lines = requests.get(f"{bot.url}/metrics", timeout=10).text.splitlines()
    exported = {line.split()[2] for line in lines if line.startswith("# TYPE ")}
    assert EXPORTERS["bot"].metrics - exported == set()


def test_nothing_of_a_request_is_kept_as_plain_token(bot: BotProcess) -> None:
    """Neither the state's files nor the log hold a token."""
    bot.get("/api/v1/incidents")
    for path in bot.state.rglob("*"):
        if path.is_file():
            assert b"token-of-ana" not in path.read_bytes()
    assert "token-of" not in bot.log
    assert "alertmanager-token" not in bot.log.replace("alertmanager-tokens", "")


def test_a_rotated_token_counts_without_a_restart(bot: BotProcess) -> None:
    """The old one and the new one, then the new one alone."""
    path = bot.folder / "alertmanager-tokens"
    path.write_text("alertmanager-token\nsecond\n")
    wait_until(lambda: bot.deliver(body(), token="second").status_code == 202, 10, lambda: bot.log)
    assert bot.deliver(body()).status_code == 202
    path.write_text("second\n")
    wait_until(lambda: bot.deliver(body()).status_code == 401, 10, lambda: bot.log)
    path.write_text("alertmanager-token\n")
    wait_until(lambda: bot.deliver(body()).status_code == 202, 10, lambda: bot.log)


def test_bodies_can_be_looked_at_afterwards(bot: BotProcess) -> None:
    """The inbox keeps what was done for a while."""
    bot.deliver(body(alert(4711)))
    bot.settled()
    connection = sqlite3.connect(f"file:{bot.state / 'inbox.db'}?mode=ro", uri=True)
    stored = [row[0] for row in connection.execute("SELECT body FROM inbox WHERE source = 'alertmanager'")]
    connection.close()
    assert body(alert(4711)) in stored
