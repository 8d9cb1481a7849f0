"""Free ports on the loopback address."""

import socket
from contextlib import ExitStack
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_ATTEMPTS: Final = 100


def free_port(wish: int = 0) -> int:
    """The wished port if nobody listens on it, any free one otherwise.

    Another process may take the port before it is used; whoever binds it must then fail loudly.
    """
    for port in (wish, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on the loopback address")


def claimed_port(wish: int, until: ExitStack) -> int:
    """A free port that no other drill on this machine takes until the stack is closed; raises OSError.

    Seconds pass between the choice of a port and the start of the program that listens on it, and two drills that
    choose at the same moment would talk to each other's bot. The claim is the UDP port of the same number, which
    nothing here uses: the system gives it to one process only, and takes it back however that process ends.
    """
    for _ in range(_ATTEMPTS):
        port = free_port(wish)
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            claim.bind((LOOPBACK, port))
        except OSError:
            claim.close()
            wish = 0
            continue
        until.enter_context(claim)
        return port
    raise OSError("no free port on the loopback address")
