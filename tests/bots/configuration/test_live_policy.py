"""The policy that holds now."""

from pathlib import Path

import pytest

from alerting.model.policy import Policy
from bots.configuration.live_policy import LivePolicy


def _renamed(root: Path, old: str, new: str) -> None:
    path = root / "policies" / "severity.yaml"
    path.write_text(path.read_text().replace(old, new))


def test_a_change_counts_without_a_restart(mini: Path) -> None:
    """Whoever depends on the policy is told."""
    live = LivePolicy(mini)
    told: list[Policy] = []
    live.on_change = told.append
    assert not live.refresh()
    _renamed(mini, "users cannot buy", "nobody can buy anything")
    assert live.refresh()
    assert live().severity.priorities["P0"].means == "nobody can buy anything"
    assert told == [live()]


def test_with_mistakes_the_old_policy_stays(mini: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And the log says how to see them; correcting them counts again."""
    live = LivePolicy(mini)
    before = live()
    _renamed(mini, "means:", "meens:")
    assert not live.refresh()
    assert live() is before
    assert "the changed policy is not used; `tocsin check` shows its" in caplog.text
    _renamed(mini, "meens:", "means:")
    assert live.refresh()


def test_what_could_not_be_read_is_read_at_the_next_look(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails once does not hide the change."""
    live = LivePolicy(mini)
    _renamed(mini, "users cannot buy", "nobody can buy anything")
    with monkeypatch.context() as broken:
        broken.setattr("bots.configuration.live_policy.files.load", _fails)
        with pytest.raises(OSError, match="I/O error"):
            live.refresh()
    assert live.refresh()
    assert live().severity.priorities["P0"].means == "nobody can buy anything"


def _fails(root: Path) -> Policy:
    raise OSError("I/O error")
