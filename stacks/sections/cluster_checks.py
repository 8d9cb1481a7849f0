"""What fits a cluster: who its pods are in its cloud, and where its images come from."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from alerting.model.policy import Policy
from alerting.spelling import did_you_mean
from alerting.syntax import Flaw
from components.versions import IMAGES
from stacks.sections.stack import Stack

_IDENTITIES: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "eks": (
        re.compile(r"arn:aws[-a-z]*:iam::\d{12}:role/[\w+=,.@/-]+"),
        "the ARN of a role such as arn:aws:iam::123456789012:role/metrics",
    ),
    "gke": (
        re.compile(r"[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com"),
        "the address of a service account such as metrics@example.iam.gserviceaccount.com",
    ),
    "aks": (
        re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
        "the client id of an identity such as 00000000-0000-0000-0000-000000000000",
    ),
}
"""What an identity is called in each cloud; with anything else the bucket refuses, and the pods start all the same."""


def identity_fits_the_cloud(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """The writer of the bucket is one of the cluster's own cloud."""
    flavour, store = stack.cluster.flavour, stack.object_store
    if store is None or store.identity is None:
        return
    at_home = {"eks": store.s3, "gke": store.gcs, "aks": store.azure}
    if at_home.get(flavour) is None:  # thanos_checks.bucket_can_be_reached says that
        return
    pattern, form = _IDENTITIES[flavour]
    if not pattern.fullmatch(store.identity):
        yield Flaw(
            path=("objectStore", "identity"),
            wrong=f"{store.identity!r} is no identity on {flavour}",
            expected=f"expected {form}",
            fix=f"see docs/setup-{flavour}.md",
        )


def registries_are_known(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """A registry that no image comes from would be passed over, and images be pulled from where they are published."""
    repositories = [image.repository for image in IMAGES.values()]
    known = sorted({repository.split("/")[0] for repository in repositories})
    for name in stack.cluster.registries:
        start = name.rstrip("/")
        if not any(one == start or one.startswith(f"{start}/") for one in repositories):
            yield Flaw(
                path=("cluster", "registries", name),
                wrong=f"no image comes from {name}",
                expected=f"expected one of {', '.join(known)}, or the beginning of a repository there",
                fix=did_you_mean(name, known, "remove it"),
            )
