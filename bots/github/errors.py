"""What GitHub's answers mean to the outbox.

DestinationError
├── Unreachable                    nobody: it is tried again later
│   └── Unauthorized               the operator: the token or the key is not valid
└── Undeliverable
    └── Refused                    the operator, or nobody: a status that trying again does not change
        └── Gone                   nobody: what was asked about is not there (404, 410)
"""

from bots.errors import Undeliverable, Unreachable


class Unauthorized(Unreachable):
    """GitHub does not know the bot; a token is changed without a restart, and nothing may be lost meanwhile."""


class Refused(Undeliverable):
    """GitHub will not do it."""

    def __init__(self, why: str, status: int) -> None:
        """`status` is the HTTP status of the answer."""
        self.status = status
        super().__init__(why)


class Gone(Refused):
    """It was deleted, moved elsewhere, or the bot may not see it."""
