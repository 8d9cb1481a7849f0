"""Makes the virtual environment, or says in one sentence what the machine lacks.

Runs on the system's Python before anything is installed, so it uses the standard library alone.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)


def missing() -> str | None:
    """What keeps a virtual environment from being made here, with the way out; None if nothing does."""
    if sys.version_info < OLDEST:
        have = ".".join(str(part) for part in sys.version_info[:3])
        return (
            f"Python {have} is too old: Tocsin needs {OLDEST[0]}.{OLDEST[1]} or newer; "
            "name one with `make PYTHON=python3.12 …`"
        )
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        return "Python has no ensurepip here, so no virtual environment can be made; run `apt install python3-venv`"
    return None


def main(folder: str) -> int:
    """Makes `folder`; returns the exit status for the shell."""
    problem = missing()
    if problem:
        print(f"tocsin: {problem}", file=sys.stderr)
        return 1
    print(f"making {folder}", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=False)
    if made.returncode:
        print(
            f"tocsin: `{Path(sys.executable).name} -m venv {folder}` failed; on Debian and Ubuntu "
            "run `apt install python3-venv`",
            file=sys.stderr,
        )
    return made.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
