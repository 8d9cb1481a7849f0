"""Schemas of Kubernetes objects, built-in and custom, strict: a key that is not in them is a mistake.

Built-in kinds come from kubernetes-validate (the API server's own OpenAPI), custom ones from definitions under
components/crds and from the folders that a caller adds. Both need the development tools.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from components.versions import KUBERNETES_VERSION

CRDS: Final = Path(__file__).parents[2] / "components" / "crds"
_DEFINITIONS: Final = "https://kubernetes.io/api/_definitions.json"
_OPEN: Final = "x-kubernetes-preserve-unknown-fields"
_INT_OR_STRING: Final = "x-kubernetes-int-or-string"
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def flaws(manifest: Mapping[str, Any], folders: Sequence[Path] = ()) -> Iterator[str]:
    """What is wrong with an object, each as `path: words`; also when nobody knows its kind."""
    validator = _validator(manifest["apiVersion"], manifest["kind"], (CRDS, *folders))
    if validator is None:
        yield f"no schema of {manifest['apiVersion']} {manifest['kind']}; expected one of Kubernetes or of a CRD here"
        return
    for error in validator.iter_errors(manifest):
        yield f"{'.'.join(map(str, error.instance_path)) or 'the object'}: {error.message[:300]}"


@cache
def _validator(version: str, kind: str, folders: tuple[Path, ...]) -> Any:
    import jsonschema_rs

    schema = _custom(folders).get((version, kind)) or _built_in(version, kind)
    return None if schema is None else jsonschema_rs.validator_for(schema, registry=_registry())


@cache
def _registry() -> Any:
    import jsonschema_rs

    return jsonschema_rs.Registry([(_DEFINITIONS, json.loads((_folder() / "_definitions.json").read_bytes()))])


@cache
def _folder() -> Path:
    import kubernetes_validate

    place = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    return place / f"v{KUBERNETES_VERSION}.0-local-strict"


def _built_in(version: str, kind: str) -> Any:
    """`rbac.authorization.k8s.io/v1` is `rbac-v1` there."""
    name = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", version)
    path = _folder() / f"{kind.lower()}-{name}.json"
    return json.loads(path.read_bytes()) if path.exists() else None


@cache
def _custom(folders: tuple[Path, ...]) -> dict[tuple[str, str], Any]:
    """(version, kind) → schema, of every definition in the folders and the folders in them."""
    found = {}
    for path in sorted(path for folder in folders for path in folder.rglob("*.json")):
        spec = json.loads(path.read_bytes())["spec"]
        for one in spec["versions"]:
            schema = strict(one["schema"]["openAPIV3Schema"])
            properties = {**schema.get("properties", {}), "metadata": {"$ref": f"{_DEFINITIONS}#/$defs/{_META}"}}
            properties |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
            found[f"{spec['group']}/{one['name']}", spec["names"]["kind"]] = {**schema, "properties": properties}
    return found


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A structural schema of a definition as JSON Schema that refuses what the server would silently drop.

    https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
    """
    found = {key: value for key, value in schema.items() if not key.startswith("x-kubernetes-")}
    found.pop("default", None)
    if schema.get(_INT_OR_STRING):
        found.pop("type", None)
        found.setdefault("anyOf", [{"type": "integer"}, {"type": "string"}])
    if found.pop("nullable", False) and "type" in found:
        found["type"] = [found["type"], "null"]
    if "properties" in schema:
        found["properties"] = {name: strict(below) for name, below in schema["properties"].items()}
        if not schema.get(_OPEN) and "additionalProperties" not in schema:
            found["additionalProperties"] = False
    if isinstance(schema.get("additionalProperties"), dict):
        found["additionalProperties"] = strict(schema["additionalProperties"])
    if isinstance(schema.get("items"), dict):
        found["items"] = strict(schema["items"])
    return found
