"""`policies/access.yaml`: roles and who has them."""

from collections.abc import Mapping
from typing import Literal

from alerting.model.document_model import DocumentModel, Name

Verb = Literal[
    "declare",
    "ack",
    "assign",
    "note",
    "priority",
    "mitigate",
    "resolve",
    "reopen",
    "close",
    "merge",
    "redact",
    "freeze",
]


class Role(DocumentModel):
    """What a role may do."""

    extends: Name | None = None
    """The role whose rights this one has as well."""
    may: tuple[Verb, ...] = ()
    """What it may do to incidents."""
    run: tuple[str, ...] = ()
    """Remediation actions it may run; `*` is all."""
    approve: tuple[str, ...] = ()
    """Remediation actions it may approve; `*` is all."""


class Grantee(DocumentModel):
    """Who gets a role: exactly one of these."""

    team: Name | None = None
    """The members of a team of policies/teams/."""
    github_team: str | None = None
    """The members of a team of the GitHub organisation, by its slug."""
    member: Name | None = None
    """One person, by the name in their team."""
    slack_user: str | None = None
    """One person, by the Slack id in their team's file, such as U01ANA."""
    oidc_group: str | None = None
    """The members of a group of the single sign-on."""


class Grant(DocumentModel):
    """A role for someone."""

    role: Name
    """A role of `roles`."""
    to: Grantee
    """Who gets it."""


class Access(DocumentModel):
    """The whole of `policies/access.yaml`."""

    roles: Mapping[Name, Role]
    """What each role may do, by its name."""
    grants: tuple[Grant, ...] = ()
    """Who has which role."""
    approvers: tuple[str, ...] = ()
    """Teams on GitHub, such as `example/sre`, that approve changes of what holds for all; the platform's by default."""
