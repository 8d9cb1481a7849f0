"""The client of Alertmanager: what it says when the other side does not do as asked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from alerting.model.matcher import Matcher
from alerting.silence_plan import Body
from tools.alertmanager import Alertmanager, AlertmanagerError

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
BODY = Body(
    matchers=(Matcher(label="service", value="cart"),), starts_at=NOW, ends_at=NOW + timedelta(hours=1), comment="c"
)
WAY_OUT = "name another one with --alertmanager or TOCSIN_ALERTMANAGER_URL"


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[int, bytes]]]]:
    """The address of a server, and the answers that it gives, in order."""
    answers: list[tuple[int, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - names that the standard library looks for

        def log_message(self, format: str, *args: Any) -> None:
            return

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", answers
    listening.shutdown()
    thread.join()
    listening.server_close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((503, b"starting\nup"), "GET /api/v2/silences was answered 503, saying starting up; expected success"),
        ((404, b""), "GET /api/v2/silences was answered 404, saying nothing; expected success"),
        ((200, b"<html>"), "does not answer as Alertmanager does; expected its API, version 2"),
        ((200, b'[{"id": 1}]'), "does not answer as Alertmanager does; expected its API, version 2"),
        ((200, b""), "does not answer as Alertmanager does; expected its API, version 2"),
    ],
)
def test_an_answer_that_is_no_list_of_silences_is_shown(
    server: tuple[str, list[tuple[int, bytes]]], answer: tuple[int, bytes], said: str
) -> None:
    """Whatever answers there, the message says what it said and what was expected."""
    url, answers = server
    answers.append(answer)
    with pytest.raises(AlertmanagerError) as raised:
        Alertmanager(url).silences()
    assert str(raised.value) == f"Alertmanager at {url}: {said}; {WAY_OUT}"


def test_a_refusal_is_shown(server: tuple[str, list[tuple[int, bytes]]]) -> None:
    """A limit of Alertmanager's own is passed on in its words."""
    url, answers = server
    answers.append((400, b'"exceeded maximum number of silences: 1 (limit: 1)"'))
    with pytest.raises(AlertmanagerError) as raised:
        Alertmanager(url).put(BODY)
    assert str(raised.value) == (
        f"Alertmanager at {url}: POST /api/v2/silences was answered 400, saying "
        f'"exceeded maximum number of silences: 1 (limit: 1)"; expected success; {WAY_OUT}'
    )


def test_an_answer_without_an_id_is_refused(server: tuple[str, list[tuple[int, bytes]]]) -> None:
    """A silence without an id was not made by Alertmanager."""
    url, answers = server
    answers.append((200, b"{}"))
    with pytest.raises(AlertmanagerError) as raised:
        Alertmanager(url).put(BODY)
    assert str(raised.value) == (
        f"Alertmanager at {url}: does not answer as Alertmanager does; expected its API, version 2; {WAY_OUT}"
    )


def test_an_address_that_is_none_is_named() -> None:
    """The message shows what an address looks like."""
    with pytest.raises(AlertmanagerError) as raised:
        Alertmanager("nonsense").silences()
    assert str(raised.value) == (
        "Alertmanager at nonsense: Invalid URL 'nonsense/api/v2/silences': No scheme supplied. Perhaps you meant "
        f"https://nonsense/api/v2/silences?; expected an address such as http://alertmanager:9093; {WAY_OUT}"
    )


def test_a_dry_run_writes_nothing(server: tuple[str, list[tuple[int, bytes]]]) -> None:
    """Not a single request that changes something leaves the client."""
    url, answers = server
    answers.append((500, b"a request came"))
    client = Alertmanager(url, dry_run=True)
    assert client.put(BODY) is None
    client.expire("some-id")
    assert answers == [(500, b"a request came")]
