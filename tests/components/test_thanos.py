"""Thanos: what runs is accepted by the real program, and its usual mistakes cannot be made."""

import contextlib
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from components.certificates import grpc_name
from tests.stacks.companies import MINI, ROOT
from tools.parts import find
from tools.program import Recording, record_stack

NAMES: Final = ("thanos-query", "thanos-query-frontend", "thanos-store-0", "thanos-store-1", "thanos-compactor")
SHARDED: Final = {"tocsin:thanos": {"store": {"shards": 3}}}


@pytest.fixture(scope="module")
def production() -> Recording:
    """The example company's production stack, on EKS with TLS; its stores are divided by age."""
    return record_stack(ROOT, "production")


@pytest.fixture(scope="module")
def dev() -> Recording:
    """The miniature company's cluster for development, with the store inside and three shards of stores."""
    return record_stack(MINI, "dev", changes=SHARDED)


def workload(found: Recording, name: str) -> Any:
    """A Deployment or StatefulSet."""
    kinds = found.manifests("Deployment") + found.manifests("StatefulSet")
    return next(one for one in kinds if one["metadata"]["name"] == name)


def args_of(found: Recording, name: str) -> list[str]:
    """The arguments of a program's only container."""
    words: list[str] = workload(found, name)["spec"]["template"]["spec"]["containers"][0]["args"]
    return words


def flags(words: list[str]) -> Mapping[str, str]:
    """By name, without dashes; the last one of each counts."""
    return {name[2:]: value for name, _, value in (word.partition("=") for word in words[1:])}


def bucket_config(found: Recording) -> Any:
    """What everything that uses the bucket reads."""
    return yaml.safe_load(found.manifest("Secret", "thanos-object-store")["stringData"]["objstore.yml"])


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody has."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    found: list[int] = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return found


def here(words: list[str], folder: Path, found: Recording) -> list[str]:
    """The arguments for this machine: other ports, and files made here in place of those that Kubernetes mounts."""
    http, grpc = free_ports(2)
    config = {**bucket_config(found), "type": "FILESYSTEM", "config": {"directory": str(folder / "bucket")}}
    (folder / "objstore.yml").write_text(yaml.safe_dump(config))
    (folder / "data").mkdir()
    given = {
        "http-address": f"127.0.0.1:{http}",
        "grpc-address": f"127.0.0.1:{grpc}",
        "objstore.config-file": str(folder / "objstore.yml"),
        "data-dir": str(folder / "data"),
    }
    changed = [words[0]]
    for word in words[1:]:
        name = word[2:].partition("=")[0]
        changed.append(f"--{name}={given[name]}" if name in given else word)
    return changed


@contextlib.contextmanager
def running(words: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real program, stopped at the end."""
    with log.open("wb") as out:
        process = subprocess.Popen([str(find("thanos").path), *words], stdout=out, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def started(process: subprocess.Popen[bytes], log: Path) -> str:
    """The log once the program listens; fails with it if the program ends before."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        text = log.read_text()
        if "listening for" in text:
            return text
        assert process.poll() is None, text
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.mark.parametrize("name", ["thanos-query", "thanos-query-frontend", "thanos-store-0", "thanos-compactor"])
def test_the_real_program_starts_with_the_arguments(dev: Recording, name: str, tmp_path: Path) -> None:
    """It takes every flag and every configuration in one, and listens."""
    log = tmp_path / "log"
    with running(here(args_of(dev, name), tmp_path, dev), log) as process:
        text = started(process, log)
    assert "level=error" not in text
    assert "deprecated" not in text.casefold()


@pytest.mark.parametrize("name", NAMES)
def test_every_flag_with_tls_is_one_of_the_real_program(production: Recording, dev: Recording, name: str) -> None:
    """The flags that only a cluster with certificates has are known too; a start shows the others, hidden ones too."""
    words = args_of(production, name)
    page = subprocess.run([find("thanos").path, words[0], "--help"], capture_output=True, text=True, check=True)
    known = set(re.findall(r"--(?:\[no-\])?([a-z0-9][\w.-]*)", page.stdout + page.stderr))
    assert flags(words).keys() - flags(args_of(dev, name)).keys() - known == set()


def test_query_takes_replicas_for_one_and_asks_everything(production: Recording) -> None:
    """Both replica labels; sidecars, every store and the ruler, each with the name that all of them share."""
    words = args_of(production, "thanos-query")
    assert "--query.replica-label=prometheus_replica" in words
    assert "--query.replica-label=thanos_ruler_replica" in words
    asked = yaml.safe_load(flags(words)["endpoint.sd-config"])
    services = ("prometheus-sidecar", "thanos-store-0", "thanos-store-1", "thanos-ruler")
    assert [one["address"] for one in asked["endpoints"]] == [
        f"dnssrv+_grpc._tcp.{one}.monitoring.svc" for one in services
    ]
    assert asked["default_client_config"]["server_name"] == grpc_name("monitoring")
    for name in ("prometheus", "thanos-store-0", "thanos-store-1", "thanos-ruler"):
        assert grpc_name("monitoring") in production.manifest("Certificate", name)["spec"]["dnsNames"]


def test_query_and_stores_have_limits(production: Recording) -> None:
    """No question takes all memory, all connections or all of the bucket."""
    query, store = (flags(args_of(production, name)) for name in ("thanos-query", "thanos-store-0"))
    for name in ("query.max-concurrent", "query.max-concurrent-select", "store.limits.request-series"):
        assert int(query[name]) > 0
    assert query["query.timeout"] == "2m"
    for name in ("store.limits.request-series", "store.limits.request-samples", "store.grpc.series-max-concurrency"):
        assert int(store[name]) > 0
    assert store["store.grpc.downloaded-bytes-limit"] == f"{2 << 30}B"


def test_stores_divided_by_age_have_all_blocks_once(production: Recording) -> None:
    """Where one ends the next begins, and the first and the last are open."""
    new, old = (flags(args_of(production, f"thanos-store-{shard}")) for shard in range(2))
    assert new["min-time"] == old["max-time"] == "-30d"
    assert "max-time" not in new
    assert "min-time" not in old


def test_stores_divided_by_hash_have_all_blocks_once(dev: Recording) -> None:
    """The same sum of a block's id, of which each keeps another value."""
    rules = [yaml.safe_load(flags(args_of(dev, f"thanos-store-{n}"))["selector.relabel-config"]) for n in range(3)]
    assert [(one["action"], one["source_labels"], one["modulus"]) for one, _ in rules] == [
        ("hashmod", ["__block_id"], 3)
    ] * 3
    assert [kept["regex"] for _, kept in rules] == ["0", "1", "2"]


def test_there_is_exactly_one_compactor(production: Recording, dev: Recording) -> None:
    """One pod of one StatefulSet in each stack, with the retention of each resolution; no setting makes two."""
    for found in (production, dev):
        every = found.manifests("Deployment") + found.manifests("StatefulSet")
        pods = [one["spec"] for one in every if "compact" in _first_words(one)]
        assert [one["replicas"] for one in pods] == [1]
    kept = flags(args_of(production, "thanos-compactor"))
    names = ("raw", "5m", "1h")
    assert [kept[f"retention.resolution-{name}"] for name in names] == ["95d", "400d", "1825d"]


def _first_words(one: Any) -> list[str]:
    return [container.get("args", [""])[0] for container in one["spec"]["template"]["spec"]["containers"]]


def test_each_cluster_has_its_own_part_of_the_bucket(production: Recording) -> None:
    """So the compactor of one never meets a block of another."""
    assert bucket_config(production) == {
        "type": "S3",
        "prefix": "shop-production",
        "config": {
            "bucket": "example-metrics",
            "region": "eu-west-1",
            "endpoint": "s3.eu-west-1.amazonaws.com",
            "insecure": False,
            "aws_sdk_auth": True,
        },
    }


def test_who_uploads_is_told_apart(production: Recording) -> None:
    """External labels are neither empty nor the same for two."""
    labels = [one["spec"]["externalLabels"] for one in production.manifests("Prometheus")]
    labels += [one["spec"]["labels"] for one in production.manifests("ThanosRuler")]
    assert len(labels) == 3
    assert len({tuple(sorted(one.items())) for one in labels}) == 3
    assert all(value for one in labels for value in one.values())


def test_the_ruler_reads_raw_data_only(production: Recording) -> None:
    """It asks query itself, whose instant questions never see thinned data, and takes global rules alone."""
    ruler = production.manifest("ThanosRuler", "global")["spec"]
    config = production.manifest("Secret", "thanos-ruler-config")["stringData"]
    assert yaml.safe_load(config["query.yaml"])[0]["static_configs"] == ["thanos-query.monitoring.svc:10902"]
    assert flags(args_of(production, "thanos-query"))["query.instant.default.max_source_resolution"] == "0s"
    assert ruler["ruleSelector"] == {"matchLabels": {"tocsin/shard": "global"}}
    groups = production.manifest("PrometheusRule", "global")["spec"]["groups"]
    assert [one["name"] for one in groups] == ["catalog:shards"]
    shared = production.manifest("PrometheusRule", "catalog")["spec"]["groups"]
    assert "catalog:shards" not in [one["name"] for one in shared]


def test_only_who_has_the_bucket_stands_for_its_identity(production: Recording) -> None:
    """Sidecars, stores, compactor and ruler; not query and its frontend, which never touch it."""
    role = "arn:aws:iam::123456789012:role/shop-production-metrics"
    accounts = {
        one["metadata"]["name"]
        for one in production.manifests("ServiceAccount")
        if role in one["metadata"].get("annotations", {}).values()
    }
    assert accounts == {"prometheus", "thanos-store-0", "thanos-store-1", "thanos-compactor", "thanos-ruler"}
