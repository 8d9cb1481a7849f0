"""A postmortem's Markdown as HTML: no comments, no HTML of its own, no pictures from elsewhere, no links to nowhere."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

# `html` on, so that it is found: below, comments go and tags become text. Addresses such as javascript: are refused by
# the parser itself.
_PARSER: Final = MarkdownIt("commonmark", {"html": True}).enable("table")
_OUTSIDE: Final = ("http://", "https://")
_HTML: Final = ("html_block", "html_inline")
_COMMENT: Final = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)


def html(text: str, pictures: Collection[str]) -> Markup:
    """The text without a heading that names it; `pictures` are the names of those that stand beside the page."""
    tokens = [shown for token in _PARSER.parse(text) for shown in _block(token)]
    if [token.tag for token in tokens[:3:2]] == ["h1", "h1"]:
        # The page has its own.
        del tokens[:3]
    for token in tokens:
        if token.type in ("heading_open", "heading_close") and token.tag == "h1":
            token.tag = "h2"
        if token.children:
            token.children = [_safe(child, pictures) for child in token.children]
    return Markup(_PARSER.renderer.render(tokens, _PARSER.options, {}))


def pictured(text: str) -> Iterator[str]:
    """The addresses of the pictures that the text shows."""
    for token in _PARSER.parse(text):
        for child in token.children or ():
            if child.type == "image":
                yield str(child.attrGet("src"))


def _block(token: Token) -> Iterator[Token]:
    """The token without comments; a block of HTML as a paragraph."""
    if token.type not in _HTML:
        yield token
    elif words := _COMMENT.sub("", token.content).strip():
        told = Token("inline", "", 0, children=[Token("text", "", 0, content=words)])
        yield from (Token("paragraph_open", "p", 1), told, Token("paragraph_close", "p", -1))


def _safe(token: Token, pictures: Collection[str]) -> Token:
    if token.type in _HTML:
        return Token("text", "", 0, content=_COMMENT.sub("", token.content))
    if token.type == "link_open":
        if str(token.attrGet("href") or "").startswith(_OUTSIDE):
            token.attrSet("rel", "nofollow noopener")
        else:
            token.attrs.pop("href", None)
    if token.type == "image":
        token.children = [_safe(child, pictures) for child in token.children or ()]
        if token.attrGet("src") not in pictures:
            return Token("text", "", 0, content=_words(token.children))
    return token


def _words(tokens: Sequence[Token]) -> str:
    return "".join(token.content for token in tokens)
