"""`tocsin render`: the policy files compiled into rendered/, which is committed and reviewed."""

import contextlib
import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from alerting import checks
from alerting.model.policy import Policy
from alerting.model.service import Service
from alerting.policy import Loaded, read
from alerting.rendering.service import render_service
from alerting.rendering.whole import FOLDERS, render_shared
from tools import github_files as github
from tools import manifests, rendered
from tools.division import cores, divided
from tools.loading import refuse
from tools.rendered import Found, State
from tools.root import print_json, repository

_FOLDERS: Final = (*FOLDERS, "dashboards")
"""The folders under rendered/ whose files are all made here."""
Keep = Callable[[Mapping[str, str]], Iterator[Found]]

_WORTH_A_PROCESS: Final = 100
"""Services for which another process pays off."""
_BATCH: Final = 25
_CHECK_WORDS: Final[Mapping[State, str]] = {
    "missing": "missing; expected to be committed; run `tocsin render`",
    "stale": "stale; expected what the policy files say now; run `tocsin render`",
    "superfluous": "superfluous; nothing in the policy files makes it any more; run `tocsin render`",
    "foreign": "not made by `tocsin render`; expected only rendered files here; move it elsewhere",
}


@dataclass(slots=True)
class Outcome:
    """What became of each file, and what has no test."""

    found: list[Found] = field(default_factory=list)
    beside: list[Found] = field(default_factory=list)
    """Files that are not in the folder, but below the repository's own."""
    untested: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    """Stacks whose objects are kept, but could not be made here."""

    def paths(self, *states: State) -> list[str]:
        """The files in these states."""
        return sorted(one.path for one in (*self.found, *self.beside) if one.state in states)


Work = Callable[[Keep], Outcome]
"""Renders what was asked for, and hands the files on in batches, so that not all are in memory at once."""


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write here instead of rendered/ in the repository.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if the folder is not what it should be.")
@click.option("--json", "as_json", is_flag=True, help="Say as JSON what was done.")
@click.option(
    "--kubernetes",
    "stacks",
    metavar="STACK",
    multiple=True,
    shell_complete=manifests.complete_stack,
    help="Only the Kubernetes objects that `pulumi up` would make for a stack; may be given more than once.",
)
@click.pass_context
def render(ctx: click.Context, out: Path | None, check: bool, as_json: bool, stacks: tuple[str, ...]) -> None:
    """Compile the policies into rendered/.

    Writes rule files for Prometheus and their promtool tests, PrometheusRule objects for Kubernetes, Alertmanager's
    configuration with its templates, and Grafana's dashboards; for teams on GitHub also .github/CODEOWNERS and the
    incident form. The objects of a stack that --kubernetes wrote once are kept up to date as well. Files that nothing
    makes any more are removed; unchanged ones are not touched. Policy files with mistakes are not rendered; all
    mistakes are shown, with exit status 1.
    """
    root = repository(ctx)
    ctx.with_resource(_without_collection())
    folder = out or root / "rendered"
    seen, unseen = (stacks, ()) if stacks else manifests.kept(folder)
    folders = manifests.folders(root, stacks) if stacks else [*_FOLDERS, *map(manifests.folder_of, seen)]
    policy = None if stacks else _sound(read(root))

    def work(keep: Keep) -> Outcome:
        outcome = Outcome() if policy is None else _all(policy, keep)
        outcome.found += _stacks(root, seen, keep)
        outcome.unseen += unseen
        return outcome

    try:
        outcome = _check(work, folder, folders) if check else _write(work, folder, folders)
        if policy is not None and out is None:
            outcome.beside += github.compare(root, policy) if check else github.write(root, policy)
    except OSError as error:
        raise click.ClickException(
            f"{folder}: {error.strerror}: {error.filename}; expected a folder to write to"
        ) from error
    bad = outcome.paths(*_CHECK_WORDS) if check else []
    if as_json:
        print_json(_report(outcome, ok=not bad, check=check))
    else:
        _tell(outcome, out or Path("rendered"), check)
    sys.exit(1 if bad else 0)


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """No search for garbage meanwhile: a short life with much to remember would lose a tenth of its time to it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()


def _sound(loaded: Loaded) -> Policy:
    """The policy if nothing is wrong with it; all problems and the end otherwise."""
    errors = [problem for problem in checks.run(loaded, datetime.now(UTC)) if problem.level == "error"]
    if errors or loaded.policy is None:
        refuse(errors)
    return loaded.policy


def _check(work: Work, folder: Path, folders: Sequence[str]) -> Outcome:
    def keep(files: Mapping[str, str]) -> Iterator[Found]:
        return rendered.compare(folder, files)

    outcome = work(keep)
    outcome.found += rendered.beyond(folder, folders, {one.path for one in outcome.found})
    return outcome


def _write(work: Work, folder: Path, folders: Sequence[str]) -> Outcome:
    writer = rendered.Writer.begin(folder, folders)
    try:
        outcome = work(writer.write)
        writer.finish()
    except BaseException:
        writer.abandon()
        raise
    rest = list(rendered.beyond(folder, folders, {one.path for one in outcome.found}))
    rendered.remove(folder, [one for one in rest if one.state == "superfluous"])
    outcome.found += rest
    return outcome


def _stacks(root: Path, stacks: Iterable[str], keep: Keep) -> list[Found]:
    """Renders the objects of stacks; of one that is there no more nothing is wanted."""
    there = [stack for stack in stacks if stack in manifests.stacks(root)]
    return [one for stack in there for one in keep(manifests.files(root, stack))]


def _all(policy: Policy, keep: Keep) -> Outcome:
    """Renders everything, on every core where that pays off; `keep` takes the files of one batch at a time."""
    names = sorted(policy.services, key=lambda name: (_numbers(policy.services[name]), name))
    batches = [names[at : at + _BATCH] for at in range(0, len(names), _BATCH)]

    def work(job: int) -> Outcome:
        return _shared(policy, keep) if job == 0 else _batch(policy, batches[job - 1], keep)

    outcome = Outcome()
    gc.freeze()
    processes = cores() if len(names) >= _WORTH_A_PROCESS else 1
    for part in divided(1 + len(batches), work, processes):
        outcome.found += part.found
        outcome.untested += part.untested
    return outcome


def _numbers(service: Service) -> tuple[object, ...]:
    """What SLOs have in common: those with the same numbers come one after the other and share a template."""
    return tuple((slo.objective, slo.traffic or 0.0) for slo in service.slos)


def _shared(policy: Policy, keep: Keep) -> Outcome:
    """The files that belong to no single service."""
    from dashboards import rendered as dashboards  # late: policies with mistakes are refused without loading it

    return Outcome(found=list(keep({**render_shared(policy), **dashboards(policy)})))


def _batch(policy: Policy, names: Iterable[str], keep: Keep) -> Outcome:
    outcome = Outcome()
    for name in names:
        one = render_service(policy, policy.services[name])
        outcome.found += keep(one.files)
        outcome.untested += one.untested
    return outcome


def _report(outcome: Outcome, *, ok: bool, check: bool) -> dict[str, object]:
    states: tuple[State, ...] = ("missing", "stale", "superfluous", "foreign")
    words = states if check else ("created", "changed", "removed", "foreign")
    return {
        "ok": ok,
        "files": len(outcome.paths("fresh", "missing", "stale")),
        **{word: outcome.paths(state) for word, state in zip(words, states, strict=True)},
        "untested": sorted(outcome.untested),
        "unseen": outcome.unseen,
    }


def _tell(outcome: Outcome, folder: Path, check: bool) -> None:
    places = [(folder / one.path, one) for one in sorted(outcome.found)]
    places += [(Path(one.path), one) for one in sorted(outcome.beside)]
    for place, one in places:
        if check and one.state in _CHECK_WORDS:
            click.echo(f"{place}: {_words(one)}")
        elif one.state == "foreign":
            click.echo(f"{place}: {_CHECK_WORDS['foreign']}", err=True)
    for name in sorted(outcome.untested):
        click.echo(
            f"{name}: no promtool test: what its SLI's series mean cannot be told from the expression; "
            "write it with selectors to get one",
            err=True,
        )
    for stack in outcome.unseen:
        click.echo(f"{folder / manifests.folder_of(stack)}: not looked at: {manifests.NO_PACKAGES}", err=True)
    click.echo(_summary(outcome, check), err=True)


def _words(one: Found) -> str:
    """What is wrong with a file, and the command that makes it right."""
    words = _CHECK_WORDS[one.state]
    if one.state == "superfluous" or not manifests.is_of_stack(one.path):
        return words
    return words.replace("`tocsin render`", f"`tocsin render --kubernetes {one.path.split('/')[1]}`")


def _summary(outcome: Outcome, check: bool) -> str:
    files = len(outcome.paths("fresh", "missing", "stale"))
    counts = {
        "missing" if check else "new": len(outcome.paths("missing")),
        "stale" if check else "changed": len(outcome.paths("stale")),
        "superfluous" if check else "removed": len(outcome.paths("superfluous")),
    }
    changes = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    return f"{files:,} files: {changes or ('all fresh' if check else 'nothing changed')}"
