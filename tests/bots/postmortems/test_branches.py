"""Drafts of postmortems on their branches."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alerting import document
from bots.errors import Unreachable
from bots.files import SCHEMA
from bots.inbox import INSERT, Inbox
from bots.incident import History
from bots.journal import Journal
from bots.outbox import Parcel
from bots.postmortems.branches import Drafts
from bots.postmortems.document import read as read_postmortem
from bots.postmortems.draft import HEADINGS, draft
from bots.postmortems.drafting import Postmortems
from bots.postmortems.evidence import no_evidence
from bots.record_text import read
from tests.bots.office import Office, alert, at, command, delivery
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
        assert Drafts(one.store).write(_history(one)) == "postmortem/INC-1"
    assert files(remote, "postmortem/INC-1") == [_PATH]
    assert git(remote, "rev-parse", "postmortem/INC-1~1", "postmortem/INC-1").split() == [main, tip]


@pytest.mark.parametrize("where", [_PATH, "postmortems/2027/INC-1.md"])
@pytest.mark.parametrize("fresh", [False, True])
def test_what_is_merged_is_not_drafted_again(tmp_path: Path, where: str, *, fresh: bool) -> None:
    """Although its branch was deleted, the incident opened again, and the volume may be another one."""
    remote, clone = bare(tmp_path / "remote.git"), tmp_path / "clone"
    identity = ("-c", "user.name=ana", "-c", "user.email=ana@example.com")
    git(tmp_path, "clone", "--quiet", str(remote), str(clone))
    git(clone, *identity, "commit", "--quiet", "--allow-empty", "-m", "begin")
    git(clone, "push", "--quiet", "origin", "HEAD:main")
    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0, 7)))
        if not fresh:
            Drafts(one.store).write(_history(one))
            git(remote, "branch", "--quiet", "-D", "postmortem/INC-1")
        (clone / where).parent.mkdir(parents=True)
        (clone / where).write_text("what people wrote")
        git(clone, "add", ".")
        git(clone, *identity, "commit", "--quiet", "-m", "merge")
        git(clone, "push", "--quiet", "origin", "HEAD:main")
        assert Drafts(one.store).write(_history(one)) is None
    assert "postmortem/" not in git(remote, "branch", "--list")


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


def test_a_draft_that_the_remote_refuses_is_tried_again(tmp_path: Path) -> None:
    """People mend credentials and protections later; nobody would ask for the draft once more."""
    remote = bare(tmp_path / "remote.git")
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    journal = Journal(tmp_path / "inbox.db", schema=SCHEMA, insert=INSERT, limit_bytes=2**26)
    inbox = Inbox(journal)
    with vault(tmp_path / "state", remote) as one:
        one.take(delivery(alert("Broken", 0, 7)))
        destination = Postmortems(Drafts(one.store), one.store.read, inbox, lambda: at(8))
        parcel = Parcel(
            destination="postmortem",
            key="k",
            line="INC-1",
            incident=1,
            event_key="e",
            payload={"incident": 1},
            id=1,
            attempts=0,
            unknown=False,
            created_at=at(8),
            why="",
        )
        with pytest.raises(Unreachable, match=r"^the remote refused the push: "):
            destination.deliver(parcel)
        hook.unlink()
        destination.deliver(parcel)
    inbox.close()
    journal.close()
    assert files(remote, "postmortem/INC-1") == [_PATH]


def test_a_draft_of_an_endless_title_can_be_read() -> None:
    """The front matter takes 500 characters."""
    office = Office()
    office.take(delivery(alert("B" * 600, 0)), delivery(alert("B" * 600, 0, 5)))
    history = office.history()
    assert read_postmortem(_PATH, draft(history, no_evidence(history.state))).problems == ()
