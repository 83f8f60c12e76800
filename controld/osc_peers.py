"""Who talks OSC to us: a socket somewhere, or the far end of a stream.

Pure values.
"""

from typing import NamedTuple

Address = tuple[str, int]


class Stream(NamedTuple):
    """The far end of a TCP connection; a datagram from the same host and port is somebody else's."""

    host: str
    port: int
    over: str = "tcp"


Peer = Address | Stream


def client_name(peer: Peer) -> str:
    """Return "host:port" or "tcp:host:port", as origins and logs name a client."""
    host, port = peer[0], peer[1]
    name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"tcp:{name}" if isinstance(peer, Stream) else name
