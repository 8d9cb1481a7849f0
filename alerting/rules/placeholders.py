"""The places `{{name}}` and `{{name|form}}` in a catalogue's expressions and texts, filled in or made a template.

An expression takes only values; a text takes values, labels of the alert, and `{{value}}`, what was measured. Whatever
cannot be filled in raises ValueError with what is wrong, what was expected and the way out, parted by `; `.
"""

import re
from collections.abc import Mapping
from typing import Final

from alerting.model.policy import PLATFORM
from alerting.model.quantities import Duration
from alerting.names import SERVICE
from alerting.timescale import REAL, Timescale

Value = str | int | float

VALUE: Final = "value"
"""Place in a text for what was measured."""

_PLACE: Final = re.compile(r"\{\{\s*(\w+)\s*(?:\|\s*(\w+)\s*)?\}\}")
_STRING: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`')
_BARE: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*|-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
# A range, or a subquery's range and step, or an offset. https://prometheus.io/docs/prometheus/latest/querying/basics/
_WINDOW: Final = re.compile(r"(?<=\[)[0-9a-z:\s]+(?=\])|(?<=\boffset )\s*[0-9][0-9a-z]*")
_DURATION: Final = re.compile(r"(?:\d+(?:ms|[ywdhms]))+")

# https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#numbers
_MEASURED: Final = {
    None: "humanize",
    "number": "humanize",
    "percent": "humanizePercentage",
    "duration": "humanizeDuration",
    "bytes": "humanize1024",
}


def _value(name: str, values: Mapping[str, Value]) -> Value:
    """The value of that name; raises ValueError if there is none."""
    if name not in values:
        known = ", ".join(sorted(values)) or "none"
        raise ValueError(f"{{{{{name}}}}} has no value; expected one of `values`: {known}; add `{name}` to `values`")
    return values[name]


def seconds(name: str, value: Value, scale: Timescale = REAL) -> str:
    """A duration as a number of seconds; raises ValueError if it is not one."""
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise ValueError(
            f"{name} is {value!r}; expected a duration such as 30s, 4h or 14d for {{{{{name}|seconds}}}}; "
            f"write `{name}` as a duration"
        )
    return f"{scale.window(Duration.parse(value)).seconds:.15g}"


def _bare(name: str, value: Value, scale: Timescale) -> str:
    """A value where PromQL has no quotes: a number, a duration, or a name; raises ValueError for anything else."""
    if isinstance(value, int | float):
        return f"{value:.15g}"
    if _DURATION.fullmatch(value):
        return str(scale.window(Duration.parse(value)))
    if _BARE.fullmatch(value):
        return value
    raise ValueError(
        f"{name} is {value!r}, which cannot stand in an expression without quotes; "
        'expected a number, a duration or a label name; put quotes around the place, as in job=~"{{jobs}}"'
    )


def _quoted(string: str, values: Mapping[str, Value]) -> str:
    """A string of PromQL with its places filled in; what would end the string early is escaped."""
    quote = string[0]

    def fill(match: re.Match[str]) -> str:
        text = str(_value(match[1], values))
        if quote == "`":
            if "`" in text:
                raise ValueError(f'{match[1]} is {text!r}; expected a text without `; quote the place with "')
            return text
        return text.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n")

    return _PLACE.sub(fill, string)


def expression(text: str, values: Mapping[str, Value], scale: Timescale = REAL) -> str:
    """PromQL with every place filled in and every window scaled; raises ValueError if a place cannot be filled in."""

    def fill(match: re.Match[str]) -> str:
        name, form = match[1], match[2]
        value = _value(name, values)
        if form == "seconds":
            return seconds(name, value, scale)
        if form is not None:
            raise ValueError(
                f"{{{{{name}|{form}}}}} is not known in an expression; expected no form, or `seconds`; remove `|{form}`"
            )
        return _bare(name, value, scale)

    def windows(match: re.Match[str]) -> str:
        return _DURATION.sub(lambda found: str(scale.window(Duration.parse(found[0]))), match[0])

    parts, at = [], 0
    for string in _STRING.finditer(text):
        parts += [_PLACE.sub(fill, _WINDOW.sub(windows, text[at : string.start()])), _quoted(string[0], values)]
        at = string.end()
    parts.append(_PLACE.sub(fill, _WINDOW.sub(windows, text[at:])))
    return "".join(parts).strip()


def literal(text: str) -> str:
    """Text that Prometheus's template engine leaves as it is."""
    return text.replace("{{", '{{ "{{" }}')


def _constant(name: str, form: str | None, value: Value) -> str:
    """A value as people read it; raises ValueError for a form that it cannot have."""
    if form is None:
        return literal(f"{value:.15g}" if isinstance(value, int | float) else value)
    if form == "percent" and isinstance(value, int | float):
        return f"{value * 100:.6g} %"
    if form == "duration" and isinstance(value, int | float):
        return str(Duration.of_seconds(value))
    raise ValueError(
        f"{{{{{name}|{form}}}}} cannot be made of {value!r}; "
        f"expected a number and the form percent or duration; write {{{{{name}}}}}"
    )


def _measured(form: str | None) -> str:
    """The measured value as a template action; raises ValueError for an unknown form."""
    if form not in _MEASURED:
        known = ", ".join(known for known in _MEASURED if known)
        raise ValueError(f"{{{{value|{form}}}}} is not known; expected one of {known}; choose one of them")
    return f"{{{{ $value | {_MEASURED[form]} }}}}"


def template(text: str, values: Mapping[str, Value]) -> str:
    """A text as a template of Prometheus; raises ValueError if a place means nothing."""

    def fill(match: re.Match[str]) -> str:
        name, form = match[1], match[2]
        if name == VALUE:
            return _measured(form)
        if name in values:
            return _constant(name, form, values[name])
        if form is not None:
            raise ValueError(f"{{{{{name}|{form}}}}} is a label; expected no form; write {{{{{name}}}}}")
        if name == SERVICE:
            return SERVICE_TEMPLATE
        return f"{{{{ $labels.{name} }}}}"

    parts, at = [], 0
    for place in _PLACE.finditer(text):
        parts += [literal(text[at : place.start()]), fill(place)]
        at = place.end()
    return "".join([*parts, literal(text[at:])]).strip()


SERVICE_TEMPLATE: Final = f"{{{{ with $labels.{SERVICE} }}}}{{{{ . }}}}{{{{ else }}}}{PLATFORM}{{{{ end }}}}"
"""The service of an alert: its label, or `platform` where a series has none."""
