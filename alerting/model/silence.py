"""`policies/silences/<name>.yaml`: a silence with a reason, an owner and an end."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from alerting.model.document_model import DocumentModel, Name
from alerting.model.matcher import MatcherText, parse_all
from alerting.model.quantities import Instant


class Silence(DocumentModel):
    """Alerts that these matchers pick notify nobody between `from` and `to`."""

    matchers: Annotated[tuple[MatcherText, ...], Field(min_length=1)]
    """Which alerts are silent; all of the matchers must match."""
    from_: Annotated[Instant, Field(alias="from")]
    """When it starts."""
    to: Instant
    """When it ends."""
    owner: Name
    """The team that answers for it."""
    reason: Annotated[str, Field(min_length=1)]
    """Why nobody needs to hear of them."""

    @model_validator(mode="after")
    def _holds_for_something(self) -> "Silence":
        if self.to <= self.from_:
            raise ValueError("it ends before it starts; expected `to` to be later than `from`")
        # Alertmanager refuses such a silence, which would mute alerts by what they lack.
        if all(matcher.accepts("") for matcher in parse_all(self.matchers)):
            raise ValueError(
                "its matchers accept alerts without any of these labels, so it would silence nearly everything; "
                'expected at least one that needs a label, such as service="checkout"'
            )
        return self

    def active(self, at: datetime) -> bool:
        """Whether the silence holds at that instant."""
        return self.from_ <= at < self.to
