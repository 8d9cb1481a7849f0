"""Whether Slack would take a message or a form: Block Kit as it is documented, with its limits.

https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/reference/block-kit/block-elements,
https://docs.slack.dev/reference/block-kit/composition-objects, https://docs.slack.dev/reference/views
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

MESSAGE: Final = "message"
MODAL: Final = "modal"
_MOST_BLOCKS: Final = {MESSAGE: 50, MODAL: 100}
MOST_CHARACTERS: Final = 12_000
"""Of the blocks of a message. Undocumented; people met it at 11,300 and 13,200 characters:
https://github.com/slackapi/bolt-js/issues/2867"""
_WORD: Final = re.compile(r"[A-Z0-9]{3,}")
_URL: Final = re.compile(r"https?://[^\s]{1,2990}")
_STYLES: Final = frozenset({"bold", "italic", "strike", "code"})
_Problems = Iterable[str]


def problems(blocks: Any, surface: str = MESSAGE) -> list[str]:
    """Everything that keeps blocks from being taken; nothing if they are fine."""
    if not isinstance(blocks, list) or not blocks:
        return ["blocks: expected a list of at least one"]
    found = [f"blocks: {len(blocks)}, at most {_MOST_BLOCKS[surface]}"] if len(blocks) > _MOST_BLOCKS[surface] else []
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(set(ids)) != len(ids):
        found.append("block_id: not unique")
    for number, block in enumerate(blocks):
        found += [f"/blocks/{number}{one}" for one in _block(block, surface)]
    return found


def answer_problems(answer: Mapping[str, Any]) -> list[str]:
    """The same of an answer to a command or through a `response_url`."""
    if "blocks" not in answer:
        return []
    found = problems(answer["blocks"])
    size = len(json.dumps(answer["blocks"], ensure_ascii=False))
    return [*found, f"blocks: {size} characters, at most {MOST_CHARACTERS}"] if size > MOST_CHARACTERS else found


def view_problems(view: Any) -> list[str]:
    """The same of a form."""
    if not isinstance(view, dict) or view.get("type") != "modal":
        return ["view: expected a modal"]
    found = _keys(
        view,
        needed={"type", "title", "blocks"},
        optional={
            "close",
            "submit",
            "private_metadata",
            "callback_id",
            "clear_on_close",
            "notify_on_close",
            "external_id",
        },
    )
    found += [f"/title{one}" for one in _plain(view.get("title"), 24)]
    for name in ("submit", "close"):
        if name in view:
            found += [f"/{name}{one}" for one in _plain(view[name], 24)]
    if len(view.get("private_metadata", "")) > 3000:
        found.append("/private_metadata: more than 3000 characters")
    if len(view.get("callback_id", "")) > 255:
        found.append("/callback_id: more than 255 characters")
    blocks = view.get("blocks")
    if any(isinstance(one, dict) and one.get("type") == "input" for one in blocks or ()) and "submit" not in view:
        found.append("/submit: needed where there is an input")
    return [*found, *problems(blocks, MODAL)]


def _keys(value: Any, *, needed: set[str], optional: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]  # empty
    if not isinstance(value, dict):
        return [": expected an object"]
    found = [f": {name} is missing" for name in sorted(needed - value.keys())]
    return found + [f": unknown {name}" for name in sorted(value.keys() - needed - optional)]


def _plain(value: Any, limit: int) -> list[str]:
    """A `plain_text` object."""
    found = _keys(value, needed={"type", "text"}, optional={"emoji"})
    if found:
        return found
    if value["type"] != "plain_text":
        return [f": {value['type']}, expected plain_text"]
    return _length(value["text"], limit)


def _length(text: Any, limit: int, least: int = 1) -> list[str]:
    if not isinstance(text, str) or not least <= len(text) <= limit:
        size = len(text) if isinstance(text, str) else "no"
        return [f": {size} characters, expected {least} to {limit}"]
    return []


def _block(block: Any, surface: str) -> _Problems:
    kind = block.get("type") if isinstance(block, dict) else None
    check = _BLOCKS.get(str(kind))
    if check is None:
        return [f": unknown type {kind!r}"]
    if len(block.get("block_id", "")) > 255:
        return ["/block_id: more than 255 characters"]
    return check(block, surface)


def _header(block: Mapping[str, Any], surface: str) -> _Problems:
    yield from _keys(block, needed={"type", "text"}, optional={"block_id"})
    yield from (f"/text{one}" for one in _plain(block.get("text"), 150))


def _section(block: Mapping[str, Any], surface: str) -> _Problems:
    yield from _keys(block, needed={"type", "text"}, optional={"block_id"})
    # The bot uses none with markup: everything that it says about labels is literal.
    yield from (f"/text{one}" for one in _plain(block.get("text"), 3000))


def _actions(block: Mapping[str, Any], surface: str) -> _Problems:
    yield from _keys(block, needed={"type", "elements"}, optional={"block_id"})
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 25:
        yield f"/elements: {len(elements)}, expected 1 to 25"
    ids = [one.get("action_id") for one in elements]
    if len(set(ids)) != len(ids):
        yield "/elements: action_id not unique"
    for number, element in enumerate(elements):
        yield from (f"/elements/{number}{one}" for one in _button(element))


def _button(element: Mapping[str, Any]) -> _Problems:
    yield from _keys(element, needed={"type", "text", "action_id"}, optional={"value", "style", "url", "confirm"})
    if element.get("type") != "button":
        yield f": {element.get('type')!r} is none of the elements that are used"
    yield from (f"/text{one}" for one in _plain(element.get("text"), 75))
    yield from (f"/action_id{one}" for one in _length(element.get("action_id"), 255))
    yield from (f"/value{one}" for one in _length(element.get("value", "-"), 2000))
    if element.get("style", "primary") not in ("primary", "danger"):
        yield f"/style: {element['style']!r}"
    if "confirm" in element:
        confirm = element["confirm"]
        yield from (f"/confirm{one}" for one in _keys(confirm, needed={"title", "text", "confirm", "deny"}))
        for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            yield from (f"/confirm/{name}{one}" for one in _plain(confirm.get(name), limit))


def _input(block: Mapping[str, Any], surface: str) -> _Problems:
    if surface != MODAL:
        yield ": an input in a message"
    yield from _keys(block, needed={"type", "label", "element"}, optional={"block_id", "hint", "optional"})
    yield from (f"/label{one}" for one in _plain(block.get("label"), 2000))
    if "hint" in block:
        yield from (f"/hint{one}" for one in _plain(block["hint"], 2000))
    yield from (f"/element{one}" for one in _element(block.get("element") or {}))


_ELEMENTS: Final[Mapping[str, set[str]]] = {
    "plain_text_input": {"multiline", "max_length", "min_length", "initial_value", "placeholder"},
    "static_select": {"options", "initial_option", "placeholder"},
    "external_select": {"min_query_length", "initial_option", "placeholder"},
    "users_select": {"initial_user", "placeholder"},
    "checkboxes": {"options", "initial_options"},
}


def _element(element: Mapping[str, Any]) -> _Problems:
    kind = str(element.get("type"))
    if kind not in _ELEMENTS:
        yield f": {kind!r} is none of the elements that are used"
        return
    yield from _keys(element, needed={"type", "action_id"}, optional=_ELEMENTS[kind])
    if not 1 <= element.get("max_length", 1) <= 3000:
        yield "/max_length: expected 1 to 3000"
    if "options" in _ELEMENTS[kind]:
        yield from option_problems(element.get("options"), 10 if kind == "checkboxes" else 100)


def option_problems(options: Any, most: int = 100) -> _Problems:
    """What is wrong with the choices of a menu."""
    if not isinstance(options, list) or not 1 <= len(options) <= most:
        yield f"/options: expected 1 to {most}"
        return
    for number, option in enumerate(options):
        yield from (
            f"/options/{number}{one}" for one in _keys(option, needed={"text", "value"}, optional={"description"})
        )
        yield from (f"/options/{number}/text{one}" for one in _plain(option.get("text"), 75))
        yield from (f"/options/{number}/value{one}" for one in _length(option.get("value"), 150))


def _rich_text(block: Mapping[str, Any], surface: str) -> _Problems:
    yield from _keys(block, needed={"type", "elements"}, optional={"block_id"})
    if not block.get("elements"):
        yield "/elements: none"
    for number, element in enumerate(block.get("elements") or ()):
        yield from (f"/elements/{number}{one}" for one in _container(element))


def _container(element: Mapping[str, Any]) -> _Problems:
    kind = element.get("type")
    if kind == "rich_text_list":
        yield from _keys(element, needed={"type", "style", "elements"}, optional={"indent", "offset", "border"})
        if element.get("style") not in ("bullet", "ordered"):
            yield f"/style: {element.get('style')!r}"
        inner: Callable[[Mapping[str, Any]], _Problems] = _container
    elif kind in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
        yield from _keys(element, needed={"type", "elements"}, optional={"border"})
        inner = _piece
    else:
        yield f": unknown {kind!r}"
        return
    if not element.get("elements"):
        yield "/elements: none"
    for number, one in enumerate(element.get("elements") or ()):
        yield from (f"/elements/{number}{problem}" for problem in inner(one))


_PIECES: Final[Mapping[str, tuple[set[str], set[str]]]] = {
    "text": ({"text"}, {"style"}),
    "link": ({"url"}, {"text", "style", "unsafe"}),
    "user": ({"user_id"}, {"style"}),
    "channel": ({"channel_id"}, {"style"}),
    "date": ({"timestamp", "format"}, {"fallback", "url", "style"}),
}


def _piece(element: Mapping[str, Any]) -> _Problems:
    kind = str(element.get("type"))
    if kind not in _PIECES:
        yield f": unknown {kind!r}"
        return
    needed, optional = _PIECES[kind]
    yield from _keys(element, needed={"type", *needed}, optional=optional)
    if "text" in element:
        yield from (f"/text{one}" for one in _length(element["text"], 3000))
    if not set(element.get("style") or {}) <= _STYLES:
        yield f"/style: {element['style']!r}"
    if kind == "link" and not _URL.fullmatch(str(element.get("url"))):
        yield f"/url: {str(element.get('url'))[:60]!r} is no address of the web"
    if kind in ("user", "channel") and not _WORD.fullmatch(str(element.get(f"{kind}_id"))):
        yield f"/{kind}_id: {element.get(f'{kind}_id')!r}"


_BLOCKS: Final[Mapping[str, Callable[[Mapping[str, Any], str], _Problems]]] = {
    "header": _header,
    "section": _section,
    "actions": _actions,
    "input": _input,
    "rich_text": _rich_text,
}
"""Those that the bot uses; any other one is a surprise."""
