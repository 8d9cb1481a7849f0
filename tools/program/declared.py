"""Inputs compared with what a provider's package declares: the mocks take anything, a provider does not."""

import importlib
import inspect
import json
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

PACKAGES: Final[Mapping[str, str]] = {
    "github": "pulumi_github",
    "grafana": "pulumiverse_grafana",
    "kubernetes": "pulumi_kubernetes",
    "pagerduty": "pulumi_pagerduty",
}
"""Package in a type's token → package of Python."""
_PROVIDERS: Final = "pulumi:providers:"


def flaws(token: str, inputs: Mapping[str, Any], unknown: frozenset[tuple[str | int, ...]]) -> Iterator[str]:
    """What is wrong with a resource's inputs, each as `path: words`."""
    declared = _args_of(token)
    if declared is None:
        yield f"no such type {token}; expected one of {', '.join(sorted(PACKAGES))}"
        return
    if token.startswith(_PROVIDERS):
        inputs = {key: _decoded(value) for key, value in inputs.items() if key != "version"}
    yield from _object(declared, inputs, (), unknown)


def _decoded(value: Any) -> Any:
    """Providers get what is no text as JSON."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


@cache
def _args_of(token: str) -> type | None:
    """The class of a type's arguments: `pagerduty:index/team:Team` is `pulumi_pagerduty.team.TeamArgs`."""
    if token.startswith(_PROVIDERS):
        place, name = PACKAGES.get(token.removeprefix(_PROVIDERS), ""), "Provider"
    else:
        package, module, name = token.split(":")
        module = module.split("/")[0]
        place = PACKAGES.get(package, "")
        place = place if module == "index" else f"{place}.{module}"
    try:
        made = getattr(importlib.import_module(place), name)
        found: type = getattr(importlib.import_module(made.__module__), f"{name}Args")
    except (ImportError, AttributeError, ValueError):
        return None
    return found


def _object(declared: type, value: Any, path: tuple[str | int, ...], unknown: frozenset[Any]) -> Iterator[str]:
    if path in unknown:
        return
    if not isinstance(value, Mapping):
        yield f"{_words(path)}: got {value!r}; expected keys with values"
        return
    fields, needed = _fields(declared)
    for key in sorted(value.keys() - fields.keys()):
        yield f"{_words((*path, key))}: unknown property; expected one of {', '.join(sorted(fields))}"
    for key in sorted(needed - value.keys()):
        yield f"{_words((*path, key))}: missing; expected a value"
    for key in value.keys() & fields.keys():
        yield from _value(fields[key], value[key], (*path, key), unknown)


def _value(hint: Any, value: Any, path: tuple[str | int, ...], unknown: frozenset[Any]) -> Iterator[str]:
    if value is None or path in unknown:
        return
    hint = _bare(hint)
    origin = typing.get_origin(hint)
    if inspect.isclass(origin) and issubclass(origin, Mapping):
        for key, item in value.items() if isinstance(value, Mapping) else ():
            yield from _value(typing.get_args(hint)[1], item, (*path, key), unknown)
    elif inspect.isclass(origin) and issubclass(origin, Sequence):
        if not isinstance(value, list):
            yield f"{_words(path)}: got {value!r}; expected a list"
            return
        for at, item in enumerate(value):
            yield from _value(typing.get_args(hint)[0], item, (*path, at), unknown)
    elif inspect.isclass(hint) and hasattr(hint, "_pulumi_input_type"):
        yield from _object(hint, value, path, unknown)
    elif hint in (str, bool, int, float) and not isinstance(value, (int, float) if hint is float else hint):
        yield f"{_words(path)}: got {value!r}; expected {hint.__name__}"


@cache
def _fields(declared: type) -> tuple[dict[str, Any], frozenset[str]]:
    """The declared properties with their types, and those that must be given."""
    from pulumi import _types

    names = _types.input_type_py_to_pulumi_names(declared)
    hints = _types.input_type_types(declared)
    parameters = inspect.signature(declared.__init__).parameters  # type: ignore[misc]  # a class, not an instance
    needed = {name for name in names if name in parameters and parameters[name].default is inspect.Parameter.empty}
    return {names.get(name, name): hint for name, hint in hints.items()}, frozenset(names[name] for name in needed)


def _bare(hint: Any) -> Any:
    """A type without what lets it be absent, a future value, or a dict in place of a class."""
    from pulumi import Output

    while True:
        origin = typing.get_origin(hint)
        if origin not in (typing.Union, types.UnionType):
            return hint
        kept = [
            one
            for one in typing.get_args(hint)
            if one is not type(None) and typing.get_origin(one) not in (Output, _AWAITABLE) and not _is_typed_dict(one)
        ]
        if not kept:
            return hint
        hint = next((one for one in kept if hasattr(one, "_pulumi_input_type")), kept[0])


_AWAITABLE: Final = typing.get_origin(typing.Awaitable[Any])


def _is_typed_dict(hint: Any) -> bool:
    return isinstance(hint, typing.ForwardRef) or typing.is_typeddict(hint)


def _words(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path)) or "the inputs"
