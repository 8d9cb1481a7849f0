"""What every test may ask for: a miniature repository and the real programs."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tools.parts import TABLE, find, find_all
from tools.parts.errors import PartMissing

pytest_plugins = ("tests.cluster.fixtures",)
DATA = Path(__file__).parent / "data"
GOLDEN = Path(__file__).parent / "golden"

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("tocsin", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tocsin")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--bless`."""
    parser.addoption("--bless", action="store_true", help="Rewrite the golden files with what came out.")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Fetches the real programs before the first test: the first time takes minutes, more than a test may last."""
    capture = session.config.pluginmanager.getplugin("capturemanager")
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    with capture.global_and_fixture_disabled():
        try:
            find_all(TABLE)
        except PartMissing as missing:
            pytest.exit(str(missing), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with a file under tests/golden/; `--bless` rewrites the file instead."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--bless"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"tests/golden/{name} is missing; make test PYTEST=--bless writes it"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    """A copy of the miniature repository that a test may change."""
    return shutil.copytree(DATA / "mini", tmp_path / "mini")


@pytest.fixture(scope="session")
def part() -> Callable[[str], Path]:
    """Gives the path of a real program, fetching it if it is missing."""
    return lambda name: find(name).path
