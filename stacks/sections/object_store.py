"""`tocsin:objectStore`: the bucket that keeps what Prometheus measured, and who may write to it."""

from typing import Annotated

from pydantic import Field, SecretStr, model_validator

from stacks.sections.section import Bytes, Host, Section

BucketName = Annotated[str, Field(pattern=r"^[a-z0-9][-a-z0-9._]{1,61}[a-z0-9]$")]
KINDS = ("s3", "gcs", "azure", "in_cluster")


class S3(Section):
    """A bucket of Amazon S3, or of another store that speaks the same over TLS."""

    bucket: BucketName
    """Its name."""
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    """Where it is."""
    endpoint: Host | None = None
    """The store's host where it is not Amazon's."""
    kms_key: str | None = None
    """The key of KMS that encrypts what is written; the bucket's own encryption by default."""
    access_key: SecretStr | None = None
    """Of a user, where there is no workload identity."""
    secret_key: SecretStr | None = None
    """The same user's."""


class Gcs(Section):
    """A bucket of Google Cloud Storage."""

    bucket: BucketName
    """Its name."""
    service_account: SecretStr | None = None
    """The JSON key of an account, where there is no workload identity."""


class Azure(Section):
    """A container of Azure Blob Storage."""

    account: Annotated[str, Field(pattern=r"^[a-z0-9]{3,24}$")]
    """The storage account."""
    container: BucketName
    """The container in it."""
    endpoint: Host = "blob.core.windows.net"
    """Of the cloud that it is in."""
    account_key: SecretStr | None = None
    """A key of the account, where there is no workload identity."""


class InCluster(Section):
    """A store in the cluster itself, on one volume: for development, since it goes with the cluster."""

    storage: Bytes = "50Gi"
    """Its volume."""
    secret_key: SecretStr | None = None
    """What its clients show; a value that everybody knows by default, allowed on kind only."""


class ObjectStore(Section):
    """The whole of `tocsin:objectStore`: exactly one store."""

    s3: S3 | None = None
    """Amazon S3 or alike."""
    gcs: Gcs | None = None
    """Google Cloud Storage."""
    azure: Azure | None = None
    """Azure Blob Storage."""
    in_cluster: InCluster | None = None
    """In the cluster itself, for development."""
    identity: str | None = None
    """Who its writers are in the cloud: a role's ARN on EKS, an account's address on GKE, a client id on AKS."""

    @model_validator(mode="after")
    def _one(self) -> "ObjectStore":
        found = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(found) != 1:
            got = f"got {' and '.join(found)}" if found else "got none"
            raise ValueError(f"{got}; expected exactly one store: s3, gcs, azure or in_cluster")
        if self.s3 is not None and (self.s3.access_key is None) != (self.s3.secret_key is None):
            raise ValueError("got one of access_key and secret_key; expected both, or neither with an `identity`")
        return self
