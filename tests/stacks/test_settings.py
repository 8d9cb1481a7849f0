"""What is wrong with a stack is said whole, before anything is registered."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pydantic import BaseModel

from stacks.sections.cluster import Cluster
from stacks.sections.stack import Stack
from tests.stacks.companies import cluster
from tools.program import record_stack
from tools.program.running import run_main, stack_recorder

FILE = "stacks/Pulumi.staging.yaml"


def refusal(root: Path, **changes: Any) -> list[str]:
    """The lines of the error for changed sections; None takes one away. Nothing may be registered."""
    recorder = stack_recorder(root, "staging", changes={f"tocsin:{key}": value for key, value in changes.items()})
    with pytest.raises(pulumi.RunError) as error:
        recorder.run(run_main)
    assert recorder.recording.resources == ()
    return str(error.value).splitlines()


def keys_of(section: type[BaseModel]) -> str:
    """The keys of a section as messages list them."""
    return ", ".join(field.alias or name for name, field in section.model_fields.items())


def test_every_mistake_is_said_at_once(mini: Path) -> None:
    """Wrong values, unknown and missing keys, in one message with lines, and those of the policy beside them."""
    service = mini / "policies" / "services" / "checkout.yaml"
    service.write_text(service.read_text().replace("owner: payments", "owner: paymets"))
    at = f"{FILE}:{{}}: stack staging: tocsin:{{}}: "
    assert refusal(
        mini,
        cluster=cluster(flavour="eksx", domain="no domain", colour="red"),
        prometheus={"shards": 0, "retention": "3 days", "resources": {"cpu": "lots", "memory": "1G"}},
        thing={"a": 1},
    ) == [
        (
            "policies/services/checkout.yaml:2: service checkout: owner: there is no team paymets; "
            "expected a team of policies/teams/; did you mean payments?"
        ),
        at.format(2, "thing") + f"'thing' is not a key here; expected one of {keys_of(Stack)}; remove it",
        at.format(3, "cluster.colour") + f"'colour' is not a key here; expected one of {keys_of(Cluster)}; remove it",
        at.format(6, "cluster.flavour") + "got 'eksx'; expected eks, gke, aks or kind; did you mean eks?",
        at.format(7, "cluster.domain")
        + "'no domain' is not a host name; expected one such as incidents.example.com; correct it",
        at.format(8, "prometheus.retention")
        + "'3 days' is not a duration; expected one such as 30s, 5m, 1h30m or 30d; correct it",
        at.format(8, "prometheus.shards") + "got 0; expected a number of at least 1; correct it",
        at.format(10, "prometheus.resources.cpu")
        + "'lots' is no amount of CPU; expected one such as 500m or 2; correct it",
        at.format(10, "prometheus.resources.cpu_limit")
        + "`cpu_limit` is missing; expected the key `cpu_limit` (What it may take at most); add `cpu_limit: …`",
        at.format(10, "prometheus.resources.memory")
        + "'1G' is no amount of bytes; expected one such as 512Mi or 100Gi; correct it",
        at.format(10, "prometheus.resources.memory_limit") + "`memory_limit` is missing; expected the key "
        "`memory_limit` (What it may take at most; it is killed above it); add `memory_limit: …`",
    ]


def test_a_stack_without_a_cluster_is_refused(mini: Path) -> None:
    """The one section that cannot have a default is asked for."""
    assert refusal(mini, cluster=None) == [
        (
            f"{FILE}:3: stack staging: tocsin:cluster: `cluster` is missing; "
            "expected the key `cluster` (Which cluster); add `cluster: …`"
        )
    ]


def test_a_section_that_is_no_section_is_refused(mini: Path) -> None:
    """One word where keys belong."""
    assert refusal(mini, prometheus="big") == [
        f"{FILE}:8: stack staging: tocsin:prometheus: got 'big'; expected keys with values; write each as `key: value`"
    ]


def test_a_retention_below_the_longest_window_is_refused(mini: Path) -> None:
    """It would shorten every window in silence."""
    assert refusal(mini, prometheus={"retention": "30d"}) == [
        (
            f"{FILE}:8: stack staging: tocsin:prometheus.retention: got 30d; "
            "expected at least 32d: the longest window of an objective, 30d, and 2d; write 32d, or remove it"
        )
    ]


def test_labels_and_databases_must_make_sense(mini: Path) -> None:
    """Reserved labels, unknown databases and unknown servers are named, with what there is."""
    assert refusal(
        mini,
        prometheus={"external_labels": {"cluster": "other"}},
        databases={"payment-db": {"primary": "a:1"}, "payments-db": {"primry": "a:1"}},
    ) == [
        (
            f"{FILE}:2: stack staging: tocsin:databases.payment-db: no service payment-db with a database; "
            "expected one of payments-db; did you mean payments-db?"
        ),
        (
            f"{FILE}:2: stack staging: tocsin:databases.payments-db.primry: the database payments-db has no server "
            "primry; expected one of primary; did you mean primary?"
        ),
        (
            f"{FILE}:8: stack staging: tocsin:prometheus.external_labels.cluster: cluster is set by Tocsin; "
            "expected a label other than cluster, prometheus, prometheus_replica, service, team, severity, priority; "
            "remove it or call it otherwise"
        ),
    ]


def test_receivers_may_read_secrets_from_one_folder_only(mini: Path) -> None:
    """A file elsewhere would be missing in the pod, which shows only when somebody is to be paged."""
    routing = mini / "policies" / "routing.yaml"
    routing.write_text(routing.read_text().replace("/etc/alertmanager/secrets/dead", "/run/dead"))
    assert refusal(mini) == [
        (
            f"{FILE}:2: stack staging: tocsin:alertmanager: policies/routing.yaml has a receiver read "
            "/run/dead-mans-switch-url; expected a file in /etc/alertmanager/secrets, the one folder with secrets "
            "that is mounted; name it dead-mans-switch-url"
        )
    ]


def test_a_secret_is_never_shown(mini: Path) -> None:
    """A mistake in a section with secrets says where it is, not what is there."""
    section = {"replicas": {"secure": "AAAA"}, "storage": "what nobody may see"}
    hidden = "got a value that is not shown, since the section holds secrets"
    assert refusal(mini, alertmanager=section) == [
        (
            f"{FILE}:2: stack staging: tocsin:alertmanager.replicas: {hidden}; "
            "expected a number; write a number, without quotes"
        ),
        (
            f"{FILE}:2: stack staging: tocsin:alertmanager.storage: {hidden}; "
            "expected one such as 512Mi or 100Gi; correct it"
        ),
    ]


@pytest.mark.parametrize("secret", ["first line\nand a second", "x" * 1000, "qwx 'zyx' \\ vut", "short"])
def test_no_part_of_a_secret_is_shown(mini: Path, secret: str) -> None:
    """Neither of one with several lines nor of one that a message would cut."""
    section = {"replicas": {"secure": "AAAA"}, "storage": secret, "resources": secret}
    text = "\n".join(refusal(mini, alertmanager=section))
    assert text.count("got a value that is not shown") == 3
    assert not [part for part in (*secret.split("\n"), *secret.split("'")) if part[:8] in text]


def test_a_broken_section_hides_no_mistake_between_others(mini: Path) -> None:
    """What looks at none of the broken ones is checked all the same, and nothing else is."""
    assert refusal(
        mini, cluster=cluster(flavour="x"), alertmanager={"replicas": 0}, prometheus={"retention": "7d"}
    ) == [
        f"{FILE}:2: stack staging: tocsin:alertmanager.replicas: got 0; expected a number of at least 1; correct it",
        f"{FILE}:6: stack staging: tocsin:cluster.flavour: got 'x'; expected eks, gke, aks or kind; choose one of them",
        (
            f"{FILE}:8: stack staging: tocsin:prometheus.retention: got 7d; expected at least 32d: the longest window "
            "of an objective, 30d, and 2d; write 32d, or remove it"
        ),
    ]


def test_a_policy_that_cannot_be_read_stops_the_program(mini: Path) -> None:
    """A file with a mistake of its own is reported beside those of the stack."""
    (mini / "policies" / "severity.yaml").unlink()
    found = refusal(mini, prometheus={"shards": 0})
    assert [line.split(":")[0] for line in found] == ["policies/severity.yaml", FILE]


def test_stacks_that_share_a_cluster_name_are_refused(mini: Path) -> None:
    """Their blocks would lie in one folder of the bucket, under two compactors; a third stack goes on."""
    dev = mini / "stacks" / "Pulumi.dev.yaml"
    dev.write_text(dev.read_text().replace("name: shop-dev", "name: shop-staging"))
    assert refusal(mini) == [
        (
            f"{FILE}:4: stack staging: tocsin:cluster.name: the cluster of dev is called shop-staging as well; "
            "expected a name of its own: series, and the blocks in a bucket, are told apart by it; rename one of them"
        )
    ]
    assert record_stack(mini, "production").exports
