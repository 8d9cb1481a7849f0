"""What can go wrong while importing, by who must act.

TocsinError
└── ForeignFileError       the author of the foreign file, or of the file it is merged into: carries every mistake
"""

from collections.abc import Sequence

from alerting.errors import TocsinError
from alerting.problem import Problem


class ForeignFileError(TocsinError):
    """Nothing was written; `problems` holds all the reasons, sorted."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keeps the problems and makes them the message, one a line."""
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))
