"""What every action is given, and what it gives back."""

import time
from dataclasses import dataclass, field

from bots.actions.cluster import Cluster
from bots.actions.request import Request
from bots.actions.result import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One request, the cluster with the rights of its job, and the time it has."""

    request: Request
    reach: Cluster | None = None
    """None for actions that have nothing to do in a cluster."""
    deadline: float
    """Time of the monotonic clock at which waiting ends."""

    @property
    def cluster(self) -> Cluster:
        """For actions that have something to do there."""
        assert self.reach is not None, f"{self.request.action} asks for no permission"
        return self.reach

    @property
    def left_s(self) -> float:
        """Seconds until the deadline."""
        return max(self.deadline - time.monotonic(), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an action did, or would have done in a dry run."""

    summary: str
    """One sentence in the past tense; in a dry run, what would be done."""
    changes: tuple[Change, ...] = ()
    findings: tuple[str, ...] = ()
    output: str = field(default="", repr=False)
