"""What is wrong with a request, in words that help: where, what was there, what was expected."""

from collections.abc import Collection
from typing import Any, Final

from bots.delivery import short

_TIME: Final = "a time with a zone, such as 2026-01-05T10:00:00Z"
_SAID: Final[dict[str, str]] = {
    "missing": "missing",
    "string_too_short": "some text",
    "string_type": "text",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "extra_forbidden": "nothing of this name; /docs shows the names there are",
    "datetime_from_date_parsing": _TIME,
    "datetime_parsing": _TIME,
    "datetime_type": _TIME,
    "timezone_aware": _TIME,
}
"""What is said instead of the validator's own words, where those are no help at night."""


def mistake(error: Any, commands: Collection[str]) -> str:
    """One of pydantic's errors as `args.text: got ''; expected some text`; `commands` are the words to choose from."""
    kind = error["type"]
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        said = "missing" if kind == "union_tag_not_found" else f"got {short(error['ctx']['tag'])}"
        return f"command: {said}; expected one of {', '.join(commands)}"
    # The command's own name comes first where there are several to choose from.
    parts = error["loc"][1:] if error["loc"] and error["loc"][0] in commands else error["loc"]
    place = ".".join(str(part) for part in parts) or "body"
    if kind in ("missing", "json_invalid"):
        return f"{place}: {_SAID.get(kind, error['msg'])}"
    got = short(error["input"])
    return f"{place}: got {got}; expected {_SAID[kind]}" if kind in _SAID else f"{place}: {error['msg']}; got {got}"
