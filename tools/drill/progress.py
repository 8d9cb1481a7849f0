"""The drill's progress: a live list on a terminal, a line a step elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.drill.step import Done, Step

if TYPE_CHECKING:
    from rich.console import Console


class Progress:
    """Says what is being waited for and what has happened."""

    def __init__(self, console: "Console") -> None:
        """Writes to that console, which is stderr when the result is JSON."""
        self._console = console

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """A spinner with the seconds so far while something goes on."""
        if not self._console.is_terminal:
            yield
            return
        from rich.progress import Progress as Bar
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        with Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            transient=True,
            console=self._console,
        ) as bar:
            bar.add_task(what, total=None)
            yield

    @contextmanager
    def step(self, step: Step) -> Iterator[list[Done]]:
        """The context of one step; put its outcome into the list."""
        outcome: list[Done] = []
        with self.during(f"{step.title} …"):
            yield outcome
        for done in outcome:
            self.say(f"[green]✓[/] {done.title:<34} [dim]{done.took_s:5.1f} s[/]")

    def say(self, line: str) -> None:
        """One line, with the time."""
        self._console.print(f"[dim]{time.strftime('%H:%M:%S')}[/] {line}", highlight=False)
