"""`tocsin silences` on a real Alertmanager."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from click.testing import CliRunner, Result

from alerting.policy import load
from tests.conftest import DATA
from tests.real_alertmanager import RealAlertmanager, running
from tests.receiving import Sink
from tools.cli import main

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[RealAlertmanager]:
    """An Alertmanager with storage of its own."""
    with Sink() as sink, running(load(DATA / "mini"), tmp_path / "am", sink) as started:
        yield started


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with two silences, one that holds and one to come."""
    (tmp_path / "repo" / "policies" / "silences").mkdir(parents=True)
    write(tmp_path / "repo", "now", matchers=['service="checkout"', 'alertname=~"Slow.*"'])
    write(tmp_path / "repo", "later", start=HOUR, end=2 * HOUR, matchers=['service="cart"', 'pod!="a"', 'zone!~"b|c"'])
    return tmp_path / "repo"


def write(root: Path, name: str, start: timedelta = -HOUR, end: timedelta = HOUR, **fields: Any) -> None:
    """Writes the file of a silence."""
    content = {"from": (NOW + start).isoformat(), "to": (NOW + end).isoformat(), "owner": "payments", "reason": "test"}
    (root / "policies" / "silences" / f"{name}.yaml").write_text(yaml.safe_dump({**content, **fields}))


def tocsin(root: Path, *words: str, url: str | None = None) -> Result:
    """Runs the command, with the address in the environment."""
    environment = {"TOCSIN_ALERTMANAGER_URL": url} if url else {}
    return CliRunner(env=environment).invoke(main, ["--root", str(root), "silences", *words], catch_exceptions=False)


def live(alertmanager: RealAlertmanager) -> dict[str, dict[str, Any]]:
    """Silences that are not over, by the last line of their comment."""
    return {
        each["comment"].splitlines()[-1]: each
        for each in alertmanager.silences()
        if each["status"]["state"] != "expired"
    }


def foreign(alertmanager: RealAlertmanager) -> str:
    """A silence that a person made."""
    body = {
        "matchers": [{"name": "service", "value": "cart", "isRegex": False, "isEqual": True}],
        "startsAt": (NOW - HOUR).isoformat(),
        "endsAt": (NOW + HOUR).isoformat(),
        "createdBy": "ana",
        "comment": "mine",
    }
    answer = requests.post(f"{alertmanager.url}/api/v2/silences", json=body, timeout=10)
    answer.raise_for_status()
    return str(answer.json()["silenceID"])


def test_files_become_silences_and_a_second_run_changes_nothing(alertmanager: RealAlertmanager, root: Path) -> None:
    """The plan is printed, carried out, and then there is nothing left to do, also after Alertmanager's restart."""
    someone = foreign(alertmanager)
    first = tocsin(root, "apply", url=alertmanager.url)
    assert (first.exit_code, first.stderr) == (0, "")
    later, now = (f"{NOW + hours:%Y-%m-%d %H:%M} UTC" for hours in (HOUR, -HOUR))
    assert first.stdout.splitlines() == [
        f'create later: pod!="a", service="cart", zone!~"b|c", {later} to {NOW + 2 * HOUR:%Y-%m-%d %H:%M} UTC',
        f'create now: alertname=~"Slow.*", service="checkout", {now} to {NOW + HOUR:%Y-%m-%d %H:%M} UTC',
        "leave  1 made by others",
        "2 created",
    ]
    made = live(alertmanager)
    assert made["tocsin: policies/silences/now.yaml"]["createdBy"] == "tocsin"
    assert made["tocsin: policies/silences/later.yaml"]["status"]["state"] == "pending"
    alertmanager.restart()
    second = tocsin(root, "apply", url=alertmanager.url)
    assert second.stdout.splitlines() == ["keep   later", "keep   now", "leave  1 made by others", "nothing to do"]
    assert live(alertmanager) == made
    assert made["mine"]["id"] == someone


def test_a_dry_run_says_the_same_and_changes_nothing(alertmanager: RealAlertmanager, root: Path) -> None:
    """`--dry-run` prints the plan only."""
    shown = tocsin(root, "apply", "--dry-run", "--alertmanager", alertmanager.url)
    assert shown.exit_code == 0
    assert [line.split(":")[0] for line in shown.stdout.splitlines()] == [
        "create later",
        "create now",
        "dry run, nothing was changed; it would be",
    ]
    assert alertmanager.silences() == []


def test_changes_reach_alertmanager_and_only_our_silences(alertmanager: RealAlertmanager, root: Path) -> None:
    """A later end moves the end of the same silence, other matchers make a new one, a file that is gone ends it."""
    someone = foreign(alertmanager)
    write(root, "third", matchers=['service="platform"'])
    assert tocsin(root, "apply", url=alertmanager.url).exit_code == 0
    before = live(alertmanager)
    write(root, "now", end=3 * HOUR, matchers=['service="checkout"', 'alertname=~"Slow.*"'])
    write(root, "third", matchers=['service="payments-db"'])
    (root / "policies" / "silences" / "later.yaml").unlink()
    changed = tocsin(root, "apply", "--json", url=alertmanager.url)
    assert changed.exit_code == 0
    actions = {each["name"]: each for each in json.loads(changed.stdout)["actions"]}
    assert (actions["now"]["action"], actions["now"]["differences"]) == ("change", ["end"])
    assert (actions["third"]["action"], actions["third"]["differences"]) == ("change", ["matchers"])
    assert (actions["later"]["action"], actions["later"]["why"]) == ("expire", "its file is gone")
    after = live(alertmanager)
    assert set(after) == {"mine", "tocsin: policies/silences/now.yaml", "tocsin: policies/silences/third.yaml"}
    mark = "tocsin: policies/silences/now.yaml"
    assert after[mark]["id"] == before[mark]["id"]
    assert after[mark]["startsAt"] == before[mark]["startsAt"]
    assert after[mark]["endsAt"] > before[mark]["endsAt"]
    assert after["mine"]["id"] == someone
    assert tocsin(root, "apply", url=alertmanager.url).stdout.splitlines()[-1] == "nothing to do"


def test_an_alert_under_a_silence_notifies_nobody(alertmanager: RealAlertmanager, root: Path) -> None:
    """Not even the bot hears of it, while an alert beside it is heard everywhere."""
    assert tocsin(root, "apply", url=alertmanager.url).exit_code == 0
    silent = {"alertname": "SlowCheckout", "service": "checkout", "team": "payments", "severity": "page"}
    loud = {"alertname": "LoudDatabase", "service": "payments-db", "team": "platform", "severity": "page"}
    alertmanager.post(silent)
    alertmanager.post(loud)
    for channel in ("bot", "slack", "pagerduty"):
        alertmanager.sink.wait(channel, lambda arrival: "LoudDatabase" in str(arrival.body))
    (seen,) = alertmanager.alerts('alertname="SlowCheckout"')
    assert seen["status"]["state"] == "suppressed"
    arrivals = [each for channel in ("bot", "slack", "pagerduty", "email") for each in alertmanager.sink.of(channel)]
    assert not any("SlowCheckout" in str(each.body) for each in arrivals)


def test_the_list_says_whose_each_is(alertmanager: RealAlertmanager, root: Path) -> None:
    """Ours are named by their file, others by who made them."""
    assert (
        tocsin(root, "list", url=alertmanager.url).stdout == "Alertmanager has no silences that are active or to come\n"
    )
    someone = foreign(alertmanager)
    tocsin(root, "apply", url=alertmanager.url)
    lines = [line.split() for line in tocsin(root, "list", url=alertmanager.url).stdout.splitlines()]
    assert lines[0] == ["file", "by", "state", "matchers", "from", "(UTC)", "to", "(UTC)"]
    assert {tuple(words[:3]) for words in lines[1:] if len(words) > 4} == {
        ("now", "tocsin", "active"),
        ("later", "tocsin", "pending"),
        ("-", "ana", "active"),
    }
    found = json.loads(tocsin(root, "list", "--json", url=alertmanager.url).stdout)["silences"]
    assert {(each["name"], each["state"], each["created_by"]) for each in found} == {
        ("now", "active", "tocsin"),
        ("later", "pending", "tocsin"),
        (None, "active", "ana"),
    }
    assert next(each["id"] for each in found if each["name"] is None) == someone


def test_a_file_with_a_mistake_stops_everything(alertmanager: RealAlertmanager, root: Path) -> None:
    """A file that cannot be read must not look like one that is gone."""
    assert tocsin(root, "apply", url=alertmanager.url).exit_code == 0
    before = live(alertmanager)
    (root / "policies" / "silences" / "now.yaml").write_text("matchers: [\n")
    refused = tocsin(root, "apply", url=alertmanager.url)
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith("policies/silences/now.yaml:")
    assert live(alertmanager) == before


def test_an_alertmanager_that_is_not_there_is_named(root: Path) -> None:
    """The command fails with the address, without its password, and the way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        failed = tocsin(root, "apply", url=f"http://user:hunter2@127.0.0.1:{port}/")
    assert failed.exit_code == 1
    assert failed.stderr == (
        f"Alertmanager at http://127.0.0.1:{port}: nothing answers there; expected a running Alertmanager; "
        "name another one with --alertmanager or TOCSIN_ALERTMANAGER_URL\n"
    )
