"""Packing loose objects beside the work."""

from pathlib import Path

from bots.git.upkeep import Upkeep
from tests.bots.office import alert, command, delivery
from tests.bots.vault import git, vault


def _counts(repository: Path) -> dict[str, int]:
    lines = (line.split(": ") for line in git(repository, "count-objects", "-v").splitlines())
    return {name: int(value) for name, value in lines if value.isdigit()}


def test_loose_objects_are_packed_while_work_goes_on(tmp_path: Path) -> None:
    """And everything can be read during and after it."""
    with vault(tmp_path) as one:
        for number in range(30):
            one.take(delivery(alert("Broken", number * 100, number * 100 + 5)))
        upkeep = Upkeep(one.store.path, loose=1)
        while upkeep.estimate() == 0:
            one.take(command("note", text="more"))
        assert upkeep.tidy() is True
        one.take(command("note", text="meanwhile"))
        upkeep.wait(60)
        one.take(command("note", text="afterwards"))
        counts = _counts(one.store.path)
        assert counts["packs"] >= 1
        assert counts["count"] < 60
        assert one.store.highest() == 30
        assert all(one.store.read(number) is not None for number in range(1, 31))
        git(one.store.path, "fsck", "--strict")
        upkeep.close()


def test_little_is_left_alone(tmp_path: Path) -> None:
    """Nothing is started for a few objects."""
    with vault(tmp_path) as one:
        one.take(delivery(alert("Broken", 0)))
        upkeep = Upkeep(one.store.path)
        assert upkeep.tidy() is False
        assert upkeep.estimate() < 2000
        upkeep.close()


def test_a_repack_that_runs_is_not_started_twice_and_can_be_ended(tmp_path: Path) -> None:
    """Closing does not wait for it."""
    with vault(tmp_path) as one:
        for number in range(3):
            one.take(delivery(alert("Broken", number * 100)))
        upkeep = Upkeep(one.store.path, loose=0)
        assert upkeep.tidy() is True
        upkeep.tidy()
        upkeep.close()
        git(one.store.path, "fsck", "--strict")
