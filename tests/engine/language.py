"""`pulumi-language-python`, as far as an engine needs it: Pulumi's own is no module that can be had by itself.

An executable of the test's calls this file; whoever installs Pulumi has the real one. It starts the interpreter that
Pulumi.yaml names, in the folder that it names, with the configuration in the environment:
https://github.com/pulumi/pulumi/tree/master/sdk/python/cmd
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

_PROGRAM: Final = Path(__file__).parent / "program.py"
_ANALYZER: Final = "analyzer"
_SAID: Final = 32
"""How a program ends that has told the engine what is wrong: there is nothing to add."""


class Language(language_pb2_grpc.LanguageRuntimeServicer):
    """Starts programs and policy packs."""

    def __init__(self, engine: str) -> None:
        """Told by the engine where it is."""
        self._engine = engine

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name, as those below
        """No version."""
        return plugin_pb2.PluginInfo()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: N802
        """None has to be installed: providers are attached."""
        return language_pb2.GetRequiredPackagesResponse()

    def About(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Which interpreter runs."""
        return language_pb2.AboutResponse(executable=sys.executable)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The engine ends the processes itself."""
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Runs a program to its end."""
        folder = Path(request.info.program_directory)
        about = {
            "project": request.project,
            "stack": request.stack,
            "parallel": request.parallel,
            "dry_run": request.dryRun,
            "monitor": request.monitor_address,
            "engine": self._engine,
            "organization": request.organization,
            "root_directory": request.info.root_directory,
        }
        done = subprocess.run(
            [interpreter(request.info), "-u", "-P", _PROGRAM, json.dumps(about), folder / request.info.entry_point],
            cwd=request.pwd,
            env=os.environ
            | {
                "PULUMI_CONFIG": json.dumps(dict(request.config)),
                "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
            },
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,  # the first line of stdout is the port, and none other is expected
            check=False,
        )
        words = f"the program ended with {done.returncode}" if done.returncode not in (0, _SAID) else ""
        return language_pb2.RunResponse(error=words, bail=done.returncode == _SAID)

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        """Runs a policy pack, and hands on what it writes."""
        if request.kind != _ANALYZER:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{request.kind} is no policy pack")
        process = subprocess.Popen(
            [interpreter(request.info), "-u", "-m", "pulumi.policy", *request.args, request.info.program_directory],
            cwd=request.pwd,
            env=dict(one.split("=", 1) for one in request.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        context.add_callback(process.terminate)
        assert process.stdout is not None
        assert process.stderr is not None
        yield from _written(stdout=process.stdout, stderr=process.stderr)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def interpreter(info: Any) -> Path:
    """The one of the virtual environment, which lies where the file says; none other will do."""
    return Path(info.root_directory) / info.options["virtualenv"] / "bin" / "python"


def _written(**streams: IO[bytes]) -> Iterator[Any]:
    """What a process writes, until it has closed all streams."""
    found: SimpleQueue[Any] = SimpleQueue()

    def read(name: str, stream: IO[bytes]) -> None:
        for line in stream:
            found.put(language_pb2.RunPluginResponse(**{name: line}))
        found.put(None)

    for name, stream in streams.items():
        threading.Thread(target=read, args=(name, stream), daemon=True).start()
    for _ in streams:
        yield from iter(found.get, None)


def main() -> None:
    """Serves until the engine ends the process."""
    server = grpc.server(ThreadPoolExecutor())
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Language(sys.argv[-1]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    with contextlib.suppress(KeyboardInterrupt):  # how the engine ends it
        server.wait_for_termination()


if __name__ == "__main__":
    main()
