"""The custom resource definitions of prometheus-operator, as they lie in its module."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from tests.cluster.api import Api
from tests.cluster.waiting import until
from tools.parts import find

_VERSION: Final = "apiextensions.k8s.io/v1"
_KIND: Final = "CustomResourceDefinition"
_AT_ONCE: Final = 4
"""The server takes a second or two for each of the large ones, much of it waiting."""


def install(speak: Callable[[], Api]) -> list[str]:
    """Applies the definitions, with as many connections as `speak` opens; gives their names once all are served."""

    def one(path: Path) -> str:
        with speak() as api:
            return _install(api, path)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(one, sorted(find("prometheus-operator").files["crds"].glob("*.yaml"))))


def _install(api: Api, path: Path) -> str:
    """One definition, as text: a value `=` in it is for PyYAML, and for it alone, a special word."""
    group, _, plural = path.stem.partition("_")
    name = f"{plural}.{group}"
    api.apply_text(f"/apis/{_VERSION}/customresourcedefinitions/{name}", path.read_bytes())
    until(f"{name} is served", lambda: _is_served(api.get(_VERSION, _KIND, name)))
    return name


def _is_served(definition: dict[str, Any]) -> bool:
    """Whether the server answers for the kind by now."""
    conditions = definition.get("status", {}).get("conditions") or []
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
