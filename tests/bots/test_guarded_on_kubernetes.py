"""The guard rails on a real cluster: approval, the switch, the lock, and success by the SLI, from request to record."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from alerting.remediations import Target
from tests.bots.actions.shop import Shop
from tests.bots.bodies import body
from tests.bots.bot_process import BotProcess, wait_until
from tests.bots.http_server import Received, Reply, serving
from tests.bots.ward import BOT, Ward
from tests.cluster.api import Api
from tests.cluster.node import Node
from tests.cluster.plane import ControlPlane

_WITHIN_S = 90.0


def prometheus(received: Received) -> Reply:
    """Says that all is well, with traffic, for whatever time it is asked about."""
    parts = urlsplit(received.path)
    if parts.path != "/api/v1/query_range":
        return Reply(status=404)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    value = "20" if "count_over_time" in asked["query"] and "bad" not in asked["query"] else "0"
    start, end, step = (float(asked[name]) for name in ("start", "end", "step"))
    values = [[start + step * number, value] for number in range(int((end - start) / step) + 1)]
    return Reply(
        body=json.dumps({"status": "success", "data": {"result": [{"metric": {}, "values": values}]}}).encode()
    )


@pytest.fixture
def shop(plane: ControlPlane, kube: Api, node: Node, namespace: str) -> Shop:
    """What is in trouble."""
    made = Shop(plane=plane, kube=kube, node=node, namespace=namespace)
    made.open(replicas=1)
    return made


@pytest.fixture
def ward(plane: ControlPlane, kube: Api, shop: Shop) -> Iterator[Ward]:
    """Where the jobs are."""
    checkout = Target(shop.namespace, "deployment", "checkout")
    with Ward(plane=plane, kube=kube, namespace=shop.namespace, targets={"scale_deployment": [checkout]}) as here:
        yield here


@pytest.fixture
def bot(mini: Path, tmp_path: Path, ward: Ward, shop: Shop) -> Iterator[BotProcess]:
    """A bot in a rehearsal, for a company whose checkout is scaled when another person approves."""
    service = mini / "policies" / "services" / "checkout.yaml"
    text = service.read_text().replace("action: restart_deployment", "action: scale_deployment, parameters: {add: 1}")
    text = text.replace("approval: false", "approval: true")
    service.write_text(text.replace("namespace: shop, deployment", f"namespace: {shop.namespace}, deployment"))
    with serving(prometheus) as server:
        token = ward.plane.token(ward.namespace, BOT)
        settings = {
            "TOCSIN_REMEDIATION_NAMESPACE": ward.namespace,
            "KUBECONFIG": str(ward.plane.kubeconfig_of(f"{ward.namespace}-guarded", token)),
            "TOCSIN_PROMETHEUS_URLS": server.url,
            "TOCSIN_TIME_LAPSE": "20",
        }
        made = BotProcess(root=mini, folder=tmp_path / "bot", settings=settings)
        made.prepare()
        made.start()
        yield made
        made.stop()


def command(bot: BotProcess, name: str, member: str, **args: Any) -> Any:
    """Asks about the first incident."""
    asked = {"command": name, "args": args, "key": f"{name}-{member}-{len(args)}"}
    return bot.post("/api/v1/incidents/INC-1/commands", asked, member)


def attempt(bot: BotProcess) -> dict[str, Any]:
    """The only attempt of the first incident."""
    (one,) = bot.get("/api/v1/incidents/INC-1").json()["incident"]["remediations"]
    return dict(one)


def test_what_changes_something_waits_is_approved_runs_once_and_is_judged(
    bot: BotProcess, shop: Shop, ward: Ward
) -> None:
    """No Job before the approval or while the switch is on; a killed bot goes on judging where it was."""
    assert bot.deliver(body()).status_code == 202
    bot.settled()
    assert command(bot, "run", "eli", action="scale_deployment").ok
    assert bot.post("/api/v1/remediation/freeze", {"key": "f", "reason": "database move"}, "eli").ok
    refused = command(bot, "approve", "fay", attempt=1)
    assert (refused.status_code, "remediation is frozen" in refused.json()["detail"]) == (409, True)
    assert ward.jobs() == []
    assert bot.post("/api/v1/remediation/unfreeze", {"key": "u"}, "eli").ok
    assert bot.post(
        "/api/v1/incidents/INC-1/commands", {"command": "approve", "args": {"attempt": 1}, "key": "again"}, "fay"
    ).ok
    wait_until(lambda: attempt(bot).get("outcome") == "ran", _WITHIN_S, lambda: f"{attempt(bot)}\n{bot.log}")
    assert ward.jobs() == ["inc-1-1"]
    assert shop.deployment()["spec"]["replicas"] == 2
    assert ward.lease()["spec"].get("holderIdentity", "") == ""
    bot.kill()
    bot.start()
    wait_until(lambda: attempt(bot)["outcome"] == "verified", _WITHIN_S, lambda: f"{attempt(bot)}\n{bot.log}")
    one = attempt(bot)
    assert (one["approved_by"], one["requested_by"]) == ("fay", "eli")
    assert one["judgement"] == (
        "the 5m SLI of availability kept its objective of 99.9% (at most 0% bad) for 30 s, with traffic"
    )
    assert ward.jobs() == ["inc-1-1"]
