"""What every model of a policy file has in common: frozen, and no unknown keys."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

NAME_PATTERN: Final = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
ALERT_NAME_PATTERN: Final = r"^[A-Z][A-Za-z0-9]*$"

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=63)]
"""A lower-case name in kebab-case; short enough for a Kubernetes object's name."""

AlertName = Annotated[str, StringConstraints(pattern=ALERT_NAME_PATTERN, max_length=120)]
"""An alert's name in CamelCase."""

Severity = Literal["page", "ticket", "info"]
Priority = Literal["P0", "P1", "P2", "P3", "P4"]
Tier = Literal[1, 2, 3]


class DocumentModel(BaseModel):
    """The shape of (a part of) a policy file."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True)
