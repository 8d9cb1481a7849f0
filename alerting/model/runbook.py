"""`runbooks/<AlertName>.md`: front matter for the machine, Markdown for people."""

from alerting.model.action import RemediationBinding
from alerting.model.document_model import AlertName, DocumentModel


class RunbookFrontMatter(DocumentModel):
    """The lines between the two `---` of a runbook."""

    alert: AlertName
    title: str
    remediation: RemediationBinding | None = None
