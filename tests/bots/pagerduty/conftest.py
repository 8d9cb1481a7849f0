"""A PagerDuty account on this machine."""

from collections.abc import Iterator

import pytest

from tests.bots.pagerduty.stage import Stage, staged


@pytest.fixture
def stage(tmp_path: object) -> Iterator[Stage]:
    """An account with its REST API, and a bot's integration with it, without a process of its own."""
    with staged(str(tmp_path)) as made:
        yield made
