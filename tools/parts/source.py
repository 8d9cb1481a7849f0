"""What every source of bundles can do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from tools.parts.progress import Progress
from tools.parts.recipe import Bundle


class Source(Protocol):
    """One way to get a bundle onto this machine."""

    @property
    def slug(self) -> str:
        """Its name in the cache, such as `debian-sid`."""

    @property
    def title(self) -> str:
        """Its name for people."""

    def programs(self, bundle: Bundle) -> Mapping[str, str]:
        """The programs that it can give → their paths in the tree.

        Raises SourceFailed if it cannot give this bundle at all; asks no network.
        """

    def arguments(self, bundle: Bundle, program: str, tree: Path) -> tuple[str, ...]:
        """Flags that the program needs when it runs from `tree`."""

    def files(self, bundle: Bundle, tree: Path) -> Mapping[str, Path]:
        """Name → folder in `tree` of files that came with the programs."""

    def fill(self, bundle: Bundle, tree: Path, scratch: Path, progress: Progress) -> None:
        """Makes the bundle in the empty folder `tree`; `scratch` is thrown away.

        Raises SourceFailed with the reason, or OSError from the disk.
        """
