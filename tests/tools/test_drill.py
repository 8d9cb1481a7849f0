"""The main job: the whole outage on this machine, and its end when somebody stops it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from click.testing import CliRunner

from tools.cli import main

ROOT = Path(__file__).parents[2]
STEPS = [
    "traffic",
    "silence",
    "fault",
    "alert",
    "page",
    "incident",
    "push",
    "issue",
    "acknowledge",
    "pagerduty",
    "comment",
    "remediation",
    "alert-end",
    "resolve",
    "slack",
    "github",
    "postmortem",
    "verified",
    "silent",
]


@pytest.fixture
def taken_ports() -> Iterator[None]:
    """Somebody else listens where Prometheus, Alertmanager and the bot usually do."""
    with ExitStack() as stack:
        for port in (9090, 9093, 8000):
            listener = stack.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue  # taken already, by whoever: the drill meets what this fixture is for
            listener.listen()
        yield


def drill(*options: str) -> list[str]:
    """The command of a drill in this checkout."""
    return [sys.executable, "-m", "tools.cli", "--root", str(ROOT), "drill", *options]


def git(remote: str, *arguments: str) -> str:
    """What git prints about the drill's remote."""
    return subprocess.run(["git", "-C", remote, *arguments], capture_output=True, text=True, check=True).stdout


def test_remediation_makes_the_outage_shorter() -> None:
    """The same outage twice, by real programs (110 s): the machine's restart is verified, and the goal is met.

    The person takes longer than usual: what programs take is not shortened, and other tests need the machine too.
    """
    done = subprocess.run(
        drill("--compare", "--person-takes", "30m", "--json"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    outcome: dict[str, Any] = json.loads(done.stdout)
    assert outcome["met"] is True
    assert outcome["mttr_change"] <= outcome["goal"] == -0.3
    ours, theirs = outcome["with"], outcome["without"]
    assert (ours["failure"], theirs["failure"]) == (None, None)
    assert ours["verified"].startswith("the 5m SLI of availability kept its objective of 99.9% ")
    assert theirs["action_s"] >= outcome["assumed"]["person_s"] / 60 == 30
    assert 0 < ours["failed"] < theirs["failed"]


def test_options_that_do_not_go_together_are_told_so() -> None:
    """With status 2: one that is passed over would look as if it held."""
    for options, said in (
        (["--person-takes", "15m"], "Error: --person-takes belongs to --compare\n"),
        (["--within", "5"], "Error: --within belongs to --stack NAME\n"),
        (["--secrets", "x"], "Error: --secrets belongs to --page NAME\n"),
        (
            ["--compare", "--stack", "dev"],
            "Error: --compare and --stack NAME are different drills; choose one of them\n",
        ),
        (
            ["--page", "ana", "--real-time"],
            "Error: --real-time is for an outage on this machine; --page NAME plays none\n",
        ),
        (
            ["--compare", "--person-takes", "1d"],
            "Error: Invalid value for '--person-takes': '1d' is longer than an outage is played; expected at most 4h\n",
        ),
        (["--compare", "--keep"], "Error: --compare plays two outages, of which none can be kept\n"),
        (
            ["--compare", "--person-takes", "0s"],
            "Error: Invalid value for '--person-takes': '0s' is no time at all; expected one such as 15m\n",
        ),
    ):
        done = CliRunner().invoke(main, ["--root", str(ROOT), "drill", *options])
        assert done.exit_code == 2
        assert done.stderr.endswith(said)


@pytest.mark.usefixtures("taken_ports")
def test_a_failing_service_becomes_a_recorded_incident_that_can_be_looked_at() -> None:
    """Every step happens in order, within what theory promises; what is kept running answers, and the record is pushed.

    One drill for both, since it takes a minute; that one without --keep ends well, `make drill` of the workflow shows.
    """
    # What is said on the way fills no pipe that nobody reads, and Python's buffers are those that users have.
    quiet = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        drill("--keep", "--json"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=quiet
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        while not lines or lines[-1] not in ("}\n", ""):
            lines.append(process.stdout.readline())
        outcome: dict[str, Any] = json.loads("".join(lines))
        check_steps(outcome)
        check_kept(outcome)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130


def check_steps(outcome: dict[str, Any]) -> None:
    """What happened, when, and what is on the remote then."""
    assert outcome["failure"] is None
    assert [step["step"] for step in outcome["steps"]] == STEPS
    assert outcome["mttd_s"] <= outcome["fault_to_page_s"] <= sum(outcome["fault_to_page_promised"].values()) + 2
    assert {"pagerduty", "slack", "email", "watchdog"} <= outcome["messages"].keys()
    remote = str(ROOT / outcome["look"]["record"].split()[2])
    assert "status: resolved" in git(remote, "show", f"records:{_state_path(remote, outcome['incident'])}")
    draft = git(remote, "ls-tree", "-r", "--name-only", f"postmortem/{outcome['incident']}")
    assert f"{outcome['incident']}.md" in draft


def check_kept(outcome: dict[str, Any]) -> None:
    """There is a page behind each address and behind what the alerts point at, and people can go on."""
    pages = {what: url for what, url in outcome["look"].items() if url.startswith("http://127.0.0.1:")}
    programs = {"incident", "Prometheus", "Alertmanager", "bot", "checkout"}
    assert programs | {"what was sent", "GitHub", "Slack", "PagerDuty"} == pages.keys()
    answers = {what: requests.get(url, timeout=10) for what, url in pages.items()}
    assert {what: answer.status_code for what, answer in answers.items()} == dict.fromkeys(pages, 200)
    for what in ("bot", "GitHub", "Slack"):
        assert outcome["incident"] in answers[what].text, what
    prometheus = pages["Prometheus"].removesuffix("/alerts")
    assert f"{prometheus}/graph?g0.expr=" in answers["incident"].text.replace("&#x2F;", "/")
    assert requests.get(f"{prometheus}/graph?g0.expr=up&g0.tab=1", timeout=10).status_code == 200
    person = next(export for what, export in outcome["look"].items() if what.startswith("as "))
    note = f"{person}; {sys.executable} -m tools.cli incident note {outcome['incident']} 'I look'"
    noted = subprocess.run(["sh", "-c", note], capture_output=True, text=True, check=False)
    assert noted.stdout.startswith(f"{outcome['incident']} noted; "), noted.stderr


def _state_path(remote: str, incident: str) -> str:
    listed = git(remote, "ls-tree", "-r", "--name-only", "records").splitlines()
    return next(path for path in listed if path.endswith(f"/{incident}/incident.yaml"))


def test_stopping_a_drill_ends_everything_it_started() -> None:
    """Ctrl-C in the middle leaves no process behind and says so."""
    process = subprocess.Popen(drill(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    children: list[psutil.Process] = []
    end = time.monotonic() + 60
    while len(children) < 4 and time.monotonic() < end:
        children = psutil.Process(process.pid).children(recursive=True)
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    gone, alive = psutil.wait_procs(children, timeout=5)
    assert len(gone) >= 4
    assert not alive
    assert process.returncode == 130
    assert errors.endswith("drill stopped; everything it started has ended\n")


def test_a_share_of_errors_that_is_none_is_refused() -> None:
    """Wrong use has status 2 and says what was expected."""
    done = subprocess.run(drill("--errors", "most"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith(
        "Error: Invalid value for '--errors': 'most' is not a share of requests; "
        "expected one such as 50% or 0.5, more than 0\n"
    )


def test_a_person_whom_nobody_knows_is_refused_with_those_who_are_known(mini: Path) -> None:
    """`--page` lists who there is."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.cli", "--root", str(mini), "drill", "--page", "nobody"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("--page nobody: no team has a member of that name; expected one of: ana, ")


def refusal(root: Path, *options: str) -> str:
    """What a drill in that repository says that refuses to start, and leaves nothing behind."""
    command = [sys.executable, "-m", "tools.cli", "--root", str(root), "drill", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert not (root / ".drill").exists()
    return done.stderr


def test_a_share_of_errors_that_pages_nobody_is_refused_before_anything_starts(mini: Path) -> None:
    """Waiting for a page that theory says cannot come would be a drill that always fails."""
    assert refusal(mini, "--errors", "0.1%") == (
        "drill: --errors 0.001: checkout/availability pages nobody for so few errors; "
        "expected more than 1.50% of requests, with time-lapse windows; give a larger share\n"
    )


def test_a_repository_without_the_service_that_breaks_is_told_the_way_out(mini: Path) -> None:
    """A data folder of one's own has no demonstration service."""
    way_out = "take the example's file over, or run the drill in a clone of the project\n"
    file = mini / "policies" / "services" / "checkout.yaml"
    file.write_text(file.read_text().replace("name: availability", "name: success"))
    for old in (mini / "runbooks").glob("CheckoutAvailability*"):
        old.rename(old.with_name("CheckoutSuccessBurn.md"))
        new = old.with_name("CheckoutSuccessBurn.md")
        new.write_text(new.read_text().replace("CheckoutAvailabilityBurn", "CheckoutSuccessBurn"))
    assert refusal(mini) == (
        "drill: policies/services/checkout.yaml: slos: the first one is success; "
        f"the drill waits for the alert of `availability`; {way_out}"
    )
