"""Drafts of postmortems on their branches."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alerting import document
from bots.errors import Unreachable
from bots.incident import History
from bots.postmortems.branches import Drafts
from bots.postmortems.draft import HEADINGS, draft
from bots.postmortems.evidence import no_evidence
from bots.record_text import read
from tests.bots.office import Office, alert, command, delivery
from tests.bots.vault import Vault, bare, files, git, vault

_TEMPLATE = Path(__file__).parents[3] / "postmortems" / "TEMPLATE.md"
_PATH = "postmortems/2026/INC-1.md"


def _history(one: Vault) -> History:
    history = one.store.read(1)
    assert history is not None
    return history


def _life() -> History:
    office = Office()
    office.take(delivery(alert("Broken", 0)), command("ack", received=3))
    office.take(command("note", received=4, text="the | deploy @ana", began_at="2026-01-05T09:55:00Z"))
    office.take(delivery(alert("Broken", 0, 12)))
    return office.history()


def test_the_draft_of_a_life(golden: Callable[[str, str], None]) -> None:
    """Facts and timeline; the rest is for people."""
    golden("incident/postmortem.md", draft(_life(), no_evidence(_life().state)).decode())


def test_draft_and_template_have_the_same_headings_and_keys() -> None:
    """What people learn from the one holds for the other."""
    template = _TEMPLATE.read_bytes()
    headings = [line[3:] for line in template.decode().splitlines() if line.startswith("## ")]
    assert tuple(headings) == HEADINGS
    made = draft(_life(), no_evidence(_life().state))
    assert [line[3:] for line in made.decode().splitlines() if line.startswith("## ")] == headings
    keys = document.read_front_matter(template).tree
    assert list(keys) == list(read(made.split(b"---\n")[1]))


def test_a_draft_is_one_new_file_on_top_of_the_default_branch(tmp_path: Path) -> None:
    """So that its pull request shows nothing else; doing it again changes nothing."""
    remote = bare(tmp_path / "remote.git")
    tree = git(remote, "hash-object", "-w", "-t", "tree", "/dev/null").strip()
    identity = ("-c", "user.name=ana", "-c", "user.email=ana@example.com")
    main = git(remote, *identity, "commit-tree", tree, "-m", "begin").strip()
    git(remote, "update-ref", "refs/heads/main", main)
    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0, 7)))
        assert Drafts(one.store).write(_history(one)) == "postmortem/INC-1"
        tip = git(remote, "rev-parse", "postmortem/INC-1").strip()
        assert Drafts(one.store).write(_history(one)) is None
    assert files(remote, "postmortem/INC-1") == [_PATH]
    assert git(remote, "rev-parse", "postmortem/INC-1~1", "postmortem/INC-1").split() == [main, tip]


def test_a_remote_without_a_default_branch_gets_a_draft_too(tmp_path: Path) -> None:
    """It begins a branch of its own."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0, 7)))
        Drafts(one.store).write(_history(one))
    assert files(remote, "postmortem/INC-1") == [_PATH]


def test_without_a_remote_the_draft_stays_here(tmp_path: Path) -> None:
    """On the same branch."""
    with vault(tmp_path) as one:
        one.take(delivery(alert("Broken", 0, 7)))
        assert Drafts(one.store).write(_history(one)) == "postmortem/INC-1"
        assert files(one.store.path, "postmortem/INC-1") == [_PATH]


def test_a_remote_that_is_away_gets_the_draft_later(tmp_path: Path) -> None:
    """The same one, with what was known then."""
    remote = bare(tmp_path / "remote.git")
    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0, 7)))
        remote.rename(tmp_path / "away.git")
        with pytest.raises(Unreachable):
            Drafts(one.store).write(_history(one))
        (tmp_path / "away.git").rename(remote)
        assert Drafts(one.store).write(_history(one)) == "postmortem/INC-1"
    assert files(remote, "postmortem/INC-1") == [_PATH]
