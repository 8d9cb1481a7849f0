"""A bot's integration with a Slack workspace on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bots.slack.stage import Stage, staged


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A workspace, and a bot's integration with it, without a process of its own."""
    with staged(tmp_path / "bot") as made:
        yield made
