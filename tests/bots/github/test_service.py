"""The whole bot in a process of its own with a GitHub on this machine, killed without a word of warning."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bots.bodies import alert, body
from tests.bots.bot_process import BotProcess, wait_until
from tests.bots.github.official import Checker, real
from tools.standins.github import application
from tools.standins.github_hub import TOKEN, Hub
from tools.standins.github_repository import Issue, Repository
from tools.standins.github_webhook import Webhook
from tools.standins.serving import serving

SECRET = "webhook-secret"
WITHIN_S = 60.0


@dataclass(kw_only=True)
class Place:
    """A bot and the repository that it works on."""

    bot: BotProcess
    hub: Hub

    @property
    def issues(self) -> list[Issue]:
        """Those of the repository, oldest first."""
        with self.hub.repository.lock:
            return list(self.hub.repository.issues.values())

    def fire(self, *services: str) -> None:
        """A page of each service."""
        for place, service in enumerate(services):
            answer = self.bot.deliver(body(alert(place + 1, service=service)))
            assert answer.status_code == 202

    def until(self, holds: object) -> None:
        """Returns when a condition holds."""
        wait_until(holds, WITHIN_S, lambda: f"{self.issues}\n{self.bot.log}")


@pytest.fixture
def place(tmp_path: Path, mini: Path) -> Iterator[Place]:
    """Both run; what was not as GitHub describes it is said at the end."""
    repository, checker = Repository(teams={"sre": ("eli",)}), Checker()
    webhook = Webhook(repository=repository, secret=SECRET, shape=real)
    hub = Hub(repository=repository, webhook=webhook, checked=checker)
    with serving(application(hub)) as base:
        webhook.base = base
        (tmp_path / "token").write_text(f"{TOKEN}\n")
        (tmp_path / "secrets").write_text(f"{SECRET}\n")
        bot = BotProcess(root=mini, folder=tmp_path / "bot")
        bot.settings = {
            "TOCSIN_GITHUB_REPOSITORY": repository.name,
            "TOCSIN_GITHUB_URL": base,
            "TOCSIN_GITHUB_TOKEN_FILE": str(tmp_path / "token"),
            "TOCSIN_GITHUB_WEBHOOK_SECRETS_FILE": str(tmp_path / "secrets"),
            "TOCSIN_PUBLIC_URL": bot.url,
        }
        bot.prepare()
        webhook.target = f"{bot.url}/github"
        webhook.start()
        bot.start()
        try:
            yield Place(bot=bot, hub=hub)
        finally:
            webhook.stop()
            bot.stop()
    assert checker.problems == []


def test_an_issue_is_there_within_ten_seconds_and_people_work_on_it(place: Place) -> None:
    """From the first delivery; a comment acknowledges, closing by hand resolves."""
    begun = time.monotonic()
    place.fire("checkout")
    place.until(lambda: place.issues)
    assert time.monotonic() - begun < 10
    (issue,) = place.issues
    place.hub.repository.comment(issue.number, "ana", "/ack")
    place.until(lambda: "state: acknowledged" in issue.labels and issue.assignees == ["ana"])
    place.hub.repository.close("ana", issue.number)
    place.until(lambda: "state: resolved" in issue.labels)
    record = place.bot.get("/api/v1/incidents/INC-1").json()
    assert [row["kind"] for row in record["timeline"] if row["by"] == "ana"] == ["acknowledged", "resolved"]
    assert [link["relation"] for link in record["incident"]["links"]] == ["github_issue"]


def test_a_storm_that_kills_the_bot_again_and_again_opens_each_issue_once(place: Place) -> None:
    """Killed in the middle of opening, three times; what people said meanwhile is heard."""
    services = [f"service-{number}" for number in range(6)]
    place.fire(*services)
    for opened in (1, 3, 5):
        place.until(lambda opened=opened: len(place.issues) >= opened)
        place.bot.kill()
        place.bot.start()
    place.until(lambda: len(place.issues) >= len(services))
    place.bot.settled()
    time.sleep(2)
    titles = [issue.title.split(":")[0] for issue in place.issues]
    assert len(titles) == len(set(titles)) == len(services)
    moments = sorted(issue.at for issue in place.issues)
    assert all((last - first).total_seconds() > 0.9 for first, last in itertools.pairwise(moments))
    place.bot.kill()
    place.hub.repository.comment(place.issues[0].number, "ana", "/ack")
    place.until(lambda: place.hub.webhook.idle)
    place.bot.start()
    place.until(lambda: "state: acknowledged" in place.issues[0].labels)
