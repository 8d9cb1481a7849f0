"""A real bot with a real cluster: what a person asks for runs as a Job, and its end is in git."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerting.remediations import Target
from bots import records
from bots.timeline.event import Event, Kind
from tests.bots.actions.shop import Shop
from tests.bots.bodies import body
from tests.bots.bot_process import BotProcess, wait_until
from tests.bots.ward import BOT, Ward
from tests.cluster.api import Api
from tests.cluster.node import Node
from tests.cluster.plane import ControlPlane
from tests.cluster.waiting import until

_FINISHED_WITHIN_S = 60.0


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
    with Ward(plane=plane, kube=kube, namespace=shop.namespace, targets={"run_diagnostics": [checkout]}) as here:
        yield here


@pytest.fixture
def bot(mini: Path, tmp_path: Path, ward: Ward, shop: Shop) -> Iterator[BotProcess]:
    """A bot that may make jobs, for a company whose checkout is looked at."""
    service = mini / "policies" / "services" / "checkout.yaml"
    text = service.read_text().replace("restart_deployment", "run_diagnostics")
    service.write_text(text.replace("namespace: shop, deployment", f"namespace: {shop.namespace}, deployment"))
    token = ward.plane.token(ward.namespace, BOT)
    settings = {
        "TOCSIN_REMEDIATION_NAMESPACE": ward.namespace,
        "KUBECONFIG": str(ward.plane.kubeconfig_of(f"{ward.namespace}-service", token)),
    }
    made = BotProcess(root=mini, folder=tmp_path / "bot", settings=settings)
    made.prepare()
    made.start()
    yield made
    made.stop()


def ask(bot: BotProcess) -> None:
    """An alert makes an incident, and ana asks for its action."""
    assert bot.deliver(body()).status_code == 202
    bot.settled()
    asked = {"command": "run", "args": {"action": "run_diagnostics"}, "key": "k1"}
    answer = bot.post("/api/v1/incidents/INC-1/commands", asked)
    assert answer.ok, answer.text


def shown(bot: BotProcess, name: str) -> bytes:
    """A file of the incident, as the remote has it; empty before it is there."""
    command = ["git", "-C", str(bot.remote), "ls-tree", "-r", "--name-only", "records"]
    listed = subprocess.run(command, capture_output=True, check=False).stdout.decode().splitlines()
    path = next((path for path in listed if path.endswith(name)), None)
    if path is None:
        return b""
    return subprocess.run(
        ["git", "-C", str(bot.remote), "show", f"records:{path}"], capture_output=True, check=True
    ).stdout


def finished(bot: BotProcess) -> list[Event]:
    """What the timeline says about ends of remediations."""
    text = shown(bot, "/timeline.yaml")
    events = records.read_timeline(text) if text else ()
    return [event for event in events if event.kind == Kind.REMEDIATION_FINISHED]


def test_what_an_action_found_is_in_the_timeline_and_on_the_page(bot: BotProcess, shop: Shop, ward: Ward) -> None:
    """Asked for by a person, run by Kubernetes, written down by the bot."""
    (pod,) = shop.pods()
    shop.node.logs[pod["metadata"]["name"], "main"] = "ready to serve @everyone\n```\n<script>alert(1)</script>\n"
    ask(bot)
    wait_until(lambda: finished(bot), _FINISHED_WITHIN_S, lambda: bot.log)
    (end,) = finished(bot)
    assert end.data["outcome"] == "succeeded"
    assert end.data["detail"] == (
        f"looked at deployment {shop.namespace}/checkout and its 1 pods: nothing is wrong with its pods"
    )
    assert "ready to serve @everyone" in end.data["output"]
    wait_until(lambda: b"what it found" in shown(bot, "/README.md"), _FINISHED_WITHIN_S, lambda: bot.log)
    readme = shown(bot, "/README.md").decode()
    assert "<details><summary>Attempt 1, run\\_diagnostics: what it found</summary>\n\n````text\n" in readme
    page = bot.get("/incidents/INC-1").text
    assert "ready to serve @everyone" in page
    assert "<script>alert" not in page
    assert ward.jobs() == ["inc-1-1"]


def test_a_bot_that_is_killed_while_a_job_runs_tells_its_end_once(bot: BotProcess, shop: Shop, ward: Ward) -> None:
    """The next process finds the Job by its name, and makes no second one."""
    shop.node.runs = False
    ask(bot)
    until("the job", lambda: ward.jobs() == ["inc-1-1"])
    bot.kill()
    bot.start()
    shop.node.runs = True
    wait_until(lambda: finished(bot), _FINISHED_WITHIN_S, lambda: bot.log)
    bot.settled()
    (end,) = finished(bot)
    assert end.data["outcome"] == "succeeded"
    assert ward.jobs() == ["inc-1-1"]
