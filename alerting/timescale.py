"""How fast time runs: real windows, or windows shrunk for a rehearsal, under the same recorded names."""

from dataclasses import dataclass
from typing import Final

from alerting.model.quantities import Duration

SCRAPES_PER_BASE: Final = 4
"""A base window holds four scrapes, so that one missed scrape still leaves `rate` the two samples that it needs."""
BASES_PER_COARSE: Final = 5
"""The coarse record, which the longest windows average, has one sample for five base windows (5m at 15s)."""

_SCRAPE_FLOOR: Final = Duration(1_000)
_FLOOR: Final = Duration(1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timescale:
    """Every window is divided by `factor`; what a real server cannot do faster has a floor (scrape 1s, base 4s)."""

    factor: int = 1

    def __post_init__(self) -> None:
        """Raises ValueError for a factor below one."""
        if self.factor < 1:
            raise ValueError(f"a timescale shrinks windows by a whole factor of at least 1, got {self.factor}")

    def window(self, real: Duration) -> Duration:
        """A window or waiting time, shrunk; zero stays zero."""
        if self.factor == 1 or not real.ms:
            return real
        return max(Duration(round(real.ms / self.factor)), _FLOOR)

    def scrape(self, real: Duration) -> Duration:
        """How often a service is scraped, whose real interval is `real`."""
        return real if self.factor == 1 else max(Duration(round(real.ms / self.factor)), _SCRAPE_FLOOR)

    def evaluation(self, real_scrape: Duration) -> Duration:
        """How often an SLO's rules are evaluated.

        Once a scrape: `rate` over four scrape intervals sees three increments, so at this interval each increment is
        seen by exactly three evaluations and the recorded rates add up to the true number of events. At two scrape
        intervals the weights alternate between 2/3 and 4/3, at the base window one increment in four is never seen.
        """
        return self.scrape(real_scrape)

    def base(self, real_scrape: Duration) -> Duration:
        """The window of the recorded rates: four scrape intervals."""
        return Duration(SCRAPES_PER_BASE * self.scrape(real_scrape).ms)

    def coarse(self, real_scrape: Duration) -> Duration:
        """The window and the interval of the coarse record, and of the slower group that it lives in."""
        return Duration(BASES_PER_COARSE * self.base(real_scrape).ms)


REAL: Final = Timescale()
DRILL: Final = Timescale(factor=60)
