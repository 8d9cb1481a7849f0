"""The real programs that drill, tests and bench run: found, or fetched once and kept outside the clone.

`find("promtool")` gives a `Part` with a path that runs, `document("github-openapi")` a file that others publish.
"""

from tools.parts.documents import document
from tools.parts.finder import Part, find, find_all, present
from tools.parts.table import SETS, TABLE

__all__ = ["SETS", "TABLE", "Part", "document", "find", "find_all", "present"]
