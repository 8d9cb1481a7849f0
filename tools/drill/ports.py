"""Free ports on the loopback address."""

import socket
from typing import Final

LOOPBACK: Final = "127.0.0.1"


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
