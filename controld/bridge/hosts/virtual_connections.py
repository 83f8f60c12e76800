"""Commands that join and part JACK ports.

Pure. Ports of effects are named "effect_<instance>:<symbol>".
"""

from collections.abc import Mapping

from controld.bridge.hosts.virtual_effects import OK
from controld.bridge.hosts.virtual_rig import Command, Outcome, Rig

NOT_CONNECTED = -205
NOT_DISCONNECTED = -206


def _connect(rig: Rig, words: list[str]) -> Outcome:
    return OK if rig.connect(words[0], words[1]) else NOT_CONNECTED


def _connect_matching(rig: Rig, words: list[str]) -> Outcome:
    """Join the second port to everything the first is joined to."""
    like, port = words
    if like not in rig.graph:
        return NOT_CONNECTED
    for neighbour in rig.graph.neighbours(like):
        rig.connect(neighbour, port)
    return OK


def _disconnect(rig: Rig, words: list[str]) -> Outcome:
    return OK if rig.disconnect(words[0], words[1]) else NOT_DISCONNECTED


def _disconnect_safe(rig: Rig, words: list[str]) -> Outcome:
    """Answer as `connect` does where there is nothing to part."""
    if not all(rig.graph.neighbours(word) for word in words):
        return NOT_CONNECTED
    return _disconnect(rig, words)


def _disconnect_all(rig: Rig, words: list[str]) -> Outcome:
    if words[0] not in rig.graph:
        return NOT_DISCONNECTED
    rig.tell_parted(rig.graph.part_all(words[0]))
    return OK


COMMANDS: Mapping[str, Command] = {
    "connect": Command(2, 2, _connect),
    "connect_safe": Command(2, 2, _connect),
    "connect_matching": Command(2, 2, _connect_matching),
    "disconnect": Command(2, 2, _disconnect),
    "disconnect_safe": Command(2, 2, _disconnect_safe),
    "disconnect_all": Command(1, 1, _disconnect_all),
}
