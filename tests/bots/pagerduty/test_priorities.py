"""Names of priorities here and there."""

from dataclasses import replace
from pathlib import Path

from alerting.policy import load
from bots.pagerduty.priorities import ours, theirs

MINI = load(Path(__file__).parents[2] / "data" / "mini")


def test_names_are_the_same_unless_the_policy_says_otherwise() -> None:
    """Of two that are called the same there the higher one is meant."""
    assert theirs(MINI) == {name: name for name in ("P0", "P1", "P2", "P3", "P4")}
    assert (ours(MINI, "P3"), ours(MINI, "SEV-1"), ours(MINI, "")) == ("P3", None, None)
    names = {"P0": "SEV-1", "P1": "SEV-1", "P2": "SEV-2"}
    meanings = {
        name: meaning.model_copy(update={"pagerduty": names.get(name)})
        for name, meaning in MINI.severity.priorities.items()
    }
    changed = replace(MINI, severity=MINI.severity.model_copy(update={"priorities": meanings}))
    assert theirs(changed) == {"P0": "SEV-1", "P1": "SEV-1", "P2": "SEV-2", "P3": "P3", "P4": "P4"}
    assert (ours(changed, "SEV-1"), ours(changed, "SEV-2"), ours(changed, "P2")) == ("P0", "P2", None)
