"""Ports on the loopback address."""

import errno
import random
import socket
import time
from collections.abc import Collection

from stepup.local.trouble import Trouble

LOOPBACK = "127.0.0.1"

# Below the range from which kernels take the ports of outgoing connections, so that a server that is
# restarted finds its own port still free.
_QUIET_RANGE = range(20000, 30000)
_NEIGHBOURS = 200
# What was killed a moment ago may hold its port for a second more.
_PATIENCE_SECONDS = 2


def why_not(port: int) -> str:
    """An empty text when `port` can be listened on now; otherwise the operating system's reason."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as error:
            return "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    return ""


def free_port(*, besides: Collection[int] = ()) -> int:
    """Any free port, for a server whose port nobody has to know; none of `besides`, which are promised to others."""
    promised = frozenset(besides)
    allowed = [port for port in _QUIET_RANGE if port not in promised]
    for port in random.sample(allowed, min(100, len(allowed))):
        if not why_not(port):
            return port
    raise Trouble("No free port was found between 20000 and 30000.")


def wanted(port: int, option: str, *, any_port: bool, besides: Collection[int] = ()) -> int:
    """`port` itself when it is free; with `any_port` the next free one above it; otherwise a sentence."""
    reason = "is asked for twice" if port in besides else why_not(port)
    if reason and any_port:
        for other in range(port + 1, min(port + _NEIGHBOURS, 65536)):
            if other not in besides and not why_not(other):
                return other
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while reason and port not in besides and time.monotonic() < deadline:
        time.sleep(0.1)
        reason = why_not(port)
    if not reason:
        return port
    raise Trouble(f"Port {port} {reason}: choose another with {option}, or let --any-port take a free one.")
