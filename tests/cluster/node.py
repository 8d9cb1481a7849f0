"""A node without containers: it takes pods, runs the command of some as processes here, and serves their logs.

For the API server it is a kubelet: pods are bound to it, their status comes from it, and logs are fetched from it by
the server's own proxy. What a pod runs has the token of its service account and nothing else of the cluster.
"""

import os
import secrets
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.cluster.api import Api, Refused
from tests.cluster.plane import ControlPlane
from tools.drill.ports import LOOPBACK

_EVERY_S = 0.1
_ROOT = Path(__file__).parents[2]
Pod = Mapping[str, Any]


@dataclass(slots=True)
class _Process:
    """A pod's command, running."""

    process: subprocess.Popen[bytes]
    log: Path
    started_at: str


@dataclass(slots=True)
class Node:
    """Takes the pods of the namespaces in `watched` while its context is open.

    Pods whose command begins with `python` are run; all others are said to run and to be ready, if `ready` agrees.
    """

    plane: ControlPlane
    folder: Path
    watched: set[str] = field(default_factory=set)
    ready: Callable[[Pod], bool] = lambda pod: True
    runs: bool = True
    """Whether commands are started; pods whose command is not wait for ever."""
    logs: dict[tuple[str, str], str] = field(default_factory=dict)
    """(pod, container) → text, for those that are not run here; `previous` is under (pod, `container previous`)."""
    environment: dict[str, str] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"node-{secrets.token_hex(4)}")
    _running: dict[str, _Process] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _server: ThreadingHTTPServer | None = None
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Registers the node and begins."""
        self._server = _log_server(self, self.plane.folder)
        with self.plane.api() as api:
            api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.name}})
            status = {
                "addresses": [{"type": "InternalIP", "address": LOOPBACK}],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": self._server.server_port}},
                "conditions": [{"type": "Ready", "status": "True", "reason": "Up", "message": "up"}],
            }
            api.call(
                "PATCH",
                f"/api/v1/nodes/{self.name}/status",
                {"status": status},
                content_type="application/merge-patch+json",
            )
        self._threads = [threading.Thread(target=one) for one in (self._server.serve_forever, self._work)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends what runs, and goes."""
        assert self._server is not None
        self._stopping.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()
        for run in self._running.values():
            _end(run.process)
        with self.plane.api() as api:
            for namespace in self.watched:
                for pod in api.objects("v1", "Pod", namespace):
                    _forget(api, pod)
            api.delete("v1", "Node", self.name)

    def _work(self) -> None:
        with self.plane.api() as api:
            while not self._stopping.wait(_EVERY_S):
                for namespace in list(self.watched):
                    for pod in api.objects("v1", "Pod", namespace):
                        try:
                            self._look(api, pod)
                        except Refused as refused:
                            # It changed, or went, between the look and the word about it.
                            if refused.code not in (404, 409):
                                raise

    def _look(self, api: Api, pod: Pod) -> None:
        uid, phase = pod["metadata"]["uid"], pod["status"]["phase"]
        if "deletionTimestamp" in pod["metadata"]:
            if uid in self._running:
                _end(self._running.pop(uid).process)
            _forget(api, pod)
        elif not pod["spec"].get("nodeName"):
            _bind(api, pod, self.name)
        elif phase == "Pending":
            self._begin(api, pod)
        elif uid in self._running:
            self._follow(api, pod, self._running[uid])

    def _begin(self, api: Api, pod: Pod) -> None:
        container = pod["spec"]["containers"][0]
        if container.get("command", [""])[0] != "python":
            if self.ready(pod):
                _say(api, pod, _well(pod))
        elif self.runs:
            run = self._start(pod, container)
            self._running[pod["metadata"]["uid"]] = run
            _say(api, pod, {"phase": "Running", **_state(pod, {"running": {"startedAt": run.started_at}})})

    def _start(self, pod: Pod, container: Mapping[str, Any]) -> _Process:
        about = pod["metadata"]
        account = pod["spec"]["serviceAccountName"]
        token = self.plane.token(about["namespace"], account)
        kubeconfig = self.plane.kubeconfig_of(f"pod-{about['uid']}", token)
        log = self.folder / f"{about['uid']}.log"
        environment = {
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(kubeconfig),
            **{one["name"]: _value(pod, one) for one in container.get("env", [])},
            **self.environment,
        }
        command = [sys.executable, *container["command"][1:], *container.get("args", [])]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, cwd=_ROOT)
        return _Process(process, log, _now())

    def _follow(self, api: Api, pod: Pod, run: _Process) -> None:
        code = run.process.poll()
        if code is None:
            return
        self.logs[pod["metadata"]["name"], pod["spec"]["containers"][0]["name"]] = run.log.read_text()
        ended = {
            "exitCode": code,
            "reason": "Error" if code else "Completed",
            "startedAt": run.started_at,
            "finishedAt": _now(),
        }
        del self._running[pod["metadata"]["uid"]]
        _say(api, pod, {"phase": "Failed" if code else "Succeeded", **_state(pod, {"terminated": ended})})


def _well(pod: Pod) -> dict[str, Any]:
    conditions = [{"type": kind, "status": "True"} for kind in ("Initialized", "Ready", "ContainersReady")]
    states = [
        {
            "name": one["name"],
            "image": one["image"],
            "imageID": "",
            "ready": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": _now()}},
        }
        for one in pod["spec"]["containers"]
    ]
    return {"phase": "Running", "conditions": conditions, "containerStatuses": states}


def _state(pod: Pod, state: Mapping[str, Any]) -> dict[str, Any]:
    one = pod["spec"]["containers"][0]
    status = {"name": one["name"], "image": one["image"], "imageID": "", "ready": False, "restartCount": 0}
    return {"containerStatuses": [status | {"state": dict(state)}]}


def _say(api: Api, pod: Pod, status: Mapping[str, Any]) -> None:
    path = f"{_path(pod)}/status"
    api.call("PATCH", path, {"status": status}, content_type="application/merge-patch+json")


def _bind(api: Api, pod: Pod, node: str) -> None:
    target = {"apiVersion": "v1", "kind": "Node", "name": node}
    metadata = {"name": pod["metadata"]["name"]}
    api.call(
        "POST", f"{_path(pod)}/binding", {"apiVersion": "v1", "kind": "Binding", "metadata": metadata, "target": target}
    )


def _forget(api: Api, pod: Pod) -> None:
    """What a kubelet says when a pod has ended that was to be deleted."""
    try:
        api.call("DELETE", _path(pod), query={"gracePeriodSeconds": "0"})
    except Refused as refused:
        if refused.code != 404:
            raise


def _path(pod: Pod) -> str:
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


def _value(pod: Pod, variable: Mapping[str, Any]) -> str:
    """A variable's value, also where it is an annotation of the pod."""
    if "valueFrom" not in variable:
        return str(variable.get("value", ""))
    path = variable["valueFrom"]["fieldRef"]["fieldPath"]
    name = path.removeprefix("metadata.annotations['").removesuffix("']")
    return str(pod["metadata"].get("annotations", {}).get(name, ""))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _log_server(node: Node, certificates: Path) -> ThreadingHTTPServer:
    """What the API server asks for logs: `/containerLogs/<namespace>/<pod>/<container>`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            _, _, _, pod, container = parts.path.split("/")
            text = node.logs.get((pod, f"{container} previous" if query.get("previous") == "true" else container))
            lines = (text or "").splitlines(keepends=True)[-int(query.get("tailLines", 1_000_000)) :]
            body = "".join(lines).encode() if text is not None else b"no such log"
            self.send_response(200 if text is not None else 400)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "certificate.pem", certificates / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server
