"""Official releases: only what has the pinned sum is used, and an unreachable server costs seconds."""

import errno
import hashlib
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from tests.tools.parts_stand import ARCHIVE, ARCHIVE_SUM, UNREACHABLE, archive, program, serve, settings
from tools.parts.errors import PartMissing, SourceFailed
from tools.parts.finder import obtain
from tools.parts.progress import Progress
from tools.parts.release import ReleaseSource
from tools.parts.version import read


def reason(missing: PartMissing) -> str:
    """What the release said."""
    return dict(missing.attempts)["official release of siren"]


def test_good_archive_is_kept_and_runs(tmp_path: Path) -> None:
    """An archive with the pinned sum ends in the cache as a program that reports its version."""
    log = StringIO()
    with serve(archive()) as server:
        part = obtain(program(), settings(tmp_path, server.url), Progress(log))
    assert (part.name, part.version, part.source, part.extra_args) == ("siren", "1.2.3", "official release", ())
    assert part.path == tmp_path / "tocsin" / "parts" / "siren-1.2.3-release" / "bin" / "siren"
    assert read(part.path, "--version") == "1.2.3"
    assert server.asked == [ARCHIVE]
    assert log.getvalue() == f"siren 1.2.3 from official release is in {part.path.parent.parent}\n"


def test_second_call_asks_nobody(tmp_path: Path) -> None:
    """What is in the cache is used without the network, by every later clone too."""
    with serve(archive()) as server:
        first = obtain(program(), settings(tmp_path, server.url), Progress(StringIO()))
    assert obtain(program(), settings(tmp_path, UNREACHABLE), Progress(StringIO())) == first


def test_sum_may_be_a_longer_one(tmp_path: Path) -> None:
    """Where the makers publish SHA-512, that is compared."""
    right, wrong = hashlib.sha512(archive()).hexdigest(), "0" * 128
    with serve(archive()) as server:
        with pytest.raises(PartMissing) as failure:
            obtain(program(wrong), settings(tmp_path, server.url), Progress(StringIO()))
        assert reason(failure.value) == (
            f"{server.url}{ARCHIVE} has SHA-512 {right}; expected {wrong}; it was thrown away"
        )
        assert obtain(program(right), settings(tmp_path, server.url), Progress(StringIO())).version == "1.2.3"


def test_wrong_sum_is_refused(tmp_path: Path) -> None:
    """A changed archive is thrown away, with both sums in the message."""
    wrong = "0" * 64
    with serve(archive()) as server, pytest.raises(PartMissing) as failure:
        obtain(program(sha256=wrong), settings(tmp_path, server.url), Progress(StringIO()))
    assert reason(failure.value) == (
        f"{server.url}{ARCHIVE} has SHA-256 {ARCHIVE_SUM}; expected {wrong}; it was thrown away"
    )
    assert not (tmp_path / "tocsin" / "parts").exists()
    assert list((tmp_path / "tocsin" / "work").iterdir()) == []


def test_connection_that_breaks_off_is_told_apart(tmp_path: Path) -> None:
    """A truncated archive is reported as such, not as a wrong sum, and nothing of it stays."""
    with serve(archive()) as server:
        server.cut = True
        with pytest.raises(PartMissing) as failure:
            obtain(program(), settings(tmp_path, server.url), Progress(StringIO()))
    half = len(archive()) // 2
    assert reason(failure.value) == (
        f"{server.url}{ARCHIVE} broke off before the end: IncompleteRead({half} bytes read, {half} more expected)"
    )
    assert list((tmp_path / "tocsin" / "work").iterdir()) == []


def test_archive_without_the_program_is_refused(tmp_path: Path) -> None:
    """A sum that fits an archive that lacks the program is a mistake in the table, and said so."""
    body = archive(member="siren-1.2.3.linux-amd64/other")
    with serve(body) as server, pytest.raises(PartMissing) as failure:
        obtain(program(hashlib.sha256(body).hexdigest()), settings(tmp_path, server.url), Progress(StringIO()))
    assert reason(failure.value) == ("the archive does not hold siren-1.2.3.linux-amd64/siren")


def test_answer_other_than_200_is_reported(tmp_path: Path) -> None:
    """A base address without the release answers 404, and that is the reason."""
    with serve(b"not here") as server, pytest.raises(PartMissing) as failure:
        obtain(program(), settings(tmp_path, f"{server.url}/elsewhere"), Progress(StringIO()))
    assert reason(failure.value) == f"{server.url}/elsewhere{ARCHIVE} answered 404; expected 200"


def test_refused_connection_fails_at_once(tmp_path: Path) -> None:
    """Nobody waits for a server that is not there."""
    start = time.monotonic()
    with pytest.raises(PartMissing) as failure:
        obtain(program(), settings(tmp_path), Progress(StringIO()))
    assert (
        reason(failure.value)
        == f"{UNREACHABLE}{ARCHIVE} cannot be reached: [Errno {errno.ECONNREFUSED}] Connection refused"
    )
    assert time.monotonic() - start < 3


def test_silent_server_is_given_up(tmp_path: Path) -> None:
    """A server that stops in the middle is left after the time-out."""
    bundle = program().bundles[0]
    tree, scratch = tmp_path / "tree", tmp_path / "scratch"
    tree.mkdir()
    scratch.mkdir()
    with serve(archive()) as server:
        server.stall = True
        source = ReleaseSource(settings(tmp_path, server.url), timeout_s=(1.0, 0.2))
        with pytest.raises(SourceFailed) as failure:
            source.fill(bundle, tree, scratch, Progress(StringIO()))
        server.released.set()
    assert str(failure.value) == f"{server.url}{ARCHIVE} cannot be reached: timed out"


def test_unknown_platform_is_not_offered(tmp_path: Path) -> None:
    """Where no sum is known, the release is not tried at all."""
    with serve(archive()) as server, pytest.raises(PartMissing) as failure:
        obtain(program(), replace(settings(tmp_path, server.url), platform="plan9-riscv64"), Progress(StringIO()))
    assert reason(failure.value) == "no sum is known for siren 1.2.3 on plan9-riscv64"
    assert server.asked == []
