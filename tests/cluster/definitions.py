"""The custom resource definitions of prometheus-operator, as they lie in its module."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.cluster.api import Api, Refused
from tests.cluster.waiting import until
from tools.parts import find

_DEFINITIONS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_GROUP: Final = "/apis/monitoring.coreos.com"
_AT_ONCE: Final = 4
"""The server takes a second or two for each of the large ones, much of it waiting."""


def install(speak: Callable[[], Api]) -> None:
    """Applies the definitions, with as many connections as `speak` opens; returns once all are served."""

    def one(path: Path) -> str:
        with speak() as api:
            return _install(api, path)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        plurals = set(threads.map(one, sorted(find("prometheus-operator").files["crds"].glob("*.yaml"))))
    with speak() as api:
        until("all kinds of prometheus-operator", lambda: plurals <= _served(api), within_s=120)


def _install(api: Api, path: Path) -> str:
    """Applies one definition, as text: a value `=` in it is for PyYAML, and for it alone, a special word."""
    group, _, plural = path.stem.partition("_")
    api.apply_text(f"{_DEFINITIONS}/{plural}.{group}", path.read_bytes())
    return plural


def _served(api: Api) -> set[str]:
    """The kinds that the server answers for; the definitions themselves would say so too, in half a megabyte each."""
    try:
        versions = api.call("GET", _GROUP).object["versions"]
        lists = [api.call("GET", f"{_GROUP}/{one['version']}").object["resources"] for one in versions]
    except Refused:
        return set()
    return {resource["name"] for resources in lists for resource in resources}
