"""How this machine gets to the Alertmanagers of a deployed stack: by their addresses, or through kubectl.

Which cluster, namespace and pods they are follows from the program itself, run without an engine.
"""

import base64
import contextlib
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter

from tools.drill.errors import DrillError
from tools.drill.ports import LOOPBACK
from tools.manifests import stacks

_PORT: Final = 9093
_BOT: Final = "tocsin"
_BOT_PORT: Final = 8000
_FORWARDS_WITHIN_S: Final = 20.0
_LINE: Final = re.compile(rf"Forwarding from {re.escape(LOOPBACK)}:(\d+) ->")
_KIND: Final = "kubernetes:monitoring.coreos.com/v1:Alertmanager"
_STATEFUL: Final = "kubernetes:apps/v1:StatefulSet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One Alertmanager; alerts are not passed on between them, so each is told."""

    name: str
    url: str
    session: requests.Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stack has its Alertmanagers."""

    context: str
    """Of kubectl."""
    namespace: str
    pods: tuple[str, ...]
    server_name: str
    """In their certificate; empty where they speak without TLS."""
    secret: str
    """The Secret with the certificate of who signed theirs; empty without TLS."""
    bot: str = ""
    """The bot's pod; empty for a stack without one."""


def place_of(root: Path, stack: str) -> Place:
    """Where a stack's program puts them; raises DrillError for a stack that there is not, or that has mistakes."""
    known = stacks(root)
    if stack not in known:
        raise DrillError(f"--stack {stack}: there is no such stack; expected one of: {', '.join(known) or 'none'}")
    try:
        from tools.program import record_stack

        recording = record_stack(root, stack)
    except ModuleNotFoundError as error:
        raise DrillError(
            f"--stack {stack}: {error.name} is missing, which the program needs; run `make fire-drill STACK={stack}`"
        ) from error
    except Exception as error:
        # Whatever a program raises; it is somebody else's, and its message is for people.
        raise DrillError(f"--stack {stack}: the program of the stack cannot be run: {error}") from error
    found = recording.of_type(_KIND)
    if len(found) != 1:
        raise DrillError(f"--stack {stack}: the program has {len(found)} Alertmanagers; expected one")
    bots = [
        one.inputs["metadata"]["name"] for one in recording.of_type(_STATEFUL) if one.inputs["metadata"]["name"] == _BOT
    ]
    return _place(found[0].inputs, recording.named("cluster").inputs, bot=f"{bots[0]}-0" if bots else "")


def _place(server: Mapping[str, Any], cluster: Mapping[str, Any], bot: str) -> Place:
    name, namespace = server["metadata"]["name"], server["metadata"]["namespace"]
    tls = (server["spec"].get("web") or {}).get("tlsConfig")
    return Place(
        context=str(cluster["context"]),
        namespace=namespace,
        pods=tuple(f"alertmanager-{name}-{number}" for number in range(int(server["spec"].get("replicas", 1)))),
        server_name=f"{name}.{namespace}.svc" if tls else "",
        secret=tls["cert"]["secret"]["name"] if tls else "",
        bot=bot,
    )


def by_address(urls: Sequence[str]) -> tuple[Member, ...]:
    """Members that can be asked as they are."""
    return tuple(Member(name=url, url=url.rstrip("/"), session=requests.Session()) for url in urls)


@contextlib.contextmanager
def through_kubectl(place: Place) -> Iterator[tuple[Member, ...]]:
    """Every pod through a port of this machine, while the context is open; raises DrillError."""
    base = _kubectl(place)
    with contextlib.ExitStack() as open_:
        folder = Path(open_.enter_context(TemporaryDirectory(prefix="tocsin-drill-")))
        session = requests.Session()
        # Neither a proxy nor the environment's authorities have a say on a port of this machine.
        session.trust_env = False
        if place.secret:
            session.verify = str(_authority(base, place.secret, folder / "ca.crt"))
            session.mount("https://", _Named(place.server_name))
        members = []
        for pod in place.pods:
            port = open_.enter_context(_forwarded(base, pod, folder))
            url = f"{'https' if place.secret else 'http'}://{LOOPBACK}:{port}"
            members.append(Member(name=pod, url=url, session=session))
        yield tuple(members)


@contextlib.contextmanager
def bot_through_kubectl(place: Place) -> Iterator[str]:
    """The bot's address on this machine, while the context is open; raises DrillError.

    Its public one is shown to some networks only, of which a machine that runs workflows is none.
    """
    with (
        TemporaryDirectory(prefix="tocsin-drill-") as folder,
        _forwarded(_kubectl(place), place.bot, Path(folder), _BOT_PORT) as port,
    ):
        yield f"http://{LOOPBACK}:{port}"


def _kubectl(place: Place) -> list[str]:
    """How every command begins."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise DrillError("there is no kubectl on PATH; install it, or name every Alertmanager with --alertmanager URL")
    return [kubectl, "--context", place.context, "--namespace", place.namespace]


def _authority(base: Sequence[str], secret: str, path: Path) -> Path:
    """Writes the certificate of who signed theirs; of the Secret nothing else is asked for."""
    command = [*base, "get", "secret", secret, "--output", r"jsonpath={.data.ca\.crt}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_FORWARDS_WITHIN_S, check=False)
    if done.returncode != 0 or not done.stdout:
        raise DrillError(
            f"kubectl cannot read ca.crt of the Secret {secret}: {done.stderr.strip()[:300] or 'it is empty'}; "
            "look at the context, the rights there, and cert-manager"
        )
    path.write_bytes(base64.b64decode(done.stdout))
    return path


@contextlib.contextmanager
def _forwarded(base: Sequence[str], pod: str, folder: Path, inside: int = _PORT) -> Iterator[int]:
    """A port of this machine that leads to a pod's."""
    with (folder / f"{pod}.log").open("w+") as errors:
        process = subprocess.Popen(
            [*base, "port-forward", "--address", LOOPBACK, f"pod/{pod}", f":{inside}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            port = _port(process)
            if port is None:
                errors.seek(0)
                said = errors.read().strip()[:300] or "nothing"
                raise DrillError(
                    f"kubectl cannot forward a port to the pod {pod}, saying: {said}; "
                    "look whether it runs, and at the rights to pods/portforward"
                )
            yield port
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _port(process: subprocess.Popen[str]) -> int | None:
    """The port that kubectl chose; None if it ends, or says nothing in time."""
    found: list[int] = []

    def read() -> None:
        for line in process.stdout or ():
            if match := _LINE.search(line):
                found.append(int(match[1]))

    # It goes on reading, so that kubectl never waits for somebody to read what it says.
    threading.Thread(target=read, daemon=True).start()
    end = time.monotonic() + _FORWARDS_WITHIN_S
    while time.monotonic() < end and process.poll() is None and not found:
        time.sleep(0.02)
    return found[0] if found else None


class _Named(HTTPAdapter):
    """Expects a certificate of another name than the address."""

    def __init__(self, name: str) -> None:
        self._name = name
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Hands the name on to every connection."""
        super().init_poolmanager(*arguments, **options, server_hostname=self._name, assert_hostname=self._name)
