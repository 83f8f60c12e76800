"""The command `controld bridge`: our own modhost-bridge as a process of its own."""

import argparse
import gc
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Final

from controld.bridge.faults import FAULTS, FaultyHost, WireFaults, parse_faults
from controld.bridge.hosts.base import Host
from controld.bridge.server import BridgeServer, Endpoints
from controld.errors import BridgeStartError

_STDIN: Final = 0  # not sys.stdin, which is None where the file descriptor is closed


def _virtual() -> Host:
    from controld.bridge.hosts.known import known_plugins
    from controld.bridge.hosts.virtual import VirtualHost

    return VirtualHost(more=known_plugins())


def _mod_host() -> Host:
    from controld.bridge.hosts.modhost import ModHost

    return ModHost()


HOSTS: Final[dict[str, tuple[Callable[[], Host], str]]] = {
    "virtual": (_virtual, "virtual host (simulated, makes no sound)"),
    "mod-host": (_mod_host, "mod-host"),
}
"""The hosts to choose from: how each is made where nothing is said of it, and what the ready line calls it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `controld bridge`."""
    add = parser.add_argument
    add("--endpoint", default="tcp://127.0.0.1:6000", help="where commands are taken (default: %(default)s)")
    add("--events", default="tcp://127.0.0.1:6001", help="where events are published (default: %(default)s)")
    add("--health", default="tcp://127.0.0.1:6002", help="where health is told (default: %(default)s)")
    add("--host", choices=HOSTS, default="virtual", help="what the bridge drives (default: %(default)s)")
    add("--address", default="", metavar="HOST:PORT", help="where mod-host listens (default: 127.0.0.1:5555)")
    add(
        "--serve-mod-host",
        type=int,
        metavar="PORT",
        help="serve the virtual host as mod-host too, there and next to it",
    )
    faults = "; ".join(f"{name}={fault.default}: {fault.meaning}" for name, fault in FAULTS.items())
    add("--faults", type=_faults, default={}, metavar="LIST", help=f"imitate faults of the stock bridge; {faults}")
    add("--exit-with-parent", action="store_true", help="exit when standard input ends")


def _faults(text: str) -> Mapping[str, int]:
    try:
        return parse_faults(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; returns the exit code, 1 where an endpoint cannot be had."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        host, title = _make_host(args)
    except BridgeStartError as error:
        _tell(f"controld bridge: {error}")
        return 1
    try:
        served = FaultyHost(host, args.faults) if args.faults else host
        endpoints = Endpoints(args.endpoint, args.events, args.health)
        server = BridgeServer(served, endpoints, WireFaults(args.faults), stock="stock" in args.faults)
    except BridgeStartError as error:
        host.close()
        _tell(f"controld bridge: {error}")
        return 1
    ready_line = _ready_line(title, server.endpoints, args.faults)
    try:
        gc.freeze()  # the catalogue stays; collections need not walk it again and again
        server.run(lambda: _tell(ready_line), _STDIN if args.exit_with_parent else None)
    finally:
        server.close()
        host.close()
    return 0


def _make_host(args: argparse.Namespace) -> tuple[Host, str]:
    make, title = HOSTS[args.host]
    if args.address and args.host != "mod-host":
        message = f"--address is for --host mod-host, not for --host {args.host}"
        raise BridgeStartError(message)
    if args.serve_mod_host is not None and args.host != "virtual":
        message = f"--serve-mod-host is for --host virtual, not for --host {args.host}"
        raise BridgeStartError(message)
    if args.address:
        from controld.bridge.hosts.modhost import ModHost, parse_address

        return ModHost(parse_address(args.address)), f"{title} at {args.address}"
    if args.serve_mod_host is not None:
        from controld.bridge.hosts.serve_modhost import ServedHost

        served = ServedHost(make(), args.serve_mod_host)
        return served, f"{title}, served as mod-host at 127.0.0.1:{served.door.port}"
    return make(), title


def _ready_line(title: str, endpoints: Endpoints, faults: Mapping[str, int]) -> str:
    line = f"controld bridge: {title} on {endpoints.commands}, events {endpoints.events}, health {endpoints.health}"
    return line + ("; faults: " + ", ".join(f"{name}={number}" for name, number in faults.items()) if faults else "")


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> int:
    """Run as `python -m controld.bridge.main`."""
    parser = argparse.ArgumentParser(prog="controld bridge", description=__doc__)
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
