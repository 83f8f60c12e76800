"""Commands for presets and the bundles they are saved to.

Pure: the disk is a table in memory. As with mod-host, a saved preset can be loaded only after its directory was added
as a bundle, and one that was overwritten keeps its old values until the bundle is removed and added again.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from controld.bridge.hosts.catalogue import Preset
from controld.bridge.hosts.virtual_effects import INSTANCE_INVALID, NO_INSTANCE, OK
from controld.bridge.hosts.virtual_numbers import atoi
from controld.bridge.hosts.virtual_rig import BYPASS, Command, KnownPreset, Outcome, Rig, is_owned

NOT_A_URI = -104
NO_PRESET = -105

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_PREFIXES = """\
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""


def _load(rig: Rig, words: list[str]) -> Outcome:
    number, uri = atoi(words[0]), words[1]
    if number not in rig.effects:
        return NO_INSTANCE
    if not _SCHEME.match(uri):
        return NOT_A_URI
    known = rig.presets.get(uri)
    if known is None:
        return NO_PRESET
    _apply(rig, number, known.preset)
    return OK


def _apply(rig: Rig, number: int, preset: Preset) -> None:
    """Set what the effect has of the preset's symbols, whichever plugin it was made for; the bypass stays."""
    effect = rig.effects[number]
    for symbol, value in preset.values.items():
        control = effect.plugin.control_by_symbol.get(symbol)
        if control and not is_owned(control):
            rig.write_changed(number, symbol, control.clamped(value))
    rig.write_enabled(number, effect.bypassed)
    effect.preset = preset.uri
    rig.emit("preset_load", effect_id=number, uri=preset.uri)


def _save(rig: Rig, words: list[str]) -> Outcome:
    effect = rig.effects.get(atoi(words[0]))
    if effect is None:
        return INSTANCE_INVALID
    label, directory, file = words[1], _directory(words[2]), words[3]
    values = {symbol: value for symbol, value in effect.values.items() if symbol != BYPASS.symbol}
    known = KnownPreset(effect.plugin.uri, Preset(f"file://{directory}/{file}", label, values))
    rig.files.setdefault(directory, {})[file] = known
    return OK


def _show(rig: Rig, words: list[str]) -> Outcome:
    known = rig.presets.get(words[0])
    return _turtle(known) if known else ""


def _turtle(known: KnownPreset) -> str:
    ports = " ,\n\t\t".join(
        f'[\n\t\t\tlv2:symbol "{symbol}" ;\n\t\t\tpset:value {value!r}\n\t\t]'
        for symbol, value in known.preset.values.items()
    )
    label = known.preset.label.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f"{_PREFIXES}\n<{known.preset.uri}>\n\ta pset:Preset ;\n\tlv2:appliesTo <{known.plugin_uri}> ;\n"
        f'\tlv2:port {ports} ;\n\trdfs:label "{label}" .\n'
    )


def _add_bundle(rig: Rig, words: list[str]) -> Outcome:
    for known in rig.files.get(_directory(words[0]), {}).values():
        if known.preset.uri not in rig.presets:
            rig.presets[known.preset.uri] = known
            _list_presets(rig, known.plugin_uri)
    return OK


def _remove_bundle(rig: Rig, words: list[str]) -> Outcome:
    for known in rig.files.get(_directory(words[0]), {}).values():
        if rig.presets.pop(known.preset.uri, None):
            _list_presets(rig, known.plugin_uri)
    return OK


def _list_presets(rig: Rig, plugin_uri: str) -> None:
    """Make the catalogue list a plugin's presets as they are known now."""
    presets = tuple(known.preset for known in rig.presets.values() if known.plugin_uri == plugin_uri)
    rig.plugins[plugin_uri] = replace(rig.plugins[plugin_uri], presets=presets)


def _directory(word: str) -> str:
    return word.removeprefix("file://").rstrip("/")


COMMANDS: Mapping[str, Command] = {
    "preset_load": Command(2, 2, _load),
    "preset_save": Command(4, 4, _save),
    "preset_show": Command(1, 1, _show),
    "bundle_add": Command(1, 1, _add_bundle),
    "bundle_remove": Command(2, 2, _remove_bundle),
}
