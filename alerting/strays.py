"""Files that are missing, that nobody reads, or that are called something else than what is in them."""

from alerting.problem import Problem
from alerting.sources import Kind
from alerting.syntax import Flaw


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


def unreadable(file: str, error: OSError) -> Problem:
    """The system does not let us read a file."""
    return Problem(
        file=file,
        line=1,
        object="file",
        wrong=f"the file cannot be read ({error.strerror})",
        expected="expected a file that everyone may read",
        fix="correct its permissions, or delete it",
    )


def stray(kind: Kind, file_name: str) -> Problem:
    """Something in a folder of policy files that is no policy file, and would be left out in silence."""
    return Problem(
        file=f"{kind.place}/{file_name}",
        line=1,
        object=kind.name,
        wrong="nothing reads this",
        expected=f"expected only files that end in {kind.suffix} in {kind.place}/",
        fix=f"rename it to end in {kind.suffix}, or move it elsewhere",
    )


def wrong_name(kind: Kind, name: str, inside: str) -> Flaw:
    """A file is not called what is in it."""
    assert kind.own_name
    return Flaw(
        path=(kind.own_name,),
        wrong=f"got {inside!r} in a file called {name}{kind.suffix}",
        expected=f"expected {name!r}, the name of the file",
        fix=f"correct the value, or rename the file to {inside}{kind.suffix}",
    )
