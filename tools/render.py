"""`tocsin render`: the policy files compiled into rendered/, which is committed and reviewed."""

import contextlib
import gc
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from alerting import checks
from alerting.model.policy import Policy
from alerting.policy import Loaded, read
from alerting.rendering.service import render_service
from alerting.rendering.whole import FOLDERS, render_shared
from tools import rendered
from tools.loading import refuse
from tools.rendered import Found, State
from tools.root import print_json, repository

_FOLDERS: Final = (*FOLDERS, "dashboards")
"""The folders under rendered/ whose files are all made here."""
Keep = Callable[[Path, Mapping[str, str]], Iterator[Found]]

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
    untested: list[str] = field(default_factory=list)

    def paths(self, *states: State) -> list[str]:
        """The files in these states."""
        return sorted(one.path for one in self.found if one.state in states)


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write here instead of rendered/ in the repository.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if the folder is not what it should be.")
@click.option("--json", "as_json", is_flag=True, help="Say as JSON what was done.")
@click.pass_context
def render(ctx: click.Context, out: Path | None, check: bool, as_json: bool) -> None:
    """Compile the policies into rendered/.

    Writes rule files for Prometheus and their promtool tests, PrometheusRule objects for Kubernetes, Alertmanager's
    configuration with its templates, and Grafana's dashboards. Files that nothing makes any more are removed; unchanged
    ones are not touched. Policy files with mistakes are not rendered; all mistakes are shown, with exit status 1.
    """
    root = repository(ctx)
    ctx.with_resource(_without_collection())
    folder = out or root / "rendered"
    policy = _sound(read(root))
    try:
        outcome = _check(policy, folder) if check else _write(policy, folder)
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


def _check(policy: Policy, folder: Path) -> Outcome:
    outcome = _all(policy, folder, rendered.compare)
    outcome.found += rendered.beyond(folder, _FOLDERS, {one.path for one in outcome.found})
    return outcome


def _write(policy: Policy, folder: Path) -> Outcome:
    outcome = _all(policy, folder, rendered.write)
    rest = list(rendered.beyond(folder, _FOLDERS, {one.path for one in outcome.found}))
    rendered.remove(folder, [one for one in rest if one.state == "superfluous"])
    outcome.found += rest
    return outcome


def _all(policy: Policy, folder: Path, keep: Keep) -> Outcome:
    """Renders everything; `keep` takes the files of one batch, so that not all are in memory at once."""
    from dashboards import rendered as dashboards  # late: policies with mistakes are refused without loading it

    outcome = Outcome()
    outcome.found += keep(folder, {**render_shared(policy), **dashboards(policy)})
    for found, untested in _in_processes(policy, folder, keep):
        outcome.found += found
        outcome.untested += untested
    return outcome


def _batch(policy: Policy, names: Iterable[str], folder: Path, keep: Keep) -> tuple[list[Found], list[str]]:
    found: list[Found] = []
    untested: list[str] = []
    for name in names:
        one = render_service(policy, policy.services[name])
        found += keep(folder, one.files)
        untested += one.untested
    return found, untested


_work: Callable[[Sequence[str]], tuple[list[Found], list[str]]] | None = None


def _do(names: Sequence[str]) -> tuple[list[Found], list[str]]:
    """What a forked process does with a batch; it has inherited `_work` with everything in it."""
    assert _work is not None
    return _work(names)


def _in_processes(policy: Policy, folder: Path, keep: Keep) -> Iterator[tuple[list[Found], list[str]]]:
    """The batches of all services, on every core where that pays off."""
    global _work  # the one way to hand a value to forked processes without copying it
    names = sorted(policy.services)
    batches = [names[at : at + _BATCH] for at in range(0, len(names), _BATCH)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if cores < 2 or len(names) < _WORTH_A_PROCESS:
        yield from (_batch(policy, batch, folder, keep) for batch in batches)
        return
    _work = lambda batch: _batch(policy, batch, folder, keep)  # noqa: E731
    gc.freeze()
    with multiprocessing.get_context("fork").Pool(min(cores, len(batches))) as pool:
        yield from pool.imap_unordered(_do, batches)


def _report(outcome: Outcome, *, ok: bool, check: bool) -> dict[str, object]:
    states: tuple[State, ...] = ("missing", "stale", "superfluous", "foreign")
    words = states if check else ("created", "changed", "removed", "foreign")
    return {
        "ok": ok,
        "files": len(outcome.paths("fresh", "missing", "stale")),
        **{word: outcome.paths(state) for word, state in zip(words, states, strict=True)},
        "untested": sorted(outcome.untested),
    }


def _tell(outcome: Outcome, folder: Path, check: bool) -> None:
    if check:
        for one in sorted(outcome.found):
            if one.state in _CHECK_WORDS:
                click.echo(f"{folder / one.path}: {_CHECK_WORDS[one.state]}")
    for path in [] if check else outcome.paths("foreign"):
        click.echo(f"{folder / path}: {_CHECK_WORDS['foreign']}", err=True)
    for name in sorted(outcome.untested):
        click.echo(
            f"{name}: no promtool test: what its SLI's series mean cannot be told from the expression; "
            "write it with selectors to get one",
            err=True,
        )
    click.echo(_summary(outcome, check), err=True)


def _summary(outcome: Outcome, check: bool) -> str:
    files = len(outcome.paths("fresh", "missing", "stale"))
    counts = {
        "missing" if check else "new": len(outcome.paths("missing")),
        "stale" if check else "changed": len(outcome.paths("stale")),
        "superfluous" if check else "removed": len(outcome.paths("superfluous")),
    }
    changes = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    return f"{files:,} files: {changes or ('all fresh' if check else 'nothing changed')}"
