"""How values are judged and named, as a panel's JSON says it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tools.preview.units import written

TONES: Final = ("green", "orange", "red", "text")
_LABEL: Final = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A unit, the colors from values on, and words for values."""

    unit: str
    decimals: int | None
    steps: tuple[tuple[float, str], ...]
    words: Mapping[str, tuple[str, str]]
    """Value → its word and color."""
    fixed: str = ""
    """The color of every value, whatever the steps say."""

    def text(self, value: float, now: datetime) -> str:
        """What is shown for a value."""
        word = self.words.get(_key(value))
        return word[0] if word else written(value, self.unit, now, self.decimals)

    def tone(self, value: float) -> str:
        """The color of a value."""
        word = self.words.get(_key(value))
        if word:
            return word[1]
        if self.fixed or math.isnan(value):
            return self.fixed or "text"
        return next((color for least, color in reversed(self.steps) if value >= least), "text")


def look(panel: Mapping[str, Any], name: str = "", *, steps: bool = True) -> Look:
    """How the field of that name is shown; with `steps` off, only a field's own ones judge it."""
    defaults = panel["fieldConfig"]["defaults"]
    found = {
        "unit": defaults.get("unit", "none"),
        "mappings": defaults.get("mappings", []),
        "thresholds": defaults.get("thresholds") if steps else None,
        "color": None,
    }
    for rule in panel["fieldConfig"]["overrides"]:
        if rule["matcher"] == {"id": "byName", "options": name}:
            found.update({one["id"]: one["value"] for one in rule["properties"] if one["id"] in found})
    return Look(
        unit=found["unit"],
        decimals=defaults.get("decimals"),
        steps=limits(found["thresholds"]),
        words={
            value: (result["text"], result.get("color", "text"))
            for mapping in found["mappings"]
            for value, result in mapping["options"].items()
        },
        fixed=(found["color"] or {}).get("fixedColor", ""),
    )


def limits(thresholds: Mapping[str, Any] | None) -> tuple[tuple[float, str], ...]:
    """From which value on which color; the first begins below everything."""
    steps = (thresholds or {}).get("steps", ())
    return tuple((-math.inf if step["value"] is None else step["value"], step["color"]) for step in steps)


def called(legend: str, labels: Mapping[str, str]) -> str:
    """What a series is called: its legend with labels filled in, or its labels."""
    if legend:
        return _LABEL.sub(lambda found: labels.get(found[1], ""), legend).strip()
    shown = [f'{name}="{value}"' for name, value in sorted(labels.items()) if name != "__name__"]
    return labels.get("__name__", "") + (f"{{{', '.join(shown)}}}" if shown else "") or "value"


def _key(value: float) -> str:
    return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)
