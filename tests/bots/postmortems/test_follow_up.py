"""Opening the issues of follow-ups, each exactly once."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.errors import Postponed, Unreachable
from bots.jira.tracker import fields
from bots.outbound.destination import Settled
from bots.postmortems.follow_up import marker
from bots.postmortems.issues import AGAIN_S
from tests.bots.http_server import Reply
from tests.bots.postmortems.jira import WANTED, Jira, bench


def test_a_follow_up_becomes_an_issue_with_owner_and_day(tmp_path: Path) -> None:
    """And the incident knows where it is."""
    jira = Jira()
    with bench(tmp_path, jira) as one:
        one.place.deliver(one.parcel())
        (told,) = one.commands()
    (issue,) = jira.issues
    assert (issue["project"], issue["issuetype"]) == ({"key": "PAY"}, {"name": "Bug"})
    assert (issue["duedate"], issue["assignee"]) == ("2026-02-10", {"accountId": "5b10a2844c20165700ede21g"})
    assert issue["labels"] == ["tocsin", marker(WANTED)]
    assert (told.name, told.incident, told.args["relation"], told.args["title"]) == (
        "link",
        7,
        "follow_up",
        "Limit retries",
    )
    assert told.args["url"].endswith("/browse/PAY-1")


def test_an_issue_whose_answer_was_lost_is_found_by_its_marker(tmp_path: Path) -> None:
    """One issue, one link; not before Jira's search can know of it."""
    jira = Jira()
    jira.lose_answer = True
    with bench(tmp_path, jira) as one:
        parcel = one.parcel()
        with pytest.raises(Unreachable) as caught:
            one.place.deliver(parcel)
        assert caught.value.unknown
        jira.lose_answer = False
        with pytest.raises(Postponed, match=r"^jira lists what was just made 300 s later$") as later:
            one.place.settle(parcel)
        assert later.value.after_s == 300
        one.now += timedelta(minutes=5)
        assert one.place.settle(parcel) is Settled.REPEAT
        one.place.deliver(parcel)
        (told,) = one.commands()
    assert len(jira.issues) == 1
    assert told.args["url"].endswith("/browse/PAY-1")


def test_a_bot_that_lost_its_volume_opens_nothing_twice(tmp_path: Path) -> None:
    """Although the record does not know the issue yet: it is looked for since the incident began."""
    jira = Jira()
    for folder in ("volume", "another"):
        with bench(tmp_path / folder, jira) as one:
            one.place.deliver(one.parcel())
            (told,) = one.commands()
        assert told.args["url"].endswith("/browse/PAY-1")
    assert len(jira.issues) == 1
    day = f"{WANTED.since - timedelta(days=1):%Y/%m/%d}"
    assert jira.searches[-1] == f'labels = "{marker(WANTED)}" AND created >= "{day}"'


def test_what_jira_refuses_is_said_and_tried_again_as_it_is_then(tmp_path: Path) -> None:
    """Said once, however often it is refused; with another project it is opened there."""
    jira = Jira()
    jira.refuse = Reply(status=400, body=b'{"errors": {"project": "Specify a valid project ID or key"}}')
    with bench(tmp_path, jira) as one:
        parcel = one.parcel()
        for _ in range(2):
            with pytest.raises(Unreachable, match="400 Bad Request") as caught:
                one.place.deliver(parcel)
            assert (caught.value.alone, caught.value.unknown, caught.value.after_s) == (True, False, AGAIN_S)
        assert len({told.key for told in one.commands()}) == 1
        told = one.commands()[0]
        jira.refuse = None
        one.wanted = replace(WANTED, project="SHOP")
        one.place.deliver(parcel)
        assert one.commands()[-1].name == "link"
    assert told.name == "note"
    assert told.args["text"].startswith("The follow-up 'Limit retries' could not be opened in jira: POST http://127.")
    assert told.args["text"].endswith(
        '400 Bad Request: {"errors": {"project": "Specify a valid project ID or key"}}. '
        "It is tried again every hour: correct the postmortem, the team's file or the tracker's settings."
    )
    assert [issue["project"] for issue in jira.issues] == [{"key": "SHOP"}]


def test_somebody_whom_jira_does_not_assign_does_not_lose_the_follow_up(tmp_path: Path) -> None:
    """The owner is in the text."""
    jira = Jira()
    jira.strangers = frozenset({WANTED.assignee})
    with bench(tmp_path, jira) as one:
        one.place.deliver(one.parcel())
    (issue,) = jira.issues
    assert "assignee" not in issue
    assert issue["description"]["content"][1]["content"][0]["text"] == "Owner: ben."


def test_what_nobody_wants_any_more_is_not_opened(tmp_path: Path) -> None:
    """Its line was taken out, or its title changed, while Jira was away."""
    jira = Jira()
    with bench(tmp_path, jira) as one:
        parcel = one.parcel()
        one.wanted = None
        one.place.deliver(parcel)
        assert not one.commands()
    assert not jira.issues


def test_what_another_tracker_opens_meanwhile_is_left_to_it(tmp_path: Path) -> None:
    """The errand waits: it may be meant for this one again."""
    with bench(tmp_path, Jira()) as one:
        parcel = one.parcel()
        one.wanted = replace(WANTED, tracker="github")
        with pytest.raises(Postponed, match=r"^'Limit retries' is opened in github instead$"):
            one.place.deliver(parcel)


def test_a_follow_up_without_a_project_says_what_to_do(tmp_path: Path) -> None:
    """And is opened once the team's file names one."""
    with bench(tmp_path, Jira()) as one:
        one.wanted = replace(WANTED, project="")
        with pytest.raises(Unreachable) as caught:
            one.place.deliver(one.parcel())
        why = "'Limit retries': team payments names no Jira project; add `jira` to its file"
        assert str(caught.value) == why
        (told,) = one.commands()
    assert told.args["text"].startswith(
        f"The follow-up 'Limit retries' could not be opened in jira: {why}. It is tried"
    )


def test_a_changed_token_is_used_at_once(tmp_path: Path) -> None:
    """The first of the file; one that is not taken is waited for to be mended."""
    with bench(tmp_path, Jira()) as one:
        parcel = one.parcel()
        (tmp_path / "token").write_text("other\n")
        one.tracker._token._looked_at = float("-inf")
        with pytest.raises(Unreachable, match=r"401 .*; expected a valid token, in the file of the token$"):
            one.place.deliver(parcel)
        assert not one.commands()


@given(st.text(min_size=1, max_size=400))
def test_any_title_is_one_line_of_plain_text(title: str) -> None:
    """Jira's document format takes text as text, and its summary takes no line breaks."""
    found = fields(replace(WANTED, title=title), "tocsin-x")
    assert len(found["summary"]) <= 255
    assert "\n" not in found["summary"]
    assert "\r" not in found["summary"]
