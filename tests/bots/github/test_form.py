"""An issue that a person opened, as the arguments of an incident."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.github.forms import incident_form
from bots.github.form import answers, declared
from tests.bots.github.stage import MINI


def _filled(**said: str) -> str:
    """The form as GitHub writes it into an issue."""
    fields = [one for one in incident_form(MINI)["body"] if "id" in one]
    return "\n\n".join(f"### {one['attributes']['label']}\n\n{said.get(one['id'], '_No response_')}" for one in fields)


def test_the_form_of_today_is_read_back() -> None:
    """Each answer by its field; what was not answered is left out."""
    text = _filled(summary="Nobody can pay", service="checkout", priority="P1: users notice")
    assert answers(MINI, text.replace("\n", "\r\n")) == {
        "summary": "Nobody can pay",
        "service": "checkout",
        "priority": "P1: users notice",
    }


def test_somebody_who_is_not_sure_declares_for_the_platform() -> None:
    """The priority is then that of a page."""
    text = _filled(summary="It smells", service="not sure", priority="not sure", details="of fire")
    assert declared(MINI, "[incident] x", text, ["incident"]) == {
        "title": "It smells",
        "service": "platform",
        "team": "platform",
        "note": "of fire",
    }


def test_labels_say_what_a_form_does_not() -> None:
    """A blank issue with labels of the bot's kind."""
    found = declared(MINI, "Slow", "since noon", ["incident", "service: checkout", "priority: P2"])
    assert found == {
        "title": "Slow",
        "service": "checkout",
        "team": "payments",
        "priority": "P2",
        "note": "since noon",
    }


@pytest.mark.parametrize(("title", "wanted"), [("[incident] ", "[incident]"), ("", "no title"), ("x\ny", "x y")])
def test_there_is_always_a_title(title: str, wanted: str) -> None:
    """One line."""
    assert declared(MINI, title, "", [])["title"] == wanted


@given(title=st.text(max_size=300), body=st.text(max_size=400), details=st.text(max_size=100))
def test_any_issue_can_be_read(title: str, body: str, details: str) -> None:
    """Whatever people write, services and priorities are ones that exist, and nothing is too long."""
    for text in (body, _filled(summary=body, service=body, priority=body, details=details)):
        found = declared(MINI, title, text, ["incident"])
        assert found["service"] in MINI.services
        assert found.get("priority", "P0") in ("P0", "P1", "P2", "P3", "P4")
        assert len(found["title"]) <= 200
        assert len(found.get("note", "")) <= 9_000
