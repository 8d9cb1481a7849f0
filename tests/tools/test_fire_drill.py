"""`tocsin drill --stack`: a real Alertmanager, a real bot, a mail server, and stand-ins for PagerDuty and Slack."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from alerting.model.policy import Policy
from alerting.names import pagerduty_dedup_key
from alerting.policy import load
from alerting.routes.answer import resolve
from tests.bots.bot_process import BotProcess
from tests.real_alertmanager import RealAlertmanager, local, running
from tests.receiving import Sink
from tests.tools import paging_stand, slack_stand
from tools.cli import main
from tools.drill.stack import Alert, Channel, FireDrill, Outcome, alert_of
from tools.drill.stack_command import proofs_of, show
from tools.drill.stack_members import Members
from tools.drill.stack_reach import by_address

MINI = Path(__file__).parents[1] / "data" / "mini"
SERVICE = "checkout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """Everything that a fire drill goes through."""

    policy: Policy
    alertmanager: RealAlertmanager
    bot: BotProcess
    paging: paging_stand.Account
    slack: slack_stand.Workspace
    folder: Path

    def environment(self, *without: str) -> dict[str, str]:
        """With tokens for everything but some."""
        (self.folder / "pagerduty").write_text(f"{paging_stand.TOKEN}\n")
        (self.folder / "slack").write_text(f"{slack_stand.TOKEN}\n")
        found = {
            "TOCSIN_URL": self.bot.url,
            "TOCSIN_TOKEN_FILE": str(self.bot.folder / "ana.token"),
            "TOCSIN_PAGERDUTY_TOKEN_FILE": str(self.folder / "pagerduty"),
            "TOCSIN_PAGERDUTY_URL": self.paging.url,
            "TOCSIN_SLACK_TOKEN_FILE": str(self.folder / "slack"),
        }
        return {name: value for name, value in found.items() if name not in without}

    def drill(
        self, environment: Mapping[str, str], service: str = SERVICE, within_s: float = 20, **urls: str
    ) -> Outcome:
        """One fire drill."""
        members = Members(by_address([urls.get("url", self.alertmanager.url)]))
        alert = alert_of(self.policy, service, datetime.now(UTC))

        def proofs(alert: Alert, answer: Any) -> Any:
            return proofs_of(self.policy, alert, answer, environment)

        return FireDrill(self.policy, members, alert, proofs, within_s).run()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """All of it, running."""
    folder = tmp_path_factory.mktemp("deployed")
    policy = load(MINI)
    bot = BotProcess(root=MINI, folder=folder / "bot")
    bot.prepare()
    # What the harness writes into every file that the routes name.
    (bot.folder / "alertmanager-tokens").write_text(f"secret of {policy.routing.secrets.bot_token}\n")
    bot.start()
    with ExitStack() as open_:
        open_.callback(bot.stop)
        paging = open_.enter_context(paging_stand.Account())
        slack = open_.enter_context(slack_stand.Workspace("general", "payments", "platform"))
        sink = open_.enter_context(Sink())
        changes = {
            "bot_url": bot.url,
            "pagerduty_url": f"{paging.url}/v2/enqueue",
            "slack_api_url": slack.url,
        }
        alertmanager = open_.enter_context(running(policy, folder, sink, bot_interval="1s", **changes))
        changed = local(policy, sink, folder / "secrets", **changes)
        yield Deployed(policy=changed, alertmanager=alertmanager, bot=bot, paging=paging, slack=slack, folder=folder)


def by_name(outcome: Outcome) -> dict[str, Channel]:
    """The channels of an outcome."""
    return {one.name: one for one in outcome.channels}


def test_it_is_followed_to_every_end(deployed: Deployed) -> None:
    """With all tokens it is seen at the bot, PagerDuty and Slack; of the mailbox it says that nobody looked."""
    outcome = deployed.drill(deployed.environment())
    found = by_name(outcome)
    assert {name: one.state for name, one in found.items()} == {
        "bot": "arrived",
        "pagerduty": "arrived",
        "slack": "arrived",
        "email": "taken",
    }
    number = deployed.paging.incidents[-1]["incident_number"]
    incident = found["bot"].detail.split()[0]
    assert found["bot"].detail == f"{incident} holds it, marked as a drill"
    assert found["pagerduty"].detail == f"incident {number}, high urgency, at Ana"
    assert found["slack"].detail == "it is in #payments"
    assert found["email"].detail == (
        f"incidents@example.com took it; not verified: nothing here can read a mailbox; look for {outcome.run} there"
    )
    assert (found["bot"].resolved, found["pagerduty"].resolved) == (
        f"{incident} is resolved",
        f"incident {number} is resolved",
    )
    assert outcome.succeeded
    assert outcome.notes == ()
    plain = json.loads(json.dumps(outcome.to_json()))
    assert plain["succeeded"] is True
    assert [one["channel"] for one in plain["channels"]] == ["bot", "pagerduty", "slack", "email"]
    assert plain["labels"]["drill"] == "true"
    answer = deployed.bot.get(f"/api/v1/incidents/{incident}").json()
    assert answer["incident"]["drill"] is True
    mail = deployed.alertmanager.sink.wait("email", lambda one: outcome.run in str(one.body))
    assert "[DRILL]" in mail.body["subject"]


def test_without_tokens_it_says_what_nobody_looked_at(deployed: Deployed) -> None:
    """Alertmanager's own metrics show what was taken; that is a success, and it is called what it is."""
    outcome = deployed.drill({}, "payments-db")
    assert {name: one.state for name, one in by_name(outcome).items()} == dict.fromkeys(
        ("bot", "pagerduty", "slack", "email"), "taken"
    )
    assert by_name(outcome)["pagerduty"].detail.endswith(
        "took it; not verified: TOCSIN_PAGERDUTY_TOKEN_FILE is not set"
    )
    assert by_name(outcome)["slack"].detail == "#platform took it; not verified: TOCSIN_SLACK_TOKEN_FILE is not set"
    assert by_name(outcome)["bot"].detail.startswith(
        "the bot took what Alertmanager sent it, which may have been about another alert; not verified: the bot's API "
        "cannot be asked: TOCSIN_URL: not set"
    )
    assert by_name(outcome)["pagerduty"].resolved == "taken"
    assert outcome.succeeded


def test_what_is_taken_and_is_not_there_is_a_failure(deployed: Deployed) -> None:
    """PagerDuty answers, and opens no incident: a key of a service that is switched off, say."""
    deployed.paging.keeps = False
    deployed.slack.keeps = False
    try:
        outcome = deployed.drill(deployed.environment(), "platform", within_s=5)
    finally:
        deployed.paging.keeps = deployed.slack.keeps = True
    found = by_name(outcome)
    assert (found["pagerduty"].state, found["slack"].state, found["bot"].state) == ("missing", "missing", "arrived")
    assert found["pagerduty"].detail == "Alertmanager's notification was taken, and the alert is not there"
    assert not outcome.succeeded


def test_an_earlier_drill_that_is_open_is_told(deployed: Deployed) -> None:
    """PagerDuty would open no other incident, so nothing could be seen to arrive."""
    alert = alert_of(deployed.policy, SERVICE, datetime.now(UTC))
    answer = resolve(deployed.policy, alert.labels, alert.start)
    key = pagerduty_dedup_key(next(one.group_key for one in answer.notifications if one.channel == "pagerduty"))
    deployed.paging.event({"event_action": "trigger", "dedup_key": key})
    number = deployed.paging.incidents[-1]["incident_number"]
    try:
        found = proofs_of(deployed.policy, alert, answer, deployed.environment())["pagerduty"]
    finally:
        deployed.paging.event({"event_action": "resolve", "dedup_key": key})
    assert found == f"incident {number} of an earlier fire drill is still open; resolve it in PagerDuty"


def test_a_token_that_is_refused_is_told(deployed: Deployed) -> None:
    """The channel counts as taken, and the reason stands beside it."""
    (deployed.folder / "wrong").write_text("wrong\n")
    wrong = {
        name: str(deployed.folder / "wrong") for name in ("TOCSIN_SLACK_TOKEN_FILE", "TOCSIN_PAGERDUTY_TOKEN_FILE")
    }
    found = by_name(deployed.drill({**deployed.environment(), **wrong}))
    assert found["slack"].state == found["pagerduty"].state == "taken"
    assert found["slack"].detail == (
        "#payments took it; not verified: Slack refused conversations.list: invalid_auth; the token needs "
        "channels:read, channels:history, groups:read and groups:history"
    )
    assert "not verified: PagerDuty at " in found["pagerduty"].detail
    assert "the token was refused" in found["pagerduty"].detail


def test_a_receiver_that_refuses_is_a_failure(deployed: Deployed) -> None:
    """The bot is down: people are paged all the same, and the drill fails."""
    deployed.bot.stop()
    try:
        outcome = deployed.drill(deployed.environment("TOCSIN_URL"), "payments-db", within_s=4)
    finally:
        deployed.bot.start()
    found = by_name(outcome)
    assert found["bot"].state == "missing"
    assert found["bot"].detail.endswith("requests failed; Alertmanager's log says why")
    assert found["pagerduty"].state == "arrived"
    assert not outcome.succeeded


def test_a_silence_is_named(deployed: Deployed) -> None:
    """Nothing is sent, and the outcome says what keeps it."""
    client = deployed.alertmanager
    now = time.time()
    body = {
        "matchers": [{"name": "service", "value": "platform", "isRegex": False, "isEqual": True}],
        "startsAt": datetime.fromtimestamp(now, UTC).isoformat(),
        "endsAt": datetime.fromtimestamp(now + 60, UTC).isoformat(),
        "createdBy": "ana",
        "comment": "a test",
    }
    made = requests.post(f"{client.url}/api/v2/silences", json=body, timeout=10).json()["silenceID"]
    try:
        outcome = deployed.drill({}, "platform", within_s=2)
    finally:
        requests.delete(f"{client.url}/api/v2/silence/{made}", timeout=10)
    # All services share the bot's receiver, so something about another may go there meanwhile.
    people = [one for one in outcome.channels if one.name != "bot"]
    assert {one.detail for one in people} == {"Alertmanager sent nothing"}
    assert f"it is muted by silence {made}" in outcome.notes
    assert not outcome.succeeded


def test_the_alert_ends_even_if_the_drill_is_stopped(deployed: Deployed) -> None:
    """Ctrl-C leaves nobody paged for ever."""
    alert = alert_of(deployed.policy, SERVICE, datetime.now(UTC))

    class Stopping:
        def arrived(self) -> str | None:
            raise KeyboardInterrupt

        def resolved(self) -> str | None:
            return None

    members = Members(by_address([deployed.alertmanager.url]))
    proofs = dict.fromkeys(("bot", "pagerduty", "slack", "email"), Stopping())
    with pytest.raises(KeyboardInterrupt):
        FireDrill(deployed.policy, members, alert, lambda alert, answer: proofs, 5).run()
    assert deployed.alertmanager.alerts(f'drill_run="{alert.run}"') == []


def test_the_command_prints_it(deployed: Deployed) -> None:
    """With the exit code that goes with it."""
    options = ["drill", "--stack", "dev", "--service", SERVICE, "--alertmanager", deployed.alertmanager.url]
    runner = CliRunner(env=deployed.environment("TOCSIN_SLACK_TOKEN_FILE"))
    done = runner.invoke(main, ["--root", str(MINI), *options, "--within", "20"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0].endswith(f" of dev: a page for {SERVICE}, followed now")
    assert lines[-1] == "The fire drill succeeded: seen at bot, pagerduty; taken but not verified at slack, email."


def test_what_is_not_routed_is_no_failure_and_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """An alert that no route sends by mail cannot be expected there."""
    outcome = Outcome(
        run="r",
        labels={},
        channels=[
            Channel(name="bot", receiver="bot", state="arrived", detail="INC-1 holds it", resolved=None, took_s=2.4),
            Channel(name="email", receiver="", state="not routed", detail="sent to no email"),
        ],
        notes=["one member was away"],
    )
    show(outcome)
    assert capsys.readouterr().out.splitlines() == [
        "arrived    bot        INC-1 holds it after 2 s",
        "                      its end: not seen",
        "not routed email      sent to no email",
        "note       one member was away",
        "The fire drill failed: seen at bot; its end was not seen at bot.",
    ]
