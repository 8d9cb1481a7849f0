"""Whatever people do on either side, in any order and with any delay: it comes to rest, and both sides agree."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bots.timeline.state import Status
from tests.bots.office import at
from tests.bots.pagerduty.stage import Stage, alert, staged
from tools.standins.pagerduty_incident import Refused

_THERE = st.tuples(
    st.just("there"),
    st.sampled_from(["acknowledged", "resolved", "annotated", "priority_updated", "reassigned", "time out"]),
    st.sampled_from(["PANA", "PBEN", "PEVE"]),
)
_HERE = st.tuples(
    st.just("here"),
    st.sampled_from(["ack", "resolve", "reopen", "note", "priority", "mitigate", "assign", "handoff"]),
    st.sampled_from(["chi", "ben"]),
)
_ROAD = st.tuples(st.just("road"), st.sampled_from(["out", "in", "settle"]), st.just(""))
_ALERT = st.tuples(st.just("alert"), st.sampled_from(["fires", "ends"]), st.just(""))


@settings(max_examples=15)
@given(st.lists(st.one_of(_THERE, _HERE, _ROAD, _ALERT), max_size=12), st.booleans())
def test_both_sides_come_to_rest(steps: list[tuple[str, str, str]], keyless: bool) -> None:
    """After the last act few rounds settle everything; what people did made no more events and writes than acts."""
    with TemporaryDirectory() as folder, staged(str(Path(folder))) as stage:
        stage.account.keyless = keyless
        stage.fire(alert())
        for number, (where, what, who) in enumerate(steps, start=1):
            stage.minutes(number * 7)
            _act(stage, where, what, who, number)
        stage.minutes(len(steps) * 7 + 6)
        stage.settle()
        calls, events = len(stage.trouble.calls), len(stage.office.history().events)
        stage.minutes(len(steps) * 7 + 60)
        stage.settle()
        assert len(stage.trouble.calls) == calls
        assert len(stage.office.history().events) == events
        acts = 1 + len(steps)
        # What was given to whoever is at it is acknowledged for them as well.
        assert len(stage.writes()) <= acts + sum(what in ("assign", "handoff", "reassigned") for _, what, _ in steps)
        # For each act its event, and for each page the link to it.
        assert events <= 1 + acts + len(stage.account.incidents)
        _agree(stage)


def _act(stage: Stage, where: str, what: str, who: str, number: int) -> None:
    if where == "here":
        to = {"to": ("ana", "ben")[number % 2]}
        args: dict[str, dict[str, Any]] = {"note": {"text": "x"}, "priority": {"priority": f"P{number % 5}"}}
        stage.ask(what, by=who, **{**args, "assign": to, "handoff": to}.get(what, {}))
    elif where == "there":
        page = stage.account.incidents[-1].id
        value = {"priority_updated": f"P{number % 4 + 1}", "reassigned": "PBEN", "annotated": "look"}.get(what, "")
        try:
            if what == "time out":
                if stage.account.incidents[-1].status == "acknowledged":
                    stage.account.time_out(page)
            elif stage.account.incidents[-1].status != "resolved":
                stage.account.act(page, what, who, value)
        except Refused:
            pass
    elif where == "alert":
        stage.fire(alert(start=number * 7) if what == "fires" else alert(start=0, end=number * 7))
    elif what == "out":
        stage.deliver()
    elif what == "in":
        stage.receive()
    else:
        stage.settle()


def _agree(stage: Stage) -> None:
    """What a person here ended has no open page of an alert that began before."""
    state = stage.office.history().state
    if state.status is Status.RESOLVED and state.resolved_by not in ("tocsin", ""):
        began = max(alert.spans[-1].start for alert in state.alerts.values())
        if state.resolved_at is not None and began <= state.resolved_at:
            assert all(
                one.status == "resolved" for one in stage.account.incidents if one.created_at <= state.resolved_at
            )
    assert stage.now >= at(0)
