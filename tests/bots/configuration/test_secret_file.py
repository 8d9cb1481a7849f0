"""Files with several secrets that are valid at a time."""

import hashlib
import hmac
import logging
import time
from pathlib import Path

import pytest

from bots.configuration.secret_file import SecretFile
from bots.errors import SettingsError
from tests.bots.bot_process import wait_until


def _digest(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_every_line_is_a_secret(tmp_path: Path) -> None:
    """The first is the one that we use; the value is never shown."""
    file = tmp_path / "secrets"
    file.write_text("new\n\n old \nnew\n")
    found = SecretFile(file, "TOCSIN_X_FILE")
    assert (found.all, found.first) == (("new", "old"), "new")
    assert repr(found) == f"SecretFile({file})"


def test_a_body_may_be_signed_with_any_of_them(tmp_path: Path) -> None:
    """And carry several signatures; anything else is none."""
    file = tmp_path / "secrets"
    file.write_text("new\nold\n")
    found = SecretFile(file, "TOCSIN_X_FILE")
    assert found.signed(b"body", [_digest("old", b"body")])
    assert found.signed(b"body", ["0" * 64, _digest("new", b"body")])
    for digests in ([], [""], [_digest("other", b"body")], [_digest("new", b"body2")], ["\ud800"]):
        assert not found.signed(b"body", digests)


def test_a_changed_file_is_read_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A slip of the pen leaves those that were valid, and is in the log."""
    file = tmp_path / "secrets"
    file.write_text("one\n")
    found = SecretFile(file, "TOCSIN_X_FILE")
    with caplog.at_level(logging.ERROR):
        file.write_text("\n")
        time.sleep(1.1)
        assert found.all == ("one",)
    assert "the changed file of secrets is not used" in caplog.text
    file.write_text("two\none\n")
    wait_until(lambda: found.all == ("two", "one"), 10, lambda: "not read again")


@pytest.mark.parametrize(
    ("content", "why"), [(b"\n", "no secret in it"), (b"\xff", "not UTF-8"), (None, "No such file or directory")]
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, content: bytes | None, why: str) -> None:
    """With the variable that names it."""
    file = tmp_path / "secrets"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        SecretFile(file, "TOCSIN_X_FILE")
    assert str(caught.value) == (
        f"TOCSIN_X_FILE: {file}: {why}; expected a text file that the bot may read, with one secret a line"
    )
