"""The same deliveries, in any order and with repeats, give the same incidents."""

from collections.abc import Sequence
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bots.belonging.partition import clusters, pooled
from bots.belonging.settle import as_fact
from bots.timeline.event import FACTS
from bots.timeline.intake import Alert, AlertDelivery
from tests.bots.office import RULES, Office, alert, delivery, play

_NAMES = {"Broken": "page", "Slow": "page", "Full": "ticket", "Old": "ticket"}


@st.composite
def _lives(draw: st.DrawFn) -> list[Alert]:
    """Alerts that fire and end a few times, as Alertmanager would tell each."""
    told = []
    for name, severity in _NAMES.items():
        now = 0.0
        for _ in range(draw(st.integers(0, 3))):
            start = now + draw(st.sampled_from([1, 7, 25, 31, 45, 200]))
            end = start + draw(st.sampled_from([0.5, 5, 29, 40, 150]))
            now = end
            shift = draw(st.sampled_from([0, 0, 0.2]))
            told.append(alert(name, start, severity=severity))
            if shift:
                told.append(alert(name, start + shift, severity=severity))
            if draw(st.integers(0, 5)):
                told.append(alert(name, start + shift, end, severity=severity))
    return told


@st.composite
def _orders(draw: st.DrawFn) -> tuple[list[AlertDelivery], list[list[AlertDelivery]]]:
    """Deliveries in the order of time, and the same shuffled, repeated and taken in batches."""
    told = draw(_lives())
    in_time = [delivery(one) for one in sorted(told, key=lambda one: (one.ends_at or one.starts_at, one.starts_at))]
    repeated = in_time + draw(st.lists(st.sampled_from(in_time), max_size=4) if in_time else st.just([]))
    shuffled = draw(st.permutations(repeated))
    batches, rest = [], list(shuffled)
    while rest:
        size = draw(st.integers(1, 4))
        batches.append(rest[:size])
        rest = rest[size:]
    return in_time, batches


def _states(office: Office) -> list[Any]:
    """What the incidents are, but for their numbers; duplicates that the bot emptied left out."""
    found = []
    for history in office.records.histories.values():
        state = history.state
        if state.inputs.duplicate_of is not None:
            assert not state.alerts
            continue
        alerts = sorted((name, one.spans, one.severity, one.priority) for name, one in state.alerts.items())
        facts = sorted(fact.id for one in state.alerts.values() for fact in one.facts)
        times = (state.started_at, state.resolved_at, state.phases)
        place = (state.team, state.service)
        found.append((place, state.status, state.priority, state.title, state.paged, times, alerts, facts))
    return sorted(found, key=repr)


def _facts(office: Office) -> set[tuple[str, str]]:
    """Every fact that is in some timeline."""
    events = (event for history in office.records.histories.values() for event in history.events)
    return {(event.kind, repr(event.to_dict())) for event in events if event.kind in FACTS}


@settings(max_examples=150, deadline=None)
@given(_orders())
@example(
    ([delivery(alert("A", 0)), delivery(alert("A", 0, 1))], [[delivery(alert("A", 0, 1))], [delivery(alert("A", 0))]])
)
def test_order_and_repeats_do_not_matter(orders: tuple[list[AlertDelivery], list[list[AlertDelivery]]]) -> None:
    """Whatever the order, the repeats and the batches, states and facts are those of the order of time."""
    in_time, batches = orders
    straight = play([[one] for one in in_time])
    shuffled = play(batches)
    assert _states(shuffled) == _states(straight)
    assert _facts(shuffled) == _facts(straight)


@settings(max_examples=60, deadline=None)
@given(_lives())
def test_in_time_nothing_is_ever_moved(told: Sequence[Alert]) -> None:
    """As long as notifications arrive in the order of time, no incident is joined or divided afterwards."""
    in_time = sorted(told, key=lambda one: (one.ends_at or one.starts_at, one.starts_at, one.fingerprint))
    office = play([[delivery(one)] for one in in_time])
    for number in office.records.histories:
        assert not {"amended", "linked"} & set(office.kinds(number))


@settings(max_examples=60, deadline=None)
@given(_orders())
def test_a_redelivery_is_a_no_op(orders: tuple[list[AlertDelivery], list[list[AlertDelivery]]]) -> None:
    """What was decided once decides nothing the second time."""
    in_time, batches = orders
    office = play(batches)
    assert office.take(*in_time).empty


@settings(max_examples=60, deadline=None)
@given(_lives())
def test_incidents_are_the_clusters_of_all_facts(told: Sequence[Alert]) -> None:
    """Each incident has exactly the facts that belong together."""
    office = play([[delivery(one)] for one in told])
    living = [h for h in office.records.histories.values() if h.state.inputs.duplicate_of is None]
    events = {event.id: event for h in living for event in h.events if event.kind in FACTS}
    wanted = clusters(pooled((), map(as_fact, events.values())), RULES.reopen_within)
    found = {frozenset(fact.id for one in h.state.alerts.values() for fact in one.facts) for h in living}
    assert found == {frozenset(cluster.facts) for cluster in wanted}
