"""One small case per mistake: tests/data/bad/<case>/ lies over the miniature repository, tests/golden/bad/ has the
whole messages. `make test PYTEST=--bless` rewrites those."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerting.checks import CHECKS, Given, run
from alerting.policy import Loaded, read

BAD = Path(__file__).parents[1] / "data" / "bad"
CASES = sorted(path.name for path in BAD.iterdir())
AT = datetime(2026, 1, 20, tzinfo=UTC)


def loaded(case: str, mini: Path) -> Loaded:
    """The miniature repository with a case's files over it; an empty `<file>.absent` takes a file away."""
    shutil.copytree(BAD / case, mini, dirs_exist_ok=True)
    for mark in mini.rglob("*.absent"):
        mark.with_suffix("").unlink()
        mark.unlink()
    return read(mini)


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_reported_whole(case: str, mini: Path, golden: Callable[[str, str], None]) -> None:
    """Every mistake gives exactly the messages of its golden file."""
    problems = run(loaded(case, mini), AT)
    assert problems, "the case has no mistake"
    golden(f"bad/{case}.txt", "".join(f"{problem}\n" for problem in problems))


def test_the_miniature_repository_has_no_mistake(mini: Path) -> None:
    """What the cases lie over is without mistakes and warnings."""
    assert run(read(mini), AT) == ()


def test_every_check_has_a_case(tmp_path: Path) -> None:
    """No check is in the table that no case makes report something."""
    silent = set(CHECKS)
    for number, case in enumerate(CASES):
        found = loaded(case, shutil.copytree(BAD.parent / "mini", tmp_path / str(number)))
        if found.partial is not None:
            given = Given(policy=found.partial, sources=found.sources, at=AT)
            silent -= {check for check in silent if any(True for _ in check(given))}
    assert {f"{check.__module__}.{check.__name__}" for check in silent} == set()


def test_every_check_is_documented_and_in_the_table() -> None:
    """Each check has a docstring of its own, and none is twice in the table."""
    assert all(check.__doc__ for check in CHECKS)
    assert len({check.__doc__ for check in CHECKS}) == len(CHECKS) == len(set(CHECKS))


def test_no_golden_file_is_left_over() -> None:
    """Every golden file belongs to a case."""
    assert sorted(path.stem for path in (BAD.parents[1] / "golden" / "bad").iterdir()) == CASES
