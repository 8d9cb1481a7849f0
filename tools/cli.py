"""`tocsin`: the command line. Each command lives in its own module, imported only when it is called."""

import gc
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

# name → (module, attribute, one line for the list). The line is repeated here so that `--help` imports no command.
COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "init": ("tools.init", "init", "Start a data folder of your own, without the example company."),
    "check": ("tools.check", "check", "Find every mistake in the policy files."),
    "render": ("tools.render", "render", "Compile the policies into rendered/."),
    "explain": ("tools.explain", "explain", "What an SLO promises: budget, detection, reset, false pages."),
    "route": ("tools.route", "route", "Who gets an alert with these labels."),
    "oncall": ("tools.oncall", "oncall", "Who is on call now, on a date, in the next weeks."),
    "silences": ("tools.silences", "silences", "Make Alertmanager's silences equal to the files."),
    "runbook": ("tools.runbook", "runbook", "List, show or start runbooks."),
    "dashboards": ("tools.dashboards", "dashboards", "Look at the dashboards without a Grafana."),
    "incident": ("tools.incident", "incident", "Declare, list, show and work on incidents."),
    "remediation": ("tools.remediation", "remediation", "What runs by itself now; freeze it, and let it run again."),
    "postmortem": ("tools.postmortem", "postmortem", "How complete postmortems are; ask for a draft."),
    "records": ("tools.records", "records", "Prove or redact the record of incidents."),
    "report": ("tools.report.command", "report", "How well incidents were handled in a week, beside the targets."),
    "site": ("tools.site.command", "site", "Build the public status page from the records."),
    "import": ("tools.imports", "import_", "Take over SLOs from Sloth or OpenSLO files."),
    "schema": ("tools.schema", "schema", "Write JSON Schema files for editors."),
    "parts": ("tools.parts.command", "parts", "List and fetch the real programs that drill and tests use."),
    "drill": ("tools.drill.command", "drill", "Rehearse an outage with real Prometheus, Alertmanager and git."),
    "serve": ("tools.serve", "serve", "Run the bot."),
    "doctor": ("tools.doctor", "doctor", "Is everything here that is needed; which settings are missing."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of a newcomer's day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command's module; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        gc.disable()  # Modules stay; looking for garbage among them takes a fifth of the time to load them.
        try:
            command = getattr(importlib.import_module(module), attribute)
        finally:
            gc.enable()
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The repository; by default the nearest parent that has policies/.",
)
@click.version_option(package_name="tocsin")
@click.pass_context
def main(ctx: click.Context, root: Path | None) -> None:
    """Alerting and incidents as one git repository."""
    ctx.obj = root


if __name__ == "__main__":
    main()
