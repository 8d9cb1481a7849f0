"""`python -m tools.crds SOURCE TARGET`: takes over the custom resource definitions of a project, without their prose.

Prose is nine tenths of them. What is left says all that a server enforces, and is small enough to be reviewed, kept in
git and registered by every `pulumi up`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import orjson
import yaml

_KIND: Final = "CustomResourceDefinition"
_KEPT: Final = ("api-approved.kubernetes.io", "controller-gen.kubebuilder.io/", "operator.prometheus.io/")
"""Annotations that say something to the server or about where the definition comes from."""
_NOISE: Final = frozenset({"description", "externalDocs", "example"})


class _Loader(yaml.CSafeLoader):
    """For YAML 1.1 a lone `=` is a special word, for these files it is text."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
def main(source: Path, target: Path) -> None:
    """Write each definition in SOURCE, a YAML file or a folder of them, to TARGET/<plural>.<group>.json."""
    target.mkdir(parents=True, exist_ok=True)
    for definition in definitions(source):
        path = target / f"{definition['metadata']['name']}.json"
        path.write_bytes(orjson.dumps(definition, option=orjson.OPT_APPEND_NEWLINE))
        click.echo(path)


def definitions(source: Path) -> Iterator[dict[str, Any]]:
    """The definitions of a file or folder, stripped, by file name."""
    for file in sorted(source.glob("*.yaml")) if source.is_dir() else [source]:
        for one in yaml.load_all(file.read_bytes(), Loader=_Loader):
            if one and one.get("kind") == _KIND:
                yield stripped(one)


def stripped(definition: dict[str, Any]) -> dict[str, Any]:
    """A definition without its prose, status and the server's bookkeeping."""
    about = definition["metadata"]
    kept: dict[str, Any] = {"name": about["name"]}
    said = {key: value for key, value in (about.get("annotations") or {}).items() if key.startswith(_KEPT)}
    if said:
        kept["annotations"] = said
    spec = dict(definition["spec"])
    spec["versions"] = [_version(one) for one in spec["versions"]]
    return {"apiVersion": definition["apiVersion"], "kind": _KIND, "metadata": kept, "spec": spec}


def _version(version: dict[str, Any]) -> dict[str, Any]:
    columns = version.get("additionalPrinterColumns")
    found = {**version, "schema": {"openAPIV3Schema": _schema(version["schema"]["openAPIV3Schema"])}}
    if columns:
        found["additionalPrinterColumns"] = [
            {key: value for key, value in column.items() if key != "description"} for column in columns
        ]
    return found


def _schema(schema: Any) -> Any:
    """A schema without prose; a property that is called `description` stays."""
    if isinstance(schema, list):
        return [_schema(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for key, value in schema.items():
        if key == "properties":
            found[key] = {name: _schema(below) for name, below in value.items()}
        elif key not in _NOISE:
            found[key] = value if key in ("default", "enum", "required", "x-kubernetes-validations") else _schema(value)
    return found


if __name__ == "__main__":
    main()
