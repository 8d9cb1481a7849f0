"""`tocsin:secrets`: what receivers and exporters show to others, given here or kept in a store outside."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from alerting.model.document_model import Name
from stacks.sections.section import Section


class Login(Section):
    """Of an exporter at a database."""

    username: str
    """The user."""
    password: SecretStr
    """The user's password."""


class VaultSection(Section):
    """HashiCorp Vault."""

    server: Annotated[str, Field(pattern=r"^https://[^\s/]+/?$")]
    """Its address, https://vault.example.com."""
    role: str
    """The role of the Kubernetes auth method that may read below `prefix`."""
    path: str = "secret"
    """Where the KV engine, version 2, is mounted."""
    mount: str = "kubernetes"
    """Where the Kubernetes auth method is mounted."""
    namespace: str | None = None
    """Of Vault Enterprise."""
    ca: Annotated[str, Field(pattern=r"(?s)^-----BEGIN CERTIFICATE-----.*")] | None = None
    """The certificate, in PEM, of who signed the server's, if the public ones have not."""


class AwsSection(Section):
    """AWS Secrets Manager."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    """Where they are."""
    role: Annotated[str, Field(pattern=r"^arn:aws[-a-z]*:iam::[0-9]{12}:role/\S+$")]
    """The ARN of the role of IAM that may read them."""


class Secrets(Section):
    """The whole of `tocsin:secrets`."""

    alertmanager: Mapping[str, SecretStr] = Field(default_factory=dict)
    """The content of each file that policies/routing.yaml has a receiver read, by the file's name."""
    databases: Mapping[Name, Login] = Field(default_factory=dict)
    """Database → who its exporters are there."""
    missing: Literal["refuse", "empty"] = "refuse"
    """What happens without a value: the program refuses, or it goes on and nobody is reached that way."""
    vault: VaultSection | None = None
    """A store outside."""
    aws: AwsSection | None = None
    """Another."""
    prefix: Annotated[str, Field(pattern=r"^([a-zA-Z0-9_.-]+/)*$")] = "tocsin/"
    """Before the names alertmanager-secrets, tocsin-bot and database-<name> in the store outside."""

    @property
    def outside(self) -> bool:
        """Whether there is a store outside."""
        return self.vault is not None or self.aws is not None

    @model_validator(mode="after")
    def _one_place(self) -> "Secrets":
        if self.vault is not None and self.aws is not None:
            raise ValueError("got vault and aws; expected one store outside, or none")
        if self.outside and (self.alertmanager or self.databases):
            raise ValueError("got values beside a store outside; expected them in it; remove them here")
        return self
