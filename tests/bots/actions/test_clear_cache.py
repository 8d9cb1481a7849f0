"""Clearing caches: keys of a real Redis, and a request to a real HTTP server."""

import re
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from alerting.actions import ACTIONS
from bots.actions.cache import Cache, cache_of
from bots.actions.clear_cache import clear_at
from bots.actions.errors import ActionError, Failed, Refused, RequestError, TimedOut
from bots.actions.redis_keys import _literally
from bots.actions.request import Request, read_request, write_request
from bots.actions.running import Done, Task
from tests.bots.actions.caches import behind_tls, http_cache, redis_server, single_node_cluster
from tests.cluster.credentials import Certificates, certificates
from tools.drill.ports import LOOPBACK, free_port

TARGET = {"namespace": "shop", "service": "cart"}


def request(*, dry_run: bool = False, **parameters: str | int) -> Request:
    """A request that the action takes."""
    asked = Request(action="clear_cache", target=TARGET, parameters=parameters, dry_run=dry_run)
    return read_request(write_request(asked), ACTIONS["clear_cache"])


def clear(way: str, port: int, asked: Request, limit_s: float = 20, **more: Any) -> Done:
    """Runs the action on a cache of this machine."""
    cache = Cache(way=way, host=LOOPBACK, port=port, **more)
    return clear_at(cache, Task(request=asked, deadline=time.monotonic() + limit_s))


def told(error: type[ActionError], *arguments: Any, **more: Any) -> str:
    """The message with which the action ends."""
    with pytest.raises(error) as caught:
        clear(*arguments, **more)
    return str(caught.value)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A real Redis."""
    with redis_server(tmp_path) as one:
        yield one


@pytest.fixture
def tls(tmp_path: Path) -> Certificates:
    """Keys and certificates of this test."""
    return certificates(tmp_path)


def test_keys_that_begin_with_the_prefix_go_and_others_stay(port: int) -> None:
    """Also thousands, and also in another database than the first."""
    with redis.Redis(host=LOOPBACK, port=port, db=3) as client:
        client.mset({f"cart:{number}": "x" for number in range(2500)})
        client.mset({"session:1": "x", "cart": "x", "my-cart:1": "x"})
        done = clear("redis", port, request(via="redis", prefix="cart:", database=3))
        assert done.summary == f"deleted 2,500 keys that begin with 'cart:' from redis://127.0.0.1:{port}/3"
        assert sorted(client.keys()) == [b"cart", b"my-cart:1", b"session:1"]


def test_a_dry_run_counts_and_deletes_nothing(port: int) -> None:
    """The keys are looked at all the same."""
    with redis.Redis(host=LOOPBACK, port=port) as client:
        client.mset({"cart:1": "x", "cart:2": "x"})
        done = clear("redis", port, request(via="redis", prefix="cart:", dry_run=True))
        assert done.summary == f"would delete 2 keys that begin with 'cart:' from redis://127.0.0.1:{port}/0"
        assert client.dbsize() == 2


def test_a_prefix_is_no_pattern(port: int) -> None:
    """Characters with a meaning in patterns match only themselves."""
    with redis.Redis(host=LOOPBACK, port=port) as client:
        client.mset({"a*b1": "x", "axb1": "x", "[ab]1": "x", "a1": "x", "\\?1": "x", "y1": "x"})
        clear("redis", port, request(via="redis", prefix="a*b"))
        clear("redis", port, request(via="redis", prefix="[ab]"))
        clear("redis", port, request(via="redis", prefix="\\?"))
        assert sorted(client.keys()) == [b"a1", b"axb1", b"y1"]


@given(st.text(min_size=1, max_size=20))
def test_every_prefix_is_escaped_whole(prefix: str) -> None:
    """What is taken out of the escaped form is the prefix, and nothing with a meaning is left bare."""
    escaped = _literally(prefix.encode("utf-8", "replace").decode()).decode()
    assert re.sub(r"\\([*?\[\]\\])", r"\1", escaped) == prefix.encode("utf-8", "replace").decode()
    assert not re.search(r"(?<!\\)(?:\\\\)*[*?\[\]]", escaped)


def test_the_keys_of_a_redis_cluster_are_deleted_across_its_slots(tmp_path: Path) -> None:
    """Keys of one command would be refused if they lay in different slots."""
    with redis_server(tmp_path, "--cluster-enabled", "yes") as port:
        single_node_cluster(port)
        with redis.Redis(host=LOOPBACK, port=port) as client:
            for number in range(20):
                client.set(f"cart:{number}", "x")
            client.set("session:1", "x")
            done = clear("redis", port, request(via="redis", prefix="cart:"))
            assert done.summary == f"deleted 20 keys that begin with 'cart:' from redis://127.0.0.1:{port}/0"
            assert client.keys() == [b"session:1"]


def test_redis_lets_in_by_password_and_by_user(tmp_path: Path) -> None:
    """And says why it does not."""
    with redis_server(tmp_path, "--requirepass", "open sesame") as port:
        client = redis.Redis(host=LOOPBACK, port=port, password="open sesame")
        with closing(client):
            client.execute_command(
                "ACL", "SETUSER", "tocsin", "on", ">pass:word", "~cart:*", "+scan", "+unlink", "+info"
            )
            client.mset({"cart:1": "x", "cart:2": "x"})
            assert told(Failed, "redis", port, request(via="redis", prefix="cart:")) == (
                f"redis://127.0.0.1:{port}/0: AuthenticationError: Authentication required."
            )
            clear("redis", port, request(via="redis", prefix="cart:"), secret="tocsin:pass:word")
            assert client.keys() == []
            client.set("cart:3", "x")
            clear("redis", port, request(via="redis", prefix="cart:"), secret="open sesame")
            assert client.keys() == []


def test_redis_is_spoken_to_under_tls_with_the_given_authority(port: int, tls: Certificates) -> None:
    """A certificate that nobody vouches for is not taken."""
    with (
        redis.Redis(host=LOOPBACK, port=port) as client,
        behind_tls(port, tls.certificate, tls.key) as outside,
    ):
        client.set("cart:1", "x")
        asked = request(via="rediss", prefix="cart:")
        assert "CERTIFICATE_VERIFY_FAILED" in told(Failed, "rediss", outside, asked)
        assert client.dbsize() == 1
        done = clear("rediss", outside, asked, authority=tls.authority)
        assert done.summary == f"deleted 1 keys that begin with 'cart:' from rediss://127.0.0.1:{outside}/0"
        assert client.dbsize() == 0


def test_a_redis_that_is_away_or_read_only_is_told(tmp_path: Path, port: int) -> None:
    """With the server's own words."""
    nobody = free_port()
    said = told(Failed, "redis", nobody, request(via="redis", prefix="cart:"))
    assert said.startswith(f"redis://127.0.0.1:{nobody}/0: ConnectionError: Error 111 connecting to 127.0.0.1:{nobody}")
    with redis.Redis(host=LOOPBACK, port=port) as client:
        client.set("cart:1", "x")
        with redis_server(tmp_path, "--replicaof", LOOPBACK, str(port)) as replica:
            with redis.Redis(host=LOOPBACK, port=replica) as follower:
                end = time.monotonic() + 20
                while not follower.exists("cart:1"):
                    assert time.monotonic() < end
                    time.sleep(0.05)
            assert told(Failed, "redis", replica, request(via="redis", prefix="cart:")) == (
                f"redis://127.0.0.1:{replica}/0: ReadOnlyError: You can't write against a read only replica."
            )


def test_time_that_is_up_ends_the_deletion(port: int) -> None:
    """What was deleted until then is told."""
    with redis.Redis(host=LOOPBACK, port=port) as client:
        client.set("cart:1", "x")
        assert told(TimedOut, "redis", port, request(via="redis", prefix="cart:"), limit_s=-1) == (
            f"redis://127.0.0.1:{port}/0: 0 keys that begin with 'cart:' were deleted, then time was up"
        )


def test_an_http_cache_is_asked_once(tls: Certificates) -> None:
    """By POST to a path of its own, by PURGE, with a password as a bearer token or as user and password."""
    with http_cache() as cache:
        cache.status, cache.answer = 200, b"dropped 12 entries\n"
        done = clear("http", cache.port, request(path="/internal/cache/clear?all=1"))
        clear("http", cache.port, request(method="PURGE"), secret="opensesame")
        clear("http", cache.port, request(), secret="tocsin:secret")
        where = f"http://127.0.0.1:{cache.port}"
        assert done.summary == f"cleared the cache: POST {where}/internal/cache/clear?all=1 was answered 200"
        assert done.output == "dropped 12 entries"
        assert cache.asked == [
            ("POST", "/internal/cache/clear?all=1", ""),
            ("PURGE", "/cache/clear", "Bearer opensesame"),
            ("POST", "/cache/clear", "Basic dG9jc2luOnNlY3JldA=="),
        ]


def test_an_http_cache_under_tls(tls: Certificates) -> None:
    """Its certificate has to be signed by the authority of the job's secret."""
    with http_cache((tls.certificate, tls.key)) as cache:
        assert "CERTIFICATE_VERIFY_FAILED" in told(Failed, "https", cache.port, request(via="https"))
        done = clear("https", cache.port, request(via="https"), authority=tls.authority)
        assert done.summary == f"cleared the cache: POST https://127.0.0.1:{cache.port}/cache/clear was answered 204"


def test_a_dry_run_sends_nothing() -> None:
    """It says what would be sent."""
    with http_cache() as cache:
        done = clear("http", cache.port, request(dry_run=True))
        assert done.summary == f"would send POST http://127.0.0.1:{cache.port}/cache/clear"
        assert cache.asked == []


def test_other_answers_than_success_are_failures_and_never_repeated() -> None:
    """A redirect is not followed, since it could lead anywhere; no answer may mean that it was cleared."""
    with http_cache() as cache:
        where = f"POST http://127.0.0.1:{cache.port}/cache/clear"
        cache.status, cache.answer = 503, b"not now\n\n<b>busy</b>"
        assert told(Failed, "http", cache.port, request()) == f"{where}: answered 503: not now <b>busy</b>"
        cache.status, cache.answer = 302, b""
        assert told(Failed, "http", cache.port, request()) == f"{where}: answered 302: "
        cache.delay_s = 1
        assert told(TimedOut, "http", cache.port, request(), limit_s=0.3) == (
            f"{where}: no answer within 0 s; it may have been cleared"
        )
        assert len(cache.asked) == 3
    nobody = free_port()
    said = told(Failed, "http", nobody, request())
    assert said.startswith(f"POST http://127.0.0.1:{nobody}/cache/clear: ConnectionError: ")


def test_what_is_no_path_is_refused() -> None:
    """It would change whom the request goes to."""
    for path in ("@evil.example/", "cache", "/a b", "/a\nHost: evil"):
        with pytest.raises((Refused, RequestError)) as caught:
            clear("http", 1, request(path=path))
        assert str(caught.value) == f"parameters.path: {path!r} is not a path; expected one such as /cache/clear"


def test_the_place_and_the_secret_follow_from_the_target(tmp_path: Path) -> None:
    """The usual ports, the service's name in the cluster, and the file of the job's secret."""
    plain = cache_of(request(), tmp_path)
    assert (plain.place, plain.secret, plain.authority) == ("http://cart.shop.svc:80", "", None)
    (tmp_path / "shop.cart").write_text("tocsin:pass:word\n")
    (tmp_path / "ca.crt").write_text("x")
    secured = cache_of(request(via="rediss", prefix="cart:", port=7000), tmp_path)
    assert secured.place == "rediss://cart.shop.svc:7000"
    assert (secured.user, secured.password, secured.authority) == ("tocsin", "pass:word", tmp_path / "ca.crt")
    assert "pass:word" not in repr(secured)
    assert cache_of(request(via="redis", prefix="x"), tmp_path).port == 6379
    assert replace(secured, secret="only").user is None
    assert replace(secured, secret="only").password == "only"
