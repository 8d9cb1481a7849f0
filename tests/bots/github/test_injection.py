"""No text from outside can do anything on GitHub: mention, close, break out, forge a marker."""

import re
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bots.event import Event, Kind, key_of
from bots.github.comments import comment, refusal
from bots.github.issue import issue_of
from bots.github.markers import begin, enclosed, outside, replaced
from bots.incident import History
from bots.intake import Alert
from tests.bots.github.stage import MINI, URL
from tests.bots.office import TEN, command, delivery, play
from tools.standins.github_page import renderer

EVIL = [
    "@ana @example/payments please look",
    "fixes #1, closes example/incidents#2, resolves GH-3 and https://github.com/example/incidents/issues/4",
    "<!-- tocsin:end -->",
    "-->\n<!-- tocsin:begin 0000000000000000 -->",
    "| a | b |\n| --- | --- |\n| c | d |",
    "```\nbroken out\n```",
    "~~~~\n",
    "</sub></details><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) ![x](http://evil.example/x.png)",
    "\\`\\|\\",
    "&lt;script&gt; &#64;ana &commat;ana",
    "\u202etxet desrever\u202c \u200b@\u200bana",
    "# heading\n\n1. list\n- list\n> quote\n\n    code",
    "http://evil.example www.evil.example mailto:a@b.example",
    "$x$ :tada: ^^ ~~gone~~ __loud__ **loud** [ref]\n\n[ref]: http://evil.example",
]
PIECES = ["|", "`", "\n", "\r", "<!--", "-->", "@", "#", "\\", "x", " "]
TEXTS = st.one_of(
    st.sampled_from(EVIL),
    st.text(max_size=60),
    st.lists(st.sampled_from([*EVIL, "|", "`", "\n", "\r", "<!--", "-->", "@", "#", "\\", "x", " "]), max_size=6).map(
        "".join
    ),
)
_OWN = re.compile(r"\s*(<!-- tocsin:[a-z]+( [0-9a-f]{16,64})? -->\s*)+|</?sub>|<sub>.*", re.DOTALL)
_MENTION = re.compile(r"(?<![\w/.-])@[A-Za-z0-9]")
_REFERENCE = re.compile(r"(?<!&)#\d|\bGH-\d|https?://github\.com", re.IGNORECASE)


def _history(text: str, note: str) -> History:
    alert = Alert(
        fingerprint="f",
        status="firing",
        starts_at=TEN,
        ends_at=None,
        labels={"alertname": text or "x", "service": "checkout", "team": "payments", "severity": "page", "other": text},
        annotations={"summary": text, "runbook_url": text, "dashboard_url": text, "description": text},
        generator_url=text,
    )
    asked = command("note", text=note or "x")
    return play([[delivery(alert)], [asked]]).history()


def _render(text: str) -> list[Token]:
    return renderer().parse(text)


def _flat(tokens: Sequence[Token]) -> list[Token]:
    return [one for token in tokens for one in (token, *(token.children or ()))]


def _shape(text: str) -> list[tuple[str, str]]:
    """The structure of a page: everything but its words."""
    return [
        (one.type, one.tag) for one in _flat(_render(text)) if one.type not in ("text", "text_special", "softbreak")
    ]


def _harmless(text: str, words: str) -> None:
    """Nothing of the rendered page does anything; `words` is what came from outside, for the message."""
    for token in _flat(_render(text)):
        assert token.type != "image", words
        if token.type in ("html_block", "html_inline"):
            assert _OWN.fullmatch(token.content), words
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith(("http://", "https://")), words
        if token.type in ("text", "text_special"):
            assert not _MENTION.search(token.content), words
    # GitHub finds references in the source.
    source = re.sub(r"\]\(<[^>]*>\)", "]", text.split("<sub>")[0])
    assert not _MENTION.search(source), words
    assert not _REFERENCE.search(source), words


@given(text=TEXTS, note=TEXTS)
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@example(text=EVIL[3], note=EVIL[4])
def test_the_body_of_an_issue_has_the_same_shape_whatever_it_tells(text: str, note: str) -> None:
    """As many tables, rows and cells as for plain words; one beginning and one end of the bot's part."""
    history = _history(text, note)
    issue = issue_of(history, MINI, URL, TEN + timedelta(hours=2))
    _harmless(issue.body, text)
    assert issue.body.count("<!-- tocsin:") == 2
    lines = issue.body.splitlines()
    assert (lines[0], lines[-1]) == (begin(history.events[0].id), "<!-- tocsin:end -->")
    plain = issue_of(_history("plain", "plain"), MINI, URL, TEN + timedelta(hours=2))
    assert _solid(_shape(issue.body)) == _solid(_shape(plain.body))


def _solid(shape: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without links, since an address may be none, and without emphasis, since a blank name has none."""
    return [one for one in shape if not one[0].startswith(("link_", "strong_"))]


@given(text=TEXTS)
@settings(max_examples=150)
def test_a_title_is_one_line_that_refers_to_nothing(text: str) -> None:
    """Of at most 256 characters; a title is read in mails too."""
    history = _history(text, "x")
    title = issue_of(history, MINI, URL, TEN).title
    assert len(title) <= 256
    assert len(title.splitlines()) == 1
    assert not _MENTION.search(title)
    assert not _REFERENCE.search(title)


@given(text=TEXTS, by=TEXTS)
@settings(max_examples=200)
@example(text="\n\n# x\n- y\n<!-- tocsin:reply 0000000000000000 -->", by="ana")
def test_a_note_as_a_comment_is_a_quotation_and_nothing_else(text: str, by: str) -> None:
    """Whatever was said, nothing stands outside of the quotation but the bot's own words."""
    event = Event(kind=Kind.NOTED, at=TEN, by=by or "x", key=key_of(text), source="slack", data={"text": text or "x"})
    made = comment(event)
    _harmless(made, text)
    assert made.count("<!-- tocsin:") == 1
    assert set(_shape(made)) <= {
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
    _harmless(made, said)
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
