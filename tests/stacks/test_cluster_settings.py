"""What does not fit a cluster is said whole, before anything is registered."""

from typing import Any

import pulumi
import pytest

from tests.stacks.companies import CLOUDS, MINI, cluster
from tools.program import record_stack
from tools.program.running import run_main, stack_recorder

FORMS = {
    "eks": "the ARN of a role such as arn:aws:iam::123456789012:role/metrics",
    "gke": "the address of a service account such as metrics@example.iam.gserviceaccount.com",
    "aks": "the client id of an identity such as 00000000-0000-0000-0000-000000000000",
}
BUCKETS: dict[str, dict[str, Any]] = {
    "eks": {"s3": {"bucket": "metrics", "region": "eu-west-1"}},
    "gke": {"gcs": {"bucket": "metrics"}},
    "aks": {"azure": {"account": "example", "container": "metrics"}},
}


def refusal(changes: dict[str, Any]) -> list[str]:
    """The lines of the error for changed sections, without file and line; nothing may be registered."""
    recorder = stack_recorder(MINI, "staging", changes=changes)
    with pytest.raises(pulumi.RunError) as error:
        recorder.run(run_main)
    assert recorder.recording.resources == ()
    return [line.partition(": stack staging: ")[2] for line in str(error.value).splitlines()]


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("name", ["metrics", "arn:aws:iam::1:role/x", "metrics@example.com", "0000-11"])
def test_an_identity_of_another_cloud_is_refused(cloud: str, name: str) -> None:
    """The pods would start, and the bucket refuse them hours later."""
    changes = {**CLOUDS[cloud], "tocsin:objectStore": {**BUCKETS[cloud], "identity": name}}
    assert refusal(changes) == [
        (
            f"tocsin:objectStore.identity: {name!r} is no identity on {cloud}; expected {FORMS[cloud]}; "
            f"see docs/setup-{cloud}.md"
        )
    ]


def test_a_registry_that_nothing_comes_from_is_refused() -> None:
    """Images would be pulled from the internet all the same, which a cluster without one notices late."""
    known = "docker.io, ghcr.io, quay.io, registry.k8s.io"
    wrong = cluster(registries={"quay": "mirror.example.com", "quay.io/thanos": "mirror.example.com/thanos"})
    assert refusal({"tocsin:cluster": wrong}) == [
        (
            f"tocsin:cluster.registries.quay: no image comes from quay; expected one of {known}, or the beginning of a "
            "repository there; did you mean quay.io?"
        )
    ]
    record_stack(MINI, "staging", changes={"tocsin:cluster": cluster(registries={"quay.io/": "mirror.example.com"})})
