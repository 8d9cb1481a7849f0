"""A bot's integration with a GitHub on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bots.github.stage import Stage, staged


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A repository, and a bot that has a token of an account in it."""
    with staged(tmp_path) as made:
        yield made
