"""People work an incident in Slack with a real bot: from the alert to the verdict."""

import time
from pathlib import Path

import pytest

from tests.bots.bodies import alert, body
from tests.bots.bot_process import BotProcess, wait_until
from tests.bots.slack.office import ANA, BEN, ELI, STRANGER, private, read, staffed, wait_for
from tools.standins.slack_hands import Hands


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
def test_an_incident_is_lived_through_in_slack(mini: Path, tmp_path: Path, socket: bool) -> None:
    """One message with a channel of its own; buttons, forms, words and talk end in the record; edits in place."""
    with staffed(mini, tmp_path / "bot", socket=socket) as (bot, hands):
        slack = hands.slack
        begun = time.monotonic()
        assert bot.deliver(body()).status_code == 202
        (home,) = wait_for(slack, "payments", lambda found: len(found) == 1)
        assert time.monotonic() - begun < 10
        (room,) = wait_for(slack, "inc-1-checkout", lambda found: len(found) == 1)
        assert "INC-1 P0 checkout" in read(home)
        assert home["metadata"]["event_payload"]["incident"] == "INC-1"

        assert hands.click(ANA, room, "tocsin:do:ack", channel="inc-1-checkout").status == 200
        wait_for(slack, "payments", lambda found: "Acknowledged by @U01ANA" in read(found[0]).replace("\n", ""))

        if socket:
            changed_sockets(bot, hands)
        assert hands.click(ANA, room, "tocsin:form:note", channel="inc-1-checkout").status == 200
        view = slack.space.views[-1]
        assert hands.submit(ANA, view, {"text": "the new release", "public": True}).status == 200
        hands.says(BEN, slack.space.named("inc-1-checkout"), "rolling <@U01ANA> back &amp; looking")
        assert hands.slash(ANA, "assign <@U01BEN|ben> he knows it", channel="inc-1-checkout").status == 200
        hands.slash(BEN, "mitigate INC-1", channel="general")
        hands.slash(BEN, "resolve INC-1 actionable rolled back", channel="general")
        (home,) = wait_for(
            slack, "payments", lambda found: "Resolved by @U01BEN, actionable" in read(found[0]).replace("\n", "")
        )
        told = wait_for(slack, "inc-1-checkout", lambda found: any("Resolved, verdict" in read(one) for one in found))
        assert sum("the new release" in read(one) for one in told) == 1

        timeline = bot.get("/api/v1/incidents/INC-1").json()["timeline"]
        said = [(one["kind"], one["by"], one.get("text", "")) for one in timeline if one["by"] in ("ana", "ben")]
        assert ("noted", "ana", "the new release") in said
        assert ("noted", "ben", "rolling @ana back & looking") in said
        assert ("assigned", "ana", "") in said
        assert ("resolved", "ben", "") in said
        links = bot.get("/api/v1/incidents/INC-1").json()["incident"]["links"]
        assert {one["relation"] for one in links} >= {"slack_thread", "slack_channel"}
        assert "Traceback" not in bot.log, bot.log


def changed_sockets(bot: BotProcess, hands: Hands) -> None:
    """Slack closes its connections now and then, after it has said so; the bot opens another one."""
    hands.slack.send({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})
    wait_until(lambda: hands.slack.opened > 1, 60, lambda: f"no second socket:\n{bot.log}")

    def heard() -> bool:
        # Slack's client takes up to three seconds to change over.
        try:
            return hands.slash(ANA, "help").status == 200
        except TimeoutError:
            return False

    wait_until(heard, 60, lambda: bot.log)


def test_strangers_and_mistakes_are_told_so(mini: Path, tmp_path: Path) -> None:
    """Whoever the policy does not know is denied, on the record; what cannot be done is said to the one who asked."""
    with staffed(mini, tmp_path / "bot") as (bot, hands):
        slack = hands.slack
        bot.deliver(body())
        wait_for(slack, "payments", lambda found: len(found) == 1)
        assert hands.slash(STRANGER, "ack INC-1").body == ""
        wait_until(lambda: private(slack, STRANGER), 60, lambda: bot.log)
        assert "slack:U0STRANGER is in no team" in private(slack, STRANGER)[0]
        heard = hands.slash(ANA, "ack INC-1 on it")
        assert (heard.status, heard.body) == (200, "")
        wait_until(lambda: private(slack, ANA), 60, lambda: bot.log)
        assert private(slack, ANA) == ["INC-1 is acknowledged"]
        hands.slash(ANA, "ack INC-1")
        wait_until(lambda: len(private(slack, ANA)) == 2, 60, lambda: bot.log)
        assert private(slack, ANA)[1] == "⚠️ INC-1 is acknowledged already by ana; nothing is left to acknowledge"
        wrong = hands.slash(ANA, "asign INC-1 @ben").body
        assert wrong["response_type"] == "ephemeral"
        assert read(wrong) == "⚠️ no command /incident asign; did you mean /incident assign?"
        assert "nobody is called 'bob'" in read(hands.slash(ANA, "assign INC-1 @bob").body)


def test_lists_runbooks_and_declarations(mini: Path, tmp_path: Path) -> None:
    """What only looks is answered at once; a declared incident gets its thread, and a runbook's action runs."""
    with staffed(mini, tmp_path / "bot") as (bot, hands):
        slack = hands.slack
        assert read(hands.slash(ANA, "list").body) == "No incidents that go on."
        hands.slash(ANA, "declare")
        view = slack.space.views[-1]
        assert hands.types(ANA, "tocsin:service", "chec").body["options"][0]["value"] == "checkout"
        hands.submit(ANA, view, {"title": "Nobody can pay", "service": "checkout", "priority": "P2"})
        wait_for(slack, "payments", lambda found: len(found) == 1 and "Nobody can pay" in read(found[0]))
        bot.settled()
        assert "INC-1" in read(hands.slash(ANA, "list payments").body)
        assert "Nobody can pay" in read(hands.slash(ANA, "show INC-1").body)
        assert "high-error-rate" in read(hands.slash(ANA, "list", command="/runbook").body)
        assert "HighErrorRate" in read(hands.slash(ANA, "show high-error-rate", command="/runbook").body)
        assert "post" in bot.get("/openapi.json").json()["paths"]["/slack"]
        assert "/slack" in bot.get("/docs").text
        assert "did you mean high-error-rate?" in read(hands.slash(ANA, "show high-eror-rate", command="/runbook").body)
        bot.deliver(body(alert(7, alertname="HighErrorRate", service="checkout", severity="critical")))
        bot.settled()
        hands.slash(ELI, "run high-error-rate", command="/runbook")
        wait_until(lambda: private(slack, ELI), 60, lambda: bot.log)
