"""What an OSC surface grants the network: which hosts, how many messages a second, and a port for streams.

Pure values. An address or network is written as usual (192.168.1.20, 192.168.1.0/24, fd00::/8).
"""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

DEFAULT_RATE: Final = 1000.0  # messages a second: far more than hands can do, far less than the rig can take
MIN_RATE: Final = 10.0
MAX_RATE: Final = 100_000.0
MAX_HOSTS_KNOWN: Final = 1024

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Limits:
    """`tcp` is the port for streams (0: none); no `allow` means everybody; `rate` is messages a second and sender."""

    tcp: int = 0
    allow: tuple[str, ...] = ()
    rate: float = DEFAULT_RATE


def parse_network(written: str) -> Network | None:
    """Return an address or network in CIDR notation; None where it is none (a host's name is none)."""
    try:
        return ipaddress.ip_network(written, strict=False)
    except ValueError:
        return None


class Guest:
    """Tells whether a host may talk to a surface."""

    def __init__(self, allow: tuple[str, ...]) -> None:
        self._networks = [network for written in allow if (network := parse_network(written)) is not None]
        self.may_come = lru_cache(maxsize=MAX_HOSTS_KNOWN)(self._may_come)

    def _may_come(self, host: str) -> bool:
        address = ipaddress.ip_address(host.partition("%")[0])  # without the zone of a link-local address
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)
