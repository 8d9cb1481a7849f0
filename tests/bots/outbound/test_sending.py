"""Failed requests: those that reached nobody, and those that may have."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from bots.outbound.sending import never_sent
from tests.authority import Authority
from tests.bots.http_server import Received, Reply, serving
from tools.drill.ports import LOOPBACK


def _failure(url: str) -> requests.RequestException:
    with requests.Session() as session, pytest.raises(requests.RequestException) as caught:
        session.post(url, json={}, timeout=(0.3, 0.3))
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        # Reserved, and nothing listens: https://www.iana.org/assignments/service-names-port-numbers
        f"http://{LOOPBACK}:1",
        "http://nowhere.invalid",
        # RFC 5737: addresses of documentation; nothing is behind them, or the network says so at once.
        "http://192.0.2.1",
        "http://a b",
    ],
    ids=["refused", "no-name", "no-way", "no-address"],
)
def test_without_a_connection_nothing_was_sent(url: str) -> None:
    """An answer that only one person sees is given again after such a failure."""
    assert never_sent(_failure(url))


def test_a_certificate_that_nobody_vouches_for_stops_the_request(tmp_path: Path) -> None:
    """The handshake comes first."""
    with _encrypted(tmp_path) as url:
        assert never_sent(_failure(url))


def _hang_up(got: Received) -> Reply:
    return Reply(hang_up=True)


def _too_late(got: Received) -> Reply:
    time.sleep(0.5)
    return Reply(hang_up=True)


@pytest.mark.parametrize("reply", [_hang_up, _too_late])
def test_what_was_sent_may_have_happened(reply: Callable[[Received], Reply]) -> None:
    """Whoever reads the request may have done what it asks."""
    with serving(reply) as server:
        assert not never_sent(_failure(server.url))


@contextmanager
def _encrypted(folder: Path) -> Iterator[str]:
    """A server with a certificate of an authority that nobody knows."""
    signed = Authority(name="nobody").sign(["nobody"])
    pem = folder / "server.pem"
    pem.write_bytes(signed.certificate + signed.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with socket.create_server((LOOPBACK, 0)) as plain:

        def shake() -> None:
            connection, _ = plain.accept()
            with connection, contextlib.suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=shake)
        thread.start()
        yield f"https://{LOOPBACK}:{plain.getsockname()[1]}"
        thread.join()
