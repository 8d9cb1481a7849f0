"""Colors from values on, and words for values."""

from collections.abc import Mapping

from dashboards.sdk import dashboard
from dashboards.spec import Step, Word


def thresholds(first: str, steps: tuple[Step, ...]) -> dashboard.ThresholdsConfig:
    """From which value on which color; `first` is that below all steps."""
    found = [dashboard.Threshold(value=None, color=first)]
    found += [dashboard.Threshold(value=step.value, color=step.color) for step in steps]
    return dashboard.ThresholdsConfig(mode=dashboard.ThresholdsMode.ABSOLUTE, steps=found)


def words(shown: Mapping[str, Word]) -> dashboard.ValueMap:
    """What single values are shown as."""
    results = {
        value: dashboard.ValueMappingResult(text=word.text, color=word.color, index=at)
        for at, (value, word) in enumerate(shown.items())
    }
    return dashboard.ValueMap(options=results)
