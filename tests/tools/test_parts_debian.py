"""Debian's packages: the machine's own mirror, a state of our own, no root, no installation."""

import hashlib
import subprocess
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from tests.tools.parts_stand import script, settings
from tools.parts.debian import Apt, DebianSource, deb_line, suites
from tools.parts.errors import SourceFailed
from tools.parts.progress import Progress
from tools.parts.recipe import Bundle, Debian
from tools.parts.running import require
from tools.parts.settings import Settings, from_environment
from tools.parts.table import PROMETHEUS

SIREN = Bundle(
    name="siren",
    version="1.2.3",
    debian=Debian(
        packages=("siren",),
        suites=("sid",),
        programs={"siren": "usr/bin/siren"},
        pages={"usr/share/siren/index.html": "prometheus.html"},
        arguments={"siren": ("--web={folder}/usr/share/siren",)},
    ),
)


@pytest.fixture
def machine(tmp_path: Path) -> Settings:
    """The real machine's programs with a cache of its own, called Debian 12."""
    real = from_environment()
    return replace(real, cache=tmp_path / "cache", distribution="debian", codename="bookworm")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A repository in a folder with one package, `siren`."""
    tree = tmp_path / "siren"
    for place, text in {
        "DEBIAN/control": b"Package: siren\nVersion: 1.2.3\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: a\n",
        "usr/bin/siren": script("1.2.3"),
    }.items():
        (tree / place).parent.mkdir(parents=True, exist_ok=True)
        (tree / place).write_bytes(text)
    (tree / "usr/bin/siren").chmod(0o755)
    folder = tmp_path / "mirror"
    folder.mkdir()
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, folder / "siren.deb"], check=True, stdout=-3)
    package = (folder / "siren.deb").read_bytes()
    (folder / "Packages").write_text(
        "Package: siren\nVersion: 1.2.3\nArchitecture: all\nMaintainer: a <a@b.c>\nFilename: ./siren.deb\n"
        f"Size: {len(package)}\nSHA256: {hashlib.sha256(package).hexdigest()}\nDescription: a\n",
        encoding="utf-8",
    )
    packages = (folder / "Packages").read_bytes()
    (folder / "Release").write_text(
        f"Suite: sid\nSHA256:\n {hashlib.sha256(packages).hexdigest()} {len(packages)} Packages\n", encoding="utf-8"
    )
    return folder


def prepared(machine: Settings, deb: str) -> Apt:
    """apt with the lists of one line of sources.list, in the place where the source keeps them."""
    apt = Apt(get=require("apt-get", machine.path), state=machine.cache / "apt" / "debian-sid")
    apt.prepare(deb, machine)
    return apt


def test_package_is_unpacked_with_its_pages(tmp_path: Path, machine: Settings, mirror: Path) -> None:
    """The package's files and our page end in the tree, and the program is told where."""
    prepared(machine, f"deb [trusted=yes] file:{mirror} ./")
    tree, scratch = tmp_path / "tree", tmp_path / "scratch"
    tree.mkdir()
    scratch.mkdir()
    source = DebianSource(machine, "sid")
    source.fill(SIREN, tree, scratch, Progress(StringIO()))
    assert (tree / "usr/bin/siren").read_bytes() == script("1.2.3")
    assert "<title>Prometheus</title>" in (tree / "usr/share/siren/index.html").read_text(encoding="utf-8")
    assert source.arguments(SIREN, "siren", tree) == (f"--web={tree}/usr/share/siren",)
    assert not (tree / "DEBIAN").exists()


def test_package_that_is_not_carried_is_reported(tmp_path: Path, machine: Settings, mirror: Path) -> None:
    """A suite without the package is the reason, in apt's words."""
    apt = prepared(machine, f"deb [trusted=yes] file:{mirror} ./")
    with pytest.raises(SourceFailed) as failure:
        apt.download(("bell",), tmp_path)
    assert str(failure.value).endswith("E: Unable to locate package bell")


def test_tampered_package_is_refused(tmp_path: Path, machine: Settings, mirror: Path) -> None:
    """apt's own check of the sums holds for what we download."""
    apt = prepared(machine, f"deb [trusted=yes] file:{mirror} ./")
    (mirror / "siren.deb").write_bytes((mirror / "siren.deb").read_bytes()[:-1] + b"!")
    with pytest.raises(SourceFailed, match="Hash Sum mismatch"):
        apt.download(("siren",), tmp_path)


def test_unsigned_mirror_is_refused(machine: Settings, mirror: Path) -> None:
    """A mirror whose signature does not hold gives nothing."""
    with pytest.raises(SourceFailed, match="is not signed"):
        prepared(machine, f"deb file:{mirror} ./")


def test_lists_are_used_again(machine: Settings, mirror: Path) -> None:
    """Fresh lists are not fetched again, and lists of a failed update never count as fresh."""
    apt = prepared(machine, f"deb [trusted=yes] file:{mirror} ./")
    assert apt.is_fresh()
    with pytest.raises(SourceFailed):
        prepared(machine, f"deb [trusted=yes] file:{mirror}/gone ./")
    assert not apt.is_fresh()


def stand_in_apt(folder: Path, words: str) -> str:
    """A program in the place of apt-get that prints `words`."""
    (folder / "words").write_text(words, encoding="utf-8")
    program = folder / "apt-get"
    program.write_text(f"#!/bin/sh\ncat '{folder}/words'\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def test_mirror_is_the_one_of_the_machines_own_release(tmp_path: Path, machine: Settings) -> None:
    """Of all addresses that apt knows, only that of this release is used, for the suite that we need."""
    apt = stand_in_apt(
        tmp_path,
        "'http://other.invalid/x/dists/stable/InRelease' x 0 \n"
        "'http://mirror.invalid/debian-security/dists/bookworm-security/InRelease' x 0 \n"
        "'http://mirror.invalid/debian/dists/bookworm/InRelease' x 0 \n"
        "'http://mirror.invalid/debian/dists/bookworm/main/binary-amd64/Packages.xz' x 0 \n",
    )
    assert deb_line(apt, machine, "sid") == (
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.invalid/debian sid main"
    )


def test_machine_without_a_mirror_is_reported(tmp_path: Path, machine: Settings) -> None:
    """A machine whose apt knows no mirror of its release is told so."""
    apt = stand_in_apt(tmp_path, "'http://other.invalid/x/dists/stable/InRelease' x 0 \n")
    with pytest.raises(SourceFailed) as failure:
        deb_line(apt, machine, "sid")
    assert str(failure.value) == "apt knows no mirror of debian bookworm"


def test_ubuntu_is_asked_for_its_own_release_only(tmp_path: Path) -> None:
    """Debian's suites are on Debian's mirrors; elsewhere the machine's own release is what there is."""
    ubuntu = replace(settings(tmp_path), distribution="ubuntu", codename="noble")
    assert suites(PROMETHEUS, ubuntu) == ("noble",)
    assert suites(PROMETHEUS, replace(ubuntu, distribution="debian", codename="trixie")) == ("sid",)
