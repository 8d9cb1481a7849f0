"""Reading and changing one issue: what GitHub's refusals mean there."""

import logging
from collections.abc import Callable
from typing import Any, Final

from bots.errors import Unreachable
from bots.github.budget import Urgency
from bots.github.client import GitHub
from bots.github.errors import Refused
from bots.github.written import Current

CLOSED: Final = (301, 403, 404, 410)
"""Where nothing can be written until the operator has changed something."""
_MOVED: Final = (301, 404, 410)
_OPERATOR_S: Final = 60.0
_log = logging.getLogger(__name__)


class Lost(Exception):
    """The issue is not there any more."""

    def __init__(self, error: Refused) -> None:
        """`error` says whether it was deleted or moved."""
        self.error = error
        super().__init__(str(error))


class Calls:
    """Used by the thread of the destination."""

    def __init__(self, github: GitHub) -> None:
        """`github` keeps to the limits."""
        self._github = github

    def look(self, remote: str) -> Current:
        """The issue as it is now. Raises Lost if it is not there any more, Unreachable, Undeliverable."""
        try:
            return Current.of(self._github.get(f"issues/{remote}"))
        except Refused as error:
            if error.status not in CLOSED:
                raise
            self._seen()
            if error.status not in _MOVED:
                raise closed(error) from error
            raise Lost(error) from error

    def change(self, remote: str, wanted: Callable[[], dict[str, Any]], urgency: Urgency) -> dict[str, Any]:
        """Writes the fields that `wanted` gives, and gives them; it is asked when nothing holds the call back any more,
        since people must have as little time as can be to write between the look and the call.

        Raises what `wanted` raises, Unreachable, Postponed, Undeliverable.
        """
        last: dict[str, Any] = {}

        def body() -> dict[str, Any]:
            last.clear()
            last.update(wanted())
            return last

        try:
            self._github.write("PATCH", f"issues/{remote}", body, urgency)
        except Refused as error:
            if error.status in CLOSED:
                raise closed(error) from error
            if error.status != 422 or "assignees" not in last:
                raise
            _log.warning("GitHub does not take %s as assignees: %s", ", ".join(last["assignees"]), error)
            rest = {name: value for name, value in last.items() if name != "assignees"}
            self._github.write("PATCH", f"issues/{remote}", rest, urgency)
        return last

    def _seen(self) -> None:
        """Returns if the bot sees the repository; what it does not see may be there. Raises Unreachable."""
        try:
            self._github.get("issues", state="all", per_page=1)
        except Refused as error:
            raise closed(error) from error


def closed(error: Refused) -> Unreachable:
    """The operator has to let the bot in; what waits is written then."""
    return Unreachable(f"{error}; the bot needs Issues, read and write, in this repository", after_s=_OPERATOR_S)
