"""A stack of a repository, as `pulumi` sees it: its engine, its state in a folder, and our providers."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pulumi import automation
from pulumi.automation.events import EngineEvent
from pulumi.runtime import settings

from tests.cluster.plane import ControlPlane
from tests.engine.kubernetes import Kubernetes
from tests.engine.memory import Memory
from tests.engine.provider import attached
from tools.parts import find
from tools.program.running import run_main

PASSPHRASE: Final = "correct horse battery staple"
IN_MEMORY: Final = ("pagerduty", "grafana", "github")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a run of the engine did or would do."""

    steps: tuple[tuple[str, str], ...]
    """What, such as `create`, and the name of the resource; sorted, without what stays the same."""
    said: str
    """What it wrote for people."""

    def of(self, what: str) -> list[str]:
        """The names of the resources with which that was done."""
        return [name for done, name in self.steps if done == what]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One stack."""

    root: Path
    stack: automation.Stack
    environment: Mapping[str, str]
    kubernetes: Kubernetes
    memory: Mapping[str, Memory]
    """By package."""

    @property
    def state_file(self) -> Path:
        """Where the engine keeps the state."""
        return self.root.parent / "state" / ".pulumi" / "stacks" / "tocsin" / f"{self.stack.name}.json"

    def preview(self, **options: Any) -> Done:
        """What `up` would do; raises automation.CommandError."""
        return self._run(self.stack.preview, options)

    def up(self, **options: Any) -> Done:
        """Provisions; raises automation.CommandError."""
        return self._run(self.stack.up, options)

    def refresh(self) -> Done:
        """Reads what is there; raises automation.CommandError."""
        return self._run(self.stack.refresh, {})

    def destroy(self) -> Done:
        """Removes everything; raises automation.CommandError."""
        return self._run(self.stack.destroy, {})

    def _run(self, run: Any, options: Mapping[str, Any]) -> Done:
        steps: set[tuple[str, str]] = set()

        def note(event: EngineEvent) -> None:
            if event.resource_pre_event is not None:
                about = event.resource_pre_event.metadata
                steps.add((str(about.op.value), about.urn.rpartition("::")[2]))

        result = run(on_event=note, color="never", **options)
        return Done(steps=tuple(sorted(one for one in steps if one[0] != "same")), said=result.stdout)


@contextmanager
def deployment(root: Path, name: str, plane: ControlPlane) -> Iterator[Deployment]:
    """A stack of the repository at `root`, new or not, in the cluster; its state lies beside the repository."""
    memory = {package: Memory(package) for package in IN_MEMORY}
    kubernetes = Kubernetes(plane)
    try:
        with attached({"kubernetes": kubernetes, **memory}) as providers:
            environment = surroundings(root.parent, providers)
            workspace = automation.LocalWorkspace(
                work_dir=str(root),
                program=lambda: _program(root),
                env_vars=environment,
                pulumi_command=automation.PulumiCommand(root=str(find("pulumi").path.parents[1])),
            )
            stack = automation.Stack.create_or_select(name, workspace)
            yield Deployment(root=root, stack=stack, environment=environment, kubernetes=kubernetes, memory=memory)
    finally:
        kubernetes.close()


def _program(root: Path) -> None:
    """An inline program is not told where the repository is; the language host tells it."""
    settings.SETTINGS.root_directory = str(root)
    run_main()


def surroundings(folder: Path, providers: str) -> dict[str, str]:
    """The environment of the engine: nothing outside the folder is read, written or asked."""
    state, home = folder / "state", folder / "home"
    state.mkdir(exist_ok=True)
    home.mkdir(exist_ok=True)
    # A file where the folder of logs would be: writing each value to a log takes four tenths of the engine's time.
    (home / "logs").touch()
    return {
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_DEBUG_PROVIDERS": providers,
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(home),
        # The state is written when a run ends, however it does, rather than after every step.
        "PULUMI_SKIP_CHECKPOINTS": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "GOGC": "400",
        "NO_PROXY": os.environ.get("NO_PROXY", "127.0.0.1"),
    }
