"""etcd, kube-apiserver and kube-controller-manager as processes on loopback ports, and who may speak with them.

What is missing is what needs nodes: kubelet, scheduler, DNS. Objects are admitted, validated, defaulted, owned, watched
and collected as on any cluster; pods stay pending.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import lightkube
from lightkube.config.kubeconfig import KubeConfig

from tests.cluster import definitions
from tests.cluster.api import Api
from tests.cluster.credentials import Certificates, certificates, write_kubeconfig
from tools.drill.ports import LOOPBACK, free_port
from tools.drill.processes import Processes, Program
from tools.parts import find

ISSUER: Final = "https://kubernetes.default.svc.cluster.local"
_READY_WITHIN_S: Final = 90
# Controllers of clouds and nodes have nothing to do here, but each costs start time, memory and watches.
_WITHOUT: Final = (
    "device-taint-eviction-controller",
    "node-ipam-controller",
    "node-lifecycle-controller",
    "node-route-controller",
    "persistentvolume-attach-detach-controller",
    "persistentvolume-binder-controller",
    "persistentvolume-expander-controller",
    "pod-garbage-collector-controller",
    "taint-eviction-controller",
    "ttl-controller",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPlane:
    """A running control plane."""

    url: str
    authority: Path
    """The certificate with which the API server's own is checked."""
    admin_token: str
    """Of a member of system:masters: may do everything, even what RBAC knows nothing of."""
    kubeconfig: Path
    """The administrator's."""
    folder: Path
    """Logs are in `logs/`."""

    def api(self, token: str | None = None) -> Api:
        """The API server as plain objects with warnings; for the administrator or whose token is given."""
        return Api(self.url, self.authority, token or self.admin_token)

    def client(self, token: str | None = None, namespace: str = "default") -> lightkube.Client:
        """A lightkube client of the administrator or of whose token is given; to be closed."""
        path = self.folder / f"client-{secrets.token_hex(4)}.kubeconfig"
        config = KubeConfig.from_file(write_kubeconfig(path, self.url, self.authority, token or self.admin_token))
        return lightkube.Client(config, namespace=namespace, trust_env=False, timeout=httpx.Timeout(30))

    def kubeconfig_of(self, name: str, token: str) -> Path:
        """A kubeconfig file of whose token is given, to hand to a program."""
        return write_kubeconfig(self.folder / f"{name}.kubeconfig", self.url, self.authority, token)

    def token(self, namespace: str, account: str, seconds: int = 3600) -> str:
        """A token of a service account, as the kubelet would give it to the account's pods.

        Raises Refused if there is no such account.
        """
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": [ISSUER], "expirationSeconds": seconds},
        }
        with self.api() as api:
            path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
            return str(api.call("POST", path, request).object["status"]["token"])


@contextmanager
def control_plane(folder: Path, *, with_operator_kinds: bool = True) -> Iterator[ControlPlane]:
    """A control plane, by default one that knows prometheus-operator's kinds, with its state in `folder`.

    It ends with the context, or when this process is killed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = certificates(folder)
    token, manager_token = secrets.token_hex(16), secrets.token_hex(16)
    users = folder / "users.csv"
    users.touch(mode=0o600)
    users.write_text(
        f'{token},admin,admin,"system:masters"\n{manager_token},controller-manager,controller-manager,"system:masters"\n',
        encoding="utf-8",
    )
    etcd, port = free_port(), free_port()
    url = f"https://{LOOPBACK}:{port}"
    with Processes(folder / "logs") as processes:
        processes.start(_etcd(folder / "etcd", etcd), _READY_WITHIN_S)
        processes.start(_api_server(files, users, etcd, port), _READY_WITHIN_S)
        # Before the controllers, which would else learn of these kinds only when they look again, 30 s later.
        if with_operator_kinds:
            definitions.install(lambda: Api(url, files.authority, token))
        manager = write_kubeconfig(folder / "controller-manager.kubeconfig", url, files.authority, manager_token)
        processes.start(_controller_manager(files, manager), _READY_WITHIN_S)
        yield ControlPlane(
            url=url,
            authority=files.authority,
            admin_token=token,
            kubeconfig=write_kubeconfig(folder / "admin.kubeconfig", url, files.authority, token),
            folder=folder,
        )
    shutil.rmtree(folder / "etcd", ignore_errors=True)


def _etcd(data: Path, port: int) -> Program:
    """Without the wait for the disk: nothing here outlives the tests."""
    peers = f"http://{LOOPBACK}:{free_port()}"
    url = f"http://{LOOPBACK}:{port}"
    return Program(
        name="etcd",
        command=[
            str(find("etcd").path),
            f"--data-dir={data}",
            f"--listen-client-urls={url}",
            f"--advertise-client-urls={url}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--unsafe-no-fsync",
            "--logger=zap",
            "--log-level=warn",
        ],
        ready_url=f"{url}/health",
        last_signal="KILL",
    )


def _api_server(files: Certificates, users: Path, etcd: int, port: int) -> Program:
    """With the admission plugins, API groups and authorisation that a cluster has by default."""
    return Program(
        name="kube-apiserver",
        command=[
            str(find("kube-apiserver").path),
            f"--etcd-servers=http://{LOOPBACK}:{etcd}",
            f"--bind-address={LOOPBACK}",
            f"--advertise-address={LOOPBACK}",
            f"--secure-port={port}",
            f"--tls-cert-file={files.certificate}",
            f"--tls-private-key-file={files.key}",
            f"--token-auth-file={users}",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            f"--service-account-issuer={ISSUER}",
            f"--service-account-key-file={files.accounts_key}",
            f"--service-account-signing-key-file={files.accounts_key}",
            "--service-cluster-ip-range=10.0.0.0/24",
            # The endpoints of the server itself may not be on the loopback address.
            "--endpoint-reconciler-type=none",
            "--profiling=false",
            "--shutdown-delay-duration=0s",
        ],
        ready_url=f"https://{LOOPBACK}:{port}/readyz",
        authority=files.authority,
        last_signal="KILL",
    )


def _controller_manager(files: Certificates, kubeconfig: Path) -> Program:
    """Service accounts, jobs, cron jobs, garbage collection and the rest that needs no node."""
    port = free_port()
    return Program(
        name="kube-controller-manager",
        command=[
            str(find("kube-controller-manager").path),
            f"--kubeconfig={kubeconfig}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={port}",
            f"--tls-cert-file={files.certificate}",
            f"--tls-private-key-file={files.key}",
            f"--service-account-private-key-file={files.accounts_key}",
            f"--root-ca-file={files.authority}",
            f"--controllers=*,{','.join(f'-{name}' for name in _WITHOUT)}",
            "--leader-elect=false",
            "--profiling=false",
        ],
        ready_url=f"https://{LOOPBACK}:{port}/healthz",
        authority=files.authority,
        last_signal="KILL",
    )
