"""Bodies of PagerDuty's webhooks."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.errors import Rejected
from bots.pagerduty.meaning import KNOWN_TYPES
from bots.pagerduty.routes import digests
from bots.pagerduty.wire import read
from tests.bots.pagerduty.examples import DATA, PING, body


@pytest.mark.parametrize("kind", sorted(DATA))
def test_every_documented_event_is_read(kind: str) -> None:
    """With whoever did it, whether it says something to us or not."""
    event = read(body(kind))
    assert (event.event_type, event.person and event.person.id) == (kind, "PLH1HKV")
    assert kind not in KNOWN_TYPES or event.page() is not None or event.about() is not None


def test_a_page_carries_what_is_used() -> None:
    """Its key, its people, its priority."""
    page = read(body("incident.priority_updated")).page()
    assert page is not None
    assert (page.id, page.incident_key, page.status) == ("PGR0VU2", "d3640fbd41094207a1c11e58e46b1662", "triggered")
    assert page.priority is not None
    assert (page.priority.summary, [one.id for one in page.assignees]) == ("P1", ["PTUXL6G"])
    assert not page.merged


def test_a_merged_page_goes_on_elsewhere() -> None:
    """The reason of the resolution says so."""
    data = DATA["incident.resolved"] | {"resolve_reason": {"type": "merge_resolve_reason"}}
    page = read(body("incident.resolved", data=data)).page()
    assert page is not None
    assert page.merged


def test_pagerduty_itself_is_no_person() -> None:
    """An event without an agent, or by an integration."""
    assert read(body("incident.unacknowledged", agent=None)).person is None
    integration = {"id": "PINT", "type": "events_api_v2_inbound_integration_reference"}
    assert read(body("incident.resolved", agent=integration)).person is None


def test_a_ping_is_read() -> None:
    """What the button in PagerDuty sends."""
    assert read(PING).event_type == "pagey.ping"


@pytest.mark.parametrize(
    ("sent", "status", "detail", "problems"),
    [
        (
            b"{",
            400,
            "not JSON; expected what a v3 subscription sends",
            ("body: Invalid JSON: EOF while parsing an object at line 1 column 1",),
        ),
        (
            b"{}",
            422,
            "not an event of PagerDuty's webhooks, version 3; expected what a v3 subscription sends",
            ("event: Field required",),
        ),
        (
            body("incident.acknowledged", occurred_at="yesterday"),
            422,
            "not an event of PagerDuty's webhooks, version 3; expected what a v3 subscription sends",
            ("event.occurred_at: Input should be a valid datetime or date, input is too short",),
        ),
        (
            body("incident.acknowledged", data={"type": "incident"}),
            422,
            "not an event of PagerDuty's webhooks, version 3; expected what a v3 subscription sends",
            ("event.data.id: Field required",),
        ),
    ],
    ids=["broken", "empty", "no time", "no page"],
)
def test_anything_else_is_refused(sent: bytes, status: int, detail: str, problems: tuple[str, ...]) -> None:
    """With what was expected."""
    with pytest.raises(Rejected) as caught:
        read(sent)
    assert (caught.value.status, caught.value.detail, caught.value.problems) == (status, detail, problems)


@given(
    st.recursive(
        st.none() | st.text() | st.integers() | st.booleans(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_whatever_data_holds_is_read_or_refused(data: Any) -> None:
    """Nothing that is sent breaks it."""
    for kind in ("incident", "incident_note", "other"):
        value = {**data, "type": kind} if isinstance(data, dict) else data
        try:
            event = read(body("incident.annotated", data=value))
        except Rejected:
            continue
        assert json.dumps(event.data)


def test_every_signature_of_the_header_counts() -> None:
    """There are several while a secret is changed; other versions are left out."""
    assert digests("v1=AA, v1=bb,v2=cc,v1=") == ["aa", "bb", ""]
    assert digests("") == []
    assert digests("aa") == []
