"""Guardrails about the usual mistakes with Thanos."""

from typing import Any

import pytest

from policies.guardrails.registered import Resource
from tests.guardrails.conftest import Said
from tests.guardrails.objects import container, operated, resource, thanos, workload

SIDECAR = {
    "image": "registry.example.com/thanos:v0.42.4",
    "objectStorageConfig": {"name": "thanos-object-store", "key": "objstore.yml"},
}


def service(name: str, app: str) -> Resource:
    """A Service in front of a workload."""
    about = {"name": name, "namespace": "monitoring"}
    spec = {"selector": {"app.kubernetes.io/name": app}}
    return resource({"apiVersion": "v1", "kind": "Service", "metadata": about, "spec": spec})


def test_one_compactor_is_fine(said: Said) -> None:
    """One per bucket, and none without a bucket."""
    assert said("one-compactor", operated(thanos=SIDECAR), thanos("store"), thanos("compact", "--wait")) == []
    assert said("one-compactor", operated()) == []


def test_a_second_compactor_is_stopped(said: Said) -> None:
    """Whether it is a replica or a workload of its own."""
    way_out = "expected exactly one per bucket; remove the others"
    assert said("one-compactor", thanos("compact", replicas=2)) == [
        f"the stack: more than one compactor (StatefulSet monitoring/compact with 2); {way_out}"
    ]
    names = "StatefulSet monitoring/compact with 1, StatefulSet monitoring/again with 1"
    assert (
        said("one-compactor", thanos("compact"), thanos("compact", name="again"))
        == [f"the stack: more than one compactor ({names}); {way_out}"] * 2
    )


@pytest.mark.parametrize("uploader", [operated(thanos=SIDECAR), thanos("store"), operated("ThanosRuler", **SIDECAR)])
def test_a_bucket_without_a_compactor_is_stopped(uploader: Resource, said: Said) -> None:
    """Nothing would ever be deleted from it; one that is scaled to none does not count."""
    for others in ((), (thanos("compact", replicas=0),)):
        assert said("one-compactor", uploader, *others) == [
            "the stack: blocks are uploaded and there is no compactor; expected exactly one; place the compactor"
        ]


def test_different_external_labels_are_fine(said: Said) -> None:
    """Shards differ, and a ruler differs from them."""
    ruler = thanos("rule", '--label=cluster="test"', '--label=ruler="global"')
    assert said("external-labels", operated(), operated(name="prometheus-1"), ruler) == []


def test_equal_external_labels_are_stopped(said: Said) -> None:
    """Of servers, and of a ruler, whichever way its labels are written."""
    way_out = "expected labels that no other has; add one that tells them apart"
    same = {"cluster": "test"}
    ruler = thanos("rule", "--label", 'cluster="test"')
    assert said("external-labels", operated(externalLabels=same), operated(name="b", externalLabels=same), ruler) == [
        f"Prometheus monitoring/b: has the same external labels as Prometheus monitoring/prometheus-0; {way_out}",
        "StatefulSet monitoring/rule: has the same external labels as Prometheus monitoring/prometheus-0; " + way_out,
    ]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"externalLabels": None},
            "has no external labels; expected some that no other has; name its cluster at least",
        ),
        (
            {"externalLabels": {"cluster": ""}},
            'external label cluster is ""; expected a value; set it or remove the label',
        ),
        (
            {"replicas": 2, "replicaExternalLabelName": ""},
            (
                "its replicas have the same external labels; expected replicaExternalLabelName; "
                "name the label that tells them apart"
            ),
        ),
    ],
)
def test_missing_external_labels_are_stopped(changed: dict[str, Any], words: str, said: Said) -> None:
    """None, an empty one, or replicas that nothing tells apart."""
    assert said("external-labels", operated(**changed)) == [f"Prometheus monitoring/prometheus-0: {words}"]


def test_a_ruler_needs_labels_too(said: Said) -> None:
    """It uploads what its recording rules make."""
    assert said("external-labels", operated("ThanosRuler", "ruler", labels=None)) == [
        (
            "ThanosRuler monitoring/ruler: has no external labels; expected some that no other has; "
            "name its cluster at least"
        )
    ]


def test_the_operators_sidecar_is_fine(said: Said) -> None:
    """It switches compaction off where it knows the bucket; without a sidecar Prometheus compacts as it likes."""
    assert said("no-local-compaction", operated(thanos=SIDECAR)) == []
    lasting = [{"name": "storage.tsdb.max-block-duration", "value": "1d"}]
    assert said("no-local-compaction", operated(additionalArgs=lasting)) == []


def test_local_compaction_beside_a_sidecar_is_stopped(said: Said) -> None:
    """By an argument of one's own, or with a sidecar that the operator does not know."""
    lasting = [{"name": "storage.tsdb.max-block-duration", "value": "1d"}]
    assert said("no-local-compaction", operated(thanos=SIDECAR, additionalArgs=lasting)) == [
        (
            "Prometheus monitoring/prometheus-0: sets storage.tsdb.max-block-duration by hand beside a sidecar; "
            "expected the operator's own, which switches local compaction off; remove the argument"
        )
    ]
    own = [container("sidecar", image="registry.example.com/thanos:v0.42.4", args=["sidecar"])]
    assert said("no-local-compaction", operated(containers=own)) == [
        (
            "Prometheus monitoring/prometheus-0: compacts blocks that its sidecar uploads; expected disableCompaction: "
            "true, as the operator does not know of the sidecar; set it, or describe the sidecar under `thanos`"
        )
    ]
    assert said("no-local-compaction", operated(containers=own, disableCompaction=True)) == []


def test_local_compaction_by_hand_is_stopped(said: Said) -> None:
    """A Prometheus that no operator runs must say itself that its blocks stay as they are."""
    sidecar = container("sidecar", image="registry.example.com/thanos:v0.42.4", args=["sidecar"])
    least, most = "--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h"

    def server(*flags: str) -> Resource:
        return workload(container("prometheus", args=["--storage.tsdb.path=/prometheus", *flags]), sidecar)

    assert said("no-local-compaction", server(least, most)) == []
    for flags in ((), (least,), (least, most.replace("2h", "1d"))):
        assert said("no-local-compaction", server(*flags)) == [
            (
                "Deployment shop/web: container prometheus compacts blocks that its sidecar uploads; expected "
                "--storage.tsdb.min-block-duration equal to --storage.tsdb.max-block-duration; set both to 2h"
            )
        ]


@pytest.mark.parametrize(
    "ruler",
    [
        thanos("rule", "--query=dnssrv+_http._tcp.thanos-query.monitoring.svc"),
        thanos("rule", "--query", "thanos-query.monitoring.svc.cluster.local:9090"),
        operated("ThanosRuler", "ruler", queryEndpoints=["dnssrv+_http._tcp.thanos-query.monitoring.svc"]),
    ],
)
def test_a_ruler_on_downsampled_data_is_stopped(ruler: Resource, said: Said) -> None:
    """The query that it asks, by whatever address, must answer from raw data."""
    flag = "--query.instant.default.max_source_resolution"
    front = service("thanos-query", "query")
    assert said("raw-ruler", ruler, front, thanos("query", "--query.auto-downsampling")) == []
    assert said("raw-ruler", ruler, front, thanos("query", f"{flag}=0s")) == []
    assert said("raw-ruler", ruler, front, thanos("query", f"{flag}=1h")) == [
        (
            f"StatefulSet monitoring/query: answers the ruler and has {flag}=1h; expected 0s, so that rules read raw "
            "data only; remove the flag, or let the ruler ask a query of its own"
        )
    ]
    assert said("raw-ruler", ruler, front, thanos("query", f"{flag}=1h", name="for-people")) == []


@pytest.mark.parametrize(
    "ruler",
    [
        operated("ThanosRuler", "ruler", queryConfig={"name": "ruler", "key": "query.yml"}),
        thanos("rule", "--query.config-file=/etc/thanos/query.yml"),
    ],
)
def test_a_ruler_whose_questions_are_in_a_file_may_ask_any_query(ruler: Resource, said: Said) -> None:
    """What cannot be ruled out is stopped."""
    flag = "--query.instant.default.max_source_resolution"
    assert said("raw-ruler", ruler, thanos("query", f"{flag}=0s")) == []
    assert said("raw-ruler", ruler, thanos("query", f"{flag}=5m")) == [
        (
            f"StatefulSet monitoring/query: answers the ruler and has {flag}=5m; expected 0s, so that rules read raw "
            "data only; remove the flag, or let the ruler ask a query of its own"
        )
    ]


def test_raw_data_outlasts_the_rulers_windows(said: Said) -> None:
    """Where raw blocks are gone, only downsampled ones are left; without a ruler they may go."""
    ruler = thanos("rule", "--query=http://query:9090")
    short = thanos("compact", "--retention.resolution-raw=14d")
    assert said("raw-ruler", short) == []
    for fine in ("--retention.resolution-raw=0d", "--retention.resolution-raw=32d", "--wait"):
        assert said("raw-ruler", ruler, thanos("compact", fine)) == []
    assert said("raw-ruler", ruler, short) == [
        (
            "StatefulSet monitoring/compact: keeps raw data for 14d, which the ruler's windows need; expected at least "
            "32d; raise --retention.resolution-raw"
        )
    ]
