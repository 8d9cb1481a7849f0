"""What is wrong with a bucket or with Thanos is said whole, before anything is registered."""

from typing import Any

import pulumi
import pytest

from tests.stacks.companies import MINI, cluster
from tools.program.running import run_main, stack_recorder

S3 = {"bucket": "metrics", "region": "eu-west-1"}


def refusal(**changes: Any) -> list[str]:
    """The lines of the error for changed sections, without file and line; nothing may be registered."""
    recorder = stack_recorder(MINI, "staging", changes={f"tocsin:{key}": value for key, value in changes.items()})
    with pytest.raises(pulumi.RunError) as error:
        recorder.run(run_main)
    assert recorder.recording.resources == ()
    return [line.partition(": stack staging: ")[2] for line in str(error.value).splitlines()]


@pytest.mark.parametrize(
    ("store", "words"),
    [
        (
            {},
            "tocsin:objectStore: got none; expected exactly one store: s3, gcs, azure or in_cluster; add one",
        ),
        (
            {"s3": S3, "gcs": {"bucket": "metrics"}},
            (
                "tocsin:objectStore: got s3 and gcs; expected exactly one store: s3, gcs, azure or in_cluster; "
                "remove all but one"
            ),
        ),
        (
            {"s3": {**S3, "access_key": "a"}},
            (
                "tocsin:objectStore.s3: got one of access_key and secret_key; expected both, or neither with an "
                "`identity`; add or remove one"
            ),
        ),
        (
            {"s3": S3},
            (
                "tocsin:objectStore.identity: is missing; expected the identity of who writes to the bucket, or "
                "access_key and secret_key in s3; add `identity: …`"
            ),
        ),
        (
            {"gcs": {"bucket": "metrics"}, "identity": "x"},
            (
                "tocsin:objectStore.identity: got an identity for gcs on eks; expected service_account in gcs: only "
                "gke gives pods an identity there; add service_account and remove identity"
            ),
        ),
        (
            {"in_cluster": {}},
            (
                "tocsin:objectStore.in_cluster.secret_key: is missing on eks; expected one of your own, since the "
                "default is known to everybody; run `pulumi config set --secret --path "
                "tocsin:objectStore.in_cluster.secret_key`"
            ),
        ),
    ],
)
def test_a_bucket_that_nobody_could_reach(store: dict[str, Any], words: str) -> None:
    """One store, and somebody who may write to it."""
    assert refusal(objectStore=store) == [words]


def test_thanos_needs_a_bucket() -> None:
    """Without one there is nothing to read."""
    assert refusal(objectStore=None) == [
        (
            "tocsin:thanos: got it without tocsin:objectStore; expected the bucket that it keeps and reads; "
            "add tocsin:objectStore, or remove tocsin:thanos"
        )
    ]


def test_retention_fits_the_windows_of_rules_and_ascends() -> None:
    """The ruler reads raw data only; and what is thinned would end before its source."""
    kept = {"raw": "20d", "five_minutes": "8d", "one_hour": "7d"}
    assert refusal(thanos={"compactor": {"retention": kept}}) == [
        (
            "tocsin:thanos.compactor.retention.five_minutes: got 8d; expected at least 20d: raw is kept for 20d; "
            "raise it, or remove it to keep it for ever"
        ),
        (
            "tocsin:thanos.compactor.retention.one_hour: got 7d; expected at least 10d: five_minutes is kept for 8d; "
            "raise it, or remove it to keep it for ever"
        ),
        (
            "tocsin:thanos.compactor.retention.raw: got 20d; expected at least 32d: the ruler never reads thinned "
            "data; write 32d, or remove it to keep it for ever"
        ),
    ]
    assert refusal(thanos={"compactor": {"retention": {"five_minutes": "90d"}}}) == [
        (
            "tocsin:thanos.compactor.retention.five_minutes: got 90d; expected none: raw is kept for ever; "
            "raise it, or remove it to keep it for ever"
        ),
    ]


def test_stores_are_divided_in_one_way() -> None:
    """By hash or by age, and ages ascend."""
    assert refusal(thanos={"store": {"shards": 2, "by_age": ["60d", "30d"]}}) == [
        "tocsin:thanos.store.by_age: got 60d, 30d; expected ages above zero that ascend, such as 30d, 180d; sort them",
        (
            "tocsin:thanos.store.by_age: got it beside shards; expected one of shards (by hash) and by_age; "
            "remove one of them"
        ),
    ]


def test_a_store_in_a_cluster_of_one_person_needs_no_key() -> None:
    """On kind the network alone protects it."""
    recorder = stack_recorder(
        MINI,
        "staging",
        changes={
            "tocsin:cluster": cluster(flavour="kind"),
            "tocsin:objectStore": {"in_cluster": {}},
            "tocsin:secrets": {"missing": "empty"},
        },
    )
    recorder.run(run_main)
    policy = recorder.recording.manifest("NetworkPolicy", "object-store")["spec"]
    callers = {peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in policy["ingress"][0]["from"]}
    assert callers == {"prometheus", "thanos-compactor", "thanos-ruler", "thanos-store-0"}
