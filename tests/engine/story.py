"""The life of a stack, told once: every step is taken by the real engine, and the tests read what came of it."""

import fcntl
import os
import pickle
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.cluster.api import Api
from tests.cluster.plane import control_plane
from tests.cluster.stack import GIVEN
from tests.cluster.waiting import until
from tests.engine.company import STACK, settings
from tests.engine.deployment import Deployment, Done, deployment
from tests.engine.inventory import objects
from tests.engine.provider import Call
from tests.engine.repository import commands, fork

BROKEN: Final = "integration-checkout"
"""What PagerDuty refuses to make at first: Alertmanager waits for its key, so the cluster is half-way."""
REFUSAL: Final = "PagerDuty has an incident of its own"
OLD_IMAGE: Final = "ghcr.io/example/tocsin:0.1.0"
NEW_IMAGE: Final = f"ghcr.io/example/tocsin:0.2.0@sha256:{'0123456789abcdef' * 4}"
SERVICE: Final = "policies/services/checkout.yaml"
OBJECTIVE: Final = ("99.9%", "99.5%")
SCALED: Final = "deployment-monitoring-thanos-query"
REMOVED: Final = "networkpolicy-monitoring-tocsin"
_DESTROYED_WITHIN_S: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command did."""

    code: int
    text: str
    calls: tuple[Call, ...]
    """What the providers were asked meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Each step, in the order of the fields."""

    before: frozenset[str]
    """What was in the cluster before all."""
    previewed: Said
    """`make preview` of a stack that is not there."""
    after_preview: frozenset[str]
    """What was in the cluster then."""
    failed: Said
    """`make up` with a provider that refuses one thing."""
    completed: Done
    """The same again, now that the provider is well."""
    completing: tuple[Call, ...]
    """What providers were asked by that."""
    things: tuple[str, ...]
    """Names of what is then with PagerDuty, Grafana and GitHub."""
    repeated: Done
    """The same again, with nothing to do."""
    state: str
    """As `pulumi stack export` gives it."""
    files: Mapping[str, str]
    """Every file of the state on the disk."""
    released: Said
    """`make bot` with another image, while one SLO of one service has another objective in its file."""
    edited: Done
    """`up` then."""
    drifted: Said
    """`make drift` after somebody scaled SCALED and deleted REMOVED."""
    destroyed: Done
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
        self._asked = 0

    def tell(self) -> Story:
        steps: dict[str, Any] = {"before": objects(self._kube)}
        self._come_up(steps)
        self._change(steps)
        self._go(steps)
        return Story(**steps)

    def _come_up(self, steps: dict[str, Any]) -> None:
        steps["previewed"] = self._make("preview")
        steps["after_preview"] = objects(self._kube)
        pagerduty = self._stack.memory["pagerduty"]
        pagerduty.broken[BROKEN] = REFUSAL
        steps["failed"] = self._make("up", "--yes", "--skip-preview")
        pagerduty.broken.clear()
        steps["completed"] = self._stack.up()
        steps["completing"] = self._calls()
        steps["things"] = self._things()
        steps["repeated"] = self._stack.up()
        steps["state"] = self._export()
        steps["files"] = self._files()

    def _change(self, steps: dict[str, Any]) -> None:
        self._edit()
        self._calls()
        steps["released"] = self._make("bot", "--yes", "--skip-preview", f"IMAGE={NEW_IMAGE}")
        steps["edited"] = self._stack.up()
        self._by_hand()
        self._calls()
        steps["drifted"] = self._make("drift")

    def _go(self, steps: dict[str, Any]) -> None:
        steps["destroyed"] = self._stack.destroy()
        before: frozenset[str] = steps["before"]
        until("the garbage to be collected", lambda: objects(self._kube) <= before or None, _DESTROYED_WITHIN_S)
        steps["after"] = objects(self._kube) - before
        steps["remaining"] = self._things()

    def _make(self, target: str, *words: str) -> Said:
        """Runs a target as people do, with the words of pulumi and then make's own."""
        options = [word for word in words if word.startswith("--")]
        done = subprocess.run(
            [
                "make",
                target,
                f"STACK={STACK}",
                f"PULUMI={' '.join(['--non-interactive --color never', *options])}",
                *(word for word in words if word not in options),
            ],
            cwd=self._stack.root,
            env=os.environ | self._stack.environment | {"PATH": commands(self._stack.root.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Said(code=done.returncode, text=done.stdout, calls=self._calls())

    def _calls(self) -> tuple[Call, ...]:
        """What the providers were asked since the last look."""
        providers = (self._stack.kubernetes, *self._stack.memory.values())
        found = tuple(call for provider in providers for call in provider.calls)
        for provider in providers:
            provider.calls.clear()
        return found

    def _things(self) -> tuple[str, ...]:
        return tuple(sorted(name for one in self._stack.memory.values() for name in one.names))

    def _export(self) -> str:
        """As the command does it; the Automation API would show the secrets."""
        run = self._stack.stack.workspace.pulumi_command.run
        return run(["stack", "export", "--stack", STACK], str(self._stack.root), self._stack.environment).stdout

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
