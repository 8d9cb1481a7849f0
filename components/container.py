"""A container of a pod, hardened unless a field says otherwise, and always with limits and probes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

NOBODY: Final = 65534
"""The user that most images of monitoring programs are made for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a container is promised and what it may take at most."""

    cpu: str
    memory: str
    cpu_limit: str
    memory_limit: str

    def to_dict(self) -> dict[str, Any]:
        """As in a manifest."""
        return {
            "requests": {"cpu": self.cpu, "memory": self.memory},
            "limits": {"cpu": self.cpu_limit, "memory": self.memory_limit},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How Kubernetes asks a container how it is."""

    ask: Mapping[str, Any]
    """`httpGet`, `tcpSocket` or `exec`."""
    delay_s: int = 0
    every_s: int = 10
    timeout_s: int = 3
    failures: int = 3

    @classmethod
    def http(cls, path: str, port: str | int, *, https: bool = False, **timing: int) -> "Probe":
        """Asks for a page; anything below 400 is fine."""
        get: dict[str, Any] = {"path": path, "port": port}
        if https:
            get["scheme"] = "HTTPS"
        return cls(ask={"httpGet": get}, **timing)

    @classmethod
    def tcp(cls, port: str | int, **timing: int) -> "Probe":
        """Opens a connection."""
        return cls(ask={"tcpSocket": {"port": port}}, **timing)

    @classmethod
    def command(cls, *words: str, **timing: int) -> "Probe":
        """Runs a command in the container."""
        return cls(ask={"exec": {"command": list(words)}}, **timing)

    def to_dict(self) -> dict[str, Any]:
        """As in a manifest."""
        return {
            **self.ask,
            "initialDelaySeconds": self.delay_s,
            "periodSeconds": self.every_s,
            "timeoutSeconds": self.timeout_s,
            "failureThreshold": self.failures,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container; its probes and resources have no defaults on purpose."""

    name: str
    image: str
    resources: Resources
    liveness: Probe
    readiness: Probe
    startup: Probe | None = None
    command: Sequence[str] = ()
    args: Sequence[Any] = ()
    ports: Mapping[str, int] = field(default_factory=dict)
    """By name."""
    env: Mapping[str, Any] = field(default_factory=dict)
    """A value, or a mapping that stands for `valueFrom`."""
    mounts: Mapping[str, str] = field(default_factory=dict)
    """Path → volume, read-only; `volume:sub/path` mounts one file of it."""
    writable: Mapping[str, str] = field(default_factory=dict)
    """The same, writable."""
    host_mounts: Mapping[str, str] = field(default_factory=dict)
    """The same, read-only, with what is mounted on the machine later; for the node exporter alone."""
    capabilities: Sequence[str] = ()
    """What is added after everything is dropped."""

    def to_dict(self) -> dict[str, Any]:
        """As in a manifest."""
        found: dict[str, Any] = {"name": self.name, "image": self.image, "imagePullPolicy": "IfNotPresent"}
        if self.command:
            found["command"] = list(self.command)
        if self.args:
            found["args"] = list(self.args)
        if self.ports:
            found["ports"] = [
                {"name": name, "containerPort": number, "protocol": "TCP"} for name, number in self.ports.items()
            ]
        if self.env:
            found["env"] = [_variable(name, value) for name, value in self.env.items()]
        found["resources"] = self.resources.to_dict()
        for name, probe in (("startup", self.startup), ("liveness", self.liveness), ("readiness", self.readiness)):
            if probe is not None:
                found[f"{name}Probe"] = probe.to_dict()
        found["securityContext"] = container_security(self.capabilities)
        mounts = [_mount(path, volume, read_only=True) for path, volume in self.mounts.items()]
        mounts += [_mount(path, volume, read_only=False) for path, volume in self.writable.items()]
        mounts += [
            {**_mount(path, volume, read_only=True), "mountPropagation": "HostToContainer"}
            for path, volume in self.host_mounts.items()
        ]
        if mounts:
            found["volumeMounts"] = mounts
        return found


def container_security(add: Sequence[str] = ()) -> dict[str, Any]:
    """What Pod Security `restricted` asks of a container, and a root file system that nobody can write to."""
    capabilities: dict[str, Any] = {"drop": ["ALL"]}
    if add:
        capabilities["add"] = list(add)
    return {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": capabilities}


def pod_security(user: int = NOBODY, *, group: int | None = None) -> dict[str, Any]:
    """What Pod Security `restricted` asks of a pod; volumes belong to the user's group."""
    own = user if group is None else group
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": own,
        "fsGroup": own,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _variable(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, "valueFrom": dict(value)} if isinstance(value, Mapping) else {"name": name, "value": value}


def _mount(path: str, volume: str, *, read_only: bool) -> dict[str, Any]:
    name, _, inside = volume.partition(":")
    found: dict[str, Any] = {"name": name, "mountPath": path}
    if inside:
        found["subPath"] = inside
    if read_only:
        found["readOnly"] = True
    return found
