"""`tocsin:objectStore`: the bucket that keeps what Prometheus measured, and who may write to it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import SecretStr

from stacks.sections.section import Bytes, Host, Section, rule, shaped

BucketName = Annotated[
    str, shaped(r"[a-z0-9][-a-z0-9._]{1,61}[a-z0-9]", "name of a bucket", "one such as example-metrics")
]
KINDS = ("s3", "gcs", "azure", "in_cluster")


def _whole_key(keys: Mapping[str, Any]) -> str | None:
    if ("access_key" in keys) == ("secret_key" in keys):
        return None
    return "got one of access_key and secret_key; expected both, or neither with an `identity`; add or remove one"


class S3(Section):
    """A bucket of Amazon S3, or of another store that speaks the same over TLS."""

    bucket: BucketName
    """Its name."""
    region: Annotated[str, shaped(r"[a-z0-9-]+", "region", "one such as eu-west-1")]
    """Where it is."""
    endpoint: Host | None = None
    """The store's host where it is not Amazon's."""
    kms_key: str | None = None
    """The key of KMS that encrypts what is written; the bucket's own encryption by default."""
    access_key: SecretStr | None = None
    """Of a user, where there is no workload identity."""
    secret_key: SecretStr | None = None
    """The same user's."""

    _whole_key = rule(_whole_key)


class Gcs(Section):
    """A bucket of Google Cloud Storage."""

    bucket: BucketName
    """Its name."""
    service_account: SecretStr | None = None
    """The JSON key of an account, where there is no workload identity."""


class Azure(Section):
    """A container of Azure Blob Storage."""

    account: Annotated[str, shaped(r"[a-z0-9]{3,24}", "storage account", "3 to 24 lower-case letters and digits")]
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


def _one(keys: Mapping[str, Any]) -> str | None:
    found = [kind for kind in KINDS if kind in keys]
    if len(found) == 1:
        return None
    got, fix = (" and ".join(found), "remove all but one") if found else ("none", "add one")
    return f"got {got}; expected exactly one store: s3, gcs, azure or in_cluster; {fix}"


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

    _one = rule(_one)
