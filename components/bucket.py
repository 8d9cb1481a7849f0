"""How Thanos reaches the bucket: its configuration as a Secret, and what a pod with the bucket needs.

https://thanos.io/tip/thanos/storage.md/. Everything of a cluster lies under the cluster's own name in the bucket, so
that clusters can share a bucket and still no block ever has two compactors.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from alerting.yaml_text import dump
from components.component import Component
from components.flavours import Identity
from components.network import Allow
from components.objects import OPEN, metadata
from components.prometheus_server import SecretKey

SECRET: Final = "thanos-object-store"
KEY: Final = "objstore.yml"
OBJECT_STORE: Final = SecretKey(name=SECRET, key=KEY)
"""What everything that uses the bucket mounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What pods with the bucket are given."""

    identity: Identity
    egress: tuple[Allow, ...]
    """The way to the store."""
    config_sum: str
    """Of the configuration, whose change starts them anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketConfigArgs:
    """Which bucket, and where in it."""

    namespace: str
    config: Mapping[str, Any]
    """As `s3`, `gcs` or `azure` make it; values may be Outputs."""
    prefix: str
    """Before everything of this cluster."""


class BucketConfig(Component):
    """The Secret with the bucket's configuration, before everything that mounts it."""

    def __init__(
        self,
        name: str,
        args: BucketConfigArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers the Secret."""
        super().__init__("BucketConfig", name, opts, after)
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["data", "stringData"])
        self.place(_secret(args), opts=hidden)
        self.finish(secret=SECRET)


def s3(
    bucket: str,
    region: str,
    *,
    endpoint: str | None = None,
    kms_key: str | None = None,
    keys: tuple[Any, Any] | None = None,
    insecure: bool = False,
) -> dict[str, Any]:
    """A bucket that speaks S3; without `keys` the SDK finds the pod's identity."""
    config: dict[str, Any] = {
        "bucket": bucket,
        "region": region,
        "endpoint": endpoint or f"s3.{region}.amazonaws.com",
        "insecure": insecure,
    }
    if keys is None:
        config["aws_sdk_auth"] = True
    else:
        config["access_key"], config["secret_key"] = keys
    if kms_key is not None:
        config["sse_config"] = {"type": "SSE-KMS", "kms_key_id": kms_key}
    if endpoint is not None:
        config["bucket_lookup_type"] = "path"
    return {"type": "S3", "config": config}


def gcs(bucket: str, *, service_account: Any = None) -> dict[str, Any]:
    """A bucket of Google; without a key the client finds the pod's identity."""
    config: dict[str, Any] = {"bucket": bucket}
    if service_account is not None:
        config["service_account"] = service_account
    return {"type": "GCS", "config": config}


def azure(account: str, container: str, endpoint: str, *, account_key: Any = None) -> dict[str, Any]:
    """A container of Azure; without a key the client finds the pod's identity."""
    config: dict[str, Any] = {"storage_account": account, "container": container, "endpoint": endpoint}
    if account_key is not None:
        config["storage_account_key"] = account_key
    return {"type": "AZURE", "config": config}


def _secret(args: BucketConfigArgs) -> dict[str, Any]:
    """It holds keys only where the pods have no identity of their own."""
    keys = any(isinstance(value, pulumi.Output) for value in args.config["config"].values())
    whole: Any = dump({**args.config, "prefix": args.prefix}) if not keys else _with_keys(args)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(SECRET, args.namespace, annotations=None if keys else OPEN),
        "type": "Opaque",
        "stringData": {KEY: whole},
    }


def _with_keys(args: BucketConfigArgs) -> pulumi.Output[str]:
    return pulumi.Output.secret(dict(args.config)).apply(lambda found: dump({**found, "prefix": args.prefix}))
