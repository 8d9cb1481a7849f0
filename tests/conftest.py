"""What every test may ask for: a miniature repository and the real programs."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.parts import find

DATA = Path(__file__).parent / "data"


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    """A copy of the miniature repository that a test may change."""
    return shutil.copytree(DATA / "mini", tmp_path / "mini")


@pytest.fixture(scope="session")
def part() -> Callable[[str], Path]:
    """Gives the path of a real program, fetching it if it is missing."""
    return lambda name: find(name).path
