"""Which options of `tocsin drill` go together."""

from typing import Final

import click
from click.core import ParameterSource

_KINDS: Final = {"comparing": "--compare", "person": "--page NAME", "stack": "--stack NAME"}
"""The drills beside the usual one, by parameter, as people write them."""
_ONLY_WITH: Final = {
    "person_s": "comparing",
    "secrets": "person",
    "service": "stack",
    "urls": "stack",
    "within_s": "stack",
}
_REHEARSED: Final = ("errors", "real_time", "keep")


def fit(ctx: click.Context) -> None:
    """Raises UsageError for options that do not go together: one that is passed over would look as if it held."""
    given = {
        parameter.name: parameter.opts[0]
        for parameter in ctx.command.params
        if parameter.name and ctx.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    }
    kinds = [words for name, words in _KINDS.items() if name in given]
    if len(kinds) > 1:
        raise click.UsageError(f"{' and '.join(kinds)} are different drills; choose one of them")
    for name, kind in _ONLY_WITH.items():
        if name in given and kind not in given:
            raise click.UsageError(f"{given[name]} belongs to {_KINDS[kind]}")
    for name in _REHEARSED:
        if name in given and kinds and kinds != ["--compare"]:
            raise click.UsageError(f"{given[name]} is for an outage on this machine; {kinds[0]} plays none")
    if "comparing" in given and "keep" in given:
        raise click.UsageError("--compare plays two outages, of which none can be kept")
