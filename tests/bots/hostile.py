"""Text that tries to do something where it is shown, and how to see that it did nothing."""

import re
from collections.abc import Sequence

from hypothesis import strategies as st
from markdown_it.token import Token

from bots.incident import History
from bots.timeline.intake import Alert
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
    st.lists(st.sampled_from([*EVIL, *PIECES]), max_size=6).map("".join),
)
_OWN = re.compile(r"\s*(<!-- tocsin:[a-z]+( [0-9a-f]{16,64})? -->\s*)+|</?sub>|<sub>.*", re.DOTALL)
MENTION = re.compile(r"(?<![\w/.-])@[A-Za-z0-9]")
REFERENCE = re.compile(r"(?<!&)#\d|\bGH-\d|https?://github\.com", re.IGNORECASE)


def history_of(text: str, note: str, service: str = "checkout") -> History:
    """An incident whose alert and note say so, in every place that a text may have."""
    alert = Alert(
        fingerprint="f",
        status="firing",
        starts_at=TEN,
        ends_at=None,
        labels={"alertname": text or "x", "service": service, "team": "payments", "severity": "page", "other": text},
        annotations={"summary": text, "runbook_url": text, "dashboard_url": text, "description": text},
        generator_url=text,
    )
    asked = command("note", text=note or "x")
    return play([[delivery(alert)], [asked]]).history()


def _flat(tokens: Sequence[Token]) -> list[Token]:
    return [one for token in tokens for one in (token, *(token.children or ()))]


def shape(text: str) -> list[tuple[str, str]]:
    """The structure of a page: everything but its words."""
    return [
        (one.type, one.tag)
        for one in _flat(renderer().parse(text))
        if one.type not in ("text", "text_special", "softbreak")
    ]


def columns(text: str) -> list[int]:
    """The bars of every row of the tables: a renderer leaves cells out that a row has too many of."""
    return [re.sub(r"\\.", "", line).count("|") for line in text.splitlines() if line.startswith("|")]


def harmless(text: str, words: str) -> None:
    """Nothing of the rendered page does anything; `words` is what came from outside, for the message."""
    for token in _flat(renderer().parse(text)):
        assert token.type != "image", words
        if token.type in ("html_block", "html_inline"):
            assert _OWN.fullmatch(token.content), words
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith(("http://", "https://")), words
        if token.type in ("text", "text_special"):
            assert not MENTION.search(token.content), words
    # GitHub finds references in the source.
    source = re.sub(r"\]\(<[^>]*>\)", "]", text.split("<sub>")[0])
    assert not MENTION.search(source), words
    assert not REFERENCE.search(source), words


def solid(shape: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without links, since an address may be none, and without emphasis, since a blank name has none."""
    return [one for one in shape if not one[0].startswith(("link_", "strong_"))]
