"""Since when a postmortem is complete: from the history of the main branch."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pygit2
import pytest

from bots.numbers.completed import HistoryCut, Known, completed, texts
from tests.tools.report.stories import Archive, after, postmortem


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """A main branch with something else on it."""
    return Archive(tmp_path / "a.git").publish({"README.md": "x"}, after(0))


def tip(archive: Archive) -> pygit2.Oid:
    """The main branch."""
    return archive.repository.references["refs/heads/main"].peel(pygit2.Commit).id


def test_the_commit_that_publishes_it_says_when(archive: Archive) -> None:
    """Drafts are not complete; later changes of the text and other files do not move the moment."""
    archive.publish(postmortem(1, "draft"), after(1)).publish(postmortem(1), after(2))
    archive.publish(postmortem(1, text="More."), after(3)).publish({"README.md": "y"}, after(4))
    archive.publish(postmortem(2, "review"), after(5)).publish(postmortem(3), after(6))
    assert completed(archive.repository, tip(archive)) == {1: after(2), 3: after(6)}


def test_one_that_was_withdrawn_is_not_complete(archive: Archive) -> None:
    """And published again it is complete since then."""
    archive.publish(postmortem(1), after(1)).publish(postmortem(1, "draft"), after(2))
    assert completed(archive.repository, tip(archive)) == {}
    archive.publish(postmortem(1), after(3))
    assert completed(archive.repository, tip(archive)) == {1: after(3)}


def test_what_is_known_is_not_looked_for_again(archive: Archive) -> None:
    """Only what came since; the result is the same as from the beginning."""
    archive.publish(postmortem(1), after(1))
    before = Known(tip=tip(archive), completed=completed(archive.repository, tip(archive)))
    archive.publish(postmortem(2), after(2))
    told = Known(tip=before.tip, completed={1: after(1) - timedelta(days=9)})
    assert completed(archive.repository, tip(archive), told) == {1: told.completed[1], 2: after(2)}
    assert completed(archive.repository, tip(archive), before) == completed(archive.repository, tip(archive))


def test_a_merge_counts_when_it_is_merged(archive: Archive) -> None:
    """Not when its author committed it on a branch."""
    archive.publish({"README.md": "y"}, after(1))
    main = archive.repository.references["refs/heads/main"].peel(pygit2.Commit)
    archive.publish(postmortem(1), after(2))
    side = archive.repository.references["refs/heads/main"].peel(pygit2.Commit)
    who = pygit2.Signature("Ana", "ana@example.com", int(after(5).timestamp()), 0)
    merged = archive.repository.create_commit(None, who, who, "merge", side.tree.id, [main.id, side.id])
    assert completed(archive.repository, merged) == {1: after(5)}


def test_a_shallow_clone_does_not_know(archive: Archive, tmp_path: Path) -> None:
    """Its oldest commit is no beginning; one deep enough knows."""
    archive.publish(postmortem(1), after(1)).publish({"README.md": "y"}, after(2)).publish({"README.md": "z"}, after(3))
    for depth in (2, 4):
        place = tmp_path / str(depth)
        address = f"file://{archive.path}"
        command = ["git", "clone", "--quiet", "--bare", "--depth", str(depth), address, str(place)]
        subprocess.run(command, check=True, capture_output=True)
        repository = pygit2.Repository(str(place))
        if depth == 2:
            with pytest.raises(HistoryCut, match="the clone is shallow"):
                completed(repository, repository.references["refs/heads/main"].peel(pygit2.Commit).id)
        else:
            found = completed(repository, repository.references["refs/heads/main"].peel(pygit2.Commit).id)
            assert found == {1: after(1)}


def test_files_that_are_no_postmortems_are_left_alone(archive: Archive) -> None:
    """Other names, other places, and front matter that cannot be read."""
    published = postmortem(1)["postmortems/2026/INC-1.md"]
    archive.publish(
        {
            "postmortems/TEMPLATE.md": published,
            "postmortems/2026/notes.md": published,
            "postmortems/2026/INC-01.md": published,
            "postmortems/2026/INC-5.md": "---\nstatus: [published\n---\n",
            "postmortems/2026/INC-6.md": "status: published\n",
        },
        after(1),
    )
    assert completed(archive.repository, tip(archive)) == {}
    assert texts(archive.repository, tip(archive)) == {}
    archive.publish(postmortem(7), after(2))
    assert [path for path, _ in texts(archive.repository, tip(archive)).values()] == ["postmortems/2026/INC-7.md"]


def test_one_that_is_moved_is_the_same(archive: Archive) -> None:
    """Into the folder of another year."""
    archive.publish(postmortem(1), after(1))
    ((path, text),) = postmortem(1).items()
    archive.publish({path.replace("2026", "2027"): text}, after(20))
    assert completed(archive.repository, tip(archive)) == {1: after(1)}
