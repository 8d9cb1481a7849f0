"""Whatever is sent to the API, it answers no 5xx."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error

from tests.bots.bot_process import ALERTMANAGER_TOKEN, BotProcess, token_of


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """A bot that has one incident."""
    made = BotProcess(root=Path(__file__).parents[1] / "data" / "mini", folder=tmp_path_factory.mktemp("fuzz"))
    made.prepare()
    made.start()
    made.post("/api/v1/incidents", {"title": "fuzz", "service": "checkout", "key": "first"}, "eli")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def api(bot: BotProcess) -> Any:
    """The API as it describes itself."""
    return schemathesis.openapi.from_url(f"{bot.url}/openapi.json")


OPERATIONS = (
    ("POST", "/alertmanager"),
    ("GET", "/api/v1/incidents"),
    ("POST", "/api/v1/incidents"),
    ("GET", "/api/v1/incidents/{name}"),
    ("POST", "/api/v1/incidents/{name}/commands"),
    ("GET", "/api/v1/remediation"),
    ("POST", "/api/v1/remediation/freeze"),
    ("POST", "/api/v1/remediation/unfreeze"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfitting"])
def test_no_request_makes_the_api_fail(api: Any, method: str, path: str, mode: GenerationMode) -> None:
    """Fitting and unfitting requests, with a token that may do everything."""
    token = ALERTMANAGER_TOKEN if path == "/alertmanager" else token_of("eli")
    cases = api[path][method].as_strategy(generation_mode=mode)

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def fuzz(case: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        if "name" in (case.path_parameters or {}) and len(str(case.path_parameters["name"])) % 2:
            # Half of the requests are about an incident that exists.
            case.path_parameters["name"] = "INC-1"
        case.call_and_validate(checks=(not_a_server_error,), timeout=30)

    with contextlib.suppress(Unsatisfiable):
        # A request without any part has no unfitting form.
        fuzz()


def test_every_operation_is_tried(api: Any) -> None:
    """A route that is added has to be added here."""
    found = {(result.ok().method.upper(), result.ok().path) for result in api.get_all_operations()}
    assert found == set(OPERATIONS)
