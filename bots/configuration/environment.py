"""Variables of an environment, taken one by one; what is wrong with them is kept and told together."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


class Reader:
    """Takes variables out of an environment and keeps what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Has taken nothing yet."""
        self._environment = environment
        self.problems: list[str] = []

    def has(self, *names: str) -> bool:
        """Whether any of the variables is set to something."""
        return any(self._environment.get(name, "").strip() for name in names)

    def take(self, name: str, parse: Callable[[str], T], default: T) -> T:
        """The parsed variable, or the default where it is not set (or empty)."""
        text = self._environment.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.problems.append(f"{name}: {error}")
            return default

    def need(self, name: str, parse: Callable[[str], T], missing: T, why: str) -> T:
        """Like `take`, but a variable that is not set is a mistake."""
        if not self.has(name):
            self.problems.append(f"{name}: not set; expected {why}")
        return self.take(name, parse, missing)


def file(text: str) -> Path:
    """A file that is there; raises ValueError otherwise."""
    path = Path(text).expanduser()
    if not path.is_file():
        raise ValueError(f"no file {path}; expected one that can be read; create it or correct the path")
    return path.resolve()


def folder(text: str) -> Path:
    """A folder, or a path where one can be made; raises ValueError for anything else."""
    path = Path(text).expanduser()
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is not a folder; expected one, or a path where one can be made")
    return path.resolve()


def url(text: str) -> str:
    """An address of the web without a slash at its end; raises ValueError for anything else."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{text!r} is not an address; expected one such as http://127.0.0.1:9090")
    return text.rstrip("/")


def urls(text: str) -> tuple[str, ...]:
    """Several of them, separated by commas."""
    return tuple(url(part.strip()) for part in text.split(",") if part.strip())
