"""Names of time zones, checked against the IANA database of this machine (or the PyPI package tzdata)."""

import difflib
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, WithJsonSchema


def parse_timezone(name: str) -> str:
    """The name itself if it is a zone of the IANA database; raises ValueError with the nearest names otherwise."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        near = difflib.get_close_matches(name[:60], sorted(available_timezones()), n=1, cutoff=0.6)
        expected = f"expected an IANA name such as {near[0] if near else 'Europe/Lisbon'} or UTC"
        raise ValueError(f"{name[:60]!r} is not a time zone; {expected}") from error
    return name


Timezone = Annotated[
    str, AfterValidator(parse_timezone), WithJsonSchema({"type": "string", "examples": ["Europe/Lisbon", "UTC"]})
]
"""A time zone's IANA name."""
