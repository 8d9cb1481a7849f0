"""The bot: one pod with a volume, since exactly one writer keeps the records; retries cover its restarts."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi

from components import bot_access
from components.bot_ingress import PublicAccess, ingresses
from components.bot_place import Place, environment, files
from components.certificates import certificate, hosts, secret_of
from components.component import Component
from components.container import Container, Probe, Resources
from components.namespaces import PAGING
from components.network import API_SERVER, HTTPS_OUT, Allow, Network, namespace_of, pods
from components.objects import Manifest, metadata
from components.scraping import Endpoint, Owner, service_monitor
from components.secrets import fetch
from components.workload import Claim, Workload, manifests

NAME: Final = "tocsin"
SECRET: Final = "tocsin-bot"
"""The Secret with the files below; made here, or by whoever brings secrets into the cluster."""
ALERTMANAGER_TOKENS: Final = "alertmanager-tokens"
MEMBER_TOKENS: Final = "member-tokens"
SSH_KEY: Final = "ssh-key"
KNOWN_HOSTS: Final = "known-hosts"
GIT_CREDENTIALS: Final = "git-credentials"
"""`https://user:token@host`, one a line, as git's `store` helper reads it."""
PORT: Final = 8000
USER: Final = 10001
"""The user of the image."""
_SECRETS: Final = "/etc/tocsin/secrets"
_TLS: Final = "/etc/tocsin/tls"
_STATE: Final = "/var/lib/tocsin"
_ROOT: Final = "/srv/tocsin"
"""Where the image has the repository."""
_GRACE_S: Final = 60
"""For deliveries that are being written down, and the last push."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotArgs:
    """What the bot needs to know."""

    namespace: str
    image: str
    platform: Owner
    """Whose its own metrics are."""
    resources: Resources
    storage: str
    storage_class: str
    remote: str
    """Where git pushes the records, by SSH or HTTPS."""
    prometheus_urls: Sequence[str]
    alertmanager_urls: Sequence[str]
    public_url: str
    remediation_namespace: str | None
    """Where it may make Jobs; None for a bot that runs no remediation."""
    tls: bool
    """Whether Prometheus and Alertmanager speak TLS with certificates of our own authority."""
    ingress_namespace: str
    """Of the pods of the ingress controller."""
    access: PublicAccess
    secrets: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)
    """The files of the Secret; empty where they are not given here."""
    secrets_digest: str = ""
    store_prefix: str | None = None
    """Before the Secret's name in the store outside that its files are fetched from; None without such a store."""
    ssh_port: int = 22
    places: Sequence[Place] = ()
    """What else it works with."""


class Bot(Component):
    """Rights, secret, certificate, the program itself, and the ways to it."""

    def __init__(
        self,
        name: str,
        args: BotArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("Bot", name, opts, after)
        before = self.place_all(_before(args))
        self.place_all(manifests(workload(args)), before)
        self.place_all(ingresses(NAME, args.namespace, PORT, args.access))
        pages = [Endpoint(port="http")]
        self.place(service_monitor(NAME, args.namespace, args.platform, {"app.kubernetes.io/name": NAME}, pages))
        self.finish(url=f"http://{NAME}.{args.namespace}.svc:{PORT}", public_url=args.public_url)


def _before(args: BotArgs) -> list[Manifest]:
    found: list[Manifest] = []
    if args.remediation_namespace is not None:
        found += bot_access.manifests(NAME, args.namespace, args.remediation_namespace)
    if args.secrets:
        found.append(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": metadata(SECRET, args.namespace),
                "type": "Opaque",
                "stringData": dict(args.secrets),
            }
        )
    elif args.store_prefix is not None:
        found.append(fetch(SECRET, secret_files(args.remote, args.places), args.store_prefix, args.namespace))
    if args.tls:
        found.append(certificate(NAME, args.namespace, hosts(NAME, args.namespace)))
    return found


def secret_files(remote: str, places: Sequence[Place] = ()) -> list[str]:
    """The keys of the Secret: tokens, what lets git in at that remote, and what the places outside need."""
    git = [GIT_CREDENTIALS] if remote.startswith("https://") else [SSH_KEY, KNOWN_HOSTS]
    return [ALERTMANAGER_TOKENS, MEMBER_TOKENS, *git, *files(places)]


def workload(args: BotArgs) -> Workload:
    """The program: not root, a root file system that nobody can write to, a token only if it makes Jobs."""
    volumes: dict[str, Mapping[str, Any]] = {
        "secrets": {"secret": {"secretName": SECRET, "defaultMode": 0o440}},
        "tmp": {"emptyDir": {"sizeLimit": "256Mi"}},
    }
    if args.tls:
        volumes["tls"] = {"secret": {"secretName": secret_of(NAME), "defaultMode": 0o440}}
    return Workload(
        name=NAME,
        namespace=args.namespace,
        kind="StatefulSet",
        containers=[_container(args)],
        network=_network(args),
        volumes=volumes,
        claims=[Claim(name="state", size=args.storage, storage_class=args.storage_class)],
        annotations={"tocsin.dev/secrets": args.secrets_digest} if args.secrets_digest else {},
        user=USER,
        needs_token=args.remediation_namespace is not None,
        priority_class=PAGING,
        grace_s=_GRACE_S,
    )


def _container(args: BotArgs) -> Container:
    return Container(
        name="bot",
        image=args.image,
        resources=args.resources,
        command=["tocsin"],
        args=["--root", _ROOT, "serve", "--host", "0.0.0.0", "--port", str(PORT)],
        ports={"http": PORT},
        env=_environment(args),
        # The first start fills its folder from the remote, which may take a while.
        startup=Probe.http("/readyz", "http", every_s=5, failures=120),
        liveness=Probe.http("/healthz", "http", every_s=10, failures=6),
        readiness=Probe.http("/readyz", "http", every_s=5, failures=3),
        mounts={_SECRETS: "secrets", **({_TLS: "tls"} if args.tls else {})},
        writable={_STATE: "state", "/tmp": "tmp"},
    )


def _environment(args: BotArgs) -> dict[str, str]:
    found = {
        "HOME": "/tmp",
        "TOCSIN_STATE_DIR": f"{_STATE}/bot",
        "TOCSIN_REMOTE": args.remote,
        "TOCSIN_ALERTMANAGER_TOKENS_FILE": f"{_SECRETS}/{ALERTMANAGER_TOKENS}",
        "TOCSIN_MEMBER_TOKENS_FILE": f"{_SECRETS}/{MEMBER_TOKENS}",
        "TOCSIN_PROMETHEUS_URLS": ",".join(args.prometheus_urls),
        "TOCSIN_ALERTMANAGER_URLS": ",".join(args.alertmanager_urls),
        "TOCSIN_PUBLIC_URL": args.public_url,
        **_git(args),
    }
    if args.tls:
        found["TOCSIN_CA_FILE"] = f"{_TLS}/ca.crt"
    if args.remediation_namespace is not None:
        found["TOCSIN_REMEDIATION_NAMESPACE"] = args.remediation_namespace
    return found | environment(args.places, _SECRETS)


def _git(args: BotArgs) -> dict[str, str]:
    """How git is let in, without a file of configuration: https://git-scm.com/docs/git-config#ENVIRONMENT"""
    if args.remote.startswith("https://"):
        return {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "credential.helper",
            "GIT_CONFIG_VALUE_0": f"store --file={_SECRETS}/{GIT_CREDENTIALS}",
        }
    options = ("BatchMode=yes", "ConnectTimeout=10", "IdentitiesOnly=yes", "StrictHostKeyChecking=yes")
    words = ["ssh", "-i", f"{_SECRETS}/{SSH_KEY}", "-o", f"UserKnownHostsFile={_SECRETS}/{KNOWN_HOSTS}"]
    for option in options:
        words += ["-o", option]
    return {"GIT_SSH_COMMAND": " ".join(words)}


def _network(args: BotArgs) -> Network:
    """In: Alertmanager, Prometheus and the ingress controller. Out: both of these, git, and what speaks TLS outside."""
    monitored = [pods("prometheus"), pods("alertmanager")]
    # By number: some network plugins know the names of other pods' ports only through their Services.
    egress = [Allow(peers=monitored, ports=[9090, 9093])]
    egress.append(HTTPS_OUT if args.remediation_namespace is None else API_SERVER)
    if not args.remote.startswith("https://"):
        egress.append(Allow(ports=[args.ssh_port]))
    return Network(
        ingress=[Allow(peers=[*monitored, namespace_of(args.ingress_namespace)], ports=["http"])],
        egress=egress,
    )


def digest(secrets: Mapping[str, str]) -> str:
    """A sum of all secrets, that a pod is started anew when git's change; not to be guessed back from.

    The tokens are read again when their file changes, but the key of SSH is not held by the bot at all.
    """
    found = hashlib.sha256()
    for name, value in sorted(secrets.items()):
        found.update(hashlib.sha256(f"{name}\0{value}".encode()).digest())
    return found.hexdigest()[:16]
