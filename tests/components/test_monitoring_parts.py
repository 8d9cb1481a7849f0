"""The smaller parts of the monitoring."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from alerting.model.service import Service
from alerting.model.target import Database
from components import ownership
from components.database_exporter import DatabaseExporter, DatabaseExporterArgs, exporter_name
from components.flavours import identity
from components.operator import definitions
from components.scraping import SHARD, Endpoint, Owner, Tls, service_monitor, spread
from components.versions import IMAGES, Images
from tools.crds import definitions as read_definitions
from tools.parts import find
from tools.program import record
from tools.program.checking import mistakes

OWNER = Owner(service="payments-db", shard=1)


def test_definitions_are_those_of_the_pinned_operator() -> None:
    """Nothing but prose is missing from what comes with the operator's own module."""
    theirs = list(read_definitions(find("prometheus-operator").files["crds"]))
    assert [orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in definitions()] == [
        orjson.dumps(one, option=orjson.OPT_SORT_KEYS)
        for one in sorted(theirs, key=lambda one: f"{one['metadata']['name']}.json")
    ]
    assert {one["metadata"]["annotations"]["operator.prometheus.io/version"] for one in definitions()} == {
        IMAGES["prometheus-operator"].tag.removeprefix("v")
    }


def test_taking_over_definitions_drops_prose_and_keeps_meaning(tmp_path: Path) -> None:
    """A property called `description` is no prose, and a lone `=` is text."""
    file = tmp_path / "a.yaml"
    file.write_text(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: a.b, annotations: {helm.sh/hook: x}, labels: {c: d}}\n"
        "spec:\n  versions:\n  - name: v1\n    additionalPrinterColumns: [{name: x, description: prose}]\n"
        "    schema:\n      openAPIV3Schema:\n        description: prose\n        properties:\n"
        "          description: {type: string, description: prose, enum: [=, description]}\n"
    )
    assert list(read_definitions(file)) == [
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "a.b"},
            "spec": {
                "versions": [
                    {
                        "name": "v1",
                        "additionalPrinterColumns": [{"name": "x"}],
                        "schema": {
                            "openAPIV3Schema": {
                                "properties": {"description": {"type": "string", "enum": ["=", "description"]}}
                            }
                        },
                    }
                ]
            },
        }
    ]


def test_every_image_is_pinned_to_a_version() -> None:
    """A tag that moves would change a cluster without anybody having decided it."""
    for image in IMAGES.values():
        assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?([-.][a-z0-9.]+)?", image.tag), image


def test_images_come_from_where_the_cluster_can_pull_them() -> None:
    """The longest beginning that is mapped counts, and only whole parts of a name."""
    images = Images({"quay.io": "mirror.example.com/quay", "quay.io/prometheus": "10.0.0.1:5000/p/", "quay": "no"})
    assert images["thanos"] == f"mirror.example.com/quay/thanos/thanos:{IMAGES['thanos'].tag}"
    assert images["prometheus"] == f"10.0.0.1:5000/p/prometheus:{IMAGES['prometheus'].tag}"
    assert images["kube-state-metrics"].startswith("registry.k8s.io/kube-state-metrics/kube-state-metrics:v")


def test_a_monitor_of_machines_is_divided_among_shards() -> None:
    """Each shard has a monitor of its own that keeps its part of the addresses; one shard has all."""
    tls = Tls(secret="prometheus-tls", server_name="n", mutual=True)
    monitor = service_monitor("node", "m", OWNER, {"a": "b"}, [Endpoint(port="p", tls=tls)])
    assert spread(monitor, 1) == [monitor]
    found = spread(monitor, 3)
    assert [one["metadata"]["name"] for one in found] == ["node-0", "node-1", "node-2"]
    assert [one["metadata"]["labels"][SHARD] for one in found] == ["0", "1", "2"]
    keeps = [one["spec"]["endpoints"][0]["relabelings"][-2:] for one in found]
    assert [(hashmod["modulus"], keep["regex"]) for hashmod, keep in keeps] == [(3, "0"), (3, "1"), (3, "2")]


def service(name: str, namespace: str = "shop") -> Service:
    """A service that is scraped in the cluster."""
    return Service.model_validate({"service": name, "owner": "t", "tier": 1, "scrape": [{"namespace": namespace}]})


def owner_of(labels: Mapping[str, str], rules: list[dict[str, Any]]) -> str | None:
    """What Prometheus makes of a series' labels: all rules in order, each with its own whole match."""
    found = dict(labels)
    for rule in rules:
        value = ";".join(found.get(label, "") for label in rule["sourceLabels"])
        if match := re.fullmatch(rule["regex"], value):
            found[rule["targetLabel"]] = match[int(rule["replacement"].removeprefix("$"))]
    return found.get("service")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"namespace": "shop", "pod": "cart-7d9f-abcde"}, "cart"),
        ({"namespace": "shop", "pod": "cart-db-0"}, "cart-db"),
        ({"namespace": "shop", "pod": "cartoon-0"}, None),
        ({"namespace": "other", "pod": "cart-0"}, None),
        ({"namespace": "shop", "deployment": "cart"}, "cart"),
        ({"namespace": "shop", "deployment": "cart-worker"}, None),
        ({"namespace": "shop", "job_name": "cart-nightly-29"}, "cart"),
        ({"namespace": "shop", "persistentvolumeclaim": "data-cart-db-0"}, "cart-db"),
        ({"namespace": "media", "pod": "resizer-1"}, "resizer"),
        ({"namespace": "shop"}, None),
    ],
)
def test_objects_belong_to_the_service_they_are_called_after(labels: Mapping[str, str], expected: str | None) -> None:
    """In the namespace where the service is scraped; the longest name counts."""
    rules = ownership.relabelings([service("cart"), service("cart-db"), service("resizer", "media")])
    assert owner_of(labels, rules) == expected
    assert len(rules) == 2 * 7


def test_without_services_in_the_cluster_nothing_is_relabelled() -> None:
    """An empty choice would match everything."""
    assert ownership.relabelings([]) == []


def test_a_service_account_stands_for_an_identity_of_its_cloud() -> None:
    """By the annotation, label and route to its credentials that each cloud asks for."""
    assert identity("eks", "arn:r").annotations == {"eks.amazonaws.com/role-arn": "arn:r"}
    assert identity("gke", "a@p").annotations == {"iam.gke.io/gcp-service-account": "a@p"}
    assert identity("gke", "a@p").egress[0].ports == (80, 988)
    assert identity("aks", "id").annotations == {"azure.workload.identity/client-id": "id"}
    assert identity("aks", "id").pod_labels == {"azure.workload.identity/use": "true"}
    assert identity("kind", "x").annotations == identity("eks", None).annotations == {}


def exporters(engine: str, **about: Any) -> DatabaseExporterArgs:
    """A database of two servers, of which the stack moves one."""
    instances = [
        {"name": "primary", "address": "a:1", "labels": {"role": "primary"}},
        {"name": "replica", "address": "b:2"},
    ]
    database = Database.model_validate({"engine": engine, "instances": instances, **about})
    return DatabaseExporterArgs(
        namespace="monitoring",
        images=Images({}),
        owner=OWNER,
        database=database,
        interval_s=15,
        addresses={"replica": "moved.example.com:5433"},
    )


def test_each_server_of_postgres_has_an_exporter() -> None:
    """Credentials come from files of the database's Secret; the stack may name another address."""
    recording = record(lambda: DatabaseExporter("d", exporters("postgres", database="a/b")) and None)
    assert mistakes(recording) == []
    env = [
        {one["name"]: one["value"] for one in pod["spec"]["template"]["spec"]["containers"][0]["env"]}
        for pod in recording.manifests("Deployment")
    ]
    files = {
        "DATA_SOURCE_USER_FILE": "/etc/database/username",
        "DATA_SOURCE_PASS_FILE": "/etc/database/password",
    }
    assert env == [
        {"DATA_SOURCE_URI": "a:1/a%2Fb?sslmode=require", **files},
        {"DATA_SOURCE_URI": "moved.example.com:5433/a%2Fb?sslmode=require", **files},
    ]
    policy = recording.manifest("NetworkPolicy", "payments-db-replica-exporter")
    assert policy["spec"]["egress"][-1] == {"ports": [{"protocol": "TCP", "port": 5433}]}
    monitor = recording.manifest("ServiceMonitor", "payments-db-primary-exporter")
    given = {one["targetLabel"]: one["replacement"] for one in monitor["spec"]["endpoints"][0]["relabelings"]}
    assert given == {
        "job": "postgres-exporter",
        "service": "payments-db",
        "__tmp_hash": "payments-db",
        "instance": "a:1",
        "role": "primary",
    }


@pytest.mark.parametrize(("tls", "words"), [(True, "true"), (False, "false")])
def test_each_server_of_mysql_has_an_exporter(tls: bool, words: str) -> None:
    """TLS is insisted on, or left, in its file."""
    recording = record(lambda: DatabaseExporter("d", exporters("mysql", tls=tls)) and None)
    assert mistakes(recording) == []
    assert [one["data"]["my.cnf"] for one in recording.manifests("ConfigMap")] == [f"[client]\ntls = {words}\n"] * 2
    args = recording.manifests("Deployment")[0]["spec"]["template"]["spec"]["containers"][0]["args"]
    assert "--mysqld.address=a:1" in args


def test_long_names_of_exporters_stay_apart() -> None:
    """A Service's name has 63 characters; cut names differ where the whole ones do."""
    names = {exporter_name("a" * 50, f"server-{n}-of-a-long-name") for n in range(3)}
    assert len(names) == 3
    assert all(len(name) <= 63 for name in names)
