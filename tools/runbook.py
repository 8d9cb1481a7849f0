"""`tocsin runbook`: which runbooks there are, what one says, and a new one from the template."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from alerting import runbook_page
from alerting.checks.given import Given
from alerting.checks.runbooks import needed
from alerting.document import read_front_matter
from alerting.model.policy import Policy
from alerting.model.runbook import RunbookFrontMatter
from alerting.policy import read
from alerting.sources import RUNBOOK
from alerting.spelling import nearest
from tools.completion import root_so_far, stems
from tools.loading import refuse
from tools.root import print_json, repository

TEMPLATE: Final = "runbooks/TEMPLATE.md"

_ALERT: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,119}")
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The runbooks of a repository, and the alerts that lead to each."""

    root: Path
    policy: Policy
    alerts: Mapping[str, tuple[str, ...]]
    """Alerts by the runbook that each leads to, also where the file is missing."""

    @property
    def names(self) -> list[str]:
        """Every runbook that exists or should."""
        return sorted({*self.policy.runbooks, *self.alerts})

    def missing(self) -> list[str]:
        """Runbooks that an alert leads to and that are not there."""
        return [name for name in self.names if not self.path(name).exists()]

    def path(self, name: str) -> Path:
        """Where a runbook is, or should be."""
        return self.root / RUNBOOK.file(name)

    def resolve(self, said: str) -> str | None:
        """The runbook that `HighErrorRate`, `high-error-rate` or an alert that shares one means; None if none."""
        known = {_plain(alert): runbook for runbook, alerts in self.alerts.items() for alert in alerts}
        known.update({_plain(name): name for name in self.names})
        return known.get(_plain(said))

    def suggestion(self, said: str) -> str:
        """What to do about a name that means no runbook."""
        by_plain = {_plain(name): name for name in self.names}
        near = nearest(_plain(said), sorted(by_plain))
        return f"did you mean {by_plain[near]}?" if near else "`tocsin runbook list` shows all"


def _plain(name: str) -> str:
    """A name without what people write differently: case, hyphens, underscores, spaces, `.md`."""
    return re.sub(r"[^a-z0-9]", "", name.removesuffix(".md").lower())


def _shelf(ctx: click.Context) -> Shelf:
    """The runbooks of the repository that the command works on; mistakes in files that exist only once end it."""
    root = repository(ctx)
    loaded = read(root)
    if loaded.partial is None:
        refuse(loaded.problems)
    alerts: dict[str, list[str]] = {}
    for _, runbook, alert in needed(Given(policy=loaded.partial, sources=loaded.sources, at=datetime.now(UTC))):
        alerts.setdefault(runbook, []).append(alert)
    return Shelf(root=root, policy=loaded.partial, alerts={name: tuple(found) for name, found in alerts.items()})


def _complete_missing(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """Completes alerts that have no runbook yet."""
    root = root_so_far(ctx)
    loaded = read(root) if root else None
    if loaded is None or loaded.partial is None:
        return []
    given = Given(policy=loaded.partial, sources=loaded.sources, at=datetime.now(UTC))
    names = {runbook for _, runbook, _ in needed(given)} - set(loaded.partial.runbooks)
    return sorted(name for name in names if name.startswith(typed))


@click.group()
def runbook() -> None:
    """List, show or start runbooks.

    A runbook may be named as its alert (HighErrorRate) or in kebab-case (high-error-rate).
    """


@runbook.command("list")
@click.option(
    "--missing", "only_missing", is_flag=True, help="Only those that an alert leads to and that are not there."
)
@click.option("--json", "as_json", is_flag=True, help="Write the list as JSON.")
@click.pass_context
def list_(ctx: click.Context, only_missing: bool, as_json: bool) -> None:
    """Show every runbook with its alerts, title and remediation.

    Also those that are missing.
    """
    shelf = _shelf(ctx)
    missing = shelf.missing()
    rows = [_row(shelf, name) for name in (missing if only_missing else shelf.names)]
    if as_json:
        print_json(rows)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("Runbook", "Title", "Also for", "Remediation", box=None, pad_edge=False, header_style="bold")
    table.columns[0].no_wrap = True
    table.columns[2].overflow = table.columns[3].overflow = "fold"
    console = Console()
    # A name that is cut short cannot be given to `show`.
    table.columns[0].min_width = max(len(row["runbook"]) for row in rows) if rows else None
    if not console.is_terminal:
        console.width = 1000
    for row in rows:
        title = Text("missing", style="red") if row["missing"] else Text(row["title"] or "has a mistake: tocsin check")
        others = [alert for alert in row["alerts"] if alert != row["runbook"]]
        leads = ", ".join(others) if row["alerts"] else "no alert leads here"
        table.add_row(Text(row["runbook"]), title, Text(leads), Text(_bound(row["remediation"])))
    console.print(table)
    for name in missing:
        click.echo(f"{RUNBOOK.file(name)} is missing: `tocsin runbook new {name}` starts it", err=True)


def _row(shelf: Shelf, name: str) -> dict[str, Any]:
    """One line of the list."""
    front = shelf.policy.runbooks.get(name)
    return {
        "runbook": name,
        "title": front.title if front else None,
        "alerts": list(shelf.alerts.get(name, ())),
        "remediation": front.remediation.model_dump() if front and front.remediation else None,
        "file": RUNBOOK.file(name),
        "missing": not shelf.path(name).exists(),
    }


def _bound(remediation: Mapping[str, Any] | None) -> str:
    """A bound action in a word or two."""
    if remediation is None:
        return ""
    return f"{remediation['action']}{', by itself' if remediation['automatic'] else ''}"


@runbook.command()
@click.argument("name", shell_complete=stems("runbooks", ".md"))
@click.option("--json", "as_json", is_flag=True, help="Write front matter, sections and text as JSON.")
@click.pass_context
def show(ctx: click.Context, name: str, as_json: bool) -> None:
    """Show the runbook of an alert in the terminal."""
    shelf = _shelf(ctx)
    found = shelf.resolve(name)
    if found is None:
        raise click.UsageError(f"there is no runbook {name!r}; expected one of runbooks/; {shelf.suggestion(name)}")
    path = shelf.path(found)
    if not path.exists():
        raise click.ClickException(f"{RUNBOOK.file(found)} is missing; `tocsin runbook new {found}` starts it")
    page = runbook_page.read(path.read_bytes())
    row = _row(shelf, found)
    if as_json:
        print_json({**row, "sections": page.sections, "markdown": page.markdown})
        return
    _show(row, page)


def _show(row: Mapping[str, Any], page: runbook_page.Page) -> None:
    """The page as people read it; control characters of the file do not reach the terminal."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.text import Text

    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", page.markdown)
    console = Console()
    if not console.is_terminal:  # for a pipe or a file: as it is written, with commands that are not broken into lines
        click.echo(text, nl=False)
        return
    console.print(Text(row["file"], style="dim"))
    if row["remediation"]:
        console.print(Text(f"remediation: {_bound(row['remediation'])}", style="dim"))
    console.print()
    console.print(Markdown(text))


@runbook.command()
@click.argument("alert", shell_complete=_complete_missing)
@click.pass_context
def new(ctx: click.Context, alert: str) -> None:
    """Start the runbook of ALERT from runbooks/TEMPLATE.md.

    One that is there stays as it is.
    """
    shelf = _shelf(ctx)
    found = shelf.resolve(alert)
    name = found or _camel(alert)
    if not _ALERT.fullmatch(name):
        raise click.UsageError(f"{alert!r} is no alert's name; expected one such as HighErrorRate or high-error-rate")
    path = shelf.path(name)
    if path.exists():
        raise click.ClickException(
            f"{RUNBOOK.file(name)} is there already; expected a new one; edit it, or remove it first"
        )
    text = from_template(shelf.root, name)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise click.ClickException(f"{RUNBOOK.file(name)} cannot be written: {error.strerror}") from error
    click.echo(f"wrote {RUNBOOK.file(name)}")
    if found is None:
        click.echo(f"no alert leads to {name} yet; {shelf.suggestion(name)}", err=True)


def _camel(name: str) -> str:
    """`high-error-rate` as `HighErrorRate`; a name in CamelCase stays."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[-_\s]+", name))


def from_template(root: Path, name: str) -> str:
    """The template for an alert; a template that cannot be used ends the command."""
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    path = root / TEMPLATE
    if not path.exists():
        raise click.ClickException(f"{TEMPLATE} is missing; expected the form of a runbook; `tocsin init` writes one")
    words = _WORDS.findall(name)
    title = " ".join([words[0], *(word if word.isupper() and len(word) > 1 else word.lower() for word in words[1:])])
    # Both values consist of letters, digits and spaces only, which mean nothing in YAML or Markdown.
    environment = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    try:
        text = environment.from_string(path.read_text(encoding="utf-8")).render(alert=name, title=title)
    except (TemplateError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{TEMPLATE}: {error}; expected {{{{ alert }}}} and {{{{ title }}}} only") from error
    front = read_front_matter(text.encode())
    if front.flaws or RunbookFrontMatter.model_validate(front.tree).alert != name:
        click.echo(f"{TEMPLATE}: its front matter does not say `alert: {{{{ alert }}}}`", err=True)
        sys.exit(1)
    return text
