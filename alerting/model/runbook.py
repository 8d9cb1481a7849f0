"""`runbooks/<AlertName>.md`: front matter for the machine, Markdown for people."""

from alerting.model.action import RemediationBinding
from alerting.model.document_model import AlertName, DocumentModel


class RunbookFrontMatter(DocumentModel):
    """The lines between the two `---` of a runbook."""

    alert: AlertName
    """The alert's name, which is the file's own."""
    title: str
    """What is wrong, in a few words for a list."""
    remediation: RemediationBinding | None = None
    """The action that usually helps; a service may bind another one, or name the target."""
