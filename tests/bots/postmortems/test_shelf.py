"""Postmortems on the main branch of a real remote."""

import logging
from pathlib import Path

import pytest

from bots.errors import Unreachable
from bots.postmortems.shelf import Shelf
from tests.bots.bot_process import wait_until
from tests.bots.postmortems.texts import WHOLE
from tests.bots.vault import bare, git, vault

_IDENTITY = ("-c", "user.name=ana", "-c", "user.email=ana@example.com")


class Main:
    """Somebody's clone, who merges."""

    def __init__(self, folder: Path) -> None:
        self.remote = bare(folder / "remote.git")
        self.clone = folder / "clone"
        git(folder, "clone", "--quiet", str(self.remote), str(self.clone))

    def merge(self, path: str, text: bytes) -> None:
        """A file on the main branch."""
        file = self.clone / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
        git(self.clone, "add", ".")
        git(self.clone, *_IDENTITY, "commit", "--quiet", "-m", "merge")
        git(self.clone, "push", "--quiet", "origin", "HEAD:main")


def test_what_is_merged_is_read_and_what_is_broken_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Drafts on branches, templates and other files are none."""
    main = Main(tmp_path)
    main.merge("postmortems/2026/INC-7.md", WHOLE)
    main.merge("postmortems/2026/INC-8.md", b"no front matter")
    main.merge("postmortems/TEMPLATE.md", b"x")
    with vault(tmp_path / "state", main.remote) as one, caplog.at_level(logging.WARNING):
        shelf = Shelf(one.store, changed=lambda: None)
        assert shelf.look()
        assert not shelf.look()
        assert {number: found.front.title for number, found in shelf.merged.items()} == {7: "Checkout fails"}
        main.merge("README.md", b"x")
        assert shelf.look()
        unreadable = shelf.unreadable
    (line,) = caplog.messages
    why = (
        "postmortems/2026/INC-8.md:1: postmortem INC-8: the file has no front matter; expected it to start with a line "
        "`---`, then keys, then another line `---`; start it as postmortems/TEMPLATE.md does"
    )
    assert line == f"a merged postmortem cannot be read: {why}"
    assert unreadable == {8: why}


def test_a_change_is_seen_and_said(tmp_path: Path) -> None:
    """By the thread, without a webhook."""
    main = Main(tmp_path)
    main.merge("README.md", b"x")
    seen: list[int] = []
    with vault(tmp_path / "state", main.remote) as one:
        shelf = Shelf(one.store, changed=lambda: seen.append(1), every_s=0.05)
        shelf.start()
        try:
            wait_until(lambda: len(seen) == 1, 20, "the first look")
            main.merge("postmortems/2026/INC-7.md", WHOLE)
            wait_until(lambda: 7 in shelf.merged, 20, "the merge")
        finally:
            shelf.stop()


def test_a_remote_that_is_away_keeps_what_was_read(tmp_path: Path) -> None:
    """Nobody is reminded of what was merged yesterday."""
    main = Main(tmp_path)
    main.merge("postmortems/2026/INC-7.md", WHOLE)
    with vault(tmp_path / "state", main.remote) as one:
        shelf = Shelf(one.store, changed=lambda: None)
        shelf.look()
        main.remote.rename(tmp_path / "away.git")
        with pytest.raises(Unreachable):
            shelf.look()
        assert list(shelf.merged) == [7]


def test_nothing_is_known_before_the_first_look(tmp_path: Path) -> None:
    """While the remote is away, what an earlier process saw counts."""
    main = Main(tmp_path)
    with vault(tmp_path / "state", main.remote) as one:
        first = Shelf(one.store, changed=lambda: None)
        assert first.known is None
        first.look()
        assert first.known == {}
        main.merge("postmortems/2026/INC-7.md", WHOLE)
        first.look()
        main.remote.rename(tmp_path / "away.git")
        second = Shelf(one.store, changed=lambda: None)
        with pytest.raises(Unreachable):
            second.look()
        assert list(second.known or ()) == [7]
        assert second.completed is None


def test_without_a_remote_nothing_runs(tmp_path: Path) -> None:
    """And stopping it is harmless."""
    with vault(tmp_path) as one:
        shelf = Shelf(one.store, changed=lambda: None)
        shelf.start()
        shelf.stop()
        assert not shelf.merged


def test_since_when_postmortems_are_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing before the first look, and nothing when the last one is too long ago."""
    main = Main(tmp_path)
    main.merge("README.md", b"x")
    with vault(tmp_path / "state", main.remote) as one:
        shelf = Shelf(one.store, changed=lambda: None)
        assert shelf.completed is None
        shelf.look()
        assert shelf.completed == {}
        main.merge("postmortems/2026/INC-7.md", b"---\nstatus: published\n---\n")
        main.merge("postmortems/2026/INC-8.md", b"---\nstatus: review\n---\n")
        shelf.look()
        assert shelf.completed is not None
        merged = git(main.clone, "log", "-1", "--format=%ct", "--", "postmortems/2026/INC-7.md")
        assert {number: at.timestamp() for number, at in shelf.completed.items()} == {7: float(merged)}
        monkeypatch.setattr("bots.postmortems.shelf._STALE_S", -1.0)
        assert shelf.completed is None
