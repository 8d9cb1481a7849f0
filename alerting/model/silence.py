"""`policies/silences/<name>.yaml`: a silence with a reason, an owner and an end."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from alerting.model.document_model import DocumentModel, Name


class Silence(DocumentModel):
    """Alerts that these matchers pick notify nobody between `from` and `to`."""

    matchers: Annotated[tuple[str, ...], Field(min_length=1)]
    from_: Annotated[AwareDatetime, Field(alias="from")]
    to: AwareDatetime
    owner: Name
    reason: Annotated[str, Field(min_length=1)]

    def active(self, at: datetime) -> bool:
        """Whether the silence holds at that instant."""
        return self.from_ <= at < self.to
