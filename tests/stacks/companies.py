"""Repositories and configurations that the tests of the program share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
MINI: Final = ROOT / "tests" / "data" / "mini"
STACKS: Final = ("dev", "staging", "production")


def cluster(**changed: Any) -> dict[str, Any]:
    """The section `tocsin:cluster` with some keys changed."""
    return {"name": "test", "context": "test", "flavour": "eks", "domain": "example.com", **changed}


_VAULT: Final = {"vault": {"server": "https://vault.example.com", "role": "tocsin"}}

CLOUDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "eks": {"tocsin:cluster": cluster()},
    "gke": {
        "tocsin:cluster": cluster(flavour="gke"),
        "tocsin:objectStore": {"gcs": {"bucket": "example-metrics"}, "identity": "m@example.iam.gserviceaccount.com"},
        "tocsin:secrets": _VAULT,
    },
    "aks": {
        "tocsin:cluster": cluster(flavour="aks"),
        "tocsin:objectStore": {
            "azure": {"account": "example", "container": "metrics"},
            "identity": "00000000-0000-0000-0000-000000000000",
        },
        "tocsin:secrets": _VAULT,
    },
}
"""What a stack made for EKS says otherwise on each cloud."""
