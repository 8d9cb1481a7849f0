"""Turns a rehearsal into its report."""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from tools.drill import promise
from tools.drill.rehearsal import Rehearsal
from tools.drill.report import Report


def between(earlier: datetime | None, later: datetime | None) -> float | None:
    """Seconds from one to the other; None if either did not happen."""
    return None if earlier is None or later is None else round((later - earlier).total_seconds(), 2)


def report(this: Rehearsal, keep: bool) -> Report:
    """What happened so far, also when a step failed."""
    at = {done.name: done.at for done in this.done}
    scenario = this.scenario
    fault = at.get("fault")
    return Report(
        incident=scenario.incident if scenario else None,
        mode=this.mode,
        errors=this.options.errors,
        steps=tuple(this.done),
        fault_at=fault,
        mttd_s=between(fault, at.get("alert")),
        mtta_s=between(at.get("alert"), at.get("acknowledge")),
        mttr_s=between(at.get("alert"), at.get("alert-end")),
        page_s=between(fault, at.get("page")),
        promised=promise.terms(this.stage, this.options.errors),
        push_s=between(at.get("page"), at.get("push")),
        commits=scenario.commits if scenario else {},
        look=_look(this, keep),
        failure=this.failure,
        messages=dict(Counter(message.channel for message in this.outbound.messages)),
    )


def _look(this: Rehearsal, keep: bool) -> Mapping[str, str]:
    """Where to look: commands that work after the drill, addresses while it is kept running."""
    stage, scenario = this.stage, this.scenario
    folder = stage.folder.relative_to(stage.root)
    pushed = scenario.commits if scenario else {}
    look = {"record": f"git -C {folder}/remote.git log --stat records"} if pushed else {}
    if scenario and "draft postmortem" in pushed:
        look["draft"] = f"git -C {folder}/remote.git show postmortem/{scenario.incident}"
    look |= {"logs": f"{folder}/logs/", "messages": f"{folder}/messages.json", "rules": f"{folder}/config/"}
    if keep:
        look |= dict(_addresses(this)) | dict(_people(this))
    return look


def _people(this: Rehearsal) -> Sequence[tuple[str, str]]:
    """What lets `tocsin incident` in another terminal speak as those who took part."""
    who = {"responder": this.stage.responder, "approver": this.stage.approver}
    return [
        (f"as {name}", "export " + " ".join(f"{key}={shlex.quote(value)}" for key, value in settings.items()))
        for part, name in who.items()
        if name and (settings := this.stage.client_environment(part))
    ]


def _addresses(this: Rehearsal) -> Sequence[tuple[str, str]]:
    ports, scenario = this.stage.ports, this.scenario
    pages = [
        ("Prometheus", f"{ports.url('prometheus')}/alerts"),
        ("Alertmanager", f"{ports.url('alertmanager')}/#/alerts"),
        ("bot", f"{ports.url('bot')}/incidents?show=all"),
        ("what was sent", f"{ports.url('outbound')}/"),
        ("GitHub", f"{ports.url('outbound')}/github/"),
        ("Slack", f"{ports.url('outbound')}/slack/"),
        ("PagerDuty", f"{ports.url('outbound')}/pagerduty/"),
        ("checkout", f"{ports.url('checkout')}/metrics"),
    ]
    if scenario and scenario.incident:
        pages.insert(0, ("incident", f"{ports.url('bot')}/incidents/{scenario.incident}"))
    return pages
