"""Files of tokens."""

import os
from pathlib import Path

import pytest

from bots.configuration import tokens
from bots.configuration.tokens import TokenFile, bearer_tokens, hash_of, member_tokens, new_token
from bots.errors import SettingsError


def _soon(file: TokenFile) -> None:
    """As if a second had passed."""
    file._looked_at = -1e9


def test_several_tokens_are_valid_at_a_time(tmp_path: Path) -> None:
    """Rotation needs no gap; comments and empty lines are not tokens."""
    path = tmp_path / "tokens"
    path.write_text("# old\nold-token\n\nnew-token\n")
    file = TokenFile(path, bearer_tokens)
    assert [file.owner(token) for token in ("old-token", "new-token", "# old", "", "other")] == [
        "alertmanager",
        "alertmanager",
        None,
        None,
        None,
    ]


def test_a_changed_file_counts_without_a_restart(tmp_path: Path) -> None:
    """A token that was taken out is refused soon afterwards."""
    path = tmp_path / "tokens"
    path.write_text("old-token\n")
    file = TokenFile(path, bearer_tokens)
    path.write_text("new-token\n")
    os.utime(path, ns=(1, 1))
    _soon(file)
    assert (file.owner("old-token"), file.owner("new-token")) == (None, "alertmanager")


def test_a_slip_in_the_file_locks_nobody_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An empty or vanished file is reported, and the tokens known so far stay valid."""
    path = tmp_path / "tokens"
    path.write_text("token\n")
    file = TokenFile(path, bearer_tokens)
    path.write_text("\n")
    _soon(file)
    assert file.owner("token") == "alertmanager"
    path.unlink()
    _soon(file)
    assert file.owner("token") == "alertmanager"
    assert "the changed token file is not used" in caplog.text


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file or directory"), (b"\xff\xfe", "not UTF-8")],
)
def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path, content: bytes | None, why: str) -> None:
    """At the start it is told; a bot without tokens would let nobody in."""
    path = tmp_path / "tokens"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        TokenFile(path, bearer_tokens)
    assert str(caught.value) == f"{path}: {why}; expected a text file that the bot may read"


def test_a_member_file_maps_hashes_to_members(tmp_path: Path) -> None:
    """The file itself opens no door."""
    path = tmp_path / "members"
    path.write_text(f"{hash_of('a')} ana\n{hash_of('b')}   ben\n")
    file = TokenFile(path, member_tokens)
    assert [file.owner(token) for token in ("a", "b", hash_of("a"))] == ["ana", "ben", None]


def test_every_wrong_line_of_a_member_file_is_named(tmp_path: Path) -> None:
    """Line numbers count the file's lines."""
    path = tmp_path / "members"
    path.write_text(f"# people\nana {hash_of('a')}\n{hash_of('b')}\n{hash_of('c')} chi\n")
    with pytest.raises(SettingsError) as caught:
        TokenFile(path, member_tokens)
    assert str(caught.value).splitlines() == [
        f"{path}:{line}: not a token's line; expected `<sha256 in hex> <member>`; `tocsin incident token MEMBER` "
        "prints one"
        for line in (2, 3)
    ]


def test_a_bearer_file_without_a_token_is_a_mistake(tmp_path: Path) -> None:
    """A bot that nobody can talk to does not start."""
    path = tmp_path / "tokens"
    path.write_text("# nothing yet\n")
    with pytest.raises(SettingsError) as caught:
        TokenFile(path, bearer_tokens)
    message = f"{path}: no token in it; expected one a line, such as `openssl rand -hex 32` prints"
    assert str(caught.value) == message


def test_new_tokens_differ_and_are_long() -> None:
    """256 random bits each."""
    made = {new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(token.startswith("tocsin_") and len(token) == 50 for token in made)
    assert tokens.hash_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
