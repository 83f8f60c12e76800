"""How loud a simulated signal is at the sound card's ports: it comes in everywhere, and goes where the cables lead.

Pure. Levels are the highest amplitude, 0.0 to 1.0. No effect changes a signal here; what is not joined is silent.
"""

from typing import Final

from controld.bridge.hosts.virtual_rig import Rig
from controld.bridge.protocol_values import instance_number

SIGNAL: Final = 0.25  # what comes in: about -12 dB
_MONITOR_IN, _MONITOR_OUT = "mod-monitor:in_", "mod-monitor:out_"


def input_levels(rig: Rig) -> list[float]:
    """Return what comes in, by port."""
    return [SIGNAL] * len(rig.graph.hardware(is_midi=False, is_output=True))


def output_levels(rig: Rig) -> list[float]:
    """Return what goes out, by port; nothing while processing is off."""
    heard = _reached(rig) if rig.processing else set()
    ports = rig.graph.hardware(is_midi=False, is_output=False)
    return [SIGNAL if port in heard else 0.0 for port in ports]


def _reached(rig: Rig) -> set[str]:
    """Return the ports that the signal reaches."""
    reached: set[str] = set()
    waiting = rig.graph.hardware(is_midi=False, is_output=True)
    while waiting:
        port = waiting.pop()
        if port not in reached:
            reached.add(port)
            waiting += rig.graph.targets(port)
            waiting += _through(rig, port)
    return reached


def _through(rig: Rig, port: str) -> list[str]:
    """Return where a signal comes out that goes in at a port."""
    if port.startswith(_MONITOR_IN):
        return [_MONITOR_OUT + port.removeprefix(_MONITOR_IN)]
    client, _, symbol = port.partition(":")
    number = instance_number(client)
    effect = rig.effects.get(number) if number is not None else None
    if effect is None or symbol not in effect.plugin.audio_inputs:
        return []
    return [f"{client}:{name}" for name in effect.plugin.audio_outputs]
