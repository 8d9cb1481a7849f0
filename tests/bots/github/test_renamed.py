"""A repository that gets another name while the bot runs."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from tests.bots.github.stage import Stage, staged


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Stage]:
    """A bot that is an App, whose installation is found by the repository's name."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "app.pem").write_bytes(key.private_bytes(*pem))
    public = key.public_key().public_bytes(pem[0], serialization.PublicFormat.SubjectPublicKeyInfo)
    with staged(tmp_path, app_key=public.decode()) as made:
        yield made


def _rename(stage: Stage) -> None:
    stage.hub.repository.name = "example/trouble"
    stage.hub.answer = _moved(stage)


def _moved(stage: Stage) -> Callable[[Request], Response | None]:
    """As GitHub answers for the old name: with the way to the new one."""

    def answer(request: Request) -> Response | None:
        path = request.url.path
        if path.startswith("/repos/example/incidents"):
            there = stage.hub.base + path.replace("example/incidents", "example/trouble")
            return RedirectResponse(there, 301 if request.method == "GET" else 307)
        if path == "/repos/example/trouble":
            return JSONResponse({"id": 8, "full_name": "example/trouble"})
        return None

    return answer


def test_a_renamed_repository_is_followed(app: Stage) -> None:
    """Its issues are kept up to date and what people write there is heard; the log says what to correct."""
    app.fire()
    app.settle()
    app.hub.repository.comment(app.issue().number, "ana", "looking")
    app.settle()
    _rename(app)
    app.hub.repository.comment(app.issue().number, "ana", "/ack")
    app.fire(service="cart")
    app.settle()
    app.advance(3600)
    app.ask("note", text="the bank is down")
    app.settle()
    assert "acknowledged" in app.kinds()
    assert "state: acknowledged" in app.issue().labels
    assert len(app.issues) == 2
    assert "> the bank is down" in app.issue().comments[-1].body


def test_it_is_followed_after_a_restart_too(app: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """The settings have the old name still."""
    app.fire()
    app.settle()
    app.hub.repository.comment(app.issue().number, "ana", "looking")
    app.settle()
    _rename(app)
    app.crash()
    app.hub.repository.comment(app.issue().number, "ana", "/ack")
    app.settle()
    assert "state: acknowledged" in app.issue().labels
    assert "example/incidents is called example/trouble now: correct it in the settings" in caplog.messages


def test_an_issue_that_was_moved_elsewhere_is_not_followed(stage: Stage) -> None:
    """What the bot does not look after it does not write to."""
    stage.fire()
    stage.settle()

    def moved(request: Request) -> Response | None:
        if request.url.path == f"/repos/example/incidents/issues/{stage.issue().number}":
            return RedirectResponse(f"{stage.hub.base}/repos/example/other/issues/3", 301)
        if request.url.path == "/repos/example/incidents":
            return JSONResponse({"id": 8, "full_name": "example/incidents"})
        return None

    stage.hub.answer = moved
    stage.ask("ack")
    stage.settle()
    known = stage.remembered()
    assert known is not None
    assert known.state["gone"] is True
    assert not any("example/other" in path for _, path in stage.hub.calls)
