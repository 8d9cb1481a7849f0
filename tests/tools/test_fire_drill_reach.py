"""How a fire drill gets to the Alertmanagers of a stack: through kubectl, and over TLS under another name."""

import base64
import re
import ssl
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cluster.credentials import Certificates, certificates
from tests.stacks.companies import MINI, ROOT
from tools.cli import main
from tools.drill.errors import DrillError
from tools.drill.stack_command import reached
from tools.drill.stack_members import Count, Members
from tools.drill.stack_reach import Place, bot_through_kubectl, by_address, place_of, through_kubectl

METRICS = """\
# TYPE alertmanager_notification_requests_total counter
alertmanager_notification_requests_total{integration="slack",receiver_name="slack-payments"} 3
# TYPE alertmanager_notification_requests_failed_total counter
alertmanager_notification_requests_failed_total{integration="slack",receiver_name="slack-payments"} 1
# TYPE alertmanager_notifications_failed_total counter
alertmanager_notifications_failed_total{integration="slack",reason="clientError",receiver_name="slack-payments"} 1
alertmanager_notifications_failed_total{integration="slack",reason="other",receiver_name="slack-payments"} 0
"""

KUBECTL = """#!{python}
import sys, time
words = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(" ".join(words) + "\\n")
if "get" in words:
    print({authority!r}, end="")
elif {fails!r}:
    sys.exit("error: pods not found")
else:
    print("Forwarding from 127.0.0.1:{port} -> 9093", flush=True)
    time.sleep(600)
"""


class Handler(BaseHTTPRequestHandler):
    """Metrics for everybody."""

    def do_GET(self) -> None:
        body = METRICS.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Of this machine, under `localhost` among others."""
    return certificates(tmp_path_factory.mktemp("credentials"))


@pytest.fixture(scope="module")
def server(credentials: Certificates) -> Iterator[int]:
    """A pod's server with TLS."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(credentials.certificate, credentials.key)
    http.socket = context.wrap_socket(http.socket, server_side=True)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield http.server_port
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def kubectl(tmp_path: Path, server: int, credentials: Certificates, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in on PATH that forwards to the server; gives the file that says how it was called."""
    return install(tmp_path, monkeypatch, server, credentials)


def install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, port: int, credentials: Certificates, fails: bool = False
) -> Path:
    """Puts the stand-in on PATH."""
    log = folder / "calls"
    program = folder / "bin" / "kubectl"
    program.parent.mkdir()
    authority = base64.b64encode(credentials.authority.read_bytes()).decode()
    program.write_text(KUBECTL.format(python=sys.executable, log=str(log), authority=authority, port=port, fails=fails))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent))
    return log


def place(server_name: str) -> Place:
    """Two pods with TLS."""
    return Place(
        context="shop",
        namespace="monitoring",
        pods=("alertmanager-alertmanager-0", "alertmanager-alertmanager-1"),
        server_name=server_name,
        secret="alertmanager-tls",
    )


def test_the_program_says_where_they_are() -> None:
    """Every pod, the context, and whether they speak TLS."""
    found = place_of(ROOT, "production")
    assert found == Place(
        context="shop-production",
        namespace="monitoring",
        pods=tuple(f"alertmanager-alertmanager-{number}" for number in range(3)),
        server_name="alertmanager.monitoring.svc",
        secret="alertmanager-tls",
        bot="tocsin-0",
    )
    assert (place_of(ROOT, "dev").server_name, place_of(ROOT, "dev").secret) == ("", "")


def test_an_unknown_stack_is_refused() -> None:
    """With those there are."""
    done = CliRunner().invoke(main, ["--root", str(MINI), "drill", "--stack", "moon"])
    assert (done.exit_code, done.stderr) == (
        1,
        "drill: --stack moon: there is no such stack; expected one of: dev, production, staging\n",
    )


def test_an_unknown_service_is_refused() -> None:
    """Before anything is asked."""
    options = ["drill", "--stack", "dev", "--service", "moon", "--alertmanager", "http://127.0.0.1:1"]
    done = CliRunner().invoke(main, ["--root", str(MINI), *options])
    assert (done.exit_code, done.stderr) == (
        1,
        "drill: --service moon: there is no such service; expected one of: checkout, payments-db, platform\n",
    )


def test_options_of_a_fire_drill_need_a_stack() -> None:
    """They would be passed over in silence."""
    done = CliRunner().invoke(main, ["--root", str(MINI), "drill", "--service", "checkout"])
    assert done.exit_code == 2
    assert "--service belongs to --stack NAME" in done.stderr


def test_every_pod_is_asked_through_a_port_of_its_own(kubectl: Path) -> None:
    """The sum over both is what counts; the certificate is checked for the Service's name, not the address."""
    with through_kubectl(place("localhost")) as members:
        counts = Members(members).counts()
    assert counts == {("slack", "slack-payments"): Count(taken=4, refused=2, given_up=2)}
    base = "--context shop --namespace monitoring"
    assert kubectl.read_text().splitlines() == [
        rf"{base} get secret alertmanager-tls --output jsonpath={{.data.ca\.crt}}",
        f"{base} port-forward --address 127.0.0.1 pod/alertmanager-alertmanager-0 :9093",
        f"{base} port-forward --address 127.0.0.1 pod/alertmanager-alertmanager-1 :9093",
    ]


def test_a_certificate_of_another_name_is_refused(kubectl: Path) -> None:
    """Whoever answers on the forwarded port must be Alertmanager."""
    with (
        through_kubectl(place("alertmanager.monitoring.svc")) as members,
        pytest.raises(DrillError, match="its certificate is not accepted"),
    ):
        Members(members).counts()


def test_a_pod_that_is_not_there_is_told(
    tmp_path: Path, credentials: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what kubectl said."""
    install(tmp_path, monkeypatch, 1, credentials, fails=True)
    with pytest.raises(DrillError) as caught, through_kubectl(place("localhost")):
        pass
    assert str(caught.value) == (
        "kubectl cannot forward a port to the pod alertmanager-alertmanager-0, saying: error: pods not found; "
        "look whether it runs, and at the rights to pods/portforward"
    )


def test_without_kubectl_there_is_another_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The addresses may be named instead."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DrillError) as caught, through_kubectl(place("localhost")):
        pass
    assert str(caught.value) == (
        "there is no kubectl on PATH; install it, or name every Alertmanager with --alertmanager URL"
    )


def test_the_bot_is_asked_through_its_pod(kubectl: Path) -> None:
    """Its public address is shown to some networks only; an address that is set goes before."""
    environment: dict[str, str] = {}
    there = replace(place("localhost"), pods=(), secret="", bot="tocsin-0")
    with bot_through_kubectl(there) as url:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
    assert kubectl.read_text().splitlines() == [
        "--context shop --namespace monitoring port-forward --address 127.0.0.1 pod/tocsin-0 :8000"
    ]
    with ExitStack() as open_:
        members, away = reached(MINI, "production", (), environment, open_)
        assert (len(members), away) == (3, {})
        assert environment["TOCSIN_URL"].startswith("http://127.0.0.1:")
    with ExitStack() as open_:
        given = {"TOCSIN_URL": "https://incidents.example.com"}
        assert reached(MINI, "production", (), given, open_)[1] == {}
        assert given == {"TOCSIN_URL": "https://incidents.example.com"}


def test_a_bot_that_is_away_ends_no_drill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: int) -> None:
    """Paging is tested all the same, and the line of the bot says why it could not be asked."""
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    words = f'case "$*" in *tocsin-0*) echo gone >&2; exit 1;; esac; echo "Forwarding from 127.0.0.1:{server} -> 9093"'
    program.write_text(f"#!/bin/sh\n{words}\nexec /bin/sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    with ExitStack() as open_:
        members, away = reached(MINI, "dev", (), {}, open_)
    assert len(members) == 1
    assert away == {
        "bot": (
            "the bot's API cannot be asked: kubectl cannot forward a port to the pod tocsin-0, saying: gone; "
            "look whether it runs, and at the rights to pods/portforward"
        )
    }


def test_nobody_to_tell_is_an_error() -> None:
    """One member that is away is a note, all of them are the end."""
    with pytest.raises(DrillError) as caught:
        Members(by_address(["http://127.0.0.1:1", "http://127.0.0.1:2"])).post({})
    assert str(caught.value) == (
        "no Alertmanager took the alert:\n"
        "Alertmanager http://127.0.0.1:1: nothing answers there; expected an answer; look at the pod and the network\n"
        "Alertmanager http://127.0.0.1:2: nothing answers there; expected an answer; look at the pod and the network"
    )


def test_silences_go_the_same_way(tmp_path: Path, credentials: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """`tocsin silences` reaches a deployed stack through one of its pods, since they tell each other."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        calls = install(tmp_path, monkeypatch, http.server_port, credentials)
        options = ["silences", "apply", "--stack", "dev", "--dry-run"]
        done = CliRunner().invoke(main, ["--root", str(MINI), *options])
        http.shutdown()
        thread.join()
    # What answered there was no Alertmanager; that it was asked is what matters.
    assert done.exit_code == 1
    assert f"Alertmanager at http://127.0.0.1:{http.server_port}: " in done.stderr
    assert [call.split()[-2:] for call in calls.read_text().splitlines()] == [
        ["pod/alertmanager-alertmanager-0", ":9093"]
    ]
