"""The controls of a pi-Stomp as a surface profile.

Pure. pi-Stomp's own program sends a footswitch's controller once for each short press, 127 and 0 in turn, and nothing
for a long one (`pistomp/footswitch.py`); knobs, pedals and encoders send positions (`analogmidicontrol.py`,
`encodermidicontrol.py`). Its lights cannot be reached over MIDI.
"""

from dataclasses import dataclass

from controld.importers.emit import document, entry, remark
from controld.importers.pistomp_values import PiStomp

SURFACE = "floor"
PROFILE = "pi-stomp"
PORT = "*Midi Through*"  # where pi-Stomp's program sends (`modalapistomp.py`)
_SPARE = range(102, 120)  # controllers that the MIDI 1.0 specification leaves undefined

MOMENTARY, LATCHING = "momentary", "latching"


@dataclass(frozen=True, slots=True)
class Panel:
    """The controls by name. `switches` has those that can be pressed, `by_input` what a blend may be played with.

    `by_controller` are all, by the number of their MIDI controller; `spare` the switches whose controller was chosen
    here, because pi-Stomp's sends none.
    """

    switches: dict[int, str]
    by_input: dict[int, str]
    by_controller: dict[int, list[str]]
    kinds: dict[str, tuple[int, str, str]]  # controller, kind, and what it is
    spare: frozenset[str]


def panel_of(config: PiStomp, switches: str) -> Panel:
    """Return the controls of a configuration; `switches` is MOMENTARY or LATCHING. Tells of those without MIDI."""
    kinds: dict[str, tuple[int, str, str]] = {}
    by_input: dict[int, str] = {}
    counts = {"exp": 0, "knob": 0}
    for analog in config.analogs:
        word = "exp" if analog.is_pedal else "knob"
        counts[word] += 1
        name = f"{word}{counts[word]}"
        kinds[name] = (analog.controller, "pedal" if analog.is_pedal else "knob", _with_id("analog", analog.id))
        if analog.id is not None:
            by_input.setdefault(analog.id, name)
    for encoder in config.encoders:
        name = f"enc{encoder.id}"
        if encoder.volume:
            config.notes.miss(f"encoder {encoder.id} (VOLUME)", "it turns the sound card's volume and sends no MIDI")
        elif encoder.controller is not None:
            kinds[name] = (encoder.controller, "knob", f"encoder {encoder.id}: pi-Stomp sends a position, not steps")
            by_input.setdefault(encoder.id, name)
        if encoder.push is not None:
            kinds[f"{name}-push"] = (encoder.push, "button", f"the push of encoder {encoder.id}")
    pressed, spare = _switches(config, kinds, "latch" if switches == LATCHING else "button")
    found = dict(sorted(kinds.items(), key=lambda item: (item[0] not in pressed.values(),)))
    by_controller: dict[int, list[str]] = {}
    for name, (controller, _, _) in found.items():
        by_controller.setdefault(controller, []).append(name)
    return Panel(pressed, by_input, by_controller, found, frozenset(spare))


def _with_id(what: str, number: int | None) -> str:
    return f"{what} controller {number}" if number is not None else f"{what} controller"


def _switches(config: PiStomp, kinds: dict[str, tuple[int, str, str]], kind: str) -> tuple[dict[int, str], list[str]]:
    pressed: dict[int, str] = {}
    spare: list[str] = []
    taken = {controller for controller, _, _ in kinds.values()} | {each.controller for each in config.switches}
    for switch in config.switches:
        if switch.disabled:
            config.notes.miss(f"footswitch {switch.id}", "the configuration disables it")
            continue
        if kind == "latch" and (switch.controller is None or switch.preset is not None):
            config.notes.miss(f"footswitch {switch.id}", "pi-Stomp's own program acts on it, and sends nothing")
            continue
        name = pressed[switch.id] = f"fs{switch.id + 1}"
        controller, what = switch.controller, f"footswitch {switch.id}"
        if controller is None or switch.preset is not None:
            controller = next((number for number in _SPARE if number not in taken), _SPARE[0])
            taken.add(controller)
            spare.append(name)
            what += "; pi-Stomp sends nothing for it: this number was chosen here"
        kinds[name] = (controller, kind, what)
    return pressed, spare


def profile_text(config: PiStomp, panel: Panel, switches: str, origin: str) -> str:
    """Return the profile."""
    version = f" {config.version}" if config.version else ""
    about = f"Made by `controld import pi-stomp` from {origin}: what a pi-Stomp{version} sends.\n"
    if switches == LATCHING:
        told = "The switches are as pi-Stomp's own program sends them"
        about += f"{told}: one message for each short press, 127 and 0 in turn."
    else:
        about += (
            "The switches are momentary: 127 as they go down, 0 as they come up, which is what holds and chords need. "
            "pi-Stomp's own program does not send this: it sends one message for each short press, and acts on long "
            "ones itself. Behind that program, import with `--switches latching`."
        )
    lines = [*remark(about), "version: 1", *entry(0, "description", f"pi-Stomp{version}"), f"channel: {config.channel}"]
    if not panel.kinds:
        return document([*lines, "controls:", "  fs1: {cc: 60, kind: button}  # an example: nothing here sends MIDI"])
    lines.append("controls:")
    for name, (controller, kind, what) in panel.kinds.items():
        lines += entry(2, name, {"cc": controller, "kind": kind}, what)
    return document(lines)
