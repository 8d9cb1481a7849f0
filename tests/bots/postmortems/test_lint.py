"""Reading postmortems and saying what they lack."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.postmortems.document import Postmortem, read
from bots.postmortems.lint import review
from tests.bots.postmortems.texts import WHOLE

_PATH = "postmortems/2026/INC-7.md"
_MEMBERS = ("ana", "ben", "chi")


def _postmortem(text: bytes = WHOLE) -> Postmortem:
    found = read(_PATH, text)
    assert not found.problems
    assert found.postmortem is not None
    return found.postmortem


def test_a_whole_postmortem_has_everything() -> None:
    """All points, no problem."""
    found = review(_postmortem(), _MEMBERS)
    assert (found.score, found.problems) == (100, ())


def test_the_template_says_what_to_write_next() -> None:
    """Every hint is about a section that is still a prompt."""
    template = (Path(__file__).parents[3] / "postmortems" / "TEMPLATE.md").read_bytes()
    text = template.replace(b"INC-0", b"INC-7")
    found = review(_postmortem(text), _MEMBERS)
    assert found.score == 12
    assert [one.hint for one in found.findings if not one.done] == [
        "say what happened, in three sentences for somebody who was not there",
        "say who noticed what, for how long",
        "list what happened when, in a table",
        "say what came together so that this could happen",
        "say what kept it from being worse",
        "name at least one in `follow_ups`, with owner and due date, or say in the section why there is none",
        (
            "replace the text in italics below Summary, Impact, Timeline, What the machine did, Contributing factors, "
            "What went well, Follow-ups"
        ),
    ]
    assert found.problems == ()


def test_a_published_postmortem_must_be_complete() -> None:
    """What a draft may lack is a mistake in a published one."""
    text = WHOLE.replace(b"The page came within two minutes.", b"*What kept it from being worse.*")
    found = review(_postmortem(text), _MEMBERS)
    assert found.score == 75
    assert [str(one) for one in found.problems] == [
        (
            f"{_PATH}:40: postmortem INC-7: What went well: it is published and this is missing; expected everything "
            "in a published postmortem; say what kept it from being worse, or set `status: review`"
        ),
        (
            f"{_PATH}:40: postmortem INC-7: No prompts left: it is published and this is missing; expected everything "
            "in a published postmortem; replace the text in italics below What went well, or set `status: review`"
        ),
    ]


def test_people_are_not_causes() -> None:
    """Names in the contributing factors are found, whatever their case."""
    text = WHOLE.replace(b"The pool's size is", b"Ana forgot that the pool's size is")
    (left,) = [one for one in review(_postmortem(text), _MEMBERS).findings if not one.done]
    assert left.hint == "say what made it possible instead of who did it: ana"


def test_follow_ups_need_somebody_and_a_day_to_come() -> None:
    """All of them are told at once."""
    text = WHOLE.replace(b"owner: ben, due: 2026-02-10", b"owner: bn, due: 2025-02-10")
    assert [str(one) for one in review(_postmortem(text), _MEMBERS).problems] == [
        (
            f"{_PATH}:13: postmortem INC-7: follow_ups.#2.owner: nobody is called 'bn'; expected a member of a team "
            "under policies/teams/; did you mean ben?"
        ),
        (
            f"{_PATH}:13: postmortem INC-7: follow_ups.#2.due: 2025-02-10 is before the incident; expected a day from "
            "2026-01-05 on; correct the date"
        ),
    ]


def test_two_follow_ups_are_not_the_same() -> None:
    """One of them would get no issue."""
    text = WHOLE.replace(b"title: Limit retries", b"title: Alert on the length of the queue")
    assert [str(one) for one in review(_postmortem(text), _MEMBERS).problems] == [
        (
            f"{_PATH}:13: postmortem INC-7: follow_ups.#2.title: 'Alert on the length of the queue' is the title of #1 "
            "too; expected another title for each: it decides which issue is opened; say what is different about this "
            "one, or take it out"
        )
    ]


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    """Front matter, name and headings."""
    text = WHOLE.replace(b"priority: P0", b"priority: P9").replace(b"## Impact", b"## X")
    assert [str(one).split(": ", 2)[2] for one in read(_PATH, text).problems] == [
        "priority: got 'P9'; expected P0, P1, P2, P3 or P4; choose one of them",
        (
            "there is no section `## Impact`; expected the headings Summary, Impact, Timeline, What the machine did, "
            "Contributing factors, What went well, Follow-ups; add it as postmortems/TEMPLATE.md has it"
        ),
    ]


def test_the_name_of_the_file_is_the_incident() -> None:
    """A copy that kept its number is found."""
    text = WHOLE.replace(b"INC-7\n", b"INC-8\n", 1)
    assert [str(one) for one in read(_PATH, text).problems] == [
        (
            f"{_PATH}:2: postmortem INC-7: incident: the file is called INC-7.md and its incident is INC-8; expected "
            "INC-8.md; rename the file or correct `incident`"
        )
    ]


def test_a_heading_in_a_code_block_is_no_section() -> None:
    """What a shell printed does not end the summary."""
    text = WHOLE.replace(b"## Impact\n", b"```\n## Timeline\n```\n\n## Impact\n")
    assert "## Timeline" in _postmortem(text).sections["Summary"].text


@pytest.mark.parametrize("text", [b"", b"---", b"---\n---\n", b"\xff\xfe", b"---\n: :\n---\n"])
def test_what_is_no_postmortem_is_a_problem(text: bytes) -> None:
    """Never an exception."""
    assert read(_PATH, text).problems


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_reported(tail: bytes) -> None:
    """Whatever stands below the front matter."""
    found = read(_PATH, WHOLE + tail)
    assert found.postmortem is not None or found.problems
