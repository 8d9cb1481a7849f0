"""A program's own word on its version."""

from pathlib import Path

import pytest

from tools.parts.errors import SourceFailed
from tools.parts.version import Accepted, read


def speaker(folder: Path, says: str) -> Path:
    """A program that says something whatever it is asked."""
    (folder / "words").write_text(says, encoding="utf-8")
    program = folder / "speaker"
    program.write_text(f"#!/bin/sh\ncat '{folder}/words'\n", encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("promtool, version 3.5.3+ds1 (branch: debian/sid, revision: 3.5.3+ds1-6)\n  go version: go1.27.1\n", "3.5.3"),
        ("alertmanager, version 0.28.1 (branch: HEAD, revision: b2099eaa)\n", "0.28.1"),
        ("prometheus, version 3.0.0-rc.1 (branch: HEAD)\n", "3.0.0"),
        ("v0.16.0\n", "0.16.0"),
        ("1.7.12\ninstalled by building from source\nbuilt with go1.26.8 compiler for linux/amd64\n", "1.7.12"),
        ("Kubernetes v1.36.1\n", "1.36.1"),
        ("Version  : v1.8.0\nBuild    : norev\nBuildTime: none\n", "1.8.0"),
        (
            "etcd Version: 3.5.30\nGit SHA: Not provided (use ./build instead of go build)\nGo Version: go1.26.1\n",
            "3.5.30",
        ),
        ("2026/11/24 21:28:01 INFO: metrics: disabled\nv0.16.0\n", "0.16.0"),
    ],
)
def test_version_is_read_from_the_programs_words(tmp_path: Path, says: str, version: str) -> None:
    """The version line of each family is understood, whatever stands around it."""
    assert read(speaker(tmp_path, says), "--version") == version


def test_version_of_go_is_never_taken_for_the_programs(tmp_path: Path) -> None:
    """A build that does not know its version is refused, although it knows Go's."""
    program = speaker(tmp_path, "alertmanager, version  (branch: , revision: unknown)\n  go version:  go1.26.8\n")
    with pytest.raises(SourceFailed) as failure:
        read(program, "--version")
    assert str(failure.value) == f"{program} --version reports no version; it said: go version:  go1.26.8"


def test_program_for_another_machine_does_not_run(tmp_path: Path) -> None:
    """A file that the kernel cannot start is reported with the kernel's reason."""
    program = tmp_path / "foreign"
    program.write_bytes(b"\x7fELF not really")
    program.chmod(0o755)
    with pytest.raises(SourceFailed) as failure:
        read(program, "--version")
    assert str(failure.value) == f"{program} does not run: [Errno 8] Exec format error: '{program}'"


@pytest.mark.parametrize(
    ("version", "admitted"),
    [("2.41.9", False), ("2.42.0", True), ("2.100.0", True), ("3.0.0", False), ("10.0.0", False)],
)
def test_range_compares_numbers_not_letters(version: str, admitted: bool) -> None:
    """2.100 is newer than 2.42, and the upper end is excluded."""
    assert Accepted(minimum="2.42.0", below="3.0.0").admits(version) is admitted
