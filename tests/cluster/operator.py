"""prometheus-operator on the control plane, with the rights of its own role."""

import gzip
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.cluster.plane import ControlPlane
from tools.drill.ports import LOOPBACK, free_port
from tools.drill.processes import Processes, Program
from tools.parts import find

_NAME: Final = "prometheus-operator"
NAMESPACE: Final = "default"
"""Of the operator's own service account in the files that come with it."""
_COMPLAINT: Final = re.compile(r"\blevel=(?:warn|error)\b", re.IGNORECASE)
# It may hear of an object before it hears of the object's new namespace; it looks at the object again a moment later.
_TOO_EARLY: Final = re.compile(r"failed: namespace .* does not exist")
_OF_A_TEST: Final = re.compile(r"\btest-[0-9a-f]{8}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A running prometheus-operator."""

    log: Path

    def complaints(self, namespace: str) -> list[str]:
        """The warnings and errors in its log so far, but for those about namespaces of other tests."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        complaints = [line for line in lines if _COMPLAINT.search(line) and not _TOO_EARLY.search(line)]
        return [line for line in complaints if namespace in line or not _OF_A_TEST.search(line)]


def install_account(plane: ControlPlane) -> str:
    """Applies the service account and the role that come with the operator; gives a token of the account."""
    folder = find("prometheus-operator").files["rbac"]
    with plane.api() as api:
        for what in ("service-account", "cluster-role", "cluster-role-binding"):
            api.apply(_read(folder / f"prometheus-operator-{what}.yaml"))
    return plane.token(NAMESPACE, "prometheus-operator")


@contextmanager
def running(plane: ControlPlane, token: str, name: str = _NAME, *flags: str) -> Iterator[Operator]:
    """The operator, with the rights of whose token is given and `flags` of its own; ends with the context."""
    address = f"{LOOPBACK}:{free_port()}"
    program = Program(
        name=name,
        command=[str(find("prometheus-operator").path), f"--web.listen-address={address}", *flags],
        ready_url=f"http://{address}/healthz",
        last_signal="KILL",
        environment={"KUBECONFIG": str(plane.kubeconfig_of(name, token))},
    )
    with Processes(log_of(plane, name).parent) as processes:
        processes.start(program)
        yield Operator(log=log_of(plane, name))


def log_of(plane: ControlPlane, name: str = _NAME) -> Path:
    """Where the operator of that name writes its log."""
    return plane.folder / "logs" / f"{name}.log"


def generated(secret: dict[str, Any], key: str) -> str:
    """A configuration that the operator wrote into a Secret; it packs those of Prometheus and Alertmanager."""
    packed = b64decode(secret["data"][key])
    return (gzip.decompress(packed) if key.endswith(".gz") else packed).decode()


def _read(path: Path) -> dict[str, Any]:
    """The one object in a file."""
    read: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return read
