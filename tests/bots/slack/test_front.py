"""Slack is answered in time whatever else is slow, only Slack is answered, and everybody is told what came of it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi.responses import Response

from bots.rulebook import Rules
from bots.slack import answers
from bots.timeline.intake import Command, Denial
from bots.timeline.summary import Summary, state_dict
from tests.bots.office import Office, alert, delivery
from tests.bots.slack.office import ANA, ELI, SECRET, STRANGER, messages, private, read
from tests.bots.slack.stage import MINI, Stage
from tools.standins.slack_blocks import answer_problems
from tools.standins.slack_hands import Hands, by_http, signed


def address(stage: Stage) -> str:
    """Where the bot takes requests."""
    found: str = stage.hands.send.__closure__[0].cell_contents  # type: ignore[index]  # the function's own address
    return found


def until(holds: Any, within_s: float = 60) -> None:
    """Returns once a condition holds."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_while_nothing_can_be_read_or_written_slack_is_answered(stage: Stage) -> None:
    """With the writer stuck a command is taken in at once; what only looks says that its answer follows: it does."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    stage.shelf.open.clear()
    for _ in range(12):
        heard = stage.hands.slash(ANA, "ack INC-1")
        assert (heard.status, heard.body) == (200, "")
        assert heard.took_s < 2.5
    looking = stage.hands.slash(ANA, "show INC-1")
    assert looking.took_s < 3
    assert read(looking.body) == "That takes longer than usual; the answer follows."
    assert stage.hands.slash(ANA, "note INC-1").took_s < 2.5, "a form is opened meanwhile"
    assert stage.slack.space.views
    stage.shelf.open.set()
    until(lambda: private(stage.slack, ANA))
    assert "CheckoutAvailabilityBurn" in private(stage.slack, ANA)[0]


def test_a_slow_slack_is_answered_in_time(stage: Stage) -> None:
    """A form that Slack does not open in time is not waited for: the person is told how to say it in words."""

    def trouble(method: str, arguments: object) -> Response | None:
        if method == "views.open":
            time.sleep(2.6)
        return None

    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    stage.slack.trouble = trouble
    begun = time.monotonic()
    told = stage.hands.slash(ANA, "assign INC-1").body
    assert time.monotonic() - begun < 3
    assert read(told) == "⚠️ Slack is slow to open the form; say it in words: `/incident assign INC-1 …`"


@pytest.mark.parametrize("change", ["secret", "late", "unsigned"])
def test_only_slack_is_heard(stage: Stage, change: str) -> None:
    """Another secret, an old timestamp or no signature are answered 401, and nothing is kept."""
    body = b"command=%2Fincident&text=ack+INC-1&user_id=U01ANA"
    at = stage.now.timestamp() - (400 if change == "late" else 0)
    headers = signed(body, "another" if change == "secret" else SECRET, at) if change != "unsigned" else {}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    answer = requests.post(address(stage), data=body, headers=headers, timeout=5)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert stage.tools.inbox.waiting() == 0


def test_what_goes_wrong_in_the_bot_is_said(stage: Stage) -> None:
    """Whoever asked is not left with Slack's own words for it."""

    def broken(**wanted: Any) -> Any:
        raise OSError("the disk is gone")

    stage.shelf.find = broken  # type: ignore[method-assign]  # a disk that fails
    told = stage.hands.slash(ANA, "list")
    assert told.status == 200
    assert read(told.body) == "⚠️ Something is wrong in the bot, its log says what. Nothing was done."


def test_the_signing_secret_is_changed_without_a_gap(stage: Stage, tmp_path: Path) -> None:
    """Two are valid at a time; the old one is not, once it is taken out."""
    file = tmp_path / "bot" / "secrets"
    new = Hands(slack=stage.slack, send=by_http(address(stage), "the-new-one", lambda: stage.now.timestamp()))
    assert new.slash(ANA, "help").status == 401
    file.write_text(f"{SECRET}\nthe-new-one\n")
    until(lambda: new.slash(ANA, "help").status == 200)
    assert stage.hands.slash(ANA, "help").status == 200
    file.write_text("the-new-one\n")
    until(lambda: stage.hands.slash(ANA, "help").status == 401)


def test_what_is_not_slacks_is_refused(stage: Stage) -> None:
    """A body that is too large, a command that is not ours, signed nonsense: no failure, nothing kept."""
    for body, media, status in (
        (b"x" * 300_000, "text/plain", 413),
        (b"command=%2Fother&text=", "application/x-www-form-urlencoded", 404),
        (b"\xff\xfe not a form", "application/x-www-form-urlencoded", 404),
        (b"payload=%7B%7D", "application/x-www-form-urlencoded", 404),
        (b"{}", "application/json", 404),
        (b'{"type":"url_verification","challenge":"c1"}', "application/json", 200),
        (b"ssl_check=1&token=x", "application/x-www-form-urlencoded", 200),
    ):
        headers = {"Content-Type": media, **signed(body, SECRET, stage.now.timestamp())}
        answer = requests.post(address(stage), data=body, headers=headers, timeout=5)
        assert answer.status_code == status, (body[:40], answer.text)
    assert stage.tools.inbox.waiting() == 0


def test_the_same_click_twice_is_one_event(stage: Stage) -> None:
    """Slack sends again what it got no answer to."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    (home,) = messages(stage.slack, "payments")
    stage.hands.click(ANA, home, "tocsin:do:ack", channel="payments")
    stage.hands.again()
    stage.hands.says(ANA, stage.slack.space.named("payments"), "looking", thread=home["ts"])
    stage.hands.again()
    stage.settle()
    kinds = stage.office.kinds()
    assert kinds.count("acknowledged") == 1
    assert kinds.count("noted") == 1
    assert len(private(stage.slack, ANA)) == 1


def test_talk_elsewhere_is_nobodys_business(stage: Stage) -> None:
    """Messages outside an incident's thread, of programs, of strangers and edits are not kept."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    channel = stage.slack.space.named("payments")
    (home,) = messages(stage.slack, "payments")
    stage.hands.says(ANA, channel, "lunch?")
    stage.hands.says("U0BOT", channel, "built", thread=home["ts"], bot_id="B9")
    stage.hands.says(ANA, channel, "", thread=home["ts"], subtype="message_changed", message={})
    assert stage.tools.inbox.waiting() == 0
    stage.hands.says(STRANGER, channel, "hello", thread=home["ts"])
    assert stage.translate() == []
    assert "noted" not in stage.office.kinds()


def test_denied_attempts_are_recorded_and_told(stage: Stage) -> None:
    """Whoever has no right is told so, and the attempt is in the audit with what was wanted."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    stage.hands.slash(STRANGER, "ack INC-1 me")
    (denial,) = stage.translate()
    assert isinstance(denial, Denial)
    assert (denial.by, denial.command, denial.incident, dict(denial.args)) == (
        "slack:U0STRANGER",
        "ack",
        1,
        {"note": "me"},
    )
    stage.settle()
    told = "⚠️ slack:U0STRANGER is in no team; expected a member of one under policies/teams/"
    assert private(stage.slack, STRANGER) == [told]
    assert [event.data["command"] for event in stage.office.records.audit] == ["ack"]


def test_the_way_out_is_one_that_can_be_typed_here(stage: Stage) -> None:
    """Not on a command line that whoever asked may not have."""
    stage.hands.slash(ANA, "ack INC-99")
    stage.settle()
    assert private(stage.slack, ANA) == ["⚠️ no incident INC-99; `/incident list all` shows those there are"]


def test_an_answer_finds_the_person_after_the_url_has_run_out(stage: Stage) -> None:
    """A `response_url` is good for half an hour; then the answer comes in the channel, seen by one person."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    stage.hands.slash(ANA, "ack INC-1", channel="payments")
    stage.slack.responses.update(dict.fromkeys(stage.slack.owners, 5))
    stage.settle()
    assert private(stage.slack, ANA) == ["INC-1 is acknowledged"]
    assert stage.calls("chat.postEphemeral") == 1


def test_a_runbook_finds_its_incident(stage: Stage) -> None:
    """The one in which its alert fires; with several or none the person is told to name one."""
    stage.hands.slash(ELI, "run high-error-rate", command="/runbook")
    stage.settle()
    assert private(stage.slack, ELI) == ["⚠️ HighErrorRate fires in no incident that goes on"]
    stage.fire("HighErrorRate", severity="ticket", priority="P2")
    stage.settle()
    stage.hands.slash(ELI, "run high-error-rate", command="/runbook")
    (command,) = stage.translate()
    assert isinstance(command, Command)
    assert (command.name, command.incident, command.args["alert"]) == ("run", 1, "HighErrorRate")
    assert command.args["action"]


def test_many_at_a_time_are_answered_while_the_disk_does_not_move(stage: Stage) -> None:
    """Forty people within a second, none of them waits for another; what they did is done later, once."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    channel, (home,) = stage.slack.space.named("payments"), messages(stage.slack, "payments")
    moving, stuck = threading.Event(), threading.Event()

    def hold(connection: object) -> None:
        stuck.set()
        moving.wait(30)

    holding = threading.Thread(target=stage.tools.journal.run, args=(hold,))
    holding.start()
    try:
        assert stuck.wait(10)
        with ThreadPoolExecutor(41) as people:
            talk = people.submit(stage.hands.says, ANA, channel, "looking", thread=home["ts"])
            heard = [one.result() for one in [people.submit(stage.hands.slash, ANA, "ack INC-1") for _ in range(40)]]
        assert max(one.took_s for one in heard) < 3
        slow = "it is not sure yet that this was stored. Look at the incident before you repeat it."
        assert {read(one.body) for one in heard} == {f"⚠️ The bot's disk is slow: {slow}"}
        assert talk.result().status == 500, "Slack sends it again"
        looking = stage.hands.slash(ANA, "show INC-1")
        assert (looking.took_s < 1, "Acknowledge" in read(looking.body)) == (True, True)
    finally:
        moving.set()
        holding.join()
    stage.hands.send(*next(one for one in stage.hands.sent if one[0] == "events_api"))
    stage.settle()
    kinds = stage.office.kinds()
    assert (kinds.count("acknowledged"), kinds.count("noted")) == (1, 1)


def test_lists_fit_into_a_message() -> None:
    """As many rows as Slack takes, and where the others are, however long their titles are."""
    state = Office(Rules.of(MINI))
    state.take(delivery(alert("Broken", 0)))
    one = replace(Summary.of("p", state_dict(state.history().state)), title="t" * 300, assignee="ana")
    told = answers.incident_list([one] * 21, MINI, "https://" + "i" * 200 + ".example.com", "that go on")
    assert answer_problems(told) == []
    assert "and more: " in read(told)
    front = MINI.runbooks["HighErrorRate"]
    many = replace(MINI, runbooks={f"Runbook{number}": front for number in range(200)})
    told = answers.runbook_list(many)
    assert answer_problems(told) == []
    rows = len(told["blocks"][0]["elements"][1]["elements"])
    assert f"and {200 - rows} more: " in read(told)
