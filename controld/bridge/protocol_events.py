"""What a bridge publishes, as events: flat as mod-host's feedback is passed on, or in the bridge's own envelope.

Pure. Frames are anything a program on that port may send, so nothing here raises: what is not known, or not well
formed, is an `UnknownEngineEvent`; what is known and does not concern the rig's state is None.
"""

from collections.abc import Callable, Mapping

from controld.bridge.protocol_values import instance_number, members, number, parse_json, text
from controld.session.engine_events import (
    ConnectionReported,
    EffectReported,
    EngineEvent,
    ParameterReported,
    UnknownEngineEvent,
)

_RAW_LENGTH = 200  # how much of an event that is not understood is kept

Fields = Mapping[str, object]


def decode_event(body: bytes, own_client: str = "") -> EngineEvent | None:
    """Return the event of a frame; `own_client` is the ROUTER identity, in hex, whose changes are our own."""
    event = members(parse_json(body))
    kind = event.get("type")
    data = event.get("data")
    if isinstance(kind, str):
        if kind in _OF_NO_CONCERN:
            return None
        read = _READERS.get(kind)
        # "client" stands beside "type", also where the rest is in an envelope.
        own = bool(own_client) and event.get("client") == own_client
        found = read(data if isinstance(data, dict) else event, own) if read else None
        if found is not None:
            return found
    return UnknownEngineEvent(text(body[:_RAW_LENGTH].decode(errors="replace")))


def _parameter(fields: Fields, own: bool) -> EngineEvent | None:
    instance = instance_number(fields.get("effect_id"))
    symbol = text(fields.get("symbol"))
    value = number(fields.get("value"))
    if instance is None or value is None or not symbol:
        return None
    return ParameterReported(instance, symbol, value, own)


def _added(fields: Fields, own: bool) -> EngineEvent | None:
    instance = instance_number(fields.get("effect_id"))
    uri = text(fields.get("uri"))
    return None if instance is None or not uri else EffectReported(instance, uri, own)


def _removed(fields: Fields, own: bool) -> EngineEvent | None:
    instance = instance_number(fields.get("effect_id"))
    return None if instance is None else EffectReported(instance, "", own)


def _connection(fields: Fields, own: bool, *, connected: bool) -> EngineEvent | None:
    source, target = text(fields.get("source")), text(fields.get("target"))
    return ConnectionReported(source, target, connected, own) if source and target else None


_READERS: Mapping[str, Callable[[Fields, bool], EngineEvent | None]] = {
    "param_set": _parameter,
    "effect_added": _added,
    "effect_removed": _removed,
    "connected": lambda fields, own: _connection(fields, own, connected=True),
    "disconnected": lambda fields, own: _connection(fields, own, connected=False),
}
# Meters, transport and mod-host's own MIDI; and what the plugin methods announce besides the host's own events. The
# stock bridge's `parameter_changed` names an instance that is never the one it changed, so it says nothing either.
_OF_NO_CONCERN = frozenset({
    "output_set", "audio_monitor", "cpu_load", "transport", "data_finish", "log", "cc_map", "patch_set",
    "midi_mapped", "midi_unmapped", "midi_program_change", "midi_control_change", "preset_load",
    "plugin_loaded", "plugin_unloaded", "parameter_changed", "plugins_rescanned",
})  # fmt: skip
