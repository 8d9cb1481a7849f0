"""What `restart_deployment` runs on one machine: end the service's process and wait until its successor answers.

The drill starts an ended service anew, as a Deployment does for its pods.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

from tools.drill.processes import answers

WITHIN_S: Final = 30.0


def restart(pid_file: Path, ready_url: str) -> int:
    """Returns the new process id; raises TimeoutError when none answers in time."""
    old = int(pid_file.read_text())
    os.kill(old, signal.SIGTERM)
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        new = int(pid_file.read_text())
        if new != old and answers(ready_url):
            return new
        time.sleep(0.05)
    raise TimeoutError(f"no successor of process {old} answered on {ready_url} within {WITHIN_S:.0f} s")


def main() -> int:
    """Prints the outcome as one sentence, which becomes a line of the incident's timeline."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pid-file", type=Path, required=True)
    parser.add_argument("--ready-url", required=True)
    arguments = parser.parse_args()
    try:
        new = restart(arguments.pid_file, arguments.ready_url)
    except (OSError, TimeoutError) as error:
        print(error)
        return 1
    print(f"the service was started anew and answers, as process {new}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
