"""`controld ports`: the MIDI ports there are, by the names a configuration may match."""

import argparse
import sys
from collections.abc import Iterator, Mapping

from controld.surfaces.midi_ports import PortList, PortPattern
from controld.surfaces.midi_system import NO_SYSTEM, list_all_ports


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes: nothing yet but its explanation."""
    parser.description = (
        "List the MIDI ports of this machine; a surface's `midi: {in: ..., out: ...}` matches these names."
    )


def run(args: argparse.Namespace) -> int:
    """Print the ports and return 0. `args.surfaces`, where set, maps surface names to (input, output) patterns."""
    sys.stdout.write(describe(list_all_ports(), getattr(args, "surfaces", None) or {}) + "\n")
    return 0


def describe(systems: Mapping[str, PortList], surfaces: Mapping[str, tuple[str, str]]) -> str:
    """Return the list as text; behind each port stand the surfaces whose pattern (input, output) fits it."""
    if not systems:
        return NO_SYSTEM
    if not any(ports.inputs or ports.outputs for ports in systems.values()):
        running = " and ".join(systems)
        return f"no MIDI device is there ({running} running); plug one in, or start its bridge to JACK (a2jmidid)"
    return "\n".join(line for name, ports in systems.items() for line in _describe_system(name, ports, surfaces))


def _describe_system(name: str, ports: PortList, surfaces: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    takers = [{surface: patterns[side] for surface, patterns in surfaces.items()} for side in (0, 1)]
    yield f"{name} inputs (what devices send)"
    yield from (_describe_port(port, takers[0]) for port in ports.inputs)
    yield f"{name} outputs (what devices show)"
    yield from (_describe_port(port, takers[1]) for port in ports.outputs)


def _describe_port(port: str, patterns: Mapping[str, str]) -> str:
    fitting = [surface for surface, text in patterns.items() if text and PortPattern(text).matches([port])]
    return f"  {port}" + (f"  <- {', '.join(fitting)}" if fitting else "")
