"""`tocsin:secrets`: what receivers and exporters show to others, given here or kept in a store outside."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, SecretStr

from alerting.model.document_model import Name
from stacks.sections.section import Section, rule, shaped

_PEM: Final = "one that begins with -----BEGIN CERTIFICATE-----"
_ARN: Final = "an ARN such as arn:aws:iam::123456789012:role/secrets"


class Login(Section):
    """Of an exporter at a database."""

    username: str
    """The user."""
    password: SecretStr
    """The user's password."""


class VaultSection(Section):
    """HashiCorp Vault."""

    server: Annotated[str, shaped(r"https://[^\s/]+/?", "address of a Vault", "one such as https://vault.example.com")]
    """Its address, https://vault.example.com."""
    role: str
    """The role of the Kubernetes auth method that may read below `prefix`."""
    path: str = "secret"
    """Where the KV engine, version 2, is mounted."""
    mount: str = "kubernetes"
    """Where the Kubernetes auth method is mounted."""
    namespace: str | None = None
    """Of Vault Enterprise."""
    ca: Annotated[str, shaped(r"(?s)-----BEGIN CERTIFICATE-----.*", "certificate in PEM", _PEM, 100_000)] | None = None
    """The certificate, in PEM, of who signed the server's, if the public ones have not."""


class AwsSection(Section):
    """AWS Secrets Manager."""

    region: Annotated[str, shaped(r"[a-z]{2}(-[a-z]+)+-[0-9]", "region of AWS", "one such as eu-west-1")]
    """Where they are."""
    role: Annotated[str, shaped(r"arn:aws[-a-z]*:iam::[0-9]{12}:role/\S+", "role of IAM", _ARN)]
    """The ARN of the role of IAM that may read them."""


def _one_place(keys: Mapping[str, Any]) -> str | None:
    if "vault" in keys and "aws" in keys:
        return "got vault and aws; expected one store outside, or none; remove one of them"
    if ("vault" in keys or "aws" in keys) and (keys.get("alertmanager") or keys.get("databases")):
        return "got values beside a store outside; expected them in it; remove them here"
    return None


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
    prefix: Annotated[
        str, shaped(r"([a-zA-Z0-9_.-]+/)*", "beginning of names", "one such as tocsin/, with a slash at its end")
    ] = "tocsin/"
    """Before the names alertmanager-secrets, tocsin-bot and database-<name> in the store outside."""

    @property
    def outside(self) -> bool:
        """Whether there is a store outside."""
        return self.vault is not None or self.aws is not None

    _one_place = rule(_one_place)
