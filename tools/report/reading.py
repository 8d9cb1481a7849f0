"""From the records to what a report is made of."""

import contextlib
from datetime import datetime, timedelta

import pygit2

from alerting.model.severity import SeverityPolicy
from bots import records
from bots.git import git_tree
from bots.numbers.case import Case, case_of, needed
from bots.numbers.completed import HistoryCut, completed
from bots.numbers.measured import Course
from tools.recorded import NoRecords, Recorded, folders_since

_EARLIER = timedelta(days=31)
"""An incident may be opened by a ticket long before its first page, from when on its times count."""


def course(found: Recorded, severity: SeverityPolicy, since: datetime, at: datetime) -> tuple[Course, str]:
    """The incidents since an instant, and when postmortems were complete, or why nobody knows.

    Raises NoRecords for records that cannot be read.
    """
    cases = tuple(_case(path, folder) for path, folder in folders_since(found.tree, since - _EARLIER))
    if found.main is None:
        done, unread = None, "the main branch is not there"
    else:
        try:
            done, unread = completed(found.repository, found.main), ""
        except HistoryCut as error:
            done, unread = None, str(error)
    return Course(cases=cases, completed=done, severity=severity, at=at), unread


def _case(path: str, folder: pygit2.Tree) -> Case:
    text = git_tree.content(folder, records.STATE) or b""
    with contextlib.suppress(ValueError, KeyError):
        return case_of(records.read_state(needed(text)))
    try:
        # All of it, so that the line of a mistake is that of the file.
        return case_of(records.read_state(text))
    except (ValueError, KeyError) as error:
        raise NoRecords(f"{path}/{records.STATE}: {error}; `tocsin records verify` names all mistakes") from error
