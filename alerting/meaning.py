"""What pydantic's errors mean, in the words of the people who write the files: what is wrong, what was expected, the
way out. An alternative that the author clearly did not choose is left out, so that one mistake is one message."""

from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from alerting.document import Document
from alerting.model.quantities import got
from alerting.places import has
from alerting.shape import keys_at, meaning_at
from alerting.spelling import did_you_mean, nearest
from alerting.syntax import Flaw, Path
from alerting.value import wrong_value

MOST: Final = 100
"""Mistakes of one file that are reported; a file with more is of another kind altogether."""

Place = tuple[Path, bool]
"""A path, and whether its key is meant rather than its value."""


def flaws(error: ValidationError, document: Document, model: type[BaseModel]) -> list[Flaw]:
    """The flaws of a document that a model does not accept; none at places that have a flaw of syntax already."""
    known = [flaw.path for flaw in document.flaws if flaw.path]
    by_path: dict[Place, list[ErrorDetails]] = {}
    for one in error.errors(include_url=False)[:MOST]:
        path, is_key = locate(one["loc"], document.tree)
        if not any(path[: len(bad)] == bad for bad in known) and not _is_stand_in(path):
            by_path.setdefault((path, is_key), []).append(one)
    _drop_other_alternatives(by_path)
    _drop_short_lists(by_path)
    _drop_followers(by_path)
    return [_flaw(_chosen(errors), *place, document.tree, model) for place, errors in by_path.items()]


def locate(loc: tuple[str | int, ...], tree: Any) -> tuple[Path, bool]:
    """The path in the file of pydantic's `loc`, which also names alternatives; and whether a key is meant."""
    path: Path = ()
    node = tree
    for at, step in enumerate(loc):
        if step == "[key]" and at == len(loc) - 1:
            return path, True
        if has(node, step):
            node = node[step]
        elif isinstance(node, dict) and at == len(loc) - 1 and not _is_alternative(step):
            node = None  # a missing key
        else:
            continue
        path = (*path, step)
    return path, False


def _is_alternative(step: str | int) -> bool:
    """Whether a step of `loc` names a member of a union rather than a key: a class, a function, a tag or a type."""
    text = str(step)
    return text[:1] in "<" or "[" in text or text[:1].isupper() or text in ("str", "int", "float", "bool")


def _is_stand_in(path: Path) -> bool:
    """Whether the path goes through a key that could not be read, see `alerting.document`."""
    return any(isinstance(step, str) and step.startswith("?") for step in path)


def _drop_other_alternatives(by_path: dict[Place, list[ErrorDetails]]) -> None:
    """Where the author chose the alternative that has keys, what the plain ones say of it does not help."""
    paths = [path for path, _ in by_path]
    for place, errors in list(by_path.items()):
        inner = any(len(path) > len(place[0]) and path[: len(place[0])] == place[0] for path in paths)
        if inner and all(isinstance(one["input"], dict) and _is_alternative(one["loc"][-1]) for one in errors):
            del by_path[place]


def _drop_short_lists(by_path: dict[Place, list[ErrorDetails]]) -> None:
    """For pydantic an item with a mistake is no item; what is wrong with it is reported where it stands."""
    for place, errors in list(by_path.items()):
        path = place[0]
        inner = any(len(other) > len(path) and other[: len(path)] == path for other, _ in by_path)
        if inner and errors[0]["type"] == "too_short":
            del by_path[place]


def _drop_followers(by_path: dict[Place, list[ErrorDetails]]) -> None:
    """What follows from a wrong key is no mistake of its own: the value under it, and the key that it should be."""
    for path, is_key in list(by_path):
        unknown = by_path[path, is_key][0]["type"] == "extra_forbidden" if (path, is_key) in by_path else False
        for other in list(by_path):
            under = is_key and other[0][: len(path)] == path and other != (path, is_key)
            meant = unknown and by_path[other][0]["type"] == "missing" and other[0][:-1] == path[:-1]
            if under or (meant and nearest(str(path[-1]), [str(other[0][-1])])):
                del by_path[other]


def _chosen(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Of several errors at one place those that say most: that a value is wrong, rather than of another kind."""
    telling = [one for one in errors if one["type"] not in ("model_type", "dict_type")]
    return telling or errors


def _flaw(errors: list[ErrorDetails], path: Path, is_key: bool, tree: Any, model: type[BaseModel]) -> Flaw:
    """The errors at one place as one mistake in plain words."""
    kinds = [error["type"] for error in errors]
    if "missing" in kinds:
        words = _missing(path, tree, model)
    elif "extra_forbidden" in kinds or "invalid_key" in kinds:
        words = _unknown_key(path, tree, model)
    else:
        words = wrong_value(errors)
    wrong, expected, fix = words
    if is_key:
        wrong = wrong.replace("got ", "got the key ", 1)
    return Flaw(path=path, wrong=wrong, expected=expected, fix=fix)


def _missing(path: Path, tree: Any, model: type[BaseModel]) -> tuple[str, str, str]:
    """A key that must be there is not."""
    key = path[-1]
    meaning = meaning_at(model, path, tree)
    about = f" ({meaning.rstrip('.')})" if meaning else ""
    return f"`{key}` is missing", f"expected the key `{key}`{about}", f"add `{key}: …`"


def _unknown_key(path: Path, tree: Any, model: type[BaseModel]) -> tuple[str, str, str]:
    """A key that nobody reads."""
    around = tree
    for step in path[:-1]:
        around = around[step]
    key = str(path[-1])
    allowed = keys_at(model, path[:-1], tree)
    free = [one for one in allowed if one not in around]
    what = f"one of {', '.join(allowed)}" if len(allowed) != 1 else f"no key but {allowed[0]}"
    expected = f"expected {what}" if allowed else "expected the keys of docs/policy-reference.md"
    return f"{got(key)} is not a key here", expected, did_you_mean(key, free, "remove it")
