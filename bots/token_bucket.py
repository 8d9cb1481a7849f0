"""How often something may be done: a bucket that fills at a steady rate, as a value without a clock of its own."""


class TokenBucket:
    """Full at first; one token a take."""

    def __init__(self, *, rate_per_minute: float = 5, burst: int = 5) -> None:
        """Raises ValueError for a rate or a burst of nothing."""
        if rate_per_minute <= 0 or burst < 1:
            raise ValueError(
                f"got {rate_per_minute} a minute, burst {burst}; expected a rate above 0 and a burst of 1 or more"
            )
        self._per_s = rate_per_minute / 60
        self._burst = burst
        self._tokens = float(burst)
        self._at_s: float | None = None

    def take(self, now_s: float) -> float:
        """Takes a token and returns 0; or returns the seconds to wait until there is one."""
        wait_s = self.wait(now_s)
        if wait_s == 0:
            self._tokens -= 1
        return wait_s

    def wait(self, now_s: float) -> float:
        """How many seconds until there is a token; takes none."""
        if self._at_s is not None:
            self._tokens = min(self._burst, self._tokens + max(0.0, now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        # A remainder of rounding must not make a caller wait for ever shorter times.
        return 0.0 if self._tokens >= 1 - 1e-9 else (1 - self._tokens) / self._per_s
