"""Pedalboard bundles in MOD's format, for the tests of the importers: written after the public format, none copied."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

DS1 = "http://guitarix.sourceforge.net/plugins/gx_bossds1_#_bossds1_"
CHORUS = "http://guitarix.sourceforge.net/plugins/gx_chorus_stereo#_chorus_stereo"
REVERB = "http://calf.sourceforge.net/plugins/Reverb"
UNKNOWN = "urn:example:mystery"
AMBIENCE = "http://calf.sourceforge.net/factory_presets#reverb_Ambience"

_PREFIXES = """\
@prefix atom:  <http://lv2plug.in/ns/ext/atom#> .
@prefix doap:  <http://usefulinc.com/ns/doap#> .
@prefix ingen: <http://drobilla.net/ns/ingen#> .
@prefix lv2:   <http://lv2plug.in/ns/lv2core#> .
@prefix midi:  <http://lv2plug.in/ns/ext/midi#> .
@prefix pedal: <http://moddevices.com/ns/modpedal#> .
@prefix rdfs:  <http://www.w3.org/2000/01/rdf-schema#> .
"""

Bound = tuple[int, int] | tuple[int, int, float, float]  # channel from 0, controller, and the ends where it has any


@dataclass
class Effect:
    """An effect of a bundle; `ports` are its control inputs, `bound` MIDI bindings by symbol."""

    instance: str
    uri: str = DS1
    ports: Mapping[str, object] = field(default_factory=dict)
    bypassed: bool = False
    bound: Mapping[str, Bound] = field(default_factory=dict)
    preset: str = ""
    x: float = 0.0
    typed: Mapping[str, str] = field(default_factory=dict)  # ports that are no control inputs: "CVPort", "AtomPort"


def bundle_texts(
    title: str,
    effects: Sequence[Effect],
    arcs: Sequence[tuple[str, str]] = (),
    *,
    clock: Mapping[str, object] | None = None,
    clock_bound: Mapping[str, Bound] | None = None,
    hardware: Mapping[str, str] | None = None,
    snapshots: object = None,
    addressings: object = None,
) -> dict[str, str]:
    """Return the files of a bundle by name."""
    lines = [_PREFIXES]
    for index, (tail, head) in enumerate(arcs, start=1):
        lines.append(f"_:b{index} ingen:tail <{quote(tail, ':/')}> ; ingen:head <{quote(head, ':/')}> .")
    for number, effect in enumerate(effects):
        lines += _effect(number, effect)
    ports: dict[str, str] = {}
    for symbol, value in (clock or {}).items():
        ports[symbol] = (
            f"<{symbol}> ingen:value {value} ;{_binding((clock_bound or {}).get(symbol))} a lv2:ControlPort ."
        )
    for symbol, kind in (hardware or {"capture_1": "AudioPort", "playback_1": "AudioPort"}).items():
        space = "atom" if kind == "AtomPort" else "lv2"
        ports[symbol] = f"<{symbol}> a {space}:{kind} , lv2:InputPort ."
    ports["midi_loopback"] = "<midi_loopback> ingen:value 0 ; a atom:AtomPort ."
    lines += ports.values()
    body = [f'doap:name "{_text(title)}"', "a lv2:Plugin , pedal:Pedalboard"]
    body += [f"lv2:port {' , '.join(f'<{symbol}>' for symbol in ports)}"]
    body += [f"ingen:arc _:b{index}" for index in range(1, len(arcs) + 1)]
    body += [f"ingen:block <{quote(effect.instance)}>" for effect in effects]
    lines.append("<> " + " ;\n    ".join(body) + " .")
    manifest = _PREFIXES + "<board.ttl> a lv2:Plugin , pedal:Pedalboard ; rdfs:seeAlso <board.ttl> .\n"
    texts = {"manifest.ttl": manifest, "board.ttl": "\n".join(lines) + "\n"}
    for name, value in (("snapshots.json", snapshots), ("addressings.json", addressings)):
        if value is not None:
            texts[name] = json.dumps(value, indent=4)
    return texts


def _effect(number: int, effect: Effect) -> list[str]:
    name = quote(effect.instance)
    symbols = [*effect.ports, *effect.typed, ":bypass"]
    listed = " , ".join(f"<{name}/{quote(symbol, ':')}>" for symbol in symbols)
    enabled = "false" if effect.bypassed else "true"
    place = f"ingen:canvasX {effect.x:.1f} ; ingen:canvasY 10.0 ; ingen:enabled {enabled}"
    plugin = f"lv2:prototype <{effect.uri}> ; pedal:instanceNumber {number} ; pedal:preset <{effect.preset}>"
    lines = [f"<{name}> {place} ; lv2:port {listed} ; {plugin} ; a ingen:Block ."]
    for symbol, value in effect.ports.items():
        bound = _binding(effect.bound.get(symbol))
        lines.append(f"<{name}/{quote(symbol, ':')}> ingen:value {value} ;{bound} a lv2:ControlPort , lv2:InputPort .")
    for symbol, kind in effect.typed.items():
        space = "atom" if kind == "AtomPort" else "lv2"
        lines.append(f"<{name}/{quote(symbol)}> a {space}:{kind} .")
    bound = _binding(effect.bound.get(":bypass"))
    lines.append(f"<{name}/:bypass> ingen:value {int(effect.bypassed)} ;{bound} a lv2:ControlPort , lv2:InputPort .")
    return lines


def _binding(bound: Bound | None) -> str:
    if bound is None:
        return ""
    ends = f" lv2:minimum {bound[2]:f} ; lv2:maximum {bound[3]:f} ;" if len(bound) == 4 else ""
    return f" midi:binding [ midi:channel {bound[0]} ; midi:controllerNumber {bound[1]} ;{ends} a midi:Controller ] ;"


def _text(written: str) -> str:
    escaped = written.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped)


def saved(bypassed: bool, preset: str = "", **ports: float) -> dict[str, Any]:
    """Return an effect of a snapshot."""
    return {"bypassed": bypassed, "parameters": {}, "ports": ports, "preset": preset}


def write_bundle(folder: Path, texts: Mapping[str, str]) -> Path:
    """Write a bundle's files; returns its folder."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def two_effects() -> dict[str, str]:
    """Return a pedalboard with a drive and a reverb, bound to CC 60, 61 and 70 on channel 14, and two snapshots."""
    drive = Effect("BossDS1", DS1, {"DRIVE": 0.25, "LEVEL": -4.0, "TONE": 0.5}, bypassed=True, x=100,
                   bound={":bypass": (13, 60), "DRIVE": (13, 70, 0.1, 0.9)})  # fmt: skip
    reverb = Effect("Reverb", REVERB, {"amount": 0.3, "decay_time": 1.5}, x=300, bound={":bypass": (13, 61)})
    data = {
        "Clean": {"BossDS1": saved(True, DRIVE=0.25, LEVEL=-4.0, TONE=0.5), "Reverb": saved(False, amount=0.3)},
        "Lead": {"BossDS1": saved(False, DRIVE=0.8, LEVEL=-4.0, TONE=0.5), "Reverb": saved(False, amount=0.6)},
    }
    arcs = [("capture_1", "BossDS1/in"), ("BossDS1/out", "Reverb/in_l"), ("Reverb/out_l", "playback_1")]
    snapshots = {"current": 0, "snapshots": [{"name": name, "data": each} for name, each in data.items()]}
    return bundle_texts("Two Effects", [drive, reverb], arcs, clock={":bpm": 96.0, ":bpb": 4.0}, snapshots=snapshots)
