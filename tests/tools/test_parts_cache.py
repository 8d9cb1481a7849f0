"""The cache: one process fetches, nothing half made is ever taken for whole, nothing is left behind."""

import json
import signal
import subprocess
from io import StringIO
from pathlib import Path

import pytest

from tests.tools.parts_stand import Releases, archive, in_another_process, program, serve, settings
from tools.parts import cache
from tools.parts.errors import PartMissing
from tools.parts.finder import obtain
from tools.parts.progress import Progress

REPOSITORY = Path(__file__).parents[2]


def start(tmp_path: Path, server: Releases) -> subprocess.Popen[str]:
    """Begins to fetch in another process."""
    return subprocess.Popen(
        in_another_process(tmp_path, server.url),
        cwd=REPOSITORY,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_two_processes_fetch_once(tmp_path: Path) -> None:
    """Of two processes that want the same part at once, one fetches and the other waits for it."""
    with serve(archive()) as server:
        outputs = [process.communicate(timeout=60) for process in (start(tmp_path, server), start(tmp_path, server))]
    assert outputs[0][0] == outputs[1][0] == f"{tmp_path}/tocsin/parts/siren-1.2.3-release/bin/siren\n"
    assert len(server.asked) == 1


def test_waiting_process_says_so(tmp_path: Path) -> None:
    """Whoever waits for another process's fetch is told what for."""
    log = StringIO()
    (tmp_path / "locks").mkdir()
    holder = subprocess.Popen(
        ["flock", str(tmp_path / "locks" / "siren"), "sleep", "0.5"],
    )
    while not _is_held(tmp_path / "locks" / "siren"):
        assert holder.poll() is None
    with cache.lock(tmp_path, "siren", Progress(log)):
        assert holder.wait(timeout=10) == 0
    assert log.getvalue() == "siren: another process is fetching it, waiting\n"


def _is_held(path: Path) -> bool:
    """Whether some process holds the lock."""
    return subprocess.run(["flock", "--nonblock", str(path), "true"], check=False).returncode != 0


def test_killed_fetch_leaves_nothing_that_counts(tmp_path: Path) -> None:
    """After `kill -9` in the middle of a download the next try fetches anew and removes the leftovers."""
    with serve(archive()) as server:
        server.stall = True
        process = start(tmp_path, server)
        assert server.half_sent.wait(30)
        process.kill()
        process.communicate(timeout=10)
        assert len(list((tmp_path / "tocsin" / "work").iterdir())) == 1
        assert not (tmp_path / "tocsin" / "parts").exists()
        server.stall = False
        part = obtain(program(), settings(tmp_path, server.url), Progress(StringIO()))
    assert part.version == "1.2.3"
    assert list((tmp_path / "tocsin" / "work").iterdir()) == []


def test_interrupted_fetch_cleans_up(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a download leaves no files."""
    with serve(archive()) as server:
        server.stall = True
        process = start(tmp_path, server)
        assert server.half_sent.wait(30)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert process.returncode != 0
    assert list((tmp_path / "tocsin" / "work").iterdir()) == []
    assert not (tmp_path / "tocsin" / "parts").exists()


@pytest.mark.parametrize("damage", ["no stamp", "cut program", "cut stamp", "foreign stamp"])
def test_damaged_bundle_is_fetched_again(tmp_path: Path, damage: str) -> None:
    """A bundle that is not exactly what was stamped is replaced."""
    with serve(archive()) as server:
        part = obtain(program(), settings(tmp_path, server.url), Progress(StringIO()))
        stamp = part.path.parents[1] / "stamp.json"
        match damage:
            case "no stamp":
                stamp.unlink()
            case "cut program":
                part.path.write_bytes(part.path.read_bytes()[:10])
            case "cut stamp":
                stamp.write_bytes(stamp.read_bytes()[:20])
            case _:
                stamp.write_text("[]", encoding="utf-8")
        again = obtain(program(), settings(tmp_path, server.url), Progress(StringIO()))
    assert again == part
    assert part.path.stat().st_size == json.loads(stamp.read_bytes())["programs"]["siren"]["bytes"]
    assert len(server.asked) == 2


def test_cache_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    """A file where the cache should be is one more reason in the error, not a crash."""
    (tmp_path / "tocsin").write_text("in the way", encoding="utf-8")
    with pytest.raises(PartMissing) as failure:
        obtain(program(), settings(tmp_path), Progress(StringIO()))
    assert dict(failure.value.attempts)["cache of siren"] == f"[Errno 20] Not a directory: '{tmp_path}/tocsin/locks'"
