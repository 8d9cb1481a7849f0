"""The drill's pieces: steps, processes, the service that breaks, customers, stand-ins, history."""

import json
import os
import re
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from pathlib import Path

import psutil
import pytest
import requests

from alerting.policy import load
from tools.drill.backfill import HOURS, backfill
from tools.drill.errors import DrillError, ProcessFailed, StepBroken, StepFailed
from tools.drill.ports import LOOPBACK, claimed_port, free_port
from tools.drill.processes import Processes, Program
from tools.drill.rehearsal import BULKY, KEPT_RUNS, tidy
from tools.drill.standins import Outbound, running
from tools.drill.step import NotYet, Seen, Step, now, run
from tools.drill.traffic import Traffic


@contextmanager
def service(tmp_path: Path, port: int) -> Iterator[Processes]:
    """The demonstration service, running."""
    with Processes(tmp_path / "logs") as processes:
        processes.start(
            Program(
                name="checkout",
                command=[sys.executable, "-m", "tools.drill.checkout", f"--port={port}", "--seed=1"],
                ready_url=f"http://{LOOPBACK}:{port}/healthz",
            )
        )
        yield processes


def count(port: int, code: str) -> float:
    """Purchases that were answered with that status, by the service's own metrics."""
    text = requests.get(f"http://{LOOPBACK}:{port}/metrics", timeout=5).text
    found = re.search(rf'^http_requests_total{{code="{code}",[^}}]*}} (\S+)$', text, re.M)
    return float(found[1]) if found else 0.0


def test_a_step_that_does_not_happen_is_named_with_what_was_seen_instead() -> None:
    """The message says which step, how long it was waited for and what there was."""
    step = Step(name="page", title="page sent", look=lambda: NotYet(instead="nothing yet at slack"), within_s=0)
    with pytest.raises(StepFailed) as failed:
        run(step, lambda: None)
    assert str(failed.value) == "step `page` did not happen within 0 s; last seen: nothing yet at slack"


def test_a_step_is_looked_for_until_it_happens() -> None:
    """A step that happens late is a step that happened."""
    looks: Iterator[Seen | NotYet] = iter(
        [NotYet(instead="dark"), NotYet(instead="dusk"), Seen(at=now(), detail="light")]
    )
    done = run(Step(name="dawn", title="dawn", look=lambda: next(looks), within_s=5), lambda: None)
    assert (done.name, done.detail) == ("dawn", "light")


def test_what_stands_in_the_way_of_a_step_is_told_with_its_name() -> None:
    """Also when it is not the step's own time that ran out."""

    def refuse() -> None:
        raise DrillError("the action ended with failed")

    step = Step(name="remediation", title="remediation ran", look=lambda: NotYet(instead=""), within_s=5, act=refuse)
    with pytest.raises(StepBroken) as broken:
        run(step, lambda: None)
    assert str(broken.value) == "step `remediation` did not happen: the action ended with failed"


def test_a_program_that_does_not_answer_is_looked_at_again_and_then_named() -> None:
    """The person reads which address was silent, not how the library said so."""
    url = f"http://{LOOPBACK}:{free_port()}/api"

    def ask() -> Seen:
        requests.get(url, timeout=1)
        return Seen(at=now(), detail="it answers")

    with pytest.raises(StepFailed) as failed:
        run(Step(name="incident", title="incident opened", look=ask, within_s=0.2), lambda: None)
    assert str(failed.value) == f"step `incident` did not happen within 0 s; last seen: no answer from {url}"

    def act() -> None:
        ask()

    with pytest.raises(StepBroken) as broken:
        run(Step(name="fault", title="the service fails", look=ask, within_s=5, act=act), lambda: None)
    assert str(broken.value) == f"step `fault` did not happen: no answer from {url}"


def test_an_answer_with_an_error_is_told_with_its_status(tmp_path: Path) -> None:
    """The address did answer, so it is not called silent."""
    url = f"http://{LOOPBACK}:{(port := free_port())}/nothing-here"

    def ask() -> Seen:
        requests.get(url, timeout=5).raise_for_status()
        return Seen(at=now(), detail="it is there")

    with service(tmp_path, port), pytest.raises(StepFailed) as failed:
        run(Step(name="page", title="page sent", look=ask, within_s=0), lambda: None)
    assert str(failed.value) == (f"step `page` did not happen within 0 s; last seen: {url} answered with status 404")


def test_two_drills_that_choose_at_the_same_moment_choose_different_ports() -> None:
    """Between the choice and the start of what listens there lie seconds."""
    with ExitStack() as first, ExitStack() as second:
        mine = claimed_port(0, first)
        assert claimed_port(mine, second) != mine
        first.close()
        assert claimed_port(mine, second) == mine


def test_a_claim_on_a_port_ends_with_the_process_that_had_it() -> None:
    """Also kill -9 leaves no claim behind."""
    script = (
        "import sys, time\n"
        "from contextlib import ExitStack\n"
        "from tools.drill.ports import claimed_port\n"
        "stack = ExitStack()\n"
        "print(claimed_port(0, stack), flush=True)\n"
        "time.sleep(60)\n"
    )
    other = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    port = int(other.stdout.readline())
    with ExitStack() as mine:
        assert claimed_port(port, mine) != port
        other.kill()
        other.wait()
        other.stdout.close()
        assert claimed_port(port, mine) == port


def test_the_last_runs_are_kept_without_what_is_bulky(tmp_path: Path) -> None:
    """Runs that were killed go too, those that run beside ours stay."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    killed = [tmp_path / f"20260101-00000{n}-{gone.pid}" for n in range(KEPT_RUNS + 2)]
    beside = tmp_path / f"20260101-000000-{os.getppid()}"
    mine = tmp_path / f"20260102-000000-{os.getpid()}"
    for folder in (*killed, beside, mine):
        for name in (*BULKY, "logs"):
            (folder / name).mkdir(parents=True)
    tidy(mine)
    assert sorted(tmp_path.iterdir()) == [beside, *killed[3:], mine]
    assert [path.name for path in mine.iterdir()] == ["logs"]


def test_a_wished_port_that_is_taken_gives_another_one() -> None:
    """Two drills side by side do not fight over 9090."""
    with running(Outbound(), first := free_port(), free_port()):
        assert free_port(first) != first


def test_a_program_that_ends_early_shows_the_end_of_its_log(tmp_path: Path) -> None:
    """The person reads why it did not start."""
    program = Program(
        name="broken", command=[sys.executable, "-c", "print('no disk'); exit(3)"], ready_url="http://127.0.0.1:1"
    )
    with Processes(tmp_path / "logs") as processes, pytest.raises(ProcessFailed) as failed:
        processes.start(program)
    assert str(failed.value) == "broken: ended with status 3 before it was ready; its log ends with:\nno disk"


def test_killing_the_parent_leaves_no_program_behind(tmp_path: Path) -> None:
    """Also kill -9 of the drill ends what it started."""
    port = free_port()
    script = (
        "import pathlib, sys, time\n"
        "from tools.drill.processes import Processes, Program\n"
        f"p = Processes(pathlib.Path({str(tmp_path)!r}))\n"
        f"p.start(Program(name='c', command=[sys.executable, '-m', 'tools.drill.checkout', '--port={port}'],"
        f" ready_url='http://127.0.0.1:{port}/healthz'))\n"
        "print(p.pid('c'), flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    child.wait(10)
    assert not child.is_running()


def test_the_service_fails_the_share_that_it_is_told_to_until_it_is_started_anew(tmp_path: Path) -> None:
    """The fault lives in the process, so a restart heals it."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    with service(tmp_path, port) as processes:
        assert requests.post(f"{url}/buy", timeout=5).status_code == 200
        requests.put(f"{url}/fault", json={"share": 1}, timeout=5).raise_for_status()
        assert requests.post(f"{url}/buy", timeout=5).status_code == 500
        assert (count(port, "200"), count(port, "500")) == (1, 1)
        os.kill(processes.pid("checkout"), signal.SIGTERM)
        psutil.Process(processes.pid("checkout")).wait(10)
        processes.check(may_end=("checkout",))
        assert requests.post(f"{url}/buy", timeout=5).status_code == 200


def test_a_small_share_fails_evenly(tmp_path: Path) -> None:
    """Chance would gather failures, and the alert would come and go with them."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    with service(tmp_path, port):
        requests.put(f"{url}/fault", json={"share": 0.2}, timeout=5).raise_for_status()
        codes = [requests.post(f"{url}/buy", timeout=5).status_code for _ in range(15)]
    assert codes == [200, 200, 200, 200, 500] * 3


def test_an_impossible_share_is_refused(tmp_path: Path) -> None:
    """The switch takes ratios only."""
    port = free_port()
    with service(tmp_path, port):
        answer = requests.put(f"http://{LOOPBACK}:{port}/fault", json={"share": 50}, timeout=5)
    assert answer.status_code == 422


def test_customers_come_at_the_stated_rate(tmp_path: Path) -> None:
    """The mean is near what the objective's file states, and the service counts what was sent."""
    port = free_port()
    with service(tmp_path, port):
        with Traffic(LOOPBACK, port, rate_per_s=40, seed=3) as traffic:
            time.sleep(3)
        time.sleep(0.3)
        assert 60 <= traffic.sent <= 180
        assert traffic.failed == 0
        assert count(port, "200") == pytest.approx(traffic.sent, abs=9)


def test_what_pagerduty_slack_and_mail_would_get_is_kept_and_shown() -> None:
    """The page escapes what came from labels."""
    outbound, http_port, smtp_port = Outbound(), free_port(), free_port()
    with running(outbound, http_port, smtp_port):
        url = f"http://{LOOPBACK}:{http_port}"
        payload = {"summary": "<script>alert(1)</script>", "source": "checkout", "severity": "critical"}
        event = {"routing_key": "r", "event_action": "trigger", "dedup_key": "k", "payload": payload}
        assert requests.post(f"{url}/pagerduty/v2/enqueue", json=event, timeout=5).status_code == 202
        requests.post(f"{url}/slack/api/chat.postMessage", json={"channel": "#x", "text": "down"}, timeout=5)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "a@example.com", "b@example.com", "checkout is down"
        mail.set_content("look at it")
        with smtplib.SMTP(LOOPBACK, smtp_port) as smtp:
            smtp.send_message(mail)
        page = requests.get(url, timeout=5).text
    assert [message.channel for message in outbound.messages] == ["pagerduty", "slack", "email"]
    assert "<script>alert" not in page
    assert "checkout is down" in page
    assert re.findall("<b>(.*?)</b>", page) == ["E-mail", "Slack", "PagerDuty"]


def test_promtool_takes_the_backfilled_history(tmp_path: Path, part: Callable[[str], Path]) -> None:
    """Six healthy hours become blocks with the service's counters and the recorded rates."""
    policy = load(Path(__file__).parents[2])
    blocks = tmp_path / "data"
    backfill(part("promtool"), policy, port=1234, end_s=1_800_000_000, folder=blocks, seed=1)
    listed = subprocess.run(
        [str(part("promtool")), "tsdb", "list", str(blocks)], capture_output=True, text=True, check=True
    ).stdout
    metas = [json.loads(path.read_text()) for path in blocks.glob("*/meta.json")]
    assert len(listed.splitlines()) == len(metas) + 1
    assert max(m["maxTime"] for m in metas) - min(m["minTime"] for m in metas) == pytest.approx(
        HOURS * 3_600_000, abs=60_000
    )
