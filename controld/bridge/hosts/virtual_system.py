"""Commands for all that is not one effect's: transport, monitoring, features, state, and what this host does not have.

Pure. Nothing is measured here; figures follow from what is loaded.
"""

from collections.abc import Mapping

from controld.bridge.hosts.virtual_effects import INVALID, NO_INSTANCE, NO_PLUGIN, NO_SYMBOL, OK
from controld.bridge.hosts.virtual_graph import Port
from controld.bridge.hosts.virtual_midi import DONE, REFUSED
from controld.bridge.hosts.virtual_numbers import atof, atoi, single
from controld.bridge.hosts.virtual_rig import Command, Handler, Outcome, Rig

OUT_OF_RANGE = -207
NO_CONTROL_CHAIN = -401
NO_LINK = -402
NO_HMI = -403
NO_EXTERNAL_UI = -404
JACK_REFUSED = -1

TEMPO_BPM = (20.0, 300.0)
BAR_BEATS = (1.0, 16.0)
_PROCESSING_MODES = {0: False, 1: True, 2: True, 3: True, -1: False, -2: False}  # also: with or without a fade
_ROLL_TOO = 2  # freewheeling with this value starts the transport


def _always(outcome: Outcome) -> Handler:
    return lambda _rig, _words: outcome


def _cpu_load(rig: Rig, _words: list[str]) -> Outcome:
    return f"resp 0 {rig.cpu_load():.4f}"


def _transport(rig: Rig, words: list[str]) -> Outcome:
    """Set all of the transport; mod-host checks none of it here."""
    transport = rig.transport
    transport.rolling = atoi(words[0]) != 0
    transport.bpb, transport.bpm = single(atof(words[1])), single(atof(words[2]))
    rig.tell_transport()
    return OK


def _set_tempo(rig: Rig, words: list[str]) -> Outcome:
    bpm = atof(words[0])
    if not TEMPO_BPM[0] <= bpm <= TEMPO_BPM[1]:
        return OUT_OF_RANGE
    rig.transport.bpm = single(bpm)
    rig.tell_transport()
    return OK


def _set_beats_per_bar(rig: Rig, words: list[str]) -> Outcome:
    bpb = atof(words[0])
    if not BAR_BEATS[0] <= bpb <= BAR_BEATS[1]:
        return OUT_OF_RANGE
    rig.transport.bpb = single(bpb)
    rig.tell_transport()
    return OK


def _feature(rig: Rig, words: list[str]) -> Outcome:
    run = _FEATURES.get(words[0])
    return run(rig, atoi(words[1])) if run else INVALID


def _processing(rig: Rig, mode: int) -> int:
    if mode not in _PROCESSING_MODES:
        return INVALID
    rig.processing = _PROCESSING_MODES[mode]
    rig.report_load()
    return OK


def _freewheeling(rig: Rig, mode: int) -> int:
    """Freewheel or not; JACK refuses what is so already."""
    if mode == _ROLL_TOO:
        rig.transport.rolling = True
        rig.tell_transport()
    if rig.freewheeling == bool(mode):
        return JACK_REFUSED
    rig.freewheeling = bool(mode)
    return OK


def _load_reports(rig: Rig, mode: int) -> int:
    rig.reports_load = mode != 0
    rig.report_load()
    return OK


def _aggregated_midi(_rig: Rig, _mode: int) -> int:
    """Change nothing: there are no MIDI ports to aggregate."""
    return OK


_FEATURES = {
    "processing": _processing,
    "freewheeling": _freewheeling,
    "cpu-load": _load_reports,
    "aggregated-midi": _aggregated_midi,
}


def _monitor_output(rig: Rig, words: list[str]) -> Outcome:
    """Report an output control: its value now, and later changes, of which there are none without sound."""
    number, symbol = atoi(words[0]), words[1]
    effect = rig.effects.get(number)
    output = next((each for each in effect.plugin.outputs if each.symbol == symbol), None) if effect else None
    if effect is None or output is None:
        return REFUSED
    if symbol not in effect.monitored:
        effect.monitored.add(symbol)
        rig.emit("output_set", effect_id=number, symbol=symbol, value=output.default)
    return DONE


def _monitor_output_off(rig: Rig, words: list[str]) -> Outcome:
    effect = rig.effects.get(atoi(words[0]))
    if effect is None or words[1] not in {output.symbol for output in effect.plugin.outputs}:
        return REFUSED
    effect.monitored.discard(words[1])
    return DONE


def _monitor_levels(rig: Rig, words: list[str]) -> Outcome:
    """Listen to a port, which need not be there; only the last one listened to can be left."""
    source = words[0]
    if atoi(words[1]):
        if source not in rig.level_monitors:
            rig.level_monitors.append(source)
            monitor = f"mod-host:monitor_{len(rig.level_monitors)}"
            rig.graph.add(Port(monitor, is_output=False))
            rig.connect(source, monitor)
        return OK
    if rig.level_monitors[-1:] != [source]:
        return INVALID
    rig.tell_parted(rig.graph.remove(f"mod-host:monitor_{len(rig.level_monitors)}"))
    rig.level_monitors.pop()
    return OK


def _monitor_address(rig: Rig, words: list[str]) -> Outcome:
    """Turn reports to a UDP address on, which succeeds also where nobody listens, or off."""
    on = atoi(words[2]) == 1
    rig.monitor_address = f"{words[0]}:{words[1]}" if on else ""
    return int(on)


def _property(rig: Rig, words: list[str]) -> Outcome:
    """Refuse: no plugin of the catalogue has properties of its own."""
    effect = rig.effects.get(atoi(words[0]))
    if effect is None:
        return NO_INSTANCE
    return NO_PLUGIN if effect.plugin.midi_inputs else INVALID


def _map_voltage(rig: Rig, words: list[str]) -> Outcome:
    """Refuse: there is no source of control voltage."""
    return OUT_OF_RANGE if atoi(words[0]) in rig.effects else NO_INSTANCE


def _unmap_voltage(rig: Rig, words: list[str]) -> Outcome:
    effect = rig.effects.get(atoi(words[0]))
    if effect is None:
        return NO_INSTANCE
    return OK if effect.control(words[1]) else NO_SYMBOL


def _quit(rig: Rig, _words: list[str]) -> Outcome:
    """End; mod-host is gone before it could answer."""
    rig.running = False
    return None


COMMANDS: Mapping[str, Command] = {
    "cpu_load": Command(0, 0, _cpu_load),
    "max_cpu_load": Command(0, 0, _cpu_load),
    "transport": Command(3, 3, _transport),
    "transport_sync": Command(1, 1, lambda _rig, words: NO_LINK if words[0] == "link" else OK),
    "set_bpm": Command(1, 1, _set_tempo),
    "set_bpb": Command(1, 1, _set_beats_per_bar),
    "feature_enable": Command(2, 2, _feature),
    "output_data_ready": Command(0, 0, _always(OK)),
    "wait_audio_cycle": Command(0, 0, _always(OK)),
    "monitor": Command(3, 3, _monitor_address),
    "monitor_output": Command(2, 2, _monitor_output),
    "monitor_output_off": Command(2, 2, _monitor_output_off),
    "monitor_audio_levels": Command(2, 2, _monitor_levels),
    "patch_get": Command(2, 2, _property),
    "patch_set": Command(3, 3, _property),
    "licensee": Command(1, 1, _always("")),
    "cc_map": Command(12, None, _always(NO_CONTROL_CHAIN)),
    "cc_value_set": Command(3, 3, _always(NO_CONTROL_CHAIN)),
    "cc_unmap": Command(2, 2, _always(NO_CONTROL_CHAIN)),
    "cv_map": Command(6, 6, _map_voltage),
    "cv_unmap": Command(2, 2, _unmap_voltage),
    "hmi_map": Command(11, 11, _always(NO_HMI)),
    "hmi_unmap": Command(2, 2, _always(NO_HMI)),
    "show_external_ui": Command(1, 1, _always(NO_EXTERNAL_UI)),
    "state_save": Command(1, 1, _always(OK)),
    "state_load": Command(1, 1, _always(OK)),
    "state_tmpdir": Command(1, 1, _always(OK)),
    "load": Command(1, 1, _always("error: can't open the file")),  # there are no files here
    "save": Command(1, 1, _always(None)),
    "help": Command(0, 0, _always(None)),
    "quit": Command(0, 0, _quit),
}
