"""Which files with secrets a configuration of Alertmanager reads."""

from collections.abc import Iterator, Mapping
from typing import Any


def secret_files(config: Any) -> frozenset[str]:
    """Every path that a `*_file` key names, anywhere in the configuration."""
    return frozenset(_found(config))


def _found(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            if key.endswith("_file") and isinstance(below, str):
                yield below
            else:
                yield from _found(below)
    elif isinstance(value, list):
        for below in value:
            yield from _found(below)
