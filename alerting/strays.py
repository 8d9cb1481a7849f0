"""Files that are missing, that nobody reads, or that are called something else than what is in them."""

import re
from typing import Final

from alerting.model.document_model import NAME_PATTERN
from alerting.problem import Problem
from alerting.sources import Kind
from alerting.syntax import Flaw

POLICIES: Final = "policies"
BESIDE: Final = frozenset({"guardrails", "README.md"})
"""What may lie in the folder and is no policy file."""

_NAME: Final = re.compile(NAME_PATTERN)


def printable(name: str) -> bool:
    """Whether a file's name can be shown as it is; one that is no UTF-8 cannot."""
    return name.isprintable()


def missing_file(kind: Kind) -> Problem:
    """A file that every repository has is not here or cannot be read."""
    return Problem(
        file=kind.place,
        line=1,
        object=kind.name,
        wrong="the file is missing",
        expected="expected every repository to have it",
        fix="`tocsin init DIR` writes one to copy",
    )


def unreadable(kind: Kind, name: str, error: OSError) -> Problem:
    """The system does not let us read a file."""
    return Problem(
        file=kind.file(name),
        line=1,
        object=f"{kind.name} {name}" if name else kind.name,
        wrong=f"the file cannot be read ({error.strerror})",
        expected="expected a file that everyone may read",
        fix="correct its permissions, or delete it",
    )


def stray(kind: Kind, file_name: str) -> Problem:
    """Something in a folder of policy files that is no policy file, and would be left out in silence."""
    no_file = file_name.endswith(kind.suffix)
    return Problem(
        file=f"{kind.place}/{_shown(file_name)}",
        line=1,
        object=kind.name,
        wrong="nothing reads this, since it is no file or has no printable name" if no_file else "nothing reads this",
        expected=f"expected only files that end in {kind.suffix} in {kind.place}/",
        fix="move or delete it" if no_file else f"rename it to end in {kind.suffix}, or move it elsewhere",
    )


def stray_beside(place: str) -> Problem:
    """Something in policies/ that is neither a folder nor a file of policies."""
    return Problem(
        file=_shown(place),
        line=1,
        object="policies",
        wrong="nothing reads this",
        expected="expected services/, teams/, silences/, severity.yaml, routing.yaml, access.yaml and remediation.yaml",
        fix="move it to where it is read, or elsewhere",
    )


def unnamable(kind: Kind, name: str) -> Flaw | None:
    """A file whose name is the object's only name, and none that an object may have."""
    if kind.own_name is not None or (_NAME.fullmatch(name) and len(name) <= 63):
        return None
    return Flaw(
        line=1,
        wrong=f"the file is called {name}{kind.suffix}",
        expected="expected lower-case words and digits joined by hyphens, at most 63 characters",
        fix="rename it",
    )


def _shown(name: str) -> str:
    """A file's name without what is no UTF-8 or no character."""
    return name if name.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)


def wrong_name(kind: Kind, name: str, inside: str) -> Flaw:
    """A file is not called what is in it."""
    assert kind.own_name
    return Flaw(
        path=(kind.own_name,),
        wrong=f"got {inside!r} in a file called {name}{kind.suffix}",
        expected=f"expected {name!r}, the name of the file",
        fix=f"correct the value, or rename the file to {inside}{kind.suffix}",
    )
