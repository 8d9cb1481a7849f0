"""HTTP calls and rate limits of destinations."""

from datetime import UTC, datetime

import pytest
import requests

from bots.errors import Undeliverable, Unreachable
from bots.outbound.destination import HttpCall, Limit, Rate, retry_after_s, send
from tests.bots.http_server import Reply, serving
from tools.drill.ports import LOOPBACK, free_port


def test_a_call_carries_its_idempotency_key() -> None:
    """The other side can tell a repetition."""
    with serving() as server, requests.Session() as session:
        call = HttpCall(method="POST", url=f"{server.url}/issues", json={"title": "x"}, headers={"X-Own": "1"})
        assert send(session, call, "key-1").status_code == 200
    (got,) = server.received
    assert (got.method, got.path, got.body) == ("POST", "/issues", b'{"title": "x"}')
    assert (got.headers["Idempotency-Key"], got.headers["X-Own"]) == ("key-1", "1")


@pytest.mark.parametrize(
    ("reply", "unknown", "after_s"),
    [
        (Reply(status=429, headers={"Retry-After": "17"}), False, 17.0),
        (Reply(status=503, headers={"Retry-After": "5"}), False, 5.0),
        (Reply(status=408), False, None),
        (Reply(status=500), True, None),
        (Reply(status=502), True, None),
        (Reply(hang_up=True), True, None),
    ],
)
def test_what_may_be_repeated_says_whether_it_may_have_happened(
    reply: Reply, unknown: bool, after_s: float | None
) -> None:
    """An answer that says "not now" certainly did nothing; a lost one leaves it open."""
    with serving(lambda got: reply) as server, requests.Session() as session:
        with pytest.raises(Unreachable) as caught:
            send(session, HttpCall(method="POST", url=server.url), "key")
        assert (caught.value.unknown, caught.value.after_s) == (unknown, after_s)


def test_nobody_there_certainly_did_nothing() -> None:
    """A refused connection needs no settling."""
    with requests.Session() as session, pytest.raises(Unreachable) as caught:
        send(session, HttpCall(method="POST", url=f"http://{LOOPBACK}:{free_port()}"), "key")
    assert not caught.value.unknown


def test_a_refusal_is_final_and_says_what_the_other_side_said() -> None:
    """Repeating a request that is wrong cannot help; the text of the answer is cut."""
    answer = Reply(status=422, body=b"title is missing" + b"x" * 500)
    with (
        serving(lambda got: answer) as server,
        requests.Session() as session,
        pytest.raises(Undeliverable) as caught,
    ):
        send(session, HttpCall(method="POST", url=f"{server.url}/issues"), "key")
    assert str(caught.value) == (f"POST {server.url}/issues: 422 Unprocessable Entity: title is missing" + "x" * 184)


def test_a_redirect_is_not_followed() -> None:
    """A token must not travel to another host."""
    answer = Reply(status=302, headers={"Location": "http://elsewhere.example.com"})
    with serving(lambda got: answer) as server, requests.Session() as session, pytest.raises(Undeliverable):
        send(session, HttpCall(method="GET", url=server.url), "key")
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Mon, 05 Jan 2026 10:01:30 GMT", 90.0),
        ("Mon, 05 Jan 2026 09:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_has_two_forms(header: str | None, seconds: float | None) -> None:
    """Seconds or a date; nonsense says nothing."""
    assert retry_after_s(header, datetime(2026, 1, 5, 10, 0, tzinfo=UTC)) == seconds


def test_all_limits_hold_together() -> None:
    """Two a second and three in ten."""
    rate = Rate((Limit(calls=2, per_s=1), Limit(calls=3, per_s=10)))
    assert [rate.take(at) for at in (0, 0.1)] == [0, 0]
    assert rate.take(0.2) == pytest.approx(0.8)
    assert rate.take(1.0) == 0
    assert rate.take(2.0) == pytest.approx(8.0)
    assert rate.take(10.0) == 0


def test_calls_of_the_last_process_count() -> None:
    """A restart is no way around a limit."""
    rate = Rate((Limit(calls=2, per_s=60),), past=[100.0, 110.0])
    assert rate.take(120.0) == pytest.approx(40.0)


def test_a_clock_that_was_set_back_holds_nothing_up() -> None:
    """What was called at a time that is still to come counts as called now."""
    rate = Rate([Limit(calls=1, per_s=1), Limit(calls=2, per_s=60)])
    assert rate.take(10_000.0) == 0
    assert rate.take(50.0) == 1.0
    assert rate.take(51.0) == 0
    assert rate.take(52.0) == 58.0


def test_without_limits_nothing_waits() -> None:
    """A place of our own may be called as often as needed."""
    rate = Rate(())
    assert [rate.take(0) for _ in range(5)] == [0] * 5
