"""`policies/access.yaml`: roles and who has them."""

from collections.abc import Mapping
from typing import Literal

from alerting.model.document_model import DocumentModel, Name

Verb = Literal[
    "declare", "ack", "assign", "note", "priority", "mitigate", "resolve", "reopen", "close", "merge", "redact"
]


class Role(DocumentModel):
    """What a role may do."""

    extends: Name | None = None
    may: tuple[Verb, ...] = ()
    run: tuple[str, ...] = ()
    """Remediation actions it may run; `*` is all."""
    approve: tuple[str, ...] = ()
    """Remediation actions it may approve; `*` is all."""


class Grantee(DocumentModel):
    """Who gets a role: exactly one of these."""

    team: Name | None = None
    github_team: str | None = None
    member: Name | None = None
    oidc_group: str | None = None


class Grant(DocumentModel):
    """A role for someone."""

    role: Name
    to: Grantee


class Access(DocumentModel):
    """The whole of `policies/access.yaml`."""

    roles: Mapping[Name, Role]
    grants: tuple[Grant, ...] = ()
