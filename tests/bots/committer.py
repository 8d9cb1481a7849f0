"""A process that commits until it is killed: `python -m tests.bots.committer FOLDER [--big]`; a line per commit."""

import sys
from pathlib import Path
from random import Random
from string import ascii_letters

from bots.errors import StoreError
from tests.bots.office import alert, command, delivery
from tests.bots.vault import vault


def main() -> None:
    """Opens, acknowledges, resolves, one incident after the other; `--big` writes notes that grow."""
    chance = Random(7)
    folder, big = Path(sys.argv[1]), "--big" in sys.argv
    with vault(folder) as one:
        first = one.store.highest()
        for number in range(first + 1, first + 2000):
            service = f"s{number % 7}"
            start = number * 100.0
            one.take(delivery(alert("Broken", start, service=service), received=start))
            print(one.store.tip(), flush=True)
            try:
                texts = ["".join(chance.choices(ascii_letters, k=9_900)) for _ in range(10)] if big else ["seen"]
                one.take(*(command("note", 1 if big else number, text=text) for text in texts))
            except StoreError as error:
                print(f"{type(error).__name__}: {error}", flush=True)
                return
            print(one.store.tip(), flush=True)


if __name__ == "__main__":
    main()
