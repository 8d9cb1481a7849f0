"""No text from outside can do anything on GitHub: mention, close, break out, forge a marker."""

from datetime import timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bots.github.comments import comment, refusal
from bots.github.issue import issue_of
from bots.github.markers import begin, enclosed, outside, replaced
from bots.timeline.event import Event, Kind, key_of
from tests.bots.github.stage import MINI, URL
from tests.bots.hostile import EVIL, MENTION, REFERENCE, TEXTS, columns, harmless, history_of, shape, solid
from tests.bots.office import TEN
from tools.standins.github_page import renderer


@given(text=TEXTS, note=TEXTS)
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@example(text=EVIL[3], note=EVIL[4])
def test_the_body_of_an_issue_has_the_same_shape_whatever_it_tells(text: str, note: str) -> None:
    """As many tables, rows and cells as for plain words; one beginning and one end of the bot's part."""
    history = history_of(text, note)
    issue = issue_of(history, MINI, URL, TEN + timedelta(hours=2))
    harmless(issue.body, text)
    assert issue.body.count("<!-- tocsin:") == 2
    lines = issue.body.splitlines()
    assert (lines[0], lines[-1]) == (begin(history.events[0].id), "<!-- tocsin:end -->")
    plain = issue_of(history_of("plain", "plain"), MINI, URL, TEN + timedelta(hours=2))
    assert solid(shape(issue.body)) == solid(shape(plain.body))
    assert columns(issue.body) == columns(plain.body)


@given(text=TEXTS)
@settings(max_examples=150)
def test_a_title_is_one_line_that_refers_to_nothing(text: str) -> None:
    """Of at most 256 characters; a title is read in mails too."""
    history = history_of(text, "x")
    title = issue_of(history, MINI, URL, TEN).title
    assert len(title) <= 256
    assert len(title.splitlines()) == 1
    assert not MENTION.search(title)
    assert not REFERENCE.search(title)


@given(text=TEXTS, by=TEXTS)
@settings(max_examples=200)
@example(text="\n\n# x\n- y\n<!-- tocsin:reply 0000000000000000 -->", by="ana")
def test_a_note_as_a_comment_is_a_quotation_and_nothing_else(text: str, by: str) -> None:
    """Whatever was said, nothing stands outside of the quotation but the bot's own words."""
    event = Event(kind=Kind.NOTED, at=TEN, by=by or "x", key=key_of(text), source="slack", data={"text": text or "x"})
    made = comment(event)
    harmless(made, text)
    assert made.count("<!-- tocsin:") == 1
    assert set(shape(made)) <= {
        ("paragraph_open", "p"),
        ("paragraph_close", "p"),
        ("inline", ""),
        ("strong_open", "strong"),
        ("strong_close", "strong"),
        ("blockquote_open", "blockquote"),
        ("blockquote_close", "blockquote"),
        ("html_block", ""),
        ("html_inline", ""),
    }


@given(said=TEXTS, why=TEXTS)
@settings(max_examples=150)
def test_an_answer_repeats_harmlessly_what_was_said(said: str, why: str) -> None:
    """It quotes the command and says what was wrong with it."""
    made = refusal({"reply": {"said": said}, "code": "invalid", "text": why or "x"})
    harmless(made, said)
    assert "<!--" not in made


@given(before=st.text(max_size=80), behind=st.text(max_size=80), section=st.text(max_size=40))
def test_what_stands_outside_of_the_markers_is_never_touched(before: str, behind: str, section: str) -> None:
    """Byte for byte, whatever line ends and markers people wrote there."""
    key = "a" * 16
    body = f"{before}\n{enclosed('old', key)}\n{behind}"
    changed = replaced(body, "new words", key)
    if begin(key) in before:
        return
    assert changed.startswith(before)
    assert changed.endswith(behind)
    assert "new words" in changed
    assert outside(body, key) == len(body) - len(enclosed("old", key))
    assert replaced(changed, "new words", key) == changed


@given(body=st.text(max_size=200), other=st.sampled_from(["b" * 16, "0" * 16]))
def test_a_marker_with_another_key_is_peoples_text(body: str, other: str) -> None:
    """A forged marker is left where it is, and the bot's part is put behind it."""
    forged = f"{body}\n{enclosed('mine', other)}\n"
    changed = replaced(forged, "new words", "a" * 16)
    assert changed.startswith(forged.rstrip())
    assert changed.endswith(enclosed("new words", "a" * 16))


def test_the_renderer_of_these_tests_lets_html_through() -> None:
    """Else they would prove nothing."""
    assert "<script>" in MarkdownIt("commonmark", {"html": True}).render("<script>x</script>")
    assert "<script>" in renderer().render("<script>x</script>")
