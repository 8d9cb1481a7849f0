"""The control plane of the tests as a program.

`python -m tests.cluster`          to look at by hand, until Ctrl-C
`python -m tests.cluster FOLDER`   for the tests of a run, until none of them uses it
"""

import signal
import sys
import tempfile
from pathlib import Path

from tests.cluster.operator import install_account, running
from tests.cluster.plane import control_plane
from tests.cluster.sharing import host


def by_hand() -> None:
    """Starts everything, says how to speak with it, and waits."""
    with (
        tempfile.TemporaryDirectory(prefix="plane-") as folder,
        control_plane(Path(folder)) as plane,
        running(plane, install_account(plane)),
    ):
        print(f"export KUBECONFIG={plane.kubeconfig}", flush=True)
        signal.pause()


if __name__ == "__main__":
    try:
        host(Path(sys.argv[1]), sys.argv[2:]) if sys.argv[1:] else by_hand()
    except KeyboardInterrupt:
        print("ended")
