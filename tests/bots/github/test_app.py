"""The bot as a GitHub App: a signed token, an installation's token that is kept, an end of it that is noticed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bots.errors import SettingsError
from bots.github.credentials import AppCredentials
from tests.bots.github.stage import Stage, staged
from tests.bots.office import TEN


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    """A private key and its public one, PEM."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.fixture
def app(tmp_path: Path, keys: tuple[str, str]) -> Iterator[Stage]:
    """A bot that is an App, installed in the repository."""
    (tmp_path / "app.pem").write_text(keys[0])
    with staged(tmp_path, app_key=keys[1]) as made:
        yield made


def _tokens(stage: Stage) -> int:
    return sum(path.endswith("/access_tokens") for _, path in stage.hub.calls)


def test_an_app_works_with_one_token_for_nearly_an_hour(app: Stage) -> None:
    """A new one is taken five minutes before the end of the old one."""
    app.fire()
    app.settle()
    for _ in range(5):
        app.advance(600)
        app.ask("note", text="x")
        app.settle()
    assert _tokens(app) == 1
    app.advance(600)
    app.ask("ack")
    app.settle()
    assert _tokens(app) == 2
    assert app.issue().author == "tocsin[bot]"
    assert "state: acknowledged" in app.issue().labels


def test_a_token_that_ended_early_is_replaced_at_once(app: Stage) -> None:
    """As when the App's permissions change."""
    app.fire()
    app.settle()
    app.hub.tokens.clear()
    app.ask("ack")
    app.work()
    assert "state: acknowledged" in app.issue().labels


@pytest.mark.parametrize("own", [True, False], ids=["of-the-app", "of-the-repository"])
def test_lost_deliveries_are_asked_for_where_the_webhook_is(app: Stage, own: bool) -> None:
    """It is the App's own, or the repository's, which Pulumi makes."""
    app.hub.webhook.of_app = own
    app.fire()
    app.settle()
    app.hub.webhook.lost = True
    app.hub.repository.comment(app.issue().number, "ana", "/ack")
    app.hear()
    app.hub.webhook.lost = False
    app.advance(120)
    assert app.part().look() > 0
    app.settle()
    assert "acknowledged" in app.kinds()
    asked = {path for _, path in app.hub.calls if path.endswith("/deliveries")}
    assert asked == {"/app/hook/deliveries"} if own else all(path.startswith("/repos/") for path in asked)


def test_a_key_that_is_none_is_told_at_the_start(tmp_path: Path) -> None:
    """With the setting's name, the file, and what was expected."""
    (tmp_path / "app.pem").write_text("not a key\n")
    with pytest.raises(SettingsError) as caught:
        AppCredentials("123456", tmp_path / "app.pem", "example/incidents", lambda: TEN)
    message = str(caught.value)
    assert message.startswith(f"TOCSIN_GITHUB_APP_KEY_FILE: {tmp_path}/app.pem: ")
    assert message.endswith("; expected the private key that GitHub made for the App, a PEM file")
    assert "not a key" not in message
