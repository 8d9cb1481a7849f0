"""Values as YAML text: deterministic, in the order given, quoted only where a reader could take it for something else.

PyYAML's own writer takes a hundred times as long, and a thousand services are rendered at every commit. Written are
mappings with text keys, sequences, text, numbers, booleans and None; nothing else has one spelling.
https://yaml.org/spec/1.2.2/
"""

import functools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

Value = Mapping[str, Any] | Sequence[Any] | str | int | float | bool | None

_STEP: Final = "  "
_SCALARS: Final = frozenset((str, int, float, bool, type(None)))
"""Kinds of values that need no look at what they could be besides."""
# Words that YAML 1.1 readers take for booleans or nothing.
_WORDS: Final = r"(?!(?i:true|false|yes|no|on|off|y|n|null)$)"
_PLAIN: Final = re.compile(_WORDS + r"(?!.*(?:: | #|:$|\s$))[A-Za-z_/(][ -~]*")
_DURATION: Final = re.compile(r"(?:[0-9]+(?:ms|[ywdhms]))+")
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_BLOCK: Final = re.compile("[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]*")


def dump(value: Value) -> str:
    """The YAML text of a value, with a line break at its end; raises TypeError for what has no spelling."""
    out: list[str] = []
    _write(out, value, "", "")
    return "".join(out).removeprefix(" ")


def _write(out: list[str], value: Any, lead: str, indent: str) -> None:
    """Writes a value after `lead` (what stands on its line so far); the lines below it start with `indent`."""
    kind = type(value)
    if kind is str:
        out.append(f"{lead} {_text(value)}\n" if "\n" not in value else f"{lead} {_long_text(value, indent)}\n")
    elif kind is dict or (kind not in _SCALARS and isinstance(value, Mapping)):
        _write_mapping(out, value, lead, indent)
    elif kind is list or (kind not in _SCALARS and isinstance(value, Sequence) and not isinstance(value, str | bytes)):
        _write_sequence(out, value, lead, indent)
    else:
        out.append(f"{lead} {_scalar(value)}\n")


def _write_mapping(out: list[str], value: Mapping[str, Any], lead: str, indent: str) -> None:
    if not value:
        out.append(f"{lead} {{}}\n")
        return
    after_dash = lead.endswith("-")
    if lead and not after_dash:
        out.append(f"{lead}\n")
    inner = indent + _STEP
    first = f"{lead} " if after_dash else indent
    for key, item in value.items():
        if type(item) is str and "\n" not in item:
            out.append(f"{first}{_text(key)}: {_text(item)}\n")
        else:
            _write(out, item, f"{first}{_text(key)}:", inner)
        first = indent


def _write_sequence(out: list[str], value: Sequence[Any], lead: str, indent: str) -> None:
    if not value:
        out.append(f"{lead} []\n")
        return
    after_dash = lead.endswith("-")
    if lead and not after_dash:
        out.append(f"{lead}\n")
    first = f"{lead} -" if after_dash else f"{indent}-"
    for item in value:
        _write(out, item, first, indent + _STEP)
        first = f"{indent}-"


def _scalar(value: object) -> str:
    """A value without parts that is not text."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return _text(str(value))
    raise TypeError(
        f"{type(value).__name__} has no spelling in YAML here; expected text, a number, a list or a mapping"
    )


def _float(value: float) -> str:
    if value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # A float of YAML 1.1 needs a dot and a signed exponent.
    if "e" in text and "." not in text:
        text = text.replace("e", ".0e")
    return text


@functools.lru_cache(maxsize=65536)
def _text(value: str) -> str:
    """A text on one line."""
    if _PLAIN.fullmatch(value) or _DURATION.fullmatch(value):
        return value
    if _UNPRINTABLE.search(value):
        quoted = json.dumps(value, ensure_ascii=False)
        return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
    return "'" + value.replace("'", "''") + "'"


def _long_text(value: str, indent: str) -> str:
    """A text of several lines as a block, if a block can hold it."""
    body = value.removesuffix("\n")
    if not indent or not body or body[0] in " \n" or body[-1] == "\n" or not _BLOCK.fullmatch(value):
        return _text(value)
    mark = "|" if value.endswith("\n") else "|-"
    return "\n".join([mark, *(indent + line if line else "" for line in body.split("\n"))])


@functools.lru_cache(maxsize=65536)
def is_plain(text: str) -> bool:
    """Whether a text is written without quotes."""
    return _PLAIN.fullmatch(text) is not None
