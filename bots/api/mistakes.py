"""What is wrong with a request, in words that help: where, what was there, what was expected."""

from collections.abc import Collection
from typing import Any, Final

from bots.timeline.delivery import short

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

_NAME: Final = "a name such as checkout: small letters, digits and single hyphens"
_SHAPES: Final[dict[str, str]] = {
    "key": "1 to 120 letters, digits or any of . _ : -",
    "service": _NAME,
    "team": _NAME,
    "to": _NAME,
    "into": "an incident such as INC-7",
    "url": "an address such as https://example.com/x",
    "relation": "a word in small letters such as ticket",
    "action": "an action such as restart_deployment",
    "alert": "an alert's name such as HighErrorRate",
}
"""What the text of a field looks like, where the rule is a pattern that nobody reads at night."""


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
    shape = _SHAPES.get(str(parts[-1])) if kind == "string_pattern_mismatch" and parts else None
    expected = shape or _SAID.get(kind)
    return f"{place}: got {got}; expected {expected}" if expected else f"{place}: {error['msg']}; got {got}"
