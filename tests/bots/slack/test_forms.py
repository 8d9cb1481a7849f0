"""Forms begin with what was said, ask for what they need while they are open, and lose nothing that was written."""

from typing import Any

import pytest
from fastapi.responses import JSONResponse

from tests.bots.slack.office import ANA, ELI, STRANGER, messages, read
from tests.bots.slack.stage import Stage


def test_a_form_that_is_refused_is_explained(stage: Stage) -> None:
    """With the trigger gone the same can be said in words."""
    stage.slack.trouble = lambda method, arguments: JSONResponse({"ok": False, "error": "expired_trigger_id"})
    told = stage.hands.slash(ANA, "declare").body
    words = "say it in words: `/incident declare SERVICE TITLE …`"
    assert read(told) == f"⚠️ Slack did not open the form (views.open: expired_trigger_id); {words}"


def test_a_form_begins_with_what_was_said(stage: Stage) -> None:
    """`declare checkout` chooses the service; the title is asked for."""
    stage.hands.slash(ANA, "declare checkout")
    view = stage.slack.space.views[-1]
    (menu,) = [one["element"] for one in view["blocks"] if one["block_id"] == "service"]
    assert menu["initial_option"]["value"] == "checkout"
    stage.hands.submit(ANA, view, {"title": "Nobody can pay", "service": "checkout"})
    stage.settle()
    assert stage.office.history().state.title == "Nobody can pay"


def test_forms_say_what_is_wrong_with_them(stage: Stage) -> None:
    """A person whom the policy does not know cannot be chosen; the form says so and stays open."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    stage.hands.slash(ANA, "assign INC-1")
    view = stage.slack.space.views[-1]
    told = stage.hands.submit(ANA, view, {"to": STRANGER}).body
    wrong = "is in no team of policies/teams; expected a member whose Slack id is in the file"
    assert told == {"response_action": "errors", "errors": {"to": wrong}}
    assert stage.hands.submit(ANA, view, {"to": ELI, "note": "eli knows"}).body == ""
    stage.settle()
    assert stage.office.history().state.assignee == "eli"


@pytest.mark.parametrize(
    ("words", "values", "errors"),
    [
        (
            "declare",
            {"title": "  ", "service": None},
            {"title": "missing; expected some text", "service": "missing; expected a choice"},
        ),
        (
            "declare",
            {"title": "Nobody can pay", "service": "gone"},
            {"service": "no service 'gone' any more; expected one of the menu's"},
        ),
        ("note INC-1", {"text": " \n "}, {"text": "missing; expected some text"}),
        ("priority INC-1", {}, {"priority": "missing; expected a choice"}),
        ("assign INC-1", {}, {"to": "missing; expected a choice"}),
    ],
)
def test_what_a_form_needs_is_asked_for_in_it(
    stage: Stage, words: str, values: dict[str, Any], errors: dict[str, str]
) -> None:
    """Blank space is nothing; the form stays open with what was written, and nothing is kept."""
    stage.hands.slash(ANA, words)
    told = stage.hands.submit(ANA, stage.slack.space.views[-1], values).body
    assert told == {"response_action": "errors", "errors": errors}
    assert stage.tools.inbox.waiting() == 0


def test_closing_asks_for_the_verdict_where_there_is_none(stage: Stage) -> None:
    """In the form, before it is gone; with a verdict, given now or before, it is closed."""
    stage.fire(severity="ticket", priority="P2")
    stage.fire("Other", service="platform", team="platform", severity="ticket", priority="P2")
    stage.ask("resolve", number=1)
    stage.ask("resolve", number=2, verdict="noise")
    stage.settle()
    (home,) = messages(stage.slack, "payments")
    stage.hands.click(ANA, home, "tocsin:form:close", channel="payments")
    view = stage.slack.space.views[-1]
    missing = {"verdict": "missing; expected what it was, because nobody has said that yet"}
    assert stage.hands.submit(ANA, view, {"note": "a day later"}).body == {
        "response_action": "errors",
        "errors": missing,
    }
    assert stage.hands.submit(ANA, view, {"note": "a day later", "verdict": "actionable"}).body == ""
    (other,) = messages(stage.slack, "platform")
    stage.hands.click(ANA, other, "tocsin:form:close", channel="platform")
    assert stage.hands.submit(ANA, stage.slack.space.views[-1], {}).body == ""
    stage.settle()
    assert [stage.office.history(number).state.status.value for number in (1, 2)] == ["closed", "closed"]


def test_a_form_that_breaks_the_bot_stays_open(stage: Stage) -> None:
    """What was written is not lost."""

    def broken(*given: Any) -> Any:
        raise OSError("the disk is gone")

    stage.hands.slash(ANA, "note INC-1")
    stage.tools.inbox.put_now = broken  # type: ignore[method-assign]  # a disk that fails
    told = stage.hands.submit(ANA, stage.slack.space.views[-1], {"text": "what I see"}).body
    broke = "Something is wrong in the bot, its log says what. Nothing was done."
    assert told == {"response_action": "errors", "errors": {"text": broke}}
