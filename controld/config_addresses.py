"""Network addresses as a rig's files write them.

Pure.
"""

import re
from typing import Final

from controld.document import Node
from controld.osc_limits import parse_network
from controld.shape import JsonSchema, Leaf, Mistake
from controld.shape_leaves import custom

LOOPBACK: Final = "127.0.0.1"
_HOST_PORT = re.compile(r"(?:(?P<host>[^\s:\[\]]+)|\[(?P<six>[0-9A-Fa-f:.]+)\]):(?P<port>[0-9]{1,5})")
ADDRESS_PATTERN: Final = r"^([^\s:\[\]]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$"
_LISTEN_SCHEMA: JsonSchema = {"anyOf": [
    {"type": "integer", "minimum": 1, "maximum": 65_535}, {"type": "string", "pattern": ADDRESS_PATTERN},
]}  # fmt: skip


def parse_address(written: str) -> tuple[str, int] | None:
    """Return "host:port" or "[ipv6]:port" in its two parts; None where it is none."""
    found = _HOST_PORT.fullmatch(written)
    if found is None or not 0 < int(found["port"]) < 65_536:
        return None
    return found["host"] or found["six"], int(found["port"])


def listen_address() -> Leaf:
    """Return the leaf of an address to listen on: `127.0.0.1:9000`, or a port of this machine alone."""

    def parse(node: Node) -> tuple[str, int]:
        if isinstance(node.value, int) and not isinstance(node.value, bool) and 0 < node.value < 65_536:
            return LOOPBACK, node.value
        address = parse_address(node.value) if isinstance(node.value, str) else None
        if address is None:
            raise Mistake(f"expected an address and a port as in `127.0.0.1:9000`, found {node.describe()}")
        return address

    return Leaf(parse, _LISTEN_SCHEMA, "an address and a port")


def network() -> Leaf:
    """Return the leaf of a host or a network that may come: `192.168.1.20`, `192.168.1.0/24`."""

    def parse(written: str) -> str:
        if parse_network(written) is None:
            hint = "hosts are told by their addresses here" if written[:1].isalpha() else ""
            raise Mistake(f"expected an address or network as in `192.168.1.0/24`, found `{written}`", hint)
        return written

    return custom("an address or network as in `192.168.1.0/24`", parse, {"type": "string", "minLength": 2})


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen on is this machine's alone."""
    return host == "localhost" or host.startswith("127.") or host == "::1"
