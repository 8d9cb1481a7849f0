"""People are reminded of updates, and told in the morning how things stand: each once, also over a restart."""

import json
from datetime import UTC, datetime, timedelta

from bots.slack.notices import digest_message, digests_due, reminders_due
from bots.slack.people import on_duty
from tests.bots.office import TEN, at
from tests.bots.slack.office import ANA, messages, read, texts
from tests.bots.slack.stage import MINI, Stage
from tools.standins.slack_blocks import MOST_CHARACTERS, problems


def tick(stage: Stage) -> int:
    """The bot's clock looks once; gives how much is new."""
    clock = stage.clock()
    said = clock.tick()
    stage.settle()
    return said


def reminders(stage: Stage, channel: str = "inc-1-checkout") -> list[str]:
    """The reminders in a channel."""
    return [read(one) for one in messages(stage.slack, channel) if "remind" in str(one.get("metadata", ""))]


def test_an_update_is_asked_for_once_for_each_period(stage: Stage) -> None:
    """P0 wants news every 30 minutes: the one who is on it is reminded; an update starts the time anew."""
    stage.fire()
    stage.ask("ack", by="ana")
    stage.settle()
    stage.moment[0] = at(29)
    assert tick(stage) == 0
    stage.moment[0] = at(31)
    assert tick(stage) == 1
    assert tick(stage) == 0
    (told,) = reminders(stage)
    said = "nobody has said how it stands for 31 min, and P0 asks for news every 30 min."
    assert told.replace("\n", "").startswith(f"@{ANA} an update of INC-1 is due: {said}"), told
    stage.moment[0] = at(40)
    stage.ask("note", text="still looking")
    stage.settle()
    stage.moment[0] = at(65)
    assert tick(stage) == 0
    stage.moment[0] = at(71)
    assert tick(stage) == 1
    assert len(reminders(stage)) == 2


def test_a_reminder_has_a_button_for_the_update(stage: Stage) -> None:
    """A click opens the form; what is written there ends the waiting."""
    stage.fire()
    stage.settle()
    stage.moment[0] = at(31)
    tick(stage)
    (reminder,) = [one for one in messages(stage.slack, "inc-1-checkout") if "remind" in str(one["metadata"])]
    stage.hands.click(ANA, reminder, "tocsin:form:note", channel="inc-1-checkout")
    stage.hands.submit(ANA, stage.slack.space.views[-1], {"text": "rolled back"})
    stage.settle()
    assert "noted" in stage.office.kinds()
    stage.moment[0] = at(60)
    assert tick(stage) == 0


def test_a_reminder_that_comes_too_late_is_none(stage: Stage) -> None:
    """After an outage nobody is reminded of what was said meanwhile, nor of every period that passed."""
    stage.fire()
    stage.settle()
    known = dict(stage.office.records.histories)
    for minutes, events in ((31, 1), (32, 0)):
        stage.moment[0] = at(minutes)
        assert len(list(reminders_due(_View(known), MINI, stage.now))) == 1, events
    stage.moment[0] = at(400)
    assert len(list(reminders_due(_View(known), MINI, stage.now))) == 1
    stage.ask("note", text="it is being looked at")
    assert list(reminders_due(_View(dict(stage.office.records.histories)), MINI, stage.now)) == []


class _View:
    """Incidents at one moment."""

    def __init__(self, histories: dict[int, object]) -> None:
        self._histories = histories

    def active(self) -> list[object]:
        """Those that go on."""
        return [one for one in self._histories.values() if one.state.status.active]  # type: ignore[attr-defined]

    def ended(self, since: datetime) -> list[object]:
        """None."""
        return []


def test_lost_answers_remind_nobody_twice(stage: Stage) -> None:
    """A reminder whose answer is lost is found again, not posted again."""
    from fastapi.responses import JSONResponse, Response

    stage.fire()
    stage.settle()
    lost: list[str] = []

    def before(method: str, arguments: object) -> Response | None:
        if method == "chat.postMessage" and not lost:
            lost.append(method)
            return JSONResponse({"ok": False, "error": "fatal_error"})
        return None

    stage.slack.before = before
    stage.moment[0] = at(31)
    assert tick(stage) == 1
    assert lost
    assert len(reminders(stage)) == 1


def test_the_morning_digest_of_each_team(stage: Stage) -> None:
    """At nine of the team's working day, if there is anything to say; never at another time, never twice."""
    stage.fire(severity="ticket", priority="P2")
    stage.fire("Other", service="platform", team="platform", severity="ticket", priority="P3")
    stage.settle()
    stage.ask("resolve", number=2, note="done")
    stage.settle()
    # Tuesday; Lisbon is at UTC, Berlin an hour ahead.
    stage.moment[0] = datetime(2026, 1, 6, 7, 59, tzinfo=UTC)
    assert [one.key for one in digests_due(_look(stage), MINI, stage.now)] == []
    stage.moment[0] = datetime(2026, 1, 6, 8, 1, tzinfo=UTC)
    assert [one.key for one in digests_due(_look(stage), MINI, stage.now)] == ["slack digest platform 2026-01-06"]
    stage.moment[0] = datetime(2026, 1, 6, 9, 1, tzinfo=UTC)
    keys = [one.key for one in digests_due(_look(stage), MINI, stage.now)]
    assert keys == ["slack digest payments 2026-01-06", "slack digest platform 2026-01-06"]
    tick(stage)
    tick(stage)
    digest = [read(one) for one in messages(stage.slack, "payments") if "digest" in str(one["metadata"])]
    assert len(digest) == 1
    assert "Incidents of payments" in digest[0]
    assert "Going on: 1" in digest[0]
    (other,) = [read(one) for one in messages(stage.slack, "platform") if "digest" in str(one["metadata"])]
    assert "Ended since the last digest: 1" in other
    assert "needs a verdict" in other
    # Saturday.
    stage.moment[0] = datetime(2026, 1, 10, 9, 1, tzinfo=UTC)
    assert list(digests_due(_look(stage), MINI, stage.now)) == []


def test_a_digest_of_many_still_fits() -> None:
    """Eight of each list, and where the others are."""
    one = {
        "id": "INC-1",
        "priority": "P1",
        "service": "s" * 60,
        "status": "resolved",
        "title": "t" * 900,
        "assignee": "ana",
        "verdict": "",
        "drill": True,
    }
    payload = {"team": "payments", "at": "2026-01-06T09:00:00Z", "open": [one] * 30, "ended": [one] * 30}
    message = digest_message(payload, MINI, "https://incidents.example.com", "k")
    assert problems(list(message.blocks)) == []
    assert len(json.dumps(message.blocks, ensure_ascii=False)) <= MOST_CHARACTERS
    assert texts(list(message.blocks)).count("and the others") == 2


def _look(stage: Stage) -> object:
    from bots.clock import Look

    return Look(stage.shelf)


def test_a_reminder_without_anybody_on_it_goes_to_whoever_is_on_call() -> None:
    """The first layer with somebody on duty."""
    assert on_duty(MINI, "payments", TEN + timedelta(minutes=31))["primary"] == "ana"
    assert on_duty(MINI, "nobody", TEN) == {}
