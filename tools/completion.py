"""Names that a shell may complete: read from the files of the repository that the command line so far means."""

from collections.abc import Callable
from pathlib import Path

import click

from tools.root import find_root

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def root_so_far(ctx: click.Context) -> Path | None:
    """The repository, before any command runs; None outside of one."""
    given = ctx.find_root().params.get("root")
    return Path(given) if given else find_root(Path.cwd())


def stems(folder: str, suffix: str = ".yaml") -> Completer:
    """Completes the names of the files in a folder, such as the services in `policies/services`."""

    def complete(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
        root = root_so_far(ctx)
        files = sorted((root / folder).glob(f"*{suffix}")) if root else []
        return [file.stem for file in files if file.stem.startswith(typed)]

    return complete
