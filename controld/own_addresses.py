"""The addresses under which this machine is found in its network.

Shell: it asks the system. Nothing is sent to do so.
"""

import array
import fcntl
import socket
import struct
import sys

_SIOCGIFADDR = 0x8915  # Linux, netdevice(7): the IPv4 address of an interface
_NAME_BYTES = 256
# Interfaces of containers and virtual machines, which no tablet is behind, come last.
_VIRTUAL = ("docker", "veth", "br-", "virbr", "lxc", "tun", "tap")


def own_addresses() -> list[str]:
    """Return the machine's IPv4 addresses other than its loopback, those of real interfaces first."""
    if not sys.platform.startswith("linux"):
        return []
    names = sorted((name for _, name in socket.if_nameindex()), key=lambda name: name.startswith(_VIRTUAL))
    found = [address for name in names if (address := _address(name))]
    return [each for each in dict.fromkeys(found) if not each.startswith("127.")]


def _address(interface: str) -> str:
    request = array.array("B", struct.pack(f"{_NAME_BYTES}s", interface.encode()[:15]))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        try:
            fcntl.ioctl(asker.fileno(), _SIOCGIFADDR, request, True)
        except OSError:  # it has none
            return ""
    return socket.inet_ntoa(request.tobytes()[20:24])
