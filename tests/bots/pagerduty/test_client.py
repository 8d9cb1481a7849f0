"""PagerDuty's REST API, and everything that an answer may be instead."""

import socket
import time
from pathlib import Path

import pytest

from bots.errors import DestinationError, Undeliverable, Unreachable
from bots.pagerduty.client import Client, NotFound, RemotePage, UnknownRequester, Update
from bots.secret_file import SecretFile
from tests.bots.http_server import Received, Reply, serving
from tests.bots.office import at
from tools.drill.ports import LOOPBACK

PUT = b'{"incidents": [{"id": "P1", "status": "acknowledged", "incident_key": "k", "html_url": "u"}]}'


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
            ],
            "ana@example.com",
        )
    (got,) = server.received
    assert page == RemotePage(id="P1", key="k", status="acknowledged", url="u", priority="")
    assert (got.method, got.path) == ("PUT", "/incidents")
    headers = {name.lower(): value for name, value in got.headers.items()}
    assert headers["authorization"] == "Token token=key"
    assert headers["accept"] == "application/vnd.pagerduty+json;version=2"
    assert headers["from"] == "ana@example.com"
    assert got.body == (
        b'{"incidents": [{"id": "P1", "type": "incident_reference", "status": "acknowledged"}, '
        b'{"id": "P2", "type": "incident_reference", "priority": {"id": "PP", "type": "priority_reference"}}, '
        b'{"id": "P3", "type": "incident_reference", "escalation_level": 2}]}'
    )


def test_a_list_is_read_to_its_end(tmp_path: Path) -> None:
    """Page by page; what has another key is left out, whatever the filter let through."""

    def reply(got: Received) -> Reply:
        one = b'{"id": "P%d", "status": "triggered", "incident_key": "%s"}'
        if "offset=0" in got.path:
            return Reply(body=b'{"incidents": [%s, %s], "more": true}' % (one % (1, b"k"), one % (2, b"other")))
        assert "offset=2" in got.path
        return Reply(body=b'{"incidents": [%s], "more": false}' % (one % (3, b"k")))

    with serving(reply) as server:
        found = client(server.url, tmp_path).pages("k", at(0), at(60))
    assert [one.id for one in found] == ["P1", "P3"]


def test_an_account_without_priorities_has_none(tmp_path: Path) -> None:
    """They are a feature of some plans."""
    with serving(lambda got: Reply(status=404, body=b'{"error": {"message": "Not Found", "code": 2100}}')) as server:
        assert client(server.url, tmp_path).priorities() == {}
        with pytest.raises(NotFound):
            client(server.url, tmp_path).email("PANA")


@pytest.mark.parametrize(
    ("reply", "kind", "after_s"),
    [
        (Reply(status=429, headers={"ratelimit-reset": "12"}), Unreachable, 12.0),
        (Reply(status=503, headers={"Retry-After": "30"}), Unreachable, 30.0),
        (Reply(status=500), Unreachable, None),
        (Reply(status=401), Unreachable, None),
        (Reply(hang_up=True), Unreachable, None),
        (Reply(status=400, body=b'{"error": {"message": "Bad", "code": 2001, "errors": ["x"]}}'), Undeliverable, None),
        (
            Reply(
                status=400, body=b'{"error": {"message": "Bad", "code": 2100, "errors": ["Requester User Not Found"]}}'
            ),
            UnknownRequester,
            None,
        ),
        (Reply(body=b"<html>"), Undeliverable, None),
        (Reply(body=b"[]"), Undeliverable, None),
    ],
    ids=["limit", "away", "broken", "key ran out", "hung up", "refused", "requester", "a page", "another shape"],
)
def test_every_answer_says_whether_trying_again_helps(
    reply: Reply, kind: type[DestinationError], after_s: float | None, tmp_path: Path
) -> None:
    """And when."""
    with serving(lambda got: reply) as server, pytest.raises(kind) as caught:
        client(server.url, tmp_path).update([Update(id="P1", status="resolved")], "ana@example.com")
    assert getattr(caught.value, "after_s", None) == after_s


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
