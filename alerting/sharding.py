"""Which shard of Prometheus a service belongs to: all of its series and all of its rules.

Rendezvous hashing: another shard takes over its fair share, and no service moves between the shards that were there.
Thaler and Ravishankar, https://www.eecs.umich.edu/techreports/cse/96/CSE-TR-316-96.pdf
"""

import hashlib


def shard_of(service: str, shards: int) -> int:
    """The shard, from 0, that owns a service; raises ValueError if there is none."""
    if shards < 1:
        raise ValueError(f"{shards} shards; expected at least one")
    return max(range(shards), key=lambda shard: hashlib.sha256(f"{shard}/{service}".encode()).digest())
