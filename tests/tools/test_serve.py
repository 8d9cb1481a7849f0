"""`tocsin serve`: how it starts and how it refuses to."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bots.bot_process import BotProcess
from tools.drill.ports import LOOPBACK


@pytest.fixture
def bot(mini: Path, tmp_path: Path) -> BotProcess:
    """A bot that is ready to start."""
    made = BotProcess(root=mini, folder=tmp_path / "bot")
    made.prepare()
    return made


def serve(bot: BotProcess, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs it to its end."""
    command = [sys.executable, "-m", "tools.cli", "--root", str(bot.root), "serve", *options]
    return subprocess.run(
        command, env=bot.environment | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_all_problems_of_the_settings_are_told_together(bot: BotProcess) -> None:
    """On standard error, with status 1 and a place to look."""
    done = serve(bot, "--port", "0", TOCSIN_STATE_DIR="", TOCSIN_PROMETHEUS_URLS="here")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "TOCSIN_STATE_DIR: not set; expected a folder of the bot's own on a disk that survives a restart",
        "TOCSIN_PROMETHEUS_URLS: 'here' is not an address; expected one such as http://127.0.0.1:9090",
        ".env.example describes every setting; `tocsin doctor` looks at all of them",
    ]


def test_a_folder_that_cannot_be_written_is_told(bot: BotProcess) -> None:
    """As a message, whoever runs the bot: a process of nobody may write nowhere, and neither may root here."""
    folder = "/proc/tocsin"
    done = serve(bot, "--port", "0", TOCSIN_STATE_DIR=folder)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        (
            f"TOCSIN_STATE_DIR: {folder}: No such file or directory; expected a folder that the bot may write; "
            "give its user the rights, or name another folder"
        ),
        ".env.example describes every setting; `tocsin doctor` looks at all of them",
    ]


def test_a_policy_with_mistakes_is_not_served(bot: BotProcess) -> None:
    """The mistakes are told as `tocsin check` tells them."""
    (bot.root / "policies" / "access.yaml").write_text("roles: []\n")
    done = serve(bot, "--port", "0")
    assert done.returncode == 1
    assert done.stderr.startswith("policies/access.yaml:1: ")


def test_actions_that_do_not_exist_are_told(bot: BotProcess) -> None:
    """All of them, with those there are."""
    actions = bot.folder / "actions.yaml"
    actions.write_text("explode: [sh]\nrestart_pod: sh\n")
    done = serve(bot, "--port", "0", TOCSIN_ACTIONS_FILE=str(actions))
    known = "clear_cache, restart_deployment, restart_pod, run_diagnostics, scale_deployment"
    assert done.stderr.splitlines()[:2] == [
        f"{actions}: explode: no such action; expected one of {known}",
        f"{actions}: restart_pod: expected a list of texts: the program and its arguments",
    ]


def test_a_port_that_is_taken_is_wrong_usage(bot: BotProcess) -> None:
    """Told before anything has begun."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = serve(bot, "--port", str(port))
    assert done.returncode == 2
    assert (
        f"{LOOPBACK}:{port}: Address already in use; expected a free port; name another one with --port" in done.stderr
    )
    assert not bot.state.exists()


def test_it_listens_on_this_machine_only(bot: BotProcess) -> None:
    """Unless it is told otherwise."""
    bot.start()
    assert bot.process is not None
    inodes = {
        link.name
        for link in Path(f"/proc/{bot.process.pid}/fd").iterdir()
        if link.is_symlink() and str(link.readlink()).startswith("socket:")
    }
    assert inodes
    table = Path("/proc/net/tcp").read_text().splitlines()[1:]
    listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
    mine = [address for address in listening if int(address.partition(":")[2], 16) == bot.port]
    assert [address.partition(":")[0] for address in mine] == ["0100007F"]
    assert bot.stop() == 0


def test_a_new_volume_needs_the_remote(bot: BotProcess) -> None:
    """Numbers must not begin anew because a disk did."""
    done = serve(bot, "--port", "0", TOCSIN_REMOTE=str(bot.folder / "nowhere.git"))
    assert done.returncode == 1
    assert "TOCSIN_REMOTE: git fetch: " in done.stderr
    way_out = (
        "; a new folder is filled from the remote first, so that numbers go on; "
        "correct the address, or start again when it answers\n"
    )
    assert way_out in done.stderr
