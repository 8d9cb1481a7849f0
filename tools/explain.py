"""`tocsin explain`: what an SLO promises, before anybody is paged by it."""

import sys
from typing import Any

import click

from alerting.explanation import ERRORS, Explanation, explain_slo
from alerting.model.policy import Policy
from alerting.model.quantities import parse_ratio
from alerting.model.service import Service, Slo
from tools.completion import stems
from tools.loading import loaded_policy
from tools.root import print_json


class ErrorsType(click.ParamType[float]):
    """An error ratio on the command line."""

    name = "ratio"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Reads `5%` or `0.05`."""
        if isinstance(value, float):
            return value
        try:
            ratio = float(parse_ratio(value if value.strip().endswith("%") else float(value)))
        except ValueError:
            ratio = 0.0
        if ratio <= 0:
            self.fail(f"{value!r} is not a share of errors above 0; expected one such as 5% or 0.05", param, ctx)
        return ratio


@click.command()
@click.argument("name", metavar="SERVICE[/SLO]", shell_complete=stems("policies/services"))
@click.option(
    "--errors", multiple=True, type=ErrorsType(), help="Only for this share of errors, such as 5%; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
@click.pass_context
def explain(ctx: click.Context, name: str, errors: tuple[float, ...], as_json: bool) -> None:
    """What an SLO promises: budget, detection, reset, false pages, and what can never fire."""
    policy = loaded_policy(ctx)
    service, slos = _named(policy, name)
    found = [explain_slo(policy, service, slo, errors or ERRORS) for slo in slos]
    if as_json:
        print_json([_plain(one) for one in found])
    else:
        _show(found)
    sys.exit(0)


def _named(policy: Policy, name: str) -> tuple[Service, tuple[Slo, ...]]:
    """The service and those of its SLOs that a name means; ends the command with status 2 if there are none."""
    service_name, _, slo_name = name.partition("/")
    service = policy.services.get(service_name)
    if service is None:
        known = ", ".join(sorted(policy.services))
        raise click.UsageError(f"no service {service_name!r}; expected one of {known}")
    slos = tuple(slo for slo in service.slos if slo_name in ("", slo.name))
    if not slos:
        known = ", ".join(slo.name for slo in service.slos) or "none yet; add `slos:` to its file"
        asked = f"no SLO {slo_name!r} of {service_name}" if slo_name else f"{service_name} has no SLO"
        raise click.UsageError(f"{asked}; expected one of {known}" if service.slos else f"{asked}: {known}")
    return service, slos


def _plain(explanation: Explanation) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(explanation)


def _show(explanations: list[Explanation]) -> None:
    from rich.console import Console

    from tools.explain_tables import tables

    console = Console()
    for at, explanation in enumerate(explanations):
        if at:
            console.print()
        for part in tables(explanation):
            console.print(part)
