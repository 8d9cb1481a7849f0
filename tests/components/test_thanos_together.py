"""Thanos and a store that speaks S3, all of them real: blocks go in, answers come out, and strangers stay out."""

import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from components.certificates import grpc_name
from tests.cluster.waiting import until
from tests.components.thanos_together import NAMESPACE, Together
from tests.stacks.companies import MINI, cluster
from tools.drill.ports import LOOPBACK
from tools.drill.processes import Processes
from tools.program import record_stack

IN_CLUSTER: Final = {
    "tocsin:cluster": cluster(flavour="kind"),
    "tocsin:objectStore": {"in_cluster": {}},
    "tocsin:secrets": {"missing": "empty"},
}
_HOUR_S: Final = 3600
_STEP_S: Final = 300


@pytest.fixture
def together(tmp_path: Path) -> Iterator[Together]:
    """A stack with certificates whose store is in the cluster; nothing runs yet."""
    with Processes(tmp_path / "logs") as processes:
        yield Together(
            folder=tmp_path, recording=record_stack(MINI, "staging", changes=IN_CLUSTER), processes=processes
        )


def blocks(folder: Path, part: Callable[[str], Path]) -> tuple[Path, int, int]:
    """Blocks of some hours of a day ago; gives their folder, the first and the last second."""
    end = int(time.time()) // (2 * _HOUR_S) * 2 * _HOUR_S - 24 * _HOUR_S
    begin = end - 6 * _HOUR_S
    lines = [
        "# TYPE orders counter",
        *(f"orders_total {at - begin} {at}" for at in range(begin, end, _STEP_S)),
        "# EOF",
    ]
    source = folder / "orders.txt"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    made = folder / "blocks"
    subprocess.run(
        [part("promtool"), "tsdb", "create-blocks-from", "openmetrics", source, made], check=True, capture_output=True
    )
    return made, begin, end - _STEP_S


def orders(together: Together, program: str, begin: int, end: int, **only: str) -> dict[Any, int]:
    """What a program says of the series, and how many values there are."""
    query = {"query": "orders_total", "start": str(begin), "end": str(end), "step": str(_STEP_S), **only}
    found = together.get(program, "/api/v1/query_range", **query)
    assert found["status"] == "success", found
    assert not found.get("warnings"), found
    return {tuple(sorted(one["metric"].items())): len(one["values"]) for one in found["data"]["result"]}


def test_blocks_go_into_the_store_and_answers_come_out(
    together: Together, part: Callable[[str], Path], tmp_path: Path
) -> None:
    """One test for the whole way, since every program of it needs the one before: the sidecar uploads, the store
    gateway reads, query asks both and the ruler by mutual TLS, the frontend asks query, the compactor goes round.
    """
    made, begin, end = blocks(tmp_path, part)
    together.start_store()
    together.start_prometheus(made)
    together.start_sidecar(made)
    bucket = tmp_path / "object-store" / "srv" / "store" / "thanos"
    until("three blocks in the bucket", lambda: len(list(bucket.glob("test/*/meta.json"))) == 3)

    together.start_thanos("thanos-store-0")
    together.start_thanos("thanos-query")
    together.start_ruler(
        {"groups": [{"name": "g", "rules": [{"record": "one", "expr": "count(count_over_time(orders_total[2d]))"}]}]}
    )
    asked = ("sidecar", "store", "rule")

    def stores() -> dict[str, Any] | None:
        found = together.get("thanos-query", "/api/v1/stores")["data"]
        return found if all(found.get(kind) for kind in asked) else None

    known = until("query to know all of them", stores)
    assert [one["lastError"] for kind in asked for one in known[kind]] == [None, None, None]

    together.start_thanos("thanos-query-frontend")
    labels = (("__name__", "orders_total"), ("cluster", "test"), ("prometheus", "prometheus-0"))
    expected = {labels: (end - begin) // _STEP_S + 1}
    assert orders(together, "thanos-query-frontend", begin, end) == expected
    of_store = {"storeMatch[]": f'{{__address__="{LOOPBACK}:{together.port("thanos-store-0", "grpc")}"}}'}
    replica = ("prometheus_replica", "prometheus-prometheus-0-0")
    assert orders(together, "thanos-query", begin, end, dedup="false", **of_store) == {
        (*labels, replica): expected[labels]
    }
    together.start_thanos("thanos-compactor")
    until("a round of the compactor", lambda: together.metric("thanos-compactor", "thanos_compact_iterations_total"))
    assert together.metric("thanos-compactor", "thanos_compact_halted") == 0
    until("a result of the ruler", lambda: together.get("thanos-query", "/api/v1/query", query="one")["data"]["result"])

    strangers_stay_out(together, "thanos-store-0")
    logs = [file.read_text() for file in (tmp_path / "logs").iterdir()]
    bad = ('"level":"error"', "level=error", "deprecated")
    assert [line for log in logs for line in log.splitlines() if any(word in line.casefold() for word in bad)] == []


def strangers_stay_out(together: Together, name: str) -> None:
    """Who shows no certificate of the authority gets no answer; who does finds the name that all of them share."""
    assert _speaks(together, name, certificate=True)
    assert not _speaks(together, name, certificate=False)


def _speaks(together: Together, name: str, *, certificate: bool) -> bool:
    """Whether the gRPC port goes on speaking after the handshake: with TLS 1.3 a refusal comes after it."""
    context = ssl.create_default_context(cafile=str(together.ca))
    context.set_alpn_protocols(["h2"])
    if certificate:
        folder = together.certificate("thanos-query")
        context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    with socket.create_connection((LOOPBACK, together.port(name, "grpc")), timeout=5) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=grpc_name(NAMESPACE)) as speaking:
                return bool(speaking.recv(9))
        except ssl.SSLError:
            return False


def test_whoever_is_asked_by_name_has_a_certificate_with_it(together: Together) -> None:
    """What this machine cannot show, since it does not know the cluster's names."""
    found = together.recording
    frontend = found.manifest("Deployment", "thanos-query-frontend")["spec"]["template"]["spec"]["containers"][0]
    (url,) = [word.partition("=")[2] for word in frontend["args"] if "downstream-url" in word]
    query = urlsplit(url).hostname
    assert query in found.manifest("Certificate", "thanos-query")["spec"]["dnsNames"]
    store = f"object-store.{NAMESPACE}.svc"
    assert store in found.manifest("Certificate", "object-store")["spec"]["dnsNames"]
    assert f"endpoint: {store}:7070" in found.manifest("Secret", "thanos-object-store")["stringData"]["objstore.yml"]
