"""On which line of a policy file everything stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from alerting.builder import build, unreadable
from alerting.syntax import Path

_IDS: Final = ("name", "alert")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The line of every key and item of a text."""

    tree: Any
    lines: Mapping[Path, int]
    """Lines by path; items of a list by their position."""

    def line(self, path: Path) -> int:
        """The line of the longest beginning of the path that is there; an item may stand as its `name` or `alert`."""
        exact: Path = ()
        node = self.tree
        for step in path:
            if isinstance(node, list) and isinstance(step, str):
                step = next((at for at, item in enumerate(node) if identity(item) == step), -1)
            if (*exact, step) not in self.lines:
                break
            exact = (*exact, step)
            node = node[step] if has(node, step) else None
        return self.lines[exact]

    def trail(self, path: Path) -> str:
        """The path for people: items by their names where they have one, else `#2` for the second."""
        steps: list[str] = []
        node = self.tree
        for step in path:
            below = node[step] if has(node, step) else None
            in_list = isinstance(step, int) and not isinstance(node, dict)
            steps.append(identity(below) or _position(step) if in_list else str(step))
            node = below
        return ".".join(step if step.isprintable() else repr(step) for step in steps)


def has(node: Any, step: str | int) -> bool:
    """Whether a part of a tree has that key or item."""
    if isinstance(node, list):
        return isinstance(step, int) and 0 <= step < len(node)
    return isinstance(node, dict) and step in node


def places(text: bytes) -> Places:
    """Where everything stands; of a text with mistakes, what comes before the one that stops the reader."""
    found: dict[Path, int] = {(): 1}
    tree = None
    if not unreadable(text):
        tree, _ = build(text, [], found)
    return Places(tree=tree, lines=found)


def identity(item: Any) -> str | None:
    """The name by which an item of a list is known to people; None if it has none."""
    if not isinstance(item, dict):
        return None
    return next((item[key] for key in _IDS if isinstance(item.get(key), str)), None)


def _position(step: str | int) -> str:
    """An item by where it stands, counted from 1 as people do."""
    return f"#{step + 1}" if isinstance(step, int) else step
