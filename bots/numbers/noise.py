"""Which alerts paged, and how often for nothing: the noisiest first."""

from collections.abc import Iterable
from dataclasses import dataclass

from bots.numbers import times
from bots.numbers.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """What one alert of one service asked of people."""

    alert: str
    service: str
    pages: int
    noise: int
    unjudged: int
    """Pages whose incident has no verdict."""

    @property
    def share(self) -> float | None:
        """Noise among those with a verdict; None if none has one."""
        judged = self.pages - self.unjudged
        return self.noise / judged if judged else None


def ranked(cases: Iterable[Case]) -> tuple[Paged, ...]:
    """Every alert that paged in these incidents: the most noise first, then the most pages."""
    found: dict[tuple[str, str], list[int]] = {}
    for case in cases:
        if not case.counts:
            continue
        for alert, count in case.pages.items():
            sums = found.setdefault((alert, case.service), [0, 0, 0])
            sums[0] += count
            sums[1] += count if case.verdict == times.NOISE else 0
            sums[2] += 0 if case.verdict else count
    rows = [
        Paged(alert=alert, service=service, pages=pages, noise=noise, unjudged=unjudged)
        for (alert, service), (pages, noise, unjudged) in found.items()
    ]
    return tuple(sorted(rows, key=lambda one: (-one.noise, -one.pages, one.alert, one.service)))
