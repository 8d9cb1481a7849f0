"""Which shard a service belongs to, and how long its series are kept."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.policy import load
from alerting.retention import least_retention, longest_window
from alerting.sharding import shard_of

NAMES = st.lists(st.from_regex(r"[a-z]{1,12}(-[a-z]{1,8})?", fullmatch=True), min_size=1, max_size=30, unique=True)


@given(NAMES, st.integers(1, 8))
def test_another_shard_takes_services_over_and_moves_no_other(names: list[str], shards: int) -> None:
    """Adding a shard moves a service to the new one or leaves it where it is."""
    for name in names:
        before, after = shard_of(name, shards), shard_of(name, shards + 1)
        assert 0 <= before < shards
        assert after in (before, shards)


def test_shards_get_their_fair_share() -> None:
    """A thousand services on four shards: within a fifth of a quarter each."""
    found = [shard_of(f"service-{n}", 4) for n in range(1000)]
    assert all(200 <= found.count(shard) <= 300 for shard in range(4))


def test_there_must_be_a_shard() -> None:
    """None at all is refused in plain words."""
    with pytest.raises(ValueError, match="0 shards; expected at least one"):
        shard_of("a", 0)


@pytest.mark.parametrize(
    ("window", "longest", "least"),
    [
        ("7d", "7d", "9d"),
        ("30d", "30d", "32d"),
        ("{calendar: month}", "31d", "33d"),
        ("{calendar: quarter}", "92d", "94d"),
        ("{calendar: week}", "7d", "9d"),
    ],
)
def test_retention_covers_the_longest_window(mini: Path, window: str, longest: str, least: str) -> None:
    """Two days more than the longest period that any objective has, calendar ones at their longest."""
    for name in ("checkout", "payments-db"):
        file = mini / "policies" / "services" / f"{name}.yaml"
        file.write_text(file.read_text().replace("    sli:", f"    window: {window}\n    sli:"))
    policy = load(mini)
    assert str(longest_window(policy)) == longest
    assert str(least_retention(policy)) == least


def test_retention_without_objectives_is_some_days(mini: Path) -> None:
    """A day to look back over, and the margin."""
    policy = load(mini)
    bare = replace(policy, services={"platform": policy.services["platform"]})
    assert str(least_retention(bare)) == "3d"
