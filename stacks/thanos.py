"""Settings → the bucket, and the finished values that the components of Thanos take."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pulumi
from pydantic import SecretStr

from components import flavours
from components.bucket import Bucket, BucketConfig, BucketConfigArgs, azure, gcs, s3
from components.digest import digest
from components.network import HTTPS_OUT, Allow
from components.object_storage import (
    ACCESS_KEY,
    BUCKET,
    EVERYBODY_KNOWS,
    REGION,
    WAY,
    ObjectStorage,
    ObjectStorageArgs,
    endpoint,
)
from components.prometheus_server import NAME as PROMETHEUS
from components.thanos import TLS_FOLDER
from components.thanos_compactor import NAME as COMPACTOR
from components.thanos_compactor import ThanosCompactor, ThanosCompactorArgs
from components.thanos_query import ThanosQuery, ThanosQueryArgs
from components.thanos_query_frontend import NAME as FRONTEND
from components.thanos_query_frontend import ThanosQueryFrontend, ThanosQueryFrontendArgs
from components.thanos_ruler import NAME as RULER
from components.thanos_ruler import ThanosRuler, ThanosRulerArgs
from components.thanos_store import ThanosStore, ThanosStoreArgs, store_names
from stacks.monitoring import Monitoring, resources
from stacks.sections.object_store import ObjectStore
from stacks.sections.thanos import Thanos


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The bucket as others need it."""

    bucket: Bucket
    ready: tuple[pulumi.Resource, ...]
    """What must be there before anything that mounts its configuration."""


def keep(monitoring: Monitoring, inside: pulumi.ResourceOptions, after: Iterable[pulumi.Resource]) -> Kept | None:
    """Registers the bucket's configuration, and the store itself where it is in the cluster; None without a bucket."""
    section = monitoring.stack.object_store
    if section is None:
        return None
    config = bucket_config(section, monitoring.namespace, tls=monitoring.cluster.tls)
    waits = list(after)
    egress: tuple[Allow, ...] = (HTTPS_OUT,)
    if section.in_cluster is not None:
        egress = (WAY,)
        waits.append(ObjectStorage("object-store", _server(monitoring, section), inside, after=waits))
    args = BucketConfigArgs(namespace=monitoring.namespace, config=config, prefix=monitoring.cluster.name)
    made = BucketConfig("bucket", args, inside, after=waits)
    identity = flavours.identity(monitoring.cluster.flavour, section.identity)
    shown = section.model_dump_json()  # in which pydantic hides secrets
    return Kept(bucket=Bucket(identity=identity, egress=egress, config_sum=digest(shown)), ready=(made,))


def bucket_config(section: ObjectStore, namespace: str, *, tls: bool) -> dict[str, Any]:
    """The configuration of whichever store it is; secrets are Outputs."""
    if section.s3 is not None:
        one = section.s3
        keys = (_secret(one.access_key), _secret(one.secret_key))
        return s3(
            one.bucket,
            one.region,
            endpoint=one.endpoint,
            kms_key=one.kms_key,
            keys=None if one.access_key is None else keys,
        )
    if section.gcs is not None:
        return gcs(section.gcs.bucket, service_account=_secret(section.gcs.service_account))
    if section.azure is not None:
        there = section.azure
        return azure(there.account, there.container, there.endpoint, account_key=_secret(there.account_key))
    assert section.in_cluster is not None
    own = (ACCESS_KEY, _own_key(section))
    found = s3(BUCKET, REGION, endpoint=endpoint(namespace), keys=own, insecure=not tls)
    if tls:
        found["config"]["http_config"] = {"tls_config": {"ca_file": f"{TLS_FOLDER}/ca.crt"}}
    return found


def _secret(value: SecretStr | None) -> pulumi.Output[str] | None:
    return None if value is None else pulumi.Output.secret(value.get_secret_value())


def _own_key(section: ObjectStore) -> pulumi.Output[str]:
    given = section.in_cluster.secret_key if section.in_cluster is not None else None
    return pulumi.Output.secret(EVERYBODY_KNOWS if given is None else given.get_secret_value())


def _server(monitoring: Monitoring, section: ObjectStore) -> ObjectStorageArgs:
    assert section.in_cluster is not None
    stores = store_names(_thanos(monitoring).store.shards, _thanos(monitoring).store.by_age)
    return ObjectStorageArgs(
        namespace=monitoring.namespace,
        images=monitoring.images,
        storage=section.in_cluster.storage,
        storage_class=monitoring.storage_class,
        secret_key=_own_key(section),
        tls=monitoring.cluster.tls,
        callers=(PROMETHEUS, COMPACTOR, RULER, *stores),
    )


def _thanos(monitoring: Monitoring) -> Thanos:
    return monitoring.stack.thanos or Thanos()


def long_term(
    monitoring: Monitoring, kept: Kept | None, inside: pulumi.ResourceOptions, after: Iterable[pulumi.Resource]
) -> str | None:
    """Registers what reads and keeps the bucket, and gives the address for people; None without a bucket."""
    if kept is None:
        return None
    told, waits = LongTerm(monitoring, kept), (*after, *kept.ready)
    store = ThanosStore("thanos-store", told.store(), inside, after=waits)
    ThanosCompactor("thanos-compactor", told.compactor(), inside, after=waits)
    query = ThanosQuery("thanos-query", told.query([*store.services, RULER]), inside, after=waits)
    ThanosRuler("thanos-ruler", told.ruler(), inside, after=waits)
    return ThanosQueryFrontend("thanos-query-frontend", told.frontend(query.url), inside, after=waits).url


class LongTerm:
    """The values of Thanos in one stack."""

    def __init__(self, monitoring: Monitoring, kept: Kept) -> None:
        """Computes nothing yet."""
        self.monitoring, self.section, self.bucket = monitoring, _thanos(monitoring), kept.bucket
        self.around = monitoring.around

    def query(self, services: list[str]) -> ThanosQueryArgs:
        """Of query, which asks these Services beside the sidecars."""
        own = self.section.query
        return ThanosQueryArgs(
            around=self.around,
            replicas=own.replicas,
            max_concurrent=own.max_concurrent,
            max_concurrent_select=own.max_concurrent_select,
            timeout=own.timeout,
            max_series=own.max_series,
            resources=resources(own.resources),
            services=services,
            callers=[FRONTEND, RULER],
        )

    def frontend(self, query: str) -> ThanosQueryFrontendArgs:
        """Of query-frontend, before the query at that address."""
        own = self.section.query_frontend
        return ThanosQueryFrontendArgs(
            around=self.around,
            replicas=own.replicas,
            split=own.split,
            cache=own.cache,
            memcached=own.memcached,
            resources=resources(own.resources),
            query=query,
        )

    def store(self) -> ThanosStoreArgs:
        """Of the store gateways."""
        own = self.section.store
        return ThanosStoreArgs(
            around=self.around,
            bucket=self.bucket,
            replicas=own.replicas,
            shards=own.shards,
            by_age=own.by_age,
            storage=own.storage,
            storage_class=self.monitoring.storage_class,
            index_cache=own.index_cache,
            max_series=own.max_series,
            max_samples=own.max_samples,
            max_download=own.max_download,
            max_concurrent=own.max_concurrent,
            resources=resources(own.resources),
        )

    def compactor(self) -> ThanosCompactorArgs:
        """Of the compactor."""
        own = self.section.compactor
        return ThanosCompactorArgs(
            around=self.around,
            bucket=self.bucket,
            raw=own.retention.raw,
            five_minutes=own.retention.five_minutes,
            one_hour=own.retention.one_hour,
            concurrency=own.concurrency,
            storage=own.storage,
            storage_class=self.monitoring.storage_class,
            resources=resources(own.resources),
        )

    def ruler(self) -> ThanosRulerArgs:
        """Of the ruler."""
        own, cluster = self.section.ruler, self.monitoring.cluster.name
        return ThanosRulerArgs(
            around=self.around,
            bucket=self.bucket,
            replicas=own.replicas,
            external_labels={"cluster": cluster, **self.monitoring.stack.prometheus.external_labels},
            groups=self.monitoring.global_rules,
            storage=own.storage,
            storage_class=self.monitoring.storage_class,
            resources=resources(own.resources),
        )
