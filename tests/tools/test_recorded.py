"""Where records are read from."""

import subprocess
from pathlib import Path

import pytest

from tests.tools.report.stories import Archive, Story, after
from tools.recorded import NoRecords, folders_since, recorded


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Records of one incident, and a main branch."""
    return (
        Archive(tmp_path / "a.git").record(Story(number=1, started=after(0)), at=after(1)).publish({"a": "b"}, after(1))
    )


def clone(archive: Archive, place: Path) -> Path:
    """A clone with a branch of its own for the records."""
    subprocess.run(["git", "clone", "--quiet", str(archive.path), str(place)], check=True)
    subprocess.run(["git", "-C", str(place), "branch", "--quiet", "records", "origin/records"], check=True)
    return place


def test_of_two_branches_the_newer_one_counts(archive: Archive, tmp_path: Path) -> None:
    """One's own branch stays behind unless it is pulled."""
    place = clone(archive, tmp_path / "clone")
    archive.record(Story(number=2, started=after(2)), at=after(3))
    subprocess.run(["git", "-C", str(place), "fetch", "--quiet"], check=True)
    with recorded(str(place), tmp_path) as found:
        assert found.written_at == after(3)
        assert len(list(folders_since(found.tree, after(-90)))) == 2


def test_a_folder_inside_a_clone_is_enough(archive: Archive, tmp_path: Path) -> None:
    """The main branch is the remote's."""
    place = clone(archive, tmp_path / "clone") / "inside"
    place.mkdir()
    with recorded(None, place) as found:
        assert found.main is not None
        assert found.written_at == after(1)


def test_an_address_is_fetched_from_for_once(archive: Archive, tmp_path: Path) -> None:
    """And nothing of it is left."""
    with recorded(f"file://{archive.path}", tmp_path) as found:
        folder = Path(found.repository.path)
        assert found.main is not None
        assert len(list(folders_since(found.tree, after(-90)))) == 1
    assert not folder.exists()


def test_an_address_that_is_away_is_an_error(tmp_path: Path) -> None:
    """As git says it, with what is expected: it may be a folder that was misspelt."""
    address = f"file://{tmp_path / 'none.git'}"
    with pytest.raises(NoRecords) as error, recorded(address, tmp_path):
        pass
    assert str(error.value).startswith(
        f"{address}: git fetch: fatal: '{tmp_path / 'none.git'}' does not appear to be a"
    )
    assert str(error.value).endswith("; expected a clone on this machine, or an address to fetch from")


def test_months_before_are_not_looked_at(archive: Archive, tmp_path: Path) -> None:
    """The folder of the month says when an incident was opened."""
    archive.record(Story(number=2, started=after(40)), at=after(41))
    with recorded(str(archive.path), tmp_path) as found:
        assert [path for path, _ in folders_since(found.tree, after(40))] == ["incidents/2026/04/INC-2"]
        assert len(list(folders_since(found.tree, after(0)))) == 2


def test_a_place_without_records_says_what_to_do(tmp_path: Path) -> None:
    """A repository without the branch."""
    empty = Archive(tmp_path / "a.git").publish({"a": "b"}, after(0))
    with pytest.raises(NoRecords) as error, recorded(str(empty.path), tmp_path):
        pass
    assert (
        str(error.value) == f"{empty.path}: no branch records; fetch it with `git fetch origin records:records`; "
        "the bot makes it with the first incident"
    )
