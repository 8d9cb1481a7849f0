"""The life of a stack, told once: every step is taken by the real engine, and the tests read what came of it."""

import fcntl
import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.cluster.api import Api
from tests.cluster.plane import control_plane
from tests.cluster.stack import GIVEN
from tests.engine.company import STACK, settings
from tests.engine.deployment import Deployment, Said, deployment
from tests.engine.inventory import objects
from tests.engine.repository import fork

BROKEN: Final = "integration-checkout"
"""What PagerDuty refuses to make at first: Alertmanager waits for its key, so the cluster is half-way."""
REFUSAL: Final = "PagerDuty has an incident of its own"
OLD_IMAGE: Final = "ghcr.io/example/tocsin:0.1.0"
NEW_IMAGE: Final = f"ghcr.io/example/tocsin:0.2.0@sha256:{'0123456789abcdef' * 4}"
SERVICE: Final = "policies/services/checkout.yaml"
OBJECTIVE: Final = ("99.9%", "99.5%")
SCALED: Final = "deployment-monitoring-thanos-query"
REMOVED: Final = "networkpolicy-monitoring-tocsin"
_COLLECTED_WITHIN_S: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Each step, in the order of the fields."""

    before: frozenset[str]
    """What was in the cluster before all."""
    previewed: Said
    """A preview of a stack that is not there."""
    after_preview: frozenset[str]
    """What was in the cluster then."""
    failed: Said
    """`make up` with a provider that refuses one thing."""
    completed: Said
    """The same again, now that the provider is well."""
    things: tuple[str, ...]
    """Names of what is then with PagerDuty, Grafana and GitHub."""
    repeated: Said
    """The same again, with nothing to do."""
    state: str
    """As `pulumi stack export` gives it."""
    files: Mapping[str, str]
    """Every file of the state on the disk."""
    released: Said
    """`make bot` with another image, while one SLO of one service has another objective in its file."""
    edited: Said
    """`up` then."""
    drifted: Said
    """`make drift` after somebody scaled SCALED and deleted REMOVED."""
    destroyed: Said
    """`destroy` then."""
    after: frozenset[str]
    """What is in the cluster at the end, and was not before."""
    remaining: tuple[str, ...]
    """Names of what is with the other providers at the end."""


def told(folder: Path) -> Story:
    """The story of a test run, which the first process that asks for it takes; the others wait until it is told."""
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "story.pickle"
    with (folder / "telling").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not written.exists():
            written.write_bytes(pickle.dumps(_tell(folder)))
        story: Story = pickle.loads(written.read_bytes())
    return story


def _tell(folder: Path) -> Story:
    with control_plane(folder / "plane", with_operator_kinds=False) as plane, plane.api() as kube:
        for name in GIVEN:
            kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        with deployment(fork(folder), STACK, plane) as stack:
            stack.stack.set_all_config(settings(), path=True)
            return _Teller(stack, kube).tell()


class _Teller:
    def __init__(self, stack: Deployment, kube: Api) -> None:
        self._stack, self._kube = stack, kube

    def tell(self) -> Story:
        steps: dict[str, Any] = {"before": objects(self._kube)}
        self._come_up(steps)
        self._change(steps)
        self._go(steps)
        return Story(**steps)

    def _come_up(self, steps: dict[str, Any]) -> None:
        steps["previewed"] = self._stack.preview()
        steps["after_preview"] = objects(self._kube)
        pagerduty = self._stack.memory["pagerduty"]
        pagerduty.broken[BROKEN] = REFUSAL
        steps["failed"] = self._stack.make("up", "--yes", "--skip-preview")
        pagerduty.broken.clear()
        steps["completed"] = self._stack.up()
        steps["things"] = self._things()
        steps["repeated"] = self._stack.up()
        steps["state"] = self._stack.export()
        steps["files"] = self._files()

    def _change(self, steps: dict[str, Any]) -> None:
        self._edit()
        steps["released"] = self._stack.make("bot", "--yes", "--skip-preview", f"IMAGE={NEW_IMAGE}")
        steps["edited"] = self._stack.up()
        self._by_hand()
        steps["drifted"] = self._stack.make("drift")

    def _go(self, steps: dict[str, Any]) -> None:
        steps["destroyed"] = self._stack.destroy()
        steps["after"] = self._left(steps["before"])
        steps["remaining"] = self._things()

    def _left(self, before: frozenset[str]) -> frozenset[str]:
        """What is there beside, once the garbage has been collected."""
        end = time.monotonic() + _COLLECTED_WITHIN_S
        while (left := objects(self._kube) - before) and time.monotonic() < end:
            time.sleep(0.5)
        return left

    def _things(self) -> tuple[str, ...]:
        return tuple(sorted(name for one in self._stack.memory.values() for name in one.names))

    def _files(self) -> dict[str, str]:
        folder = self._stack.root.parent / "state"
        return {
            str(path.relative_to(folder)): path.read_text(encoding="utf-8", errors="replace")
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def _edit(self) -> None:
        was, becomes = OBJECTIVE
        path = self._stack.root / SERVICE
        text = path.read_text(encoding="utf-8")
        assert text.count(was) == 1
        path.write_text(text.replace(was, becomes), encoding="utf-8")

    def _by_hand(self) -> None:
        kind, namespace, name = ("apps/v1", "Deployment"), "monitoring", "thanos-query"
        about = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": name, "namespace": namespace}}
        self._kube.apply({**about, "spec": {"replicas": 5}}, manager="somebody")
        self._kube.delete("networking.k8s.io/v1", "NetworkPolicy", "tocsin", namespace)
