"""What keeps running when a cluster is full."""

import pytest

from tests.stacks.companies import MINI
from tools.program import Recording, record_stack


@pytest.fixture(scope="module")
def production() -> Recording:
    """A stack with everything that pages."""
    return record_stack(MINI, "production")


def test_what_pages_people_goes_last_from_a_full_cluster(production: Recording) -> None:
    """The class is there before the first pod that has it, and is nobody's default."""
    paging = production.manifest("PriorityClass", "tocsin-paging")
    assert (paging["value"], paging.get("globalDefault", False)) == (1_000_000, False)
    classes = {}
    for kind in ("Prometheus", "Alertmanager", "ThanosRuler"):
        for one in production.manifests(kind):
            classes[f"{kind} {one['metadata']['name']}"] = one["spec"].get("priorityClassName")
    bot = production.manifest("StatefulSet", "tocsin", "monitoring")["spec"]["template"]["spec"]
    assert len(classes) >= 3
    assert set(classes.values()) | {bot.get("priorityClassName")} == {"tocsin-paging"}
