"""`tocsin:remediation`: the actions that the bot may run in the cluster."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator

from alerting.model.quantities import got
from stacks.sections.section import ObjectName, Section

_FIELD: Final = r"(?:\*|[0-9]+(?:-[0-9]+)?)(?:/[0-9]+)?"
_CRON: Final = re.compile(rf"{_FIELD}(?:,{_FIELD})*(?: {_FIELD}(?:,{_FIELD})*){{4}}")


def _cron(text: str) -> str:
    if not _CRON.fullmatch(text):
        raise ValueError(f"{got(text)} is no schedule; expected five fields such as 17 */6 * * *, in UTC")
    return text


Cron = Annotated[str, AfterValidator(_cron)]
"""When something is done again and again, as in a CronJob, in UTC."""


class Remediation(Section):
    """The whole of `tocsin:remediation`."""

    look: Cron | None = "17 */6 * * *"
    """When every deployment that a policy names as a target is looked at; null for never. A Job that finds something
    wrong fails, and the catalogue has an alert for that."""
    cache_secret: ObjectName = "cache-credentials"
    """A Secret in the namespace of the jobs with passwords of caches, `<namespace>.<service>`; it may be missing."""
