"""People write while the bot writes: nothing of theirs is lost."""

from collections.abc import Callable

import pytest
from fastapi import Request
from fastapi.responses import JSONResponse, Response

from tests.bots.github.stage import Stage


@pytest.fixture
def opened(stage: Stage) -> Stage:
    """A bot with an incident that has its issue, with somebody's words above and below the bot's part."""
    stage.fire()
    stage.settle()
    stage.hub.repository.edit("ana", stage.issue().number, f"Above.\r\n\r\n{stage.issue().body}\r\n\r\nBelow.")
    stage.settle()
    return stage


def _meanwhile(stage: Stage, does: Callable[[], object]) -> None:
    """Somebody does something in the moment between the bot's look and its write."""

    def answer(request: Request) -> Response | None:
        if request.method == "PATCH":
            stage.hub.answer = lambda request: None
            does()
        return None

    stage.hub.answer = answer


def test_words_that_were_saved_a_moment_before_the_bots_are_given_back(opened: Stage) -> None:
    """The bot's own edit is told with what was there before it; then there is peace."""
    issue = opened.issue()
    _meanwhile(
        opened,
        lambda: opened.hub.repository.edit("ana", issue.number, issue.body.replace("Below.", "Below: call the bank.")),
    )
    opened.ask("ack")
    opened.settle()
    assert issue.body.startswith("Above.\r\n\r\n<!-- tocsin:begin")
    assert issue.body.endswith("\r\n\r\nBelow: call the bank.")
    assert "| State | **acknowledged**" in issue.body
    writes = len(opened.hub.writes)
    opened.advance(3600)
    opened.settle()
    assert len(opened.hub.writes) == writes
    assert issue.comments == []


def test_words_that_were_changed_again_since_stay_as_they_are(opened: Stage) -> None:
    """Whoever wrote last saw what was there."""
    issue = opened.issue()
    _meanwhile(opened, lambda: opened.hub.repository.edit("ana", issue.number, f"{issue.body}\n\nOne."))
    opened.ask("ack")
    opened.work()
    opened.hub.repository.edit("ben", issue.number, f"{issue.body}\n\nTwo.")
    opened.settle()
    assert "One." not in issue.body
    assert issue.body.endswith("Two.")


def test_a_label_that_was_set_a_moment_before_is_given_back(opened: Stage) -> None:
    """Those that say what the incident is are the bot's."""
    issue = opened.issue()
    _meanwhile(opened, lambda: opened.hub.repository.label("ana", issue.number, "customer"))
    opened.ask("ack")
    opened.settle()
    assert "customer" in issue.labels
    assert "state: acknowledged" in issue.labels
    assert "state: open" not in issue.labels


def test_what_is_written_while_a_limit_holds_the_bot_back_is_seen(opened: Stage) -> None:
    """It looks when it may write, not before."""
    issue = opened.issue()
    opened.ask("note", text="so that the next write has to wait for a second")
    opened.work()
    calls = len(opened.hub.calls)
    opened.github.budget._sleep = lambda seconds: opened.hub.repository.edit(
        "ana", issue.number, f"{issue.body}\n\nLate."
    )
    opened.ask("ack")
    opened.work()
    assert issue.body.endswith("Late.")
    assert [method for method, _ in opened.hub.calls[calls:]] == ["GET", "PATCH"]


@pytest.mark.parametrize("cut", ["| State |", "<!-- tocsin:end -->", "### INC-1"])
def test_the_bots_part_is_mended_when_somebody_damages_it(opened: Stage, cut: str) -> None:
    """At once and in silence: what people read there is right."""
    issue = opened.issue()
    lines = [line for line in issue.body.splitlines() if not line.startswith(cut)]
    opened.hub.repository.edit("ana", issue.number, "\r\n".join(lines))
    opened.settle()
    assert "| State | **open** |" in issue.body
    assert issue.body.count("<!-- tocsin:end -->") == 1
    assert issue.comments == []


def test_an_edit_of_ones_own_words_costs_nothing(opened: Stage) -> None:
    """The bot has nothing to do with it."""
    calls = len(opened.hub.calls)
    opened.hub.repository.edit("ana", opened.issue().number, opened.issue().body.replace("Above.", "Above all."))
    opened.settle()
    assert len(opened.hub.calls) == calls


def test_a_refusal_is_told_once_however_long_it_takes_to_put_things_back(opened: Stage) -> None:
    """GitHub fails in between."""
    number = opened.issue().number
    down = iter([True, True, True])
    opened.hub.answer = lambda request: (
        JSONResponse({}, 503) if request.method == "PATCH" and next(down, False) else None
    )
    opened.hub.repository.close("colleague", number)
    opened.settle()
    assert opened.issue().open
    assert len(opened.issue().comments) == 1
