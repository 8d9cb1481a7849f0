"""Files are there whole or not at all, whatever stops the writing."""

import os
from pathlib import Path

import pytest

from alerting.rendering.header import HEADER
from tools.rendered import Found, Writer, beyond, compare, remove

FILES = {"rules/a.yaml": f"{HEADER}a\n", "rules/deep/b.yaml": f"{HEADER}b\n"}


def below(folder: Path) -> list[str]:
    """Everything in a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_new_folder_appears_as_a_whole(tmp_path: Path) -> None:
    """Until the end, nobody who looks sees half of it."""
    writer = Writer.begin(tmp_path, ["rules", "empty"])
    assert list(writer.write(FILES)) == [Found(path, "missing") for path in FILES]
    assert not (tmp_path / "rules").exists()
    writer.finish()
    assert below(tmp_path) == ["rules", "rules/a.yaml", "rules/deep", "rules/deep/b.yaml"]
    assert list(compare(tmp_path, FILES)) == [Found(path, "fresh") for path in FILES]


def test_what_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    """Neither in its place nor beside it."""
    writer = Writer.begin(tmp_path, ["rules"])
    list(writer.write(FILES))
    writer.abandon()
    assert below(tmp_path) == []


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    """But not what a living one is about to put into place, nor what belongs to someone else."""
    for name in (".tocsin-999999999", f".tocsin-{os.getppid()}", ".other-1"):
        (tmp_path / name / "rules").mkdir(parents=True)
    Writer.begin(tmp_path, []).finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([".other-1", f".tocsin-{os.getppid()}"])


def test_a_changed_file_is_replaced_and_a_fresh_one_is_not_touched(tmp_path: Path) -> None:
    """A reader that has the old one open keeps reading the old one."""
    Writer.begin(tmp_path, []).finish()
    first = Writer.begin(tmp_path, ["rules"])
    list(first.write(FILES))
    first.finish()
    untouched = (tmp_path / "rules" / "a.yaml").stat().st_mtime_ns
    with (tmp_path / "rules" / "deep" / "b.yaml").open() as reader:
        second = Writer.begin(tmp_path, ["rules"])
        changed = {**FILES, "rules/deep/b.yaml": f"{HEADER}c\n", "rules/new/d.yaml": f"{HEADER}d\n"}
        assert [found.state for found in second.write(changed)] == ["fresh", "stale", "missing"]
        second.finish()
        assert reader.read() == f"{HEADER}b\n"
    assert (tmp_path / "rules" / "a.yaml").stat().st_mtime_ns == untouched
    assert (tmp_path / "rules" / "deep" / "b.yaml").read_text() == f"{HEADER}c\n"


def test_only_what_was_made_here_is_superfluous(tmp_path: Path) -> None:
    """By its first line; links and other people's files are foreign, and folders are looked into."""
    rules = tmp_path / "rules"
    (rules / "deep").mkdir(parents=True)
    (rules / "deep" / "old.yaml").write_text(f"{HEADER}old\n")
    (rules / "theirs.yaml").write_text("# theirs\n")
    (rules / "link").symlink_to(rules / "deep")
    (rules / "kept.yaml").write_text(f"{HEADER}kept\n")
    found = list(beyond(tmp_path, ["rules", "nowhere"], {"rules/kept.yaml"}))
    assert found == [
        Found("rules/deep/old.yaml", "superfluous"),
        Found("rules/link", "foreign"),
        Found("rules/theirs.yaml", "foreign"),
    ]
    remove(tmp_path, [found[0]])
    assert below(tmp_path) == ["rules", "rules/kept.yaml", "rules/link", "rules/theirs.yaml"]


def test_a_file_in_the_place_of_a_folder_is_an_error_and_not_lost(tmp_path: Path) -> None:
    """It is someone's."""
    (tmp_path / "rules").write_text("mine")
    writer = Writer.begin(tmp_path, ["rules"])
    with pytest.raises(OSError, match=r"exists|directory"):
        list(writer.write(FILES))
    assert (tmp_path / "rules").read_text() == "mine"
