"""What the tests of the engine ask for."""

import pytest

from tests.engine.story import Story, told


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The life of the miniature company's small stack; the workers of pytest-xdist share it."""
    own = tmp_path_factory.getbasetemp()
    run = own.parent if own.name.startswith("popen-") else own
    return told(run / "engine")
