"""The whole program, for every stack and cloud, as an engine would see it."""

from pathlib import Path

import pytest

from components.scraping import SHARD
from tests.stacks.companies import CLOUDS, MINI, ROOT, STACKS
from tools.program import Recording, record_stack
from tools.program.checking import mistakes
from tools.program.recording import walk


@pytest.fixture(scope="module")
def production() -> Recording:
    """The example company's production stack."""
    return record_stack(ROOT, "production")


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("root", [ROOT, MINI], ids=["example", "mini"])
def test_every_stack_is_without_mistakes(root: Path, stack: str) -> None:
    """No unknown property, no object that Kubernetes or a definition refuses, no deprecated resource, no warning."""
    assert mistakes(record_stack(root, stack)) == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_cloud_has_a_class_of_volumes(cloud: str) -> None:
    """Whichever cloud it is, its objects are sound and every claim names the class that comes with them."""
    recording = record_stack(MINI, "staging", changes=CLOUDS[cloud])
    assert mistakes(recording) == []
    made = {one["metadata"]["name"] for one in recording.manifests("StorageClass")}
    named = {
        value
        for one in recording
        if not one.name.startswith("customresourcedefinition-")
        for path, value in walk(one.inputs)
        if path and path[-1] == "storageClassName"
    }
    assert made == named == {"tocsin"}


def test_a_preview_before_the_first_update_is_without_mistakes() -> None:
    """What only an update can know stays open, and nothing fails over it."""
    assert mistakes(record_stack(MINI, "production", preview=True)) == []


def test_main_only_wires() -> None:
    """The entry point is short and neither decides nor defines anything."""
    text = (ROOT / "stacks" / "__main__.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 80
    assert not [line for line in text.splitlines() if line.startswith(("def ", "class ", "async "))]


def test_secrets_are_changed_where_they_are(production: Recording) -> None:
    """Pulumi's own way is to delete them first: Alertmanager without its configuration would tell nobody."""
    inputs = production.named("cluster").inputs
    assert {str(inputs.get(f"enable{kind}Mutable")).lower() for kind in ("Secret", "ConfigMap")} == {"true"}


def test_every_resource_belongs_to_a_component_and_to_the_named_cluster(production: Recording) -> None:
    """No object goes to whichever cluster the kubeconfig happens to point at."""
    components = {one.urn for one in production if not one.custom}
    provider = production.named("cluster")
    assert provider.inputs["context"] == "shop-production"
    for one in production:
        if one.is_kubernetes:
            assert one.parent in components, one.name
            assert one.provider.startswith(provider.urn), one.name


def test_definitions_come_before_what_needs_them(production: Recording) -> None:
    """Every object waits for its kind, the operator for all kinds, and these for the namespaces."""
    by_urn = {one.urn: one for one in production}

    def before(urn: str) -> set[str]:
        found = set(by_urn[urn].depends_on)
        return found.union(*(before(one) for one in found))

    kinds = {
        one.inputs["spec"]["names"]["kind"]: one.urn
        for one in production
        if one.name.startswith("customresourcedefinition-")
    }
    namespaces = {one.urn for one in production if one.name.startswith("namespace-")}
    custom = [one for one in production if "monitoring.coreos.com" in one.type]
    assert len(kinds) == 10
    assert custom
    for one in custom:
        assert kinds[one.inputs["kind"]] in before(one.urn), one.name
        assert namespaces <= before(one.urn), one.name
    assert set(kinds.values()) <= before(production.named("deployment-monitoring-prometheus-operator").urn)


def test_rights_name_every_verb_and_resource(production: Recording) -> None:
    """No role has a wildcard, and nobody but the operator may read a Secret."""
    roles = production.manifests("Role") + production.manifests("ClusterRole")
    assert roles
    for role in roles:
        for rule in role["rules"]:
            assert "*" not in [*rule["verbs"], *rule.get("resources", ()), *rule.get("apiGroups", ())]
            if "secrets" in rule.get("resources", ()):
                assert role["metadata"]["name"] == "prometheus-operator"
                assert role["metadata"]["namespace"] == "monitoring"


def test_each_service_has_one_shard(production: Recording) -> None:
    """A service's rules and everything that is scraped for it are taken by the same one shard."""
    servers = production.manifests("Prometheus")
    assert [one["metadata"]["name"] for one in servers] == ["prometheus-0", "prometheus-1"]
    shards: dict[str, set[str]] = {}
    kinds = ("PrometheusRule", "ServiceMonitor", "ScrapeConfig", "Probe")
    for one in (one for kind in kinds for one in production.manifests(kind)):
        name = one["metadata"]["name"]
        if name.startswith("service-"):
            shards.setdefault(_service(name), set()).add(one["metadata"]["labels"][SHARD])
    assert set(shards) >= {"checkout", "cart", "web-shop", "platform", "image-resizer", "notifications"}
    assert all(len(found) == 1 for found in shards.values())
    assert {shard for found in shards.values() for shard in found} == {"0", "1"}


def _service(name: str) -> str:
    """The service in the name of one of its objects."""
    services = [path.stem for path in (ROOT / "policies" / "services").glob("*.yaml")]
    return max((one for one in services if name.removeprefix("service-").startswith(one)), key=len)


def test_every_scraped_series_says_its_service(production: Recording) -> None:
    """Every target gets the labels job and service, and is hashed by its service."""
    lists = []
    for one in production.manifests("ServiceMonitor"):
        lists += [endpoint["relabelings"] for endpoint in one["spec"]["endpoints"]]
    lists += [one["spec"]["relabelings"] for one in production.manifests("ScrapeConfig")]
    lists += [one["spec"]["targets"]["staticConfig"]["relabelingConfigs"] for one in production.manifests("Probe")]
    assert len(lists) > 15
    for relabelings in lists:
        given = {one["targetLabel"]: one.get("replacement") for one in relabelings if "targetLabel" in one}
        assert given["job"]
        assert given["service"] == given["__tmp_hash"]


def test_development_runs_everything_once() -> None:
    """One small cluster: single servers, no disruption budget that would keep its one node from being drained."""
    dev = record_stack(ROOT, "dev")
    assert [one["spec"]["replicas"] for one in dev.manifests("Prometheus") + dev.manifests("Alertmanager")] == [1, 1]
    assert dev.manifests("PodDisruptionBudget") == []
    assert dev.manifests("Certificate") == []


def test_production_survives_the_loss_of_a_node(production: Recording) -> None:
    """Pairs and triples stay apart, and only one of each goes at a time."""
    for one in production.manifests("Prometheus") + production.manifests("Alertmanager"):
        hosts = next(c for c in one["spec"]["topologySpreadConstraints"] if c["topologyKey"].endswith("hostname"))
        assert hosts["whenUnsatisfiable"] == "DoNotSchedule"
        selector = hosts["labelSelector"]
        budgets = [b["spec"] for b in production.manifests("PodDisruptionBudget")]
        assert [b["maxUnavailable"] for b in budgets if b["selector"] == selector] == [1]


def test_two_runs_register_the_same(production: Recording) -> None:
    """Nothing depends on the moment, on chance or on the order of threads."""
    assert record_stack(ROOT, "production") == production
