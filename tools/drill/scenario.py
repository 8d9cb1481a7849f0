"""The rehearsed outage, step by step: what is done, and what must be seen."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import requests

from alerting import names
from alerting.model.policy import PLATFORM
from alerting.timescale import REAL
from tools.drill import observe, promise
from tools.drill.chat import thread_of
from tools.drill.errors import DrillError
from tools.drill.phone import taken
from tools.drill.stage import Stage
from tools.drill.standins import Message, Outbound
from tools.drill.step import NotYet, Seen, Step, now
from tools.drill.tracker import SAID, heard, issue_of, pull_of, say

SERVICE: Final = "checkout"
SLO: Final = "availability"
ALERT: Final = names.burn_alert(SERVICE, SLO)
SILENCED: Final = "DrillSilenced"
RECORDS: Final = "records"


class Scenario:
    """The steps of one outage on a stage whose programs run."""

    def __init__(self, stage: Stage, outbound: Outbound, errors: float, patience: float) -> None:
        """`patience` stretches the waiting times: 1 for time-lapse windows, more for real ones."""
        self._stage, self._outbound, self._errors, self._patience = stage, outbound, errors, patience
        self.incident: str | None = None
        self.fault_at: datetime | None = None
        self.commits: dict[str, str] = {}
        """What is on the remote, by the step that put it there."""

    def steps(self) -> Sequence[Step]:
        """Every step in order."""
        wait = self._patience
        # Few errors take long to notice; twice what theory promises is when something is broken.
        alert_s = max(60 * wait, 2 * promise.page_s(self._stage, self._errors))
        return (
            Step(name="traffic", title="steady traffic", look=self._steady, within_s=60 * wait),
            Step(name="silence", title="an alert under a silence", act=self._silence, look=self._silenced, within_s=15),
            Step(name="fault", title="the service fails", act=self._fail, look=self._failing, within_s=5),
            Step(name="alert", title="alert fires", look=self._firing, within_s=alert_s),
            Step(name="page", title="page sent", look=self._paged, within_s=30),
            Step(name="incident", title="incident opened", look=self._opened, within_s=20),
            Step(name="push", title="incident pushed", look=self._pushed, within_s=20),
            Step(name="issue", title="GitHub has an issue", look=self._mirrored, within_s=10),
            Step(name="acknowledge", title="acknowledged", look=self._acknowledged, within_s=30),
            Step(name="pagerduty", title="PagerDuty agrees", look=self._agreed, within_s=30),
            Step(name="comment", title="a comment is a note", act=self._comment, look=self._heard, within_s=20),
            Step(name="remediation", title="remediation ran", act=self._remediate, look=self._remediated, within_s=40),
            Step(name="alert-end", title="alert resolves", look=self._quiet, within_s=120 * wait),
            Step(name="resolve", title="incident resolved", look=self._resolved, within_s=90 + 10 * wait),
            Step(name="slack", title="Slack tells it", look=self._told_in_slack, within_s=30),
            Step(name="github", title="GitHub closes it", look=self._closed_on_github, within_s=30),
            Step(name="postmortem", title="draft postmortem written", look=self._drafted, within_s=60),
            Step(name="verified", title="remediation verified", look=self._verified, within_s=90 * wait),
            Step(name="silent", title="the silenced alert notified nobody", look=self._nobody, within_s=5),
        )

    # traffic, silence, fault

    def _steady(self) -> Seen | NotYet:
        base = str(REAL.base(self._stage.policy.services[SERVICE].scrape_interval))
        url = self._stage.ports.url("prometheus")
        rate = observe.query(url, f'{names.total_events(base)}{{service="{SERVICE}",slo="{SLO}"}}')
        expected = self._stage.policy.services[SERVICE].slos[0].traffic or 20
        if rate is None or rate < expected * 0.7:
            return NotYet(instead=f"{rate or 0:.1f} requests a second, as Prometheus recorded them")
        return Seen(at=now(), detail=f"{rate:.1f} requests a second, none failing")

    def _silence(self) -> None:
        url = self._stage.ports.url("alertmanager")
        folder = self._stage.folder / "silenced"
        (folder / "policies" / "silences").mkdir(parents=True)
        ends = datetime.now(UTC) + timedelta(hours=1)
        (folder / "policies" / "silences" / "drill.yaml").write_text(
            json.dumps(
                {
                    "matchers": [f'alertname="{SILENCED}"'],
                    "from": (ends - timedelta(hours=2)).isoformat(),
                    "to": ends.isoformat(),
                    "owner": self._stage.policy.services[SERVICE].owner,
                    "reason": "rehearsal: this alert must notify nobody",
                }
            )
        )
        self._tocsin("--root", str(folder), "silences", "apply", "--alertmanager", url)
        alert = {
            "labels": {
                "alertname": SILENCED,
                # Not the service that fails: an alert of the same group would delay the bot by a group_interval.
                "service": PLATFORM,
                "team": self._stage.policy.services[PLATFORM].owner,
                "severity": "page",
                "priority": "P0",
                "drill": "true",
            },
            "annotations": {"summary": "Nobody must hear of this"},
        }
        requests.post(f"{url}/api/v2/alerts", json=[alert], timeout=5).raise_for_status()

    def _silenced(self) -> Seen | NotYet:
        if observe.suppressed(self._stage.ports.url("alertmanager"), SILENCED):
            return Seen(at=now(), detail=f"{SILENCED} is held back by the silence from the files")
        return NotYet(instead=f"{SILENCED} is not suppressed in Alertmanager")

    def _nobody(self) -> Seen | NotYet:
        told = [m for m in self._outbound.messages if m.channel != "watchdog" and SILENCED in json.dumps(m.body)]
        bot = observe.incidents(self._stage.ports.url("bot"), self._stage.token)
        if told or any(SILENCED in json.dumps(found) for found in bot):
            raise DrillError(f"{SILENCED} is silenced, but {len(told)} messages about it went out")
        return Seen(at=now(), detail="no message and no incident mentions it")

    def _fail(self) -> None:
        url = f"{self._stage.ports.url('checkout')}/fault"
        requests.put(url, json={"share": self._errors}, timeout=5).raise_for_status()
        self.fault_at = now()

    def _failing(self) -> Seen | NotYet:
        assert self.fault_at is not None
        return Seen(at=self.fault_at, detail=f"{self._errors:.0%} of requests answer 500 from now on")

    # alert, page, incident

    def _firing(self) -> Seen | NotYet:
        found = observe.firing(self._stage.ports.url("prometheus"), ALERT, "page")
        if found is None:
            burn = observe.query(
                self._stage.ports.url("prometheus"), f'max({names.burn_rate("5m")}{{service="{SERVICE}"}})'
            )
            return NotYet(instead=f"{ALERT} does not fire; the 5m burn rate is {burn or 0:.1f}")
        return Seen(at=found.since, detail=f"{ALERT}, {found.labels.get('severity')}, {found.labels.get('priority')}")

    def _first(self, channel: str) -> Message | None:
        return next((m for m in self._outbound.of(channel) if ALERT in json.dumps(m.body) or ALERT in m.title), None)

    def _paged(self) -> Seen | NotYet:
        first = {channel: self._first(channel) for channel in ("pagerduty", "slack", "email")}
        missing = [channel for channel, message in first.items() if message is None]
        if missing:
            return NotYet(instead=f"nothing yet at {', '.join(missing)}")
        page, mail = first["pagerduty"], first["email"]
        assert page is not None
        assert mail is not None
        return Seen(at=page.at, detail=f"PagerDuty, Slack and e-mail: {mail.title}")

    def _opened(self) -> Seen | NotYet:
        found = observe.incidents(self._stage.ports.url("bot"), self._stage.token)
        mine = next((incident for incident in found if incident["service"] == SERVICE), None)
        if mine is None:
            return NotYet(instead=f"the bot knows {len(found)} incidents, none of {SERVICE}")
        self.incident = str(mine["id"])
        return Seen(
            at=datetime.fromisoformat(mine["opened_at"]),
            detail=f"{self.incident}, {mine['priority']}, drill: {str(mine['drill']).lower()}",
        )

    def _remote_state(self) -> tuple[str, str] | None:
        """The path of the incident's state on the remote and its text; None while it is not there."""
        path = observe.pushed_file(self._stage.remote, RECORDS, f"/{self.incident}/incident.yaml")
        return (path, observe.text_at(self._stage.remote, RECORDS, path)) if path else None

    def _pushed(self) -> Seen | NotYet:
        state = self._remote_state()
        if state is None:
            return NotYet(instead=f"no {self.incident} on the remote's branch {RECORDS}")
        commit = observe.last_commit(self._stage.remote, RECORDS, state[0])
        self.commits["incident opened"] = str(commit)
        return Seen(at=now(), detail=f"commit {commit}: {state[0]}")

    # people and machine

    def _tocsin(self, *arguments: str, who: str = "responder") -> None:
        """Runs the command line as the responder or the approver would; raises DrillError with what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "tools.cli", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **self._stage.client_environment(who)},
        )
        if done.returncode:
            raise DrillError(f"`tocsin {' '.join(arguments)}` failed: {done.stderr.strip() or done.stdout.strip()}")

    def _incident_command(self, verb: str, *arguments: str, who: str = "responder") -> None:
        self._tocsin("--root", str(self._stage.root), "incident", verb, str(self.incident), *arguments, who=who)

    def _timeline(self) -> list[dict[str, Any]]:
        found = observe.incident(self._stage.ports.url("bot"), self._stage.token, str(self.incident))
        events: list[dict[str, Any]] = found["timeline"]
        return events

    def _event(self, kind: str) -> dict[str, Any] | None:
        """The last event of that kind: an incident may have been resolved and reopened before."""
        return next((event for event in reversed(self._timeline()) if event["kind"] == kind), None)

    def _acknowledged(self) -> Seen | NotYet:
        # With few errors a threshold alert may have opened the incident, and ended, before this one reaches the bot.
        if not any(event["kind"] == "alert_fired" and event.get("alert") == ALERT for event in self._timeline()):
            return NotYet(instead=f"{self.incident} does not have {ALERT} yet")
        event = self._event("acknowledged")
        if event is None:
            self._incident_command("ack")
            return NotYet(instead="no acknowledgment in the timeline")
        return Seen(at=datetime.fromisoformat(event["at"]), detail=f"by {event['by']}, who is on call")

    def _agreed(self) -> Seen | NotYet:
        found = taken(self._outbound.account)
        return Seen(at=now(), detail=found) if found else NotYet(instead="PagerDuty's page has nobody yet")

    def _remediate(self) -> None:
        if self._event("remediation_requested") is None:
            self._incident_command("run", "restart_deployment")
        asked = self._event("remediation_requested")
        if asked is not None and asked.get("approval") and self._event("remediation_approved") is None:
            if not self._stage.approver:
                raise DrillError("nobody but the responder may approve restart_deployment; see policies/access.yaml")
            self._incident_command("approve", str(asked["attempt"]), who="approver")

    def _remediated(self) -> Seen | NotYet:
        event = self._end_of_run()
        if event is None:
            return NotYet(instead="no finished remediation in the timeline")
        if event["outcome"] != "ran":
            raise DrillError(f"the action ended with {event['outcome']}: {event.get('detail')}")
        approved = self._event("remediation_approved")
        by = f", approved by {approved['by']}" if approved else ""
        return Seen(at=datetime.fromisoformat(event["at"]), detail=f"restart_deployment started the service anew{by}")

    def _end_of_run(self) -> dict[str, Any] | None:
        """How the program ended; what was seen of its success later is another entry."""
        ends = [event for event in self._timeline() if event["kind"] == "remediation_finished"]
        return next((event for event in ends if event["outcome"] not in ("verified", "not_verified")), None)

    def _verified(self) -> Seen | NotYet:
        event = self._event("remediation_finished")
        if event is None or event["outcome"] == "ran":
            return NotYet(instead="whether the action helped is still being watched")
        if event["outcome"] != "verified":
            raise DrillError(f"the action has not helped: {event.get('detail')}")
        return Seen(at=datetime.fromisoformat(event["at"]), detail=str(event.get("detail")))

    # the end

    def _quiet(self) -> Seen | NotYet:
        if observe.firing(self._stage.ports.url("prometheus"), ALERT, "page") is not None:
            return NotYet(instead=f"{ALERT} still fires")
        ended = observe.last_evaluation(self._stage.ports.url("prometheus"), f"slo:{SERVICE}:{SLO}")
        return Seen(at=ended or now(), detail=f"{ALERT} no longer fires")

    def _resolved(self) -> Seen | NotYet:
        event = self._event("resolved")
        state = self._remote_state()
        if event is None or state is None or "status: resolved" not in state[1]:
            return NotYet(instead="the incident's state on the remote is not `resolved`")
        commit = observe.last_commit(self._stage.remote, RECORDS, state[0])
        self.commits["incident resolved"] = str(commit)
        return Seen(at=datetime.fromisoformat(event["at"]), detail=f"{self.incident} on the remote, commit {commit}")

    def _told_in_slack(self) -> Seen | NotYet:
        thread = thread_of(self._outbound.slack, str(self.incident))
        if thread is None:
            return NotYet(instead=f"no message about {self.incident} in Slack")
        if "Resolved" not in thread.text or "cknowledged" not in thread.text:
            return NotYet(instead=f"what was told in Slack is not all of it: {thread.entries} entries")
        where = f"#{thread.channel}" + (f" and #{thread.room}" if thread.room else "")
        return Seen(at=now(), detail=f"{thread.entries} entries in {where}")

    def _mirrored(self) -> Seen | NotYet:
        issue = issue_of(self._outbound.github, str(self.incident))
        if issue is None:
            return NotYet(instead=f"no issue of {self.incident} on GitHub")
        return Seen(at=issue.at, detail=f"#{issue.number}: {', '.join(issue.labels)}")

    def _comment(self) -> None:
        issue = issue_of(self._outbound.github, str(self.incident))
        assert issue is not None
        say(self._outbound.github, self._stage.policy, self._stage.responder, issue, SAID)

    def _heard(self) -> Seen | NotYet:
        event = heard(self._timeline())
        if event is None:
            return NotYet(instead="the comment is not in the timeline")
        return Seen(at=datetime.fromisoformat(event["at"]), detail=f"by {event['by']}, from {event['source']}")

    def _closed_on_github(self) -> Seen | NotYet:
        issue = issue_of(self._outbound.github, str(self.incident))
        if issue is None or issue.open or "state: resolved" not in issue.labels:
            return NotYet(instead=f"the issue of {self.incident} is not closed")
        return Seen(at=issue.updated_at, detail=f"#{issue.number}, written {len(issue.writes)} times")

    def _drafted(self) -> Seen | NotYet:
        branch = f"postmortem/{self.incident}"
        path = observe.pushed_file(self._stage.remote, branch, f"/{self.incident}.md")
        if path is None:
            return NotYet(instead=f"no draft on the remote's branch {branch}")
        commit = observe.last_commit(self._stage.remote, branch, path)
        self.commits["draft postmortem"] = str(commit)
        pull = pull_of(self._outbound.github, branch)
        if pull is None:
            return NotYet(instead=f"no pull request of {branch} on GitHub")
        return Seen(at=pull.at, detail=f"commit {commit} on {branch}, pull request #{pull.number}")
