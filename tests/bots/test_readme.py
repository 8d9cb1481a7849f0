"""The page of an incident, and text that tries to break out of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bots.incident import History
from bots.readme import readme
from bots.timeline.event import Event
from bots.words import markdown
from tests.bots.histories import timelines
from tests.bots.office import Office, alert, command, delivery

GFM = MarkdownIt("gfm-like", {"linkify": False, "html": True})
_NASTY = [
    "@ana @org/team",
    "| a | b |",
    "`code` ```",
    "<script>alert(1)</script>",
    "<!-- tocsin:begin -->",
    "[x](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "https://evil.example www.evil.example ftp://x mailto:a@b.c",
    "fixes #12 GH-12 org/repo#12",
    "see GH-12",
    "GH-12",
    "# head\n\n- list\n\n```\ncode",
    "&lt;b&gt; &#64;ana",
    "\\| \\` \\@ana",
    "a\\",
    "\u202egnp.exe \u200b@ana",
    "*bold* _it_ ~~no~~ $x$ ^[f]",
    "1. one",
    "---",
    "\x00\x1b[31m",
]


def _text_of(rendered: str) -> list[str]:
    """The cells of all tables of a page, as their tokens say."""
    return [token.content for token in GFM.parse(rendered) if token.type == "inline"]


def _kinds(source: str) -> list[str]:
    """The kinds of all tokens, those inside lines too."""
    kinds = []
    for token in GFM.parse(source):
        kinds.append(token.type)
        kinds += [child.type for child in token.children or ()]
    return kinds


@pytest.mark.parametrize("nasty", _NASTY)
def test_hostile_text_stays_text(nasty: str) -> None:
    """In a cell: no markup, no link, no reference, no line of its own."""
    source = "\n".join(markdown.table(["a", "b"], [[markdown.text(nasty), "end"]]))
    kinds = _kinds(source)
    assert kinds.count("tr_open") == 2
    assert kinds.count("td_open") == 2
    allowed = {"text", "text_special", "inline", "entity"}
    assert {kind for kind in kinds if not kind.startswith(("table", "thead", "tbody", "tr", "th", "td"))} <= allowed
    for reference in ("@ana", "@org", "#12", "GH-12", "://", "www.e", "mailto:a"):
        assert reference not in GFM.render(source)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | st.lists(st.sampled_from(_NASTY), max_size=3).map("".join))
def test_any_text_is_one_cell_of_plain_text(text: str) -> None:
    """Shown as it is, but for what is not shown at all."""
    source = "\n".join(markdown.table(["a", "b"], [[markdown.text(text), "end"]]))
    kinds = _kinds(source)
    assert (kinds.count("tr_open"), kinds.count("td_open")) == (2, 2)
    assert not {"link_open", "image", "html_inline", "code_inline", "em_open", "strong_open", "s_open"} & set(kinds)
    paragraph = set(_kinds(markdown.text(text)))
    assert paragraph <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "entity"}


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("https://example.com/a?b=c#d", "[go](<https://example.com/a?b=c#d>)"),
        ("https://example.com/a b", "[go](<https://example.com/a%20b>)"),
        ("https://example.com/)|<x>[`]\\", "[go](<https://example.com/%29%7C%3Cx%3E%5B%60%5D%5C>)"),
        ("javascript:alert(1)", "go"),
        ("https://", "go"),
        ("https://a\nb", "go"),
        ("http://[", "go"),
        ("", "go"),
    ],
)
def test_only_addresses_of_the_web_become_links(url: str, made: str) -> None:
    """And nothing in them ends the link."""
    assert markdown.link("go", url) == made


def test_long_text_is_cut() -> None:
    """With an ellipsis."""
    assert markdown.text("x" * 600) == "x" * 499 + "…"


@settings(max_examples=60, deadline=None)
@given(timelines())
def test_any_history_makes_a_page_whose_tables_hold(timeline: list[Event]) -> None:
    """Every row has the columns of its head, and nothing stands outside tables and headings but our own words."""
    page = readme(History.of(timeline)).decode()
    tokens = GFM.parse(page)
    columns = 0
    for token in tokens:
        if token.type == "tr_open":
            columns = 0
        columns += token.type in ("td_open", "th_open")
    paragraphs = [tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "paragraph_open"]
    assert paragraphs[-1].startswith("Times are in UTC.")
    assert len(paragraphs) == 1
    assert not {"code_block", "blockquote_open", "bullet_list_open"} & {one.type for one in tokens}
    # What an attempt found out is folded away: two tags of ours around one block, and nothing of theirs.
    found = [attempt for attempt in History.of(timeline).state.inputs.remediations if attempt.output]
    assert sum(one.type == "fence" for one in tokens) == len(found)
    tags = [one.content for one in tokens if one.type == "html_block"]
    assert len(tags) == 2 * len(found)
    assert all(tag.startswith(("<details><summary>Attempt ", "</details>")) for tag in tags)


def test_the_page_of_a_whole_life(golden: Callable[[str, str], None]) -> None:
    """As it is kept beside the tests."""
    office = Office()
    hostile = alert("Broken", 0)
    hostile = replace(
        hostile,
        annotations={
            "summary": "@ana | `5 %` of requests fail, see https://evil.example",
            "runbook_url": "https://runbooks.example.com/Broken.md",
            "dashboard_url": "javascript:alert(1)",
        },
        generator_url="http://prometheus.example.com/graph?g0.expr=a%3Eb",
    )
    office.take(delivery(hostile, alert("Full", 1, severity="ticket"), truncated=3))
    for name, args in (
        ("ack", {}),
        ("role", {"role": "scribe", "to": "ben"}),
        ("note", {"text": "the deploy\nat ten", "began_at": "2026-01-05T09:58:00Z"}),
        ("link", {"relation": "issue", "url": "https://git.example.com/i/7", "title": "issue 7"}),
        ("mitigate", {"note": "rolled back"}),
    ):
        office.take(command(name, received=4, **args))
    office.take(delivery(alert("Broken", 0, 7)))
    office.take(command("close", received=30, verdict="actionable"))
    golden("incident/README.md", readme(office.history()).decode())


def test_a_storm_does_not_make_an_endless_page() -> None:
    """The rest is in the timeline."""
    office = Office()
    office.take(delivery(*(alert(f"A{number:04}", 0) for number in range(700))))
    page = readme(office.history()).decode()
    assert "200 more alerts are in `timeline.yaml`." in page
    assert "201 more entries are in `timeline.yaml`" in page
    assert len(page) < 200_000


def test_rendered_cells_show_what_was_written() -> None:
    """Escapes are not seen."""
    shown = _text_of("\n".join(markdown.table(["a"], [[markdown.text("a | b `c` *d*")]])))
    assert "a | b" in GFM.render("\n".join(markdown.table(["a"], [[markdown.text("a | b `c` *d*")]])))
    assert len(shown) == 2
