"""Writes the configuration of a generated rig: effects of 100 parameters, faders and switches over OSC or MIDI.

Pure but for writing the files. Fader `/m/<i>` drives the parameter that `wire.place_of(i)` names, switch `/s/<k>`
toggles effect `k`; the MIDI controller of CC `i` drives the same parameter as fader `i`.
"""

from dataclasses import dataclass
from pathlib import Path

from bench.wire import PARAMETERS_PER_EFFECT, place_of

RECALLED_PARAMETERS = 10  # of each effect, in a snapshot
_URI = "urn:controld:bench:fx"


@dataclass(frozen=True, slots=True)
class Rig:
    """How large a rig is; `midi_port` is a glob over port names, "" for a rig without MIDI."""

    faders: int
    switches: int = 10
    midi_port: str = ""
    midi_faders: int = 8
    calls_base: int = 0  # the base port of the service for programs; 0 for none
    snapshots: bool = False  # two of them, which differ in everything they say of each effect
    boards: bool = False  # two pedalboards, which share the first half of their effects

    @property
    def effects(self) -> int:
        """How many effects the faders and switches need."""
        return max(-(-self.faders // PARAMETERS_PER_EFFECT), self.switches, 1)


def effect_of_uri(uri: str) -> int:
    """Return which effect of the rig has this plugin."""
    return int(uri.removeprefix(_URI))


def write_rig(folder: Path, rig: Rig, osc_port: int, bridge: tuple[str, str]) -> Path:
    """Write all files into a folder and return the path of the main one."""
    files = {
        "controld.yaml": _main(rig, osc_port, bridge),
        "surfaces/bench-osc.yaml": _osc_profile(rig),
        "surfaces/bench-midi.yaml": _midi_profile(rig),
        "mappings/bench.yaml": _mapping(rig),
        **_pedalboards(rig),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"version: 1\n{text}")
    return folder / "controld.yaml"


def _main(rig: Rig, osc_port: int, bridge: tuple[str, str]) -> str:
    midi = f'  pad: {{profile: bench-midi, midi: {{in: "{rig.midi_port}"}}}}\n' if rig.midi_port else ""
    service = f"{{base_port: {rig.calls_base}}}" if rig.calls_base else "{enabled: false}"
    return (
        f"engine: {{type: bridge, endpoint: {bridge[0]}, events: {bridge[1]}, health: {bridge[0]}}}\n"
        f"service: {service}\n"
        "surfaces:\n"
        f"  tablet: {{profile: bench-osc, osc: {{listen: 127.0.0.1:{osc_port}, reply: sender}}}}\n{midi}"
        "pedalboards: [pedalboards/*.yaml]\n"
        "mappings: [mappings/bench.yaml]\n"
        "startup: {pedalboard: Bench}\n"
    )


def _osc_profile(rig: Rig) -> str:
    faders = [f"  m{index}: {{osc: /m/{index}, kind: fader}}" for index in range(rig.faders)]
    switches = [f"  s{index}: {{osc: /s/{index}, kind: button}}" for index in range(rig.switches)]
    return "description: faders and switches\ncontrols:\n" + "\n".join(faders + switches) + "\n"


def _midi_profile(rig: Rig) -> str:
    controls = [f"  c{index}: {{cc: {index + 20}, kind: pedal}}" for index in range(rig.midi_faders)]
    return "description: pedals\nchannel: 1\ncontrols:\n" + "\n".join(controls) + "\n"


def _mapping(rig: Rig) -> str:
    rules = [_drive(f"tablet.m{index}", index) for index in range(rig.faders)]
    rules += [f"  - {{when: tablet.s{index}, do: {{bypass: fx{index}}}}}" for index in range(rig.switches)]
    if rig.midi_port:
        rules += [_drive(f"pad.c{index}", index) for index in range(rig.midi_faders)]
    return "rules:\n" + "\n".join(rules) + "\n"


def _drive(control: str, index: int) -> str:
    effect, symbol = place_of(index)
    return f"  - {{when: {control}, do: {{parameter: fx{effect}/{symbol}}}}}"


def _pedalboards(rig: Rig) -> dict[str, str]:
    if not rig.boards:
        return {"pedalboards/bench.yaml": _pedalboard(rig)}
    return {
        "pedalboards/1.yaml": _chain("Bench", rig.effects, 0, 0.25),
        "pedalboards/2.yaml": _chain("Other", rig.effects, rig.effects // 2, 0.75),
    }


def chain(effects: int, others: int) -> list[tuple[str, str]]:
    """Return name and plugin of the effects of a pedalboard, whose last `others` are of plugins of their own."""
    shared = effects - others
    return [(f"fx{index}", f"{_URI}{index if index < shared else index + others}") for index in range(effects)]


def _chain(name: str, effects: int, others: int, share: float) -> str:
    """Return a pedalboard of effects in a row, with values of their own; the later half is never bypassed."""
    plugins = chain(effects, others)
    lines = [f"name: {name}\neffects:"]
    for index, (effect, uri) in enumerate(plugins):
        bypassed = "bypassed: true, " if share < 0.5 and index < effects // 2 else ""
        lines.append(f"  {effect}: {{plugin: {uri}, {bypassed}parameters: {_values(share)}}}")
    ends = ["system:capture_1", *(end for effect, _ in plugins for end in (f"{effect}:in", f"{effect}:out"))]
    ends.append("system:playback_1")
    lines += ["connections:", *(f"  - {ends[at]} -> {ends[at + 1]}" for at in range(0, len(ends), 2))]
    return "\n".join(lines) + "\n"


def _pedalboard(rig: Rig) -> str:
    effects = [f"  fx{index}: {{plugin: {_URI}{index}}}" for index in range(rig.effects)]
    snapshots = ""
    if rig.snapshots:
        snapshots = "snapshots:\n" + "\n".join(
            f"  {name}: {{{', '.join(_recalled(f'fx{index}', share) for index in range(rig.effects))}}}"
            for name, share in (("Low", 0.25), ("High", 0.75))
        )
    return "name: Bench\neffects:\n" + "\n".join(effects) + "\n" + snapshots + "\n"


def _recalled(effect: str, share: float) -> str:
    return f"{effect}: {{bypassed: {'true' if share < 0.5 else 'false'}, parameters: {_values(share)}}}"


def _values(share: float) -> str:
    values = ", ".join(f"p{number}: {share + number / 100:g}" for number in range(RECALLED_PARAMETERS))
    return f"{{{values}}}"
