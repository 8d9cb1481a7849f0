"""Repositories and configurations that the tests of the program share."""

from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
MINI: Final = ROOT / "tests" / "data" / "mini"
STACKS: Final = ("dev", "staging", "production")
CLOUDS: Final = ("eks", "gke", "aks")


def cluster(**changed: Any) -> dict[str, Any]:
    """The section `tocsin:cluster` with some keys changed."""
    return {"name": "test", "context": "test", "flavour": "eks", "domain": "example.com", **changed}
