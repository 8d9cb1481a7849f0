"""PagerDuty's REST API, and everything that an answer may be instead."""

import json
import socket
import time
from pathlib import Path

import pytest

from bots.configuration.secret_file import SecretFile
from bots.errors import DestinationError, Limited, Undeliverable, Unreachable
from bots.pagerduty.client import Client, RemoteAlert, RemotePage, Update
from bots.pagerduty.failure import AlreadyOver, CannotEscalate, NotFound, SenderRefused
from tests.bots.http_server import Received, Reply, serving
from tests.bots.office import at
from tools.drill.ports import LOOPBACK

PUT = (
    b'{"incidents": [{"id": "P1", "status": "acknowledged", "html_url": "u", "created_at": "2026-01-05T10:00:00Z",'
    b' "assignments": [{"assignee": {"id": "PANA", "type": "user_reference"}}]}]}'
)


def _refused(code: int, message: str, *errors: str, status: int = 400) -> Reply:
    """As https://developer.pagerduty.com/docs/errors describes it."""
    body = {"error": {"message": message, "code": code, "errors": list(errors)}}
    return Reply(status=status, body=json.dumps(body).encode())


def client(url: str, tmp_path: Path) -> Client:
    """A client that does not wait for long."""
    (tmp_path / "token").write_text("key\n")
    return Client(url, SecretFile(tmp_path / "token", "TOCSIN_PAGERDUTY_TOKEN_FILE"), (1.0, 1.0))


def test_a_write_says_who_it_is(tmp_path: Path) -> None:
    """The key, the version of the API, and in whose name; only what changes is in the body."""
    with serving(lambda got: Reply(body=PUT)) as server:
        (page,) = client(server.url, tmp_path).update(
            [
                Update(id="P1", status="acknowledged"),
                Update(id="P2", priority_id="PP"),
                Update(id="P3", escalation_level=2),
                Update(id="P4", assignee="PBEN"),
            ],
            "ana@example.com",
        )
    (got,) = server.received
    assert page == RemotePage(
        id="P1", status="acknowledged", url="u", priority="", created_at=at(0), assignees=("PANA",)
    )
    assert (got.method, got.path) == ("PUT", "/incidents")
    headers = {name.lower(): value for name, value in got.headers.items()}
    assert headers["authorization"] == "Token token=key"
    assert headers["accept"] == "application/vnd.pagerduty+json;version=2"
    assert headers["from"] == "ana@example.com"
    assert got.body == (
        b'{"incidents": [{"id": "P1", "type": "incident_reference", "status": "acknowledged"}, '
        b'{"id": "P2", "type": "incident_reference", "priority": {"id": "PP", "type": "priority_reference"}}, '
        b'{"id": "P3", "type": "incident_reference", "escalation_level": 2}, '
        b'{"id": "P4", "type": "incident_reference", '
        b'"assignments": [{"assignee": {"id": "PBEN", "type": "user_reference"}}]}]}'
    )


def test_a_list_is_read_to_its_end(tmp_path: Path) -> None:
    """Page by page; one that has another key of its own holds an alert with the one that was asked for."""

    def reply(got: Received) -> Reply:
        one = b'{"id": "P%d", "status": "triggered", "incident_key": "%s"}'
        if "offset=0" in got.path:
            return Reply(body=b'{"incidents": [%s, %s], "more": true}' % (one % (1, b"k"), one % (2, b"other")))
        assert "offset=2" in got.path
        return Reply(body=b'{"incidents": [%s], "more": false}' % (one % (3, b"k")))

    with serving(reply) as server:
        found = client(server.url, tmp_path).pages("k", at(0), at(60))
    assert [one.id for one in found] == ["P1", "P2", "P3"]


def test_an_account_without_priorities_has_none(tmp_path: Path) -> None:
    """They are a feature of some plans."""
    with serving(lambda got: Reply(status=404, body=b'{"error": {"message": "Not Found", "code": 2100}}')) as server:
        assert client(server.url, tmp_path).priorities() == {}
        with pytest.raises(NotFound):
            client(server.url, tmp_path).email("PANA")


@pytest.mark.parametrize(
    ("reply", "kind", "after_s"),
    [
        (Reply(status=429, headers={"ratelimit-reset": "12"}), Limited, 12.0),
        (Reply(status=503, headers={"Retry-After": "30"}), Unreachable, 30.0),
        (Reply(status=500), Unreachable, None),
        (Reply(status=401), Unreachable, None),
        (Reply(hang_up=True), Unreachable, None),
        (_refused(2001, "Invalid Input Provided", "x"), Undeliverable, None),
        (_refused(1008, "Requester User Not Found"), SenderRefused, None),
        (_refused(1018, "Requester not authorized to perform action", status=403), SenderRefused, None),
        (_refused(1001, "Incident Already Resolved"), AlreadyOver, None),
        (_refused(2001, "Invalid Input Provided", "Incident Already Resolved"), AlreadyOver, None),
        (_refused(1019, "Incident Already Merged"), AlreadyOver, None),
        (_refused(1006, "Cannot Escalate"), CannotEscalate, None),
        (_refused(2010, "Access Denied", status=403), Unreachable, None),
        (_refused(2100, "Not Found", status=404), NotFound, None),
        (Reply(body=b"<html>"), Undeliverable, None),
        (Reply(body=b"[]"), Undeliverable, None),
    ],
    ids=[
        *("limit", "away", "broken", "key ran out", "hung up", "refused", "requester", "not allowed", "over"),
        *("over, in words", "merged", "no level", "no access", "gone", "a page", "another shape"),
    ],
)
def test_every_answer_says_whether_trying_again_helps(
    reply: Reply, kind: type[DestinationError], after_s: float | None, tmp_path: Path
) -> None:
    """And when."""
    with serving(lambda got: reply) as server, pytest.raises(kind) as caught:
        client(server.url, tmp_path).update([Update(id="P1", status="resolved")], "ana@example.com")
    assert getattr(caught.value, "after_s", None) == after_s


def test_a_connection_that_was_closed_meanwhile_is_no_outage(tmp_path: Path) -> None:
    """It is opened anew, once: the other side may close one that was kept open at any time."""
    answers = [Reply(hang_up=True), Reply(body=PUT)]
    with serving(lambda got: answers.pop(0)) as server:
        (page,) = client(server.url, tmp_path).update([Update(id="P1", status="acknowledged")], "ana@example.com")
    assert page.id == "P1"
    assert len(server.received) == 2


def test_a_user_is_found_by_the_whole_address(tmp_path: Path) -> None:
    """The query of the API also finds it inside longer ones; case does not matter."""
    users = b'{"users": [{"id": "P1", "email": "joana@example.com"}, {"id": "P2", "email": "Ana@Example.com"}]}'
    with serving(lambda got: Reply(body=users)) as server:
        one = client(server.url, tmp_path)
        assert (one.user("ana@example.com"), one.user("na@example.com")) == ("P2", "")
    assert server.received[0].path == "/users?query=ana%40example.com&limit=100&offset=0"


def test_the_alerts_of_a_page(tmp_path: Path) -> None:
    """Those with a key; some of them can be ended alone."""
    alerts = b'{"alerts": [{"id": "A1", "alert_key": "k", "status": "triggered"}, {"id": "A2", "alert_key": null}]}'
    with serving(lambda got: Reply(body=alerts)) as server:
        one = client(server.url, tmp_path)
        assert one.alerts("P1") == (RemoteAlert(id="A1", key="k", status="triggered"),)
        one.resolve_alerts("P1", ["A1"], "ana@example.com")
    got = server.received[-1]
    assert (got.method, got.path, got.headers["From"]) == ("PUT", "/incidents/P1/alerts", "ana@example.com")
    assert got.body == b'{"alerts": [{"id": "A1", "type": "alert", "status": "resolved"}]}'


def _asks(url: str, tmp_path: Path) -> float:
    begun = time.monotonic()
    with pytest.raises(Unreachable):
        client(url, tmp_path).pages("k", at(0), at(60))
    return time.monotonic() - begun


def test_nobody_waits_for_ever(tmp_path: Path) -> None:
    """For a slow answer, for a connection that is half open, for an address where nobody is."""

    def slow(got: Received) -> Reply:
        time.sleep(2)
        return Reply()

    with serving(slow) as server:
        assert _asks(server.url, tmp_path) < 3
    with socket.create_server((LOOPBACK, 0)) as silent:
        # The system takes the connection, and nobody ever reads from it.
        assert _asks(f"http://{LOOPBACK}:{silent.getsockname()[1]}", tmp_path) < 3
        free = silent.getsockname()[1]
    assert _asks(f"http://{LOOPBACK}:{free}", tmp_path) < 3


def test_a_changed_key_is_used_without_a_restart(tmp_path: Path) -> None:
    """The first line of the file."""
    with serving(lambda got: Reply(body=b'{"priorities": [], "more": false}')) as server:
        one = client(server.url, tmp_path)
        one.priorities()
        (tmp_path / "token").write_text("another\nkey\n")
        time.sleep(1.1)
        one.priorities()
    assert [got.headers["Authorization"] for got in server.received] == ["Token token=key", "Token token=another"]
