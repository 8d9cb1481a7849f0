"""A stack of a repository, as `pulumi` sees it: its engine, its state in a folder, and our providers."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pulumi import automation
from pulumi.runtime import settings

from tests.cluster.plane import ControlPlane
from tests.engine.kubernetes import Kubernetes
from tests.engine.memory import Memory
from tests.engine.provider import Call, Provider, attached
from tests.engine.repository import commands
from tools.parts import find
from tools.program.running import run_main

PASSPHRASE: Final = "correct horse battery staple"
IN_MEMORY: Final = ("pagerduty", "grafana", "github")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a run of the engine did."""

    code: int
    """0 for success."""
    text: str
    """What it wrote for people."""
    calls: tuple[Call, ...]
    """What the providers were asked meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One stack."""

    root: Path
    stack: automation.Stack
    environment: Mapping[str, str]
    kubernetes: Provider
    memory: Mapping[str, Memory]
    """By package."""

    def preview(self) -> Said:
        """What `up` would do, in detail."""
        return self._run(self.stack.preview, diff=True)

    def up(self) -> Said:
        """Provisions, by the program in this process."""
        return self._run(self.stack.up)

    def destroy(self) -> Said:
        """Removes everything."""
        return self._run(self.stack.destroy)

    def _run(self, operation: Callable[..., Any], **options: Any) -> Said:
        try:
            code, text = 0, operation(color="never", **options).stdout
        except automation.CommandError as error:
            code, text = 1, str(error)
        return Said(code=code, text=text, calls=self.asked())

    def make(self, target: str, *words: str) -> Said:
        """Runs a target as people do; what begins with `--` is for pulumi."""
        options = ["--non-interactive", "--color never", *(word for word in words if word.startswith("--"))]
        done = subprocess.run(
            [
                "make",
                target,
                f"STACK={self.stack.name}",
                f"PULUMI={' '.join(options)}",
                *(word for word in words if word not in options),
            ],
            cwd=self.root,
            env=os.environ | self.environment | {"PATH": commands(self.root.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Said(code=done.returncode, text=done.stdout, calls=self.asked())

    def export(self) -> str:
        """The state as the command exports it; the Automation API would show the secrets."""
        run = self.stack.workspace.pulumi_command.run
        return run(["stack", "export", "--stack", self.stack.name], str(self.root), self.environment).stdout

    def asked(self) -> tuple[Call, ...]:
        """What the providers were asked since the last look."""
        providers = (self.kubernetes, *self.memory.values())
        found = tuple(call for provider in providers for call in provider.calls)
        for provider in providers:
            provider.calls.clear()
        return found


@contextmanager
def deployment(root: Path, name: str, plane: ControlPlane | None, passphrase: str = PASSPHRASE) -> Iterator[Deployment]:
    """A stack of the repository at `root`, in a cluster or else in memory; its state lies beside the repository."""
    memory = {package: Memory(package) for package in IN_MEMORY}
    with ExitStack() as until:
        kubernetes: Provider = Memory("kubernetes")
        if plane is not None:
            kubernetes = until.enter_context(closing(Kubernetes(plane)))
        providers = until.enter_context(attached({"kubernetes": kubernetes, **memory}))
        environment = surroundings(root.parent, providers) | {"PULUMI_CONFIG_PASSPHRASE": passphrase}
        workspace = automation.LocalWorkspace(
            work_dir=str(root),
            program=lambda: _program(root),
            env_vars=environment,
            pulumi_command=automation.PulumiCommand(root=str(find("pulumi").path.parents[1])),
        )
        stack = automation.Stack.create_or_select(name, workspace)
        yield Deployment(root=root, stack=stack, environment=environment, kubernetes=kubernetes, memory=memory)


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
        "PULUMI_DEBUG_PROVIDERS": providers,
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(home),
        # The state is written when a run ends, however it does, rather than after every step.
        "PULUMI_SKIP_CHECKPOINTS": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "GOGC": "400",
        "NO_PROXY": os.environ.get("NO_PROXY", "127.0.0.1"),
    }
