"""Files that others publish on npm, fetched once and checked against a pinned sum."""

import base64
import hashlib
import io
import stat
import tarfile
from pathlib import Path

import pytest

from tests.tools.parts_stand import settings
from tools.parts.documents import Document, document, obtain
from tools.parts.errors import PartMissing, UnknownPart
from tools.parts.progress import Progress


def _archive(member: str = "package/x.json", content: bytes = b'{"a": 1}') -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _sum(archive: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()


def _npm(folder: Path, archive: bytes) -> Path:
    """A program that puts the archive where npm would, and notes that it was called."""
    folder.mkdir(exist_ok=True)
    (folder / "archive").write_bytes(archive)
    npm = folder / "npm"
    npm.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> {folder}/calls\n'
        'while [ "$1" != --pack-destination ]; do shift; done\n'
        f'/bin/cp {folder}/archive "$2/made.tgz"\n'
    )
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    return folder


WANTED = Document(package="@acme/siren", version="1.2.3", integrity=_sum(b""), member="package/x.json")


def _wanted(archive: bytes, member: str = "package/x.json") -> Document:
    return Document(package="@acme/siren", version="1.2.3", integrity=_sum(archive), member=member)


def test_the_file_is_fetched_once_and_kept(tmp_path: Path) -> None:
    """The second time nobody is asked."""
    archive = _archive()
    bare = settings(tmp_path, path=_npm(tmp_path / "bin", archive))
    first = obtain("siren", _wanted(archive), bare, Progress())
    assert first.read_bytes() == b'{"a": 1}'
    assert obtain("siren", _wanted(archive), bare, Progress()) == first
    (call,) = (tmp_path / "bin" / "calls").read_text().splitlines()
    assert call.startswith("pack --silent --ignore-scripts --cache ")
    assert call.endswith(" @acme/siren@1.2.3")


def test_another_sum_than_the_pinned_one_is_thrown_away(tmp_path: Path) -> None:
    """Whoever made the archive, nothing of it is kept."""
    archive = _archive()
    bare = settings(tmp_path, path=_npm(tmp_path / "bin", archive))
    with pytest.raises(PartMissing) as caught:
        obtain("siren", WANTED, bare, Progress())
    assert str(caught.value) == (
        "siren: not found and not to be had; expected version 1.2.3; tried\n"
        f"  npm package @acme/siren: the archive has {_sum(archive)}; expected {_sum(b'')}; it was thrown away\n"
        "install npm, which comes with Node.js, and make sure that it reaches its registry"
    )
    assert not list((tmp_path / "tocsin" / "parts").glob("*"))


def test_a_machine_without_npm_is_told_the_way_out(tmp_path: Path) -> None:
    """And so is one whose archive lacks the file."""
    with pytest.raises(PartMissing, match="npm is not on PATH"):
        obtain("siren", WANTED, settings(tmp_path), Progress())
    archive = _archive(member="package/y.json")
    bare = settings(tmp_path, path=_npm(tmp_path / "bin", archive))
    with pytest.raises(PartMissing, match=r"package/x\.json cannot be taken out of the archive"):
        obtain("siren", _wanted(archive), bare, Progress())


def test_an_unknown_name_lists_those_that_are_known() -> None:
    """As for programs."""
    with pytest.raises(UnknownPart) as caught:
        document("gitlab")
    assert str(caught.value).startswith("gitlab: no such part; expected one of github-openapi, github-webhooks")
