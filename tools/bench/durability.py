"""`kill -9` of the bot, again and again, while deliveries arrive: what was answered is in git, and nothing twice."""

import random
import subprocess
import threading
import time
from pathlib import Path
from typing import Final

import requests

from bots import records
from bots.timeline.event import Kind
from tools.bench.bot import TOKEN, RunningBot, restartable
from tools.bench.figure import Figure
from tools.bench.sender import bodies

KILLS: Final = 100
_SENDERS: Final = 4


def measure() -> list[Figure]:
    """Deliveries that were answered and lost, and facts that are in git twice: both must be none."""
    answered: set[str] = set()
    chance = random.Random(1)
    with restartable() as bots:
        stop = threading.Event()
        bot = next(bots)
        senders = [threading.Thread(target=_send, args=(bot.url, number, answered, stop)) for number in range(_SENDERS)]
        for sender in senders:
            sender.start()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.02, 0.5))
            bot.process.kill()
            bot.process.wait()
            bot = next(bots)
        stop.set()
        for sender in senders:
            sender.join()
        bot.settle()
        found = _recorded(bot)
    lost = len(answered - set(found))
    return [
        Figure(name=f"answered deliveries lost in {KILLS} kills", value=lost, unit="", target=0, beside=_of(answered)),
        Figure(name="recorded twice", value=len(found) - len(set(found)), unit="", target=0, beside=_of(found)),
    ]


def _of(what: set[str] | list[str]) -> str:
    return f"of {len(what):,}"


def _send(url: str, sender: int, answered: set[str], stop: threading.Event) -> None:
    """Delivers one new alert after another until told to stop; like Alertmanager it repeats what was not answered."""
    template = bodies()[0]
    headers = {"Authorization": f"Bearer {TOKEN}"}
    number = 0
    while not stop.is_set():
        number += 1
        name = f"{sender:08x}{number:08x}"
        told = template.replace(b'"fingerprint":"00000000', f'"fingerprint":"{name}'.encode())
        while not stop.is_set():
            try:
                if requests.post(f"{url}/alertmanager", data=told, headers=headers, timeout=10).status_code == 202:
                    answered.update(_names(name))
                    break
            except requests.RequestException:
                stop.wait(0.05)


def _names(name: str) -> list[str]:
    """The fingerprints of a body made from the template: the number of the alert is behind the name."""
    return [f"{name}{alert:08x}" for alert in range(5)]


def _recorded(bot: RunningBot) -> list[str]:
    repository = bot.state / "records.git"
    listed = _git(repository, "ls-tree", "-r", "--name-only", "records").decode().splitlines()
    return [
        str(event.data["fingerprint"])
        for path in listed
        if path.endswith("/timeline.yaml")
        for event in records.read_timeline(_git(repository, "show", f"records:{path}"))
        if event.kind == Kind.ALERT_FIRED
    ]


def _git(repository: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=True).stdout
