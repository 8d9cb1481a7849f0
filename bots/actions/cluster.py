"""What the actions do in a cluster, through the API server. The dry run lives here, where the change would be made."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import lightkube
from lightkube.config.client_adapter import Client as HttpClient
from lightkube.config.client_adapter import ConnectionParams
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment, DeploymentScale
from lightkube.resources.core_v1 import Event, Pod
from lightkube.types import PatchType

from bots.actions.errors import Failed, Refused, TimedOut
from bots.actions.metrics_api import PODS_USAGE

MANAGER: Final = "tocsin"
_TIMEOUT: Final = httpx.Timeout(10)
_MAX_LOG_BYTES: Final = 1024 * 1024
_POLL_S: Final = 0.5
T = TypeVar("T")


class Cluster:
    """The API server with the rights of this job; a context that closes its connections.

    Every method raises Refused (forbidden, invalid, not there) or Failed (the server is away) with a whole sentence.
    """

    def __init__(
        self,
        config: lightkube.KubeConfig,
        *,
        manager: str = MANAGER,
        dry_run: bool = False,
        poll_s: float = _POLL_S,
    ) -> None:
        """`manager` signs the changes. With `dry_run` the server checks every change and makes none."""
        self.manager = manager
        self.dry_run = dry_run
        self._poll_s = poll_s
        # No proxy of the environment stands between a pod and the API server of its cluster.
        self._client = lightkube.Client(
            config, field_manager=manager, dry_run=dry_run, timeout=_TIMEOUT, trust_env=False
        )

    def __enter__(self) -> "Cluster":
        """Connections are open inside the context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes them."""
        self._client.close()

    def deployment(self, namespace: str, name: str) -> Deployment:
        """A deployment."""
        with _said(f"deployment {namespace}/{name}"):
            return self._client.get(Deployment, name, namespace=namespace)

    def annotate_template(self, deployment: Deployment, annotations: Mapping[str, str]) -> None:
        """Changes the annotations of a deployment's pods, so that they are replaced."""
        namespace, name = _named(deployment)
        patch = {"spec": {"template": {"metadata": {"annotations": dict(annotations)}}}}
        with _said(f"deployment {namespace}/{name}"):
            self._client.patch(Deployment, name, patch, namespace=namespace, patch_type=PatchType.MERGE)

    def scale(self, deployment: Deployment, replicas: int) -> None:
        """Sets the number of pods; refused by the server if somebody else has changed the deployment meanwhile."""
        namespace, name = _named(deployment)
        version = metadata_of(deployment).resourceVersion
        patch = {"metadata": {"resourceVersion": version}, "spec": {"replicas": replicas}}
        with _said(f"deployment {namespace}/{name}"):
            self._client.patch(DeploymentScale, name, patch, namespace=namespace, patch_type=PatchType.MERGE)

    def pod(self, namespace: str, name: str) -> Pod | None:
        """A pod; None if there is none of that name."""
        with _said(f"pod {namespace}/{name}"):
            try:
                return self._client.get(Pod, name, namespace=namespace)
            except lightkube.ApiError as error:
                if error.status.code == 404:
                    return None
                raise

    def delete_pod(self, namespace: str, name: str) -> None:
        """Deletes a pod, which is given its own time to end."""
        with _said(f"pod {namespace}/{name}"):
            self._client.delete(Pod, name, namespace=namespace, dry_run=self.dry_run)

    def pods(self, namespace: str, labels: Mapping[str, Any]) -> list[Pod]:
        """The pods with these labels (values as lightkube's selectors take them)."""
        with _said(f"pods in {namespace}"):
            return list(self._client.list(Pod, namespace=namespace, labels=dict(labels), chunk_size=500))

    def events_of(self, namespace: str, kind: str, name: str) -> list[Event]:
        """What was said about an object."""
        fields: dict[str, Any] = {"involvedObject.kind": kind, "involvedObject.name": name}
        with _said(f"events in {namespace}"):
            return list(self._client.list(Event, namespace=namespace, fields=fields))

    def usage(self, namespace: str, labels: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
        """What the pods use; None if the cluster measures nothing."""
        try:
            return list(self._client.list(PODS_USAGE, namespace=namespace, labels=dict(labels)))
        except httpx.HTTPError:
            return None

    def log(self, namespace: str, pod: str, container: str, *, lines: int, previous: bool = False) -> str:
        """The last lines of a container, or a sentence in brackets that says why there are none."""
        with HttpClient(self._client.config, ConnectionParams(timeout=_TIMEOUT, trust_env=False)) as http:
            return read_log(http, namespace, pod, container, lines=lines, previous=previous)

    def until(self, look: Callable[[], tuple[T | None, str]], deadline: float) -> T:
        """What `look` gives as soon as it is there; raises TimedOut with what it said last.

        `deadline` is a time of the monotonic clock.
        """
        while True:
            found, says = look()
            if found is not None:
                return found
            if time.monotonic() >= deadline:
                raise TimedOut(says)
            time.sleep(self._poll_s)


def kubeconfig(path: Path | None) -> lightkube.KubeConfig:
    """A file, or the service account of the pod that this process runs in; raises lightkube.ConfigError.

    As with kubectl, a file that is named wins; lightkube itself would take the service account first.
    """
    return lightkube.KubeConfig.from_service_account() if path is None else lightkube.KubeConfig.from_file(path)


def read_log(
    http: httpx.Client, namespace: str, pod: str, container: str, *, lines: int, previous: bool = False
) -> str:
    """The last lines of a container's log, of them at most the last MiB; lightkube knows no `previous`."""
    query = {"container": container, "tailLines": str(lines), "previous": str(previous).lower()}
    url = f"api/v1/namespaces/{namespace}/pods/{pod}/log"
    kept = bytearray()
    try:
        with http.stream("GET", url, params=query) as answer:
            for chunk in answer.iter_bytes():
                kept += chunk
                del kept[:-_MAX_LOG_BYTES]
            if answer.is_error:
                return f"[no log: {answer.status_code} {answer.reason_phrase}]"
    except httpx.HTTPError as error:
        return f"[no log: {type(error).__name__}]"
    return kept.decode("utf-8", "replace")


def metadata_of(found: Deployment | Pod) -> ObjectMeta:
    """The metadata of an object that the server gave, which always has some."""
    assert found.metadata is not None
    return found.metadata


def _named(deployment: Deployment) -> tuple[str, str]:
    metadata = metadata_of(deployment)
    return metadata.namespace or "", metadata.name or ""


@contextmanager
def _said(what: str) -> Iterator[None]:
    """Turns the client's errors into ours."""
    try:
        yield
    except lightkube.ApiError as error:
        status = error.status
        code = status.code or 0
        if code == 404:
            raise Refused(f"{what} does not exist") from error
        if code in (403, 422, 400):
            raise Refused(f"{what}: {status.message}") from error
        raise Failed(f"{what}: {status.message}") from error
    except httpx.HTTPError as error:
        raise Failed(f"{what}: the API server did not answer: {type(error).__name__}: {error}") from error
