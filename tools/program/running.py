"""Runs a Pulumi program in this process, with a recorder where the engine would be."""

import asyncio
import contextvars
import gc
import importlib.util
import json
import os
import runpy
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import yaml

from tools.program.computed import computed_outputs
from tools.program.recording import Recording, Registered

PROJECT: Final = "tocsin"
SECURE: Final = "secure"
PLACEHOLDER: Final = "a-secret-of-the-stack"
"""What stands for a secret of the stack's configuration, which only the engine can decrypt."""

Program = Callable[[], Awaitable[None] | None]

_LOOPS = threading.local()


@dataclass(slots=True)
class Recorder:
    """One run; what was registered can be looked at even if the program failed."""

    stack: str = "dev"
    root: Path | None = None
    """The folder of Pulumi.yaml, as the program would see it."""
    config: Mapping[str, str] | None = None
    """`tocsin:key` → text; structured values as JSON."""
    secret_keys: tuple[str, ...] = ()
    preview: bool = False
    computed: Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]] = computed_outputs
    recording: Recording = field(default_factory=lambda: Recording(resources=(), exports={}, log=()))

    def run(self, program: Program) -> Recording:
        """Runs the program to its end; raises what it raises."""
        return contextvars.copy_context().run(self._run, program)

    def _run(self, program: Program) -> Recording:
        from pulumi.runtime import config, mocks, settings
        from pulumi.runtime.stack import run_in_stack

        from tools.program.monitor import Engine, Monitor

        monitor, engine = Monitor(PROJECT, self.stack, self.computed, self.preview), Engine()
        settings.configure(
            mocks.MockSettings(  # type: ignore[no-untyped-call]
                monitor=monitor,
                monitor_features=set(),
                engine=engine,
                project=PROJECT,
                stack=self.stack,
                dry_run=self.preview,
                organization="organization",
                root_directory=str(self.root or Path.cwd()),
                callbacks=None,
            )
        )
        settings.SETTINGS.outputs.clear()
        settings.ROOT.set(None)
        config.set_all_config(dict(self.config or {}), list(self.secret_keys))
        with warnings.catch_warnings(record=True) as caught, _strict_outputs(), _without_collection():
            warnings.simplefilter("always")
            try:
                _loop().run_until_complete(run_in_stack(program))
            finally:
                said = [*engine.said, *(str(one.message) for one in caught)]
                said += [f"{urn} is registered twice" for urn in monitor.duplicates]
                self.recording = _recording(monitor.registered, monitor.component_outputs, said)
        return self.recording


def record(program: Program, **about: Any) -> Recording:
    """What a function registers; `about` are fields of `Recorder`."""
    return Recorder(**about).run(program)


def record_stack(
    root: Path, stack: str, *, preview: bool = False, changes: Mapping[str, Any] | None = None
) -> Recording:
    """What the program registers for a stack of the repository at `root`; raises what the program raises.

    `changes` replace configuration keys such as `tocsin:prometheus`; None takes one away.
    """
    return stack_recorder(root, stack, preview=preview, changes=changes).run(run_main)


def stack_recorder(
    root: Path, stack: str, *, preview: bool = False, changes: Mapping[str, Any] | None = None
) -> Recorder:
    """A recorder with a stack's configuration; raises OSError if the stack has no file."""
    config, secret_keys = stack_config(root, stack, changes or {})
    return Recorder(stack=stack, root=root, config=config, secret_keys=secret_keys, preview=preview)


def stack_config(root: Path, stack: str, changes: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The configuration of a stack as the engine would hand it over, and the keys that hold secrets."""
    text = (root / "stacks" / f"Pulumi.{stack}.yaml").read_bytes()
    tree = yaml.load(text, Loader=yaml.CSafeLoader) or {}
    values = {**(tree.get("config") or {}), **changes}
    config: dict[str, str] = {}
    secret_keys = []
    for key, value in values.items():
        if value is None:
            continue
        shown = _without_ciphertext(value)
        if shown != value:
            secret_keys.append(key)
        config[key] = shown if isinstance(shown, str) else json.dumps(shown)
    return config, tuple(secret_keys)


def _without_ciphertext(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {SECURE}:
            return PLACEHOLDER
        return {key: _without_ciphertext(item) for key, item in value.items()}
    return [_without_ciphertext(item) for item in value] if isinstance(value, list) else value


def run_main() -> None:
    """Runs stacks/__main__.py as Pulumi's language host does. By its place: `tools` imports no stack."""
    spec = importlib.util.find_spec("stacks")
    assert spec is not None
    assert spec.submodule_search_locations
    runpy.run_path(spec.submodule_search_locations[0], run_name="__main__")


def _loop() -> asyncio.AbstractEventLoop:
    """One loop for all runs of a thread: Pulumi's SDK keeps futures of the loop that it saw first."""
    if not hasattr(_LOOPS, "loop"):
        _LOOPS.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(_LOOPS.loop)
    loop: asyncio.AbstractEventLoop = _LOOPS.loop
    return loop


@contextmanager
def _without_collection() -> Iterator[None]:
    """No search for garbage meanwhile: everything made here is kept, and looking at it takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _strict_outputs() -> Iterator[None]:
    """Makes the SDK raise where an Output is put into a text, instead of writing a warning into that text."""
    name = "PULUMI_ERROR_OUTPUT_STRING"
    before = os.environ.get(name)
    os.environ[name] = "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _recording(registered: Mapping[str, Registered], outputs: Mapping[str, Any], said: list[str]) -> Recording:
    resources = tuple(replace(registered[urn], outputs=outputs.get(urn, {})) for urn in sorted(registered))
    exports: Mapping[str, Any] = next((found for urn, found in outputs.items() if urn not in registered), {})
    return Recording(resources=resources, exports=exports, log=tuple(said))
