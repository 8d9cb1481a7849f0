"""Numbers as people read them, by Grafana's units."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

_PARTS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_BYTES: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_GREAT: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def written(value: float, unit: str, now: datetime, decimals: int | None = None) -> str:
    """The value in a unit, rounded to what matters; `now` is what moments are told from."""
    if math.isnan(value):
        return "no number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if unit == "dateTimeFromNow":
        return _from(datetime.fromtimestamp(value / 1000, UTC), now)
    return _UNITS.get(unit, _plain)(value, decimals).replace("-", "−")


def rounded(value: float, decimals: int | None = None) -> str:
    """Three digits that matter, or a fixed number after the point; no zeros at the end."""
    if decimals is None:
        size = math.floor(math.log10(abs(value))) if value else 0
        decimals = min(max(2 - size, 0), 6)
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _plain(value: float, decimals: int | None) -> str:
    size, suffix = next((great for great in _GREAT if abs(value) >= great[0] * 10), (1.0, ""))
    return f"{rounded(value / size, decimals)}{suffix}"


def _percent(value: float, decimals: int | None) -> str:
    return f"{rounded(value * 100, decimals)} %"


def _rate(value: float, decimals: int | None) -> str:
    return f"{_plain(value, decimals)}/s"


def _seconds(value: float, decimals: int | None) -> str:
    if abs(value) >= 60:
        return duration(value)
    if 0 < abs(value) < 1:
        return f"{rounded(value * 1000, decimals)} ms"
    return f"{rounded(value, decimals)} s"


def _bytes(value: float, decimals: int | None) -> str:
    power = min(int(math.log(abs(value), 1024)), len(_BYTES) - 1) if abs(value) >= 1 else 0
    return f"{rounded(value / 1024**power, decimals)} {_BYTES[power]}"


def duration(seconds: float) -> str:
    """`3 d 4 h`: the two greatest parts; less than a minute as seconds."""
    rest = abs(seconds)
    parts: list[str] = []
    if rest < 60:
        return f"{rounded(seconds)} s"
    for size, name in _PARTS:
        count = int(rest // size)
        rest -= count * size
        if count and len(parts) < 2:
            parts.append(f"{count} {name}")
        elif parts:
            break
    return ("-" if seconds < 0 else "") + " ".join(parts)


def _from(at: datetime, now: datetime) -> str:
    span = (at - now).total_seconds()
    if abs(span) < 1:
        return "now"
    return f"in {duration(span)}" if span > 0 else f"{duration(-span)} ago"


_UNITS: Final[Mapping[str, Callable[[float, int | None], str]]] = {
    "percentunit": _percent,
    "reqps": _rate,
    "s": _seconds,
    "dtdurations": lambda value, _: duration(value),
    "bytes": _bytes,
}
