"""A postmortem's Markdown as HTML: no HTML of its own, no pictures from elsewhere, no links that lead nowhere."""

from collections.abc import Collection, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

# `html` off: tags in the text are shown as text. Addresses such as javascript: are refused by the parser itself.
_PARSER: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_OUTSIDE: Final = ("http://", "https://")


def html(text: str, pictures: Collection[str]) -> Markup:
    """The text; `pictures` are the names of those that stand beside the page."""
    tokens = _PARSER.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close") and token.tag == "h1":
            token.tag = "h2"
        if token.children:
            token.children = [_safe(child, pictures) for child in token.children]
    return Markup(_PARSER.renderer.render(tokens, _PARSER.options, {}))


def _safe(token: Token, pictures: Collection[str]) -> Token:
    if token.type == "link_open":
        if str(token.attrGet("href") or "").startswith(_OUTSIDE):
            token.attrSet("rel", "nofollow noopener")
        else:
            token.attrs.pop("href", None)
    if token.type == "image" and token.attrGet("src") not in pictures:
        return Token("text", "", 0, content=_words(token.children or ()))
    return token


def _words(tokens: Sequence[Token]) -> str:
    return "".join(token.content for token in tokens)
