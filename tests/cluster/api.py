"""The API server as it speaks: objects as plain values, its warnings kept, its refusals told apart.

lightkube does not show warnings, and has no classes for custom resources; for what a test applies, both matter.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import requests

_TIMEOUT_S: Final = 30
_MANAGER: Final = "tests"
# https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
_HEAD: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
# `299 - "text"`, with `\"` inside the text: https://www.rfc-editor.org/rfc/rfc7234#section-5.5
_WARNING: Final = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said yes to."""

    object: dict[str, Any]
    warnings: tuple[str, ...]


class Refused(Exception):
    """The server said no; `reason` is its word for why, such as `AlreadyExists`, `Forbidden`, `Invalid`."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        """Keeps all three; the message is the server's."""
        self.code, self.reason, self.message = code, reason, message
        super().__init__(f"{code} {reason}: {message}")


class Api:
    """One user's view of the API server; a context that closes its connections."""

    def __init__(self, url: str, authority: Path, token: str) -> None:
        """Speaks with the server at `url` as the user whose token this is."""
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy of this machine stands between
        self._session.verify = str(authority)
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._kinds: dict[tuple[str, str], tuple[str, bool]] = {}

    def apply(self, wanted: Object, *, manager: str = _MANAGER, force: bool = True, dry_run: bool = False) -> Answer:
        """Server-side apply of an object with apiVersion, kind, name and, if it has one, namespace; raises Refused."""
        query = {"fieldManager": manager, "force": str(force).lower(), "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        return self.call("PATCH", self.path(wanted), wanted, query, "application/apply-patch+yaml")

    def apply_text(self, path: str, text: bytes) -> Answer:
        """Server-side apply of YAML as it stands in a file, which the server reads with a parser of its own."""
        query = {"fieldManager": _MANAGER, "force": "true", "fieldValidation": "Strict"}
        return self.call("PATCH", path, text, query, "application/apply-patch+yaml")

    def create(self, wanted: Object) -> Answer:
        """Creates an object; raises Refused, with AlreadyExists for a name that is taken."""
        collection, _, _ = self.path(wanted).rpartition("/")
        return self.call("POST", collection, wanted, {"fieldManager": _MANAGER, "fieldValidation": "Strict"})

    def get(self, version: str, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
        """One object; raises Refused with NotFound."""
        return self.call("GET", self.path(_named(version, kind, name, namespace))).object

    def exists(self, version: str, kind: str, name: str, namespace: str | None = None) -> bool:
        """Whether there is such an object; of a large one only the head is asked for."""
        try:
            self.call("GET", self.path(_named(version, kind, name, namespace)), accept=_HEAD)
        except Refused as refused:
            if refused.code != requests.codes.not_found:
                raise
            return False
        return True

    def objects(self, version: str, kind: str, namespace: str | None = None) -> list[dict[str, Any]]:
        """All objects of one kind, of every namespace if none is given."""
        plural, _ = self._kind(version, kind)
        inside = f"/namespaces/{namespace}" if namespace else ""
        listed: list[dict[str, Any]] = self.call("GET", f"{_root(version)}{inside}/{plural}").object["items"]
        return listed

    def delete(
        self, version: str, kind: str, name: str, namespace: str | None = None, *, propagation: str = "Background"
    ) -> None:
        """Deletes an object, and by default in the background what it owns."""
        self.call("DELETE", self.path(_named(version, kind, name, namespace)), None, {"propagationPolicy": propagation})

    def path(self, of: Object) -> str:
        """Where an object lies on the server; raises Refused if the server does not know its kind."""
        metadata = of["metadata"]
        plural, namespaced = self._kind(of["apiVersion"], of["kind"])
        inside = f"/namespaces/{metadata.get('namespace', 'default')}" if namespaced else ""
        return f"{_root(of['apiVersion'])}{inside}/{plural}/{metadata['name']}"

    def call(
        self,
        method: str,
        path: str,
        body: Object | bytes | None = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Answer:
        """Any request; raises Refused."""
        answer = self._session.request(
            method,
            f"{self._url}{path}",
            params=query,
            data=json.dumps(body) if isinstance(body, Mapping) else body,
            headers={"Accept": accept} | ({"Content-Type": content_type} if body is not None else {}),
            timeout=_TIMEOUT_S,
        )
        said = answer.json() if answer.headers.get("Content-Type", "").startswith("application/json") else {}
        if not answer.ok:
            raise Refused(answer.status_code, said.get("reason", answer.reason), said.get("message", answer.text))
        return Answer(object=said, warnings=tuple(_warnings(answer)))

    def _kind(self, version: str, kind: str) -> tuple[str, bool]:
        """The plural of a kind, and whether its objects lie in namespaces."""
        if (version, kind) not in self._kinds:
            for resource in self.call("GET", _root(version)).object["resources"]:
                if "/" not in resource["name"]:
                    self._kinds[version, resource["kind"]] = (resource["name"], resource["namespaced"])
        if (version, kind) not in self._kinds:
            raise Refused(404, "NotFound", f"the server knows no {kind} in {version}")
        return self._kinds[version, kind]

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def __enter__(self) -> Self:
        """Connections are open inside the context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes them."""
        self.close()


def _root(version: str) -> str:
    """Where an API group lies."""
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _named(version: str, kind: str, name: str, namespace: str | None) -> dict[str, Any]:
    """The least object that has a path."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def _warnings(answer: requests.Response) -> Iterator[str]:
    """The texts of all Warning headers; requests itself would join them at commas, which the texts have too."""
    for header in answer.raw.headers.getlist("Warning"):
        for text in _WARNING.findall(header):
            yield re.sub(r"\\(.)", r"\1", text)
