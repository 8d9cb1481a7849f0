"""What must fit together between `tocsin:objectStore`, `tocsin:thanos`, the cluster and the policy."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.retention import least_retention
from alerting.syntax import Flaw
from stacks.sections.object_store import ObjectStore
from stacks.sections.stack import Stack

_HOME: Final = {"s3": "eks", "gcs": "gke", "azure": "aks"}
"""The flavour whose pods have an identity at that store."""
_KEYS: Final = {"s3": "access_key and secret_key", "gcs": "service_account", "azure": "account_key"}
_RAW_ENOUGH: Final = Duration.parse("40h")
"""The age at which raw data is thinned to five minutes."""
_FIVE_ENOUGH: Final = Duration.parse("10d")
"""The age at which that is thinned to an hour. https://thanos.io/tip/components/compact.md/#downsampling"""
_FOR_EVER: Final = Duration.parse("36500d")


def thanos_has_a_bucket(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Without a bucket there is nothing to keep and nothing to read."""
    if stack.thanos is not None and stack.object_store is None:
        yield Flaw(
            path=("thanos",),
            wrong="got it without tocsin:objectStore",
            expected="expected the bucket that it keeps and reads",
            fix="add tocsin:objectStore, or remove tocsin:thanos",
        )


def bucket_can_be_reached(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Whoever uploads shows an identity of the cluster's cloud, or a key."""
    store = stack.object_store
    if store is None:
        return
    if store.in_cluster is not None:
        if store.in_cluster.secret_key is None and stack.cluster.flavour != "kind":
            yield Flaw(
                path=("objectStore", "in_cluster", "secret_key"),
                wrong=f"is missing on {stack.cluster.flavour}",
                expected="expected one of your own, since the default is known to everybody",
                fix="run `pulumi config set --secret --path tocsin:objectStore.in_cluster.secret_key`",
            )
        return
    kind = next(name for name in _HOME if getattr(store, name) is not None)
    if _has_keys(store):
        return
    if store.identity is None:
        yield Flaw(
            path=("objectStore", "identity"),
            wrong="is missing",
            expected=f"expected the identity of who writes to the bucket, or {_KEYS[kind]} in {kind}",
            fix="add `identity: …`",
        )
    elif stack.cluster.flavour != _HOME[kind]:
        yield Flaw(
            path=("objectStore", "identity"),
            wrong=f"got an identity for {kind} on {stack.cluster.flavour}",
            expected=f"expected {_KEYS[kind]} in {kind}: only {_HOME[kind]} gives pods an identity there",
            fix=f"add {_KEYS[kind]} and remove identity",
        )


def _has_keys(store: ObjectStore) -> bool:
    found = (
        store.s3.access_key if store.s3 is not None else None,
        store.gcs.service_account if store.gcs is not None else None,
        store.azure.account_key if store.azure is not None else None,
    )
    return any(one is not None for one in found)


def retention_fits_rules(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Rules read raw data as far back as their windows go, and what is thinned lives at least as long as its source."""
    if stack.thanos is None:
        return
    kept, path = stack.thanos.compactor.retention, ("thanos", "compactor", "retention")
    least = max(least_retention(policy), _RAW_ENOUGH)
    if kept.raw is not None and kept.raw < least:
        yield Flaw(
            path=(*path, "raw"),
            wrong=f"got {kept.raw}",
            expected=f"expected at least {least}: the ruler never reads thinned data",
            fix=f"write {least}, or remove it to keep it for ever",
        )
    by_name = (("raw", kept.raw), ("five_minutes", kept.five_minutes), ("one_hour", kept.one_hour))
    for (source, kept_for), (name, given) in pairwise(by_name):
        if given is None or given >= max(kept_for or _FOR_EVER, _FIVE_ENOUGH):
            continue
        words = f"at least {max(kept_for, _FIVE_ENOUGH)}" if kept_for is not None else "none"
        yield Flaw(
            path=(*path, name),
            wrong=f"got {given}",
            expected=f"expected {words}: {source} is kept for {kept_for or 'ever'}",
            fix="raise it, or remove it to keep it for ever",
        )


def store_is_divided_once(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """By hash or by age, and by ages that ascend."""
    if stack.thanos is None:
        return
    store = stack.thanos.store
    if store.by_age and store.shards != 1:
        yield Flaw(
            path=("thanos", "store", "by_age"),
            wrong="got it beside shards",
            expected="expected one of shards (by hash) and by_age",
            fix="remove one of them",
        )
    if list(store.by_age) != sorted(set(store.by_age)) or any(age.ms <= 0 for age in store.by_age):
        yield Flaw(
            path=("thanos", "store", "by_age"),
            wrong=f"got {', '.join(map(str, store.by_age))}",
            expected="expected ages above zero that ascend, such as 30d, 180d",
            fix="sort them",
        )
