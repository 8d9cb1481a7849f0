"""`POST /pagerduty` of a real bot, and the whole way to PagerDuty and back."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.bots import bodies
from tests.bots.bot_process import BotProcess, wait_until
from tests.bots.pagerduty.examples import PING, body
from tests.bots.pagerduty.stage import MINI, SECRET, USERS
from tools.standins.pagerduty import Subscription, Trouble, application
from tools.standins.pagerduty_account import Account
from tools.standins.pagerduty_requests import TOKEN
from tools.standins.serving import serving

OTHER = "the-new-secret"


class Whole:
    """A bot and an account that know of each other."""

    def __init__(self, bot: BotProcess, account: Account, subscription: Subscription, trouble: Trouble) -> None:
        self.bot, self.account, self.subscription, self.trouble = bot, account, subscription, trouble

    def post(self, sent: bytes, *secrets: str) -> requests.Response:
        """A webhook signed with secrets."""
        made = ",".join(f"v1={hmac.new(one.encode(), sent, hashlib.sha256).hexdigest()}" for one in secrets)
        headers = {"X-PagerDuty-Signature": made} if made else {}
        return requests.post(f"{self.bot.url}/pagerduty", data=sent, headers=headers, timeout=10)

    def fire(self) -> None:
        """An alert reaches the bot and PagerDuty."""
        from alerting.routes.answer import Router

        one = bodies.alert()
        key = Router(MINI).pagerduty_key(one["labels"])
        assert key is not None
        self.bot.deliver(bodies.body(one))
        self.bot.settled()
        self.account.event("trigger", key, "CheckoutAvailabilityBurn")

    def state(self) -> dict[str, object]:
        """INC-1 as the API gives it."""
        found: dict[str, object] = self.bot.get("/api/v1/incidents/INC-1").json()["incident"]
        return found


@contextmanager
def _whole(mini: Path, folder: Path) -> Iterator[Whole]:
    folder.mkdir()
    (folder / "token").write_text(TOKEN)
    (folder / "secrets").write_text(f"{SECRET}\n")
    account, trouble = Account(USERS), Trouble()
    account.secrets = (SECRET,)
    with serving(application(account, trouble)) as url:
        bot = BotProcess(
            root=mini,
            folder=folder / "bot",
            settings={
                "TOCSIN_PAGERDUTY_TOKEN_FILE": str(folder / "token"),
                "TOCSIN_PAGERDUTY_FROM": "tocsin@example.com",
                "TOCSIN_PAGERDUTY_WEBHOOK_SECRETS_FILE": str(folder / "secrets"),
                "TOCSIN_PAGERDUTY_URL": url,
            },
        )
        bot.prepare()
        bot.start()
        try:
            with Subscription(account, f"{bot.url}/pagerduty").running() as subscription:
                yield Whole(bot, account, subscription, trouble)
        finally:
            bot.stop()


@pytest.fixture
def whole(mini: Path, tmp_path: Path) -> Iterator[Whole]:
    """A bot of the miniature company with an account."""
    with _whole(mini, tmp_path / "whole") as made:
        yield made


def test_only_what_is_signed_is_kept(whole: Whole, tmp_path: Path) -> None:
    """A ping and events of foreign incidents are thanked for; a forged one is refused with what was expected.

    A secret may be changed while the bot runs: both are valid in between.
    """
    event = body("incident.acknowledged")
    assert whole.post(PING, SECRET).json() == {"status": "ignored"}
    answer = whole.post(event, SECRET)
    assert (answer.status_code, answer.json()) == (202, {"status": "kept"})
    for made in (whole.post(event), whole.post(event, OTHER), whole.post(event + b" ", "")):
        assert made.status_code == 401
        assert made.json()["detail"] == (
            "no signature of ours in X-PagerDuty-Signature; expected `v1=` and the HMAC-SHA256 of the body in hex; "
            "nothing was kept"
        )
    assert whole.post(event, OTHER, SECRET).status_code == 202
    (tmp_path / "whole" / "secrets").write_text(f"{OTHER}\n{SECRET}\n")
    wait_until(lambda: whole.post(event, OTHER).status_code == 202, 10, lambda: whole.bot.log)
    whole.bot.settled()
    assert whole.bot.metric("tocsin_inbox_unusable_total") == 0
    assert whole.post(b"[]", SECRET).status_code == 202, "three refusals would switch the subscription off"
    whole.bot.settled()
    assert whole.bot.metric("tocsin_inbox_unusable_total") == 1
    assert whole.bot.get("/api/v1/incidents").json()["incidents"] == []
    assert whole.bot.metric('tocsin_deliveries_total{outcome="unauthorized",source="pagerduty"}') >= 3


def test_both_ways_through_a_real_bot(whole: Whole) -> None:
    """Acknowledged there is acknowledged here; resolved here is resolved there; nothing goes round."""
    whole.fire()
    page = whole.account.incidents[0]
    whole.account.act(page.id, "acknowledged", "PBEN")
    wait_until(lambda: whole.state()["status"] == "acknowledged", 30, lambda: whole.bot.log)
    assert whole.state()["acknowledged_by"] == "ben"
    command = {"command": "resolve", "args": {"verdict": "actionable"}, "key": "over"}
    assert whole.bot.post("/api/v1/incidents/INC-1/commands", command).ok
    wait_until(lambda: page.status == "resolved", 30, lambda: whole.bot.log)
    assert page.log == ["triggered", "acknowledged by Ben", "resolved by Ana"]
    wait_until(lambda: len(whole.subscription.answers) == 3, 30, lambda: whole.bot.log)
    whole.bot.settled()
    assert whole.state()["status"] == "resolved"
    assert [call for call in whole.trouble.calls if call[0] == "PUT"] == [("PUT", "/incidents")]
    assert set(whole.subscription.answers) == {202}
    assert [link["relation"] for link in whole.state()["links"]] == ["pagerduty_incident"]  # type: ignore[attr-defined]


def test_what_waits_survives_a_kill(whole: Whole) -> None:
    """PagerDuty is away, the bot is killed; when both are back the acknowledgment arrives, once."""
    from fastapi.responses import JSONResponse

    whole.fire()
    whole.trouble.answer = lambda request: JSONResponse({"error": {"message": "down"}}, 503)
    assert whole.bot.post("/api/v1/incidents/INC-1/commands", {"command": "ack", "key": "mine"}).ok
    wait_until(lambda: any(call[0] == "GET" for call in whole.trouble.calls), 30, lambda: whole.bot.log)
    whole.bot.kill()
    whole.trouble.answer = lambda request: None
    whole.bot.start()
    page = whole.account.incidents[0]
    wait_until(lambda: page.status == "acknowledged", 30, lambda: whole.bot.log)
    assert page.log == ["triggered", "acknowledged by Ana"]
