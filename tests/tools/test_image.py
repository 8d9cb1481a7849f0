"""The image of the bot: there is no container engine here, so its build stage is carried out in a folder instead."""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
import requests
import yaml

from components.bot import PORT, USER
from tools.drill.ports import LOOPBACK, free_port

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile, its lines joined."""

    word: str
    rest: str


def instructions() -> list[Instruction]:
    """The instructions of the Dockerfile, without comments."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def stages() -> list[list[Instruction]]:
    """The instructions of each stage, beginning with its FROM."""
    found: list[list[Instruction]] = []
    for one in instructions():
        if one.word == "FROM":
            found.append([])
        if found:
            found[-1].append(one)
    return found


def copied() -> list[str]:
    """What is copied out of the repository."""
    words = [one.rest.split() for one in instructions() if one.word == "COPY" and "--from" not in one.rest]
    return [source for *sources, _ in words for source in sources]


def test_what_is_copied_exists_and_is_let_into_the_build() -> None:
    """`.dockerignore` keeps everything out but what it names."""
    allowed = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    assert set(copied()) == allowed
    assert [path for path in copied() if not (ROOT / path).exists()] == []


def test_the_image_is_pinned_locked_and_not_of_root() -> None:
    """A tag that names a version and a system, requirements by their hashes, and a user with a number."""
    (base,) = (one.rest for one in instructions() if one.word == "ARG")
    assert re.fullmatch(r"PYTHON=docker\.io/library/python:3\.\d+\.\d+-slim-[a-z]+", base)
    assert [one.rest for one in instructions() if one.word == "FROM"] == ["${PYTHON} AS build", "${PYTHON}"]
    runs = [one.rest for one in instructions() if one.word == "RUN"]
    installs = [part for run in runs for part in run.split("&&") if "pip install" in part]
    assert all("--require-hashes" in one or "--no-deps" in one for one in installs)
    assert stages()[-1][-3:] == [
        Instruction("USER", f"{USER}:{USER}"),
        Instruction("EXPOSE", str(PORT)),
        Instruction("CMD", f'["tocsin", "--root", "/srv/tocsin", "serve", "--host", "0.0.0.0", "--port", "{PORT}"]'),
    ]
    assert not [one for one in instructions() if one.word == "ADD" or "curl" in one.rest or "sudo" in one.rest]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `opt/tocsin` and `srv/tocsin` as the build stage leaves them."""
    folder = tmp_path_factory.mktemp("image")
    work = folder / "srv" / "tocsin"
    work.mkdir(parents=True)
    for one in stages()[0]:
        if one.word == "COPY":
            _copy(one.rest, work)
        if one.word == "RUN":
            text = one.rest.replace("/opt/tocsin", f"{folder}/opt/tocsin").replace("/srv/tocsin", str(work))
            command = re.sub(r"^python ", f"{sys.executable} ", text)
            done = subprocess.run(["sh", "-c", command], cwd=work, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
    return folder


def _copy(rest: str, work: Path) -> None:
    *sources, target = rest.split()
    for source in sources:
        place = work / target if len(sources) == 1 and target != "./" else work / source
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / source, place)


def environment(image: Path, **more: str) -> dict[str, str]:
    """What a container has, and git."""
    return {"PATH": f"{image}/opt/tocsin/bin:{os.environ['PATH']}", "HOME": str(image), **more}


# Installs every requirement anew: half a minute, for which nothing smaller stands in.
def test_the_bot_runs_from_what_the_image_holds(image: Path, tmp_path: Path) -> None:
    """The service reads the policies, becomes ready, and its pages have their styles."""
    root = image / "srv" / "tocsin"
    tocsin = [str(image / "opt/tocsin/bin/tocsin"), "--root", str(root)]
    (tmp_path / "tokens").write_text("token\n")
    (tmp_path / "members").write_text("")
    settings = {
        "TOCSIN_STATE_DIR": str(tmp_path / "state"),
        "TOCSIN_ALERTMANAGER_TOKENS_FILE": str(tmp_path / "tokens"),
        "TOCSIN_MEMBER_TOKENS_FILE": str(tmp_path / "members"),
    }
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        bot = subprocess.Popen(
            [*tocsin, "serve", "--port", str(port)], env=environment(image, **settings), cwd="/", stdout=log, stderr=log
        )
    try:
        url = f"http://{LOOPBACK}:{port}"
        end = time.monotonic() + 60
        while not _answers(f"{url}/readyz"):
            assert bot.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < end, (tmp_path / "log").read_text()
            time.sleep(0.1)
        page = requests.get(f"{url}/incidents", timeout=10)
        assert page.ok
        (style,) = re.findall(r'href="(/[^"]+\.css)"', page.text)
        assert requests.get(f"{url}{style}", timeout=10).ok
    finally:
        bot.terminate()
        bot.wait(30)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def test_the_actions_run_from_what_the_image_holds(image: Path) -> None:
    """As a job's container calls them."""
    done = subprocess.run(
        ["python", "-m", "bots.actions", "restart_pod"],
        env=environment(image, TOCSIN_REQUEST="{}"),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert orjson.loads(done.stdout)["summary"] == "action: Field required; target: Field required"


def test_what_the_bot_reads_is_in_the_image() -> None:
    """The folders that hold policies are those that the data of a repository lies in."""
    data = {"policies", "runbooks", "postmortems"}
    assert data <= set(copied())
    example = yaml.safe_load((ROOT / "policies" / "routing.yaml").read_text())
    assert example["bot_url"].endswith(f":{PORT}")
