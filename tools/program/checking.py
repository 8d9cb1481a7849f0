"""What an engine, its providers or a cluster would hold against a recording; needs the development tools."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tools.program import declared, schemas
from tools.program.recording import Recording, Registered, walk

FOREIGN_CRDS: Final = Path(__file__).parents[2] / "tests" / "data" / "crds"
"""Definitions of projects that the cluster has and we only use: cert-manager, External Secrets."""
_OUTPUT_IN_TEXT: Final = ("Calling __str__ on an Output", "Calling [toString]", "<pulumi.output.Output")


def mistakes(recording: Recording, crds: Sequence[Path] = (FOREIGN_CRDS,)) -> list[str]:
    """Everything that is wrong, each as `name: path: words`; empty for a program that can be trusted."""
    found = [f"the log: {line}" for line in recording.log]
    for one in recording:
        found += [f"{one.name}: {words}" for words in _of_one(one, crds)]
    return found


def _of_one(one: Registered, crds: Sequence[Path]) -> Iterator[str]:
    for path, value in walk(one.inputs):
        if isinstance(value, str) and any(words in value for words in _OUTPUT_IN_TEXT):
            yield f"{'.'.join(map(str, path))}: an Output was put into a text; expected `apply` or `Output.concat`"
    if one.is_kubernetes:
        yield from schemas.flaws(one.manifest, crds)
    elif one.custom:
        yield from declared.flaws(one.type, one.inputs, one.unknown)
