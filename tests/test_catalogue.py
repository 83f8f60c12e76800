"""The packaged plugins are what the installed LV2 bundles say they are."""

import re
import shutil
import subprocess
import time

import pytest

from controld.bridge.hosts.catalogue import PROPERTIES, Plugin, load_catalogue, parse_plugin

CATALOGUE = load_catalogue()
PLUGINS = [pytest.param(plugin, id=plugin.name) for plugin in CATALOGUE.values()]

# What a guitarist's rig is made of; each must be there, by a plugin's name.
RIG = {
    "overdrive": "MDA Overdrive",
    "screamer": "GxTubeScreamer",
    "distortion": "GxBoss DS1",
    "fuzz": "GxFuzzFaceJH2",
    "amp": "GxAmplifier-X",
    "cabinet": "GxCabinet",
    "chorus": "GxChorus-Stereo",
    "phaser": "GxPhaser",
    "flanger": "MDA ThruZero",
    "tremolo": "GxTremolo",
    "delay": "Calf Vintage Delay",
    "reverb": "Calf Reverb",
    "wah": "GxWah",
    "compressor": "Calf Compressor",
    "equalizer": "Calf Equalizer 5 Band",
    "gate": "Calf Gate",
    "tuner": "x42 Instrument Tuner",
    "limiter": "x42-dpl - Digital Peak Limiter Stereo",
    "synth": "MDA JX10",
    "gain": "Simple Amplifier",
}


def lv2info(uri: str) -> str:
    """Return what lv2info says of a plugin; skip where it, or the plugin, is not installed."""
    if not shutil.which("lv2info"):
        pytest.skip("lv2info (package lilv-utils) is not installed")
    result = subprocess.run(["lv2info", uri], capture_output=True, text=True, timeout=10, check=False)
    if result.returncode:
        pytest.skip(f"the bundle of {uri} is not installed")
    return result.stdout


def fields(text: str) -> dict[str, str]:
    """Return the "Key: value" lines of one part of lv2info's text, the first of each key."""
    found: dict[str, str] = {}
    for key, value in re.findall(r"^\s+([A-Z][A-Za-z ]*):[ \t]+(\S.*)$", text, re.MULTILINE):
        found.setdefault(key, value)
    return found


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_entry_agrees_with_the_installed_bundle(plugin: Plugin) -> None:
    """Names, symbols in port order, ranges, defaults, designations, properties, scale points are as in the bundle."""
    head, *ports = re.split(r"\n\tPort \d+:\n", lv2info(plugin.uri))
    assert fields(head)["Name"] == plugin.name
    told = {"InputPort": list(plugin.controls), "OutputPort": list(plugin.outputs)}
    for port in ports:
        if "#ControlPort" not in port:
            continue
        control = told["InputPort" if "#InputPort" in port else "OutputPort"].pop(0)
        facts = fields(port)
        assert (control.symbol, control.name) == (facts["Symbol"], facts["Name"])
        assert control.designation == facts.get("Designation", "")
        for key, value in (("Minimum", control.minimum), ("Maximum", control.maximum), ("Default", control.default)):
            if key in facts:
                assert float(facts[key]) == pytest.approx(value, abs=1e-6), (control.symbol, key)
        named = set(re.findall(r"#(\w+)", port.partition("Properties:")[2])) & PROPERTIES
        assert control.properties == named
        points = re.findall(r'^\s+(?:Scale Points:\s+)?(-?[\d.]+) = "(.*)"$', port, re.MULTILINE)
        assert [point.label for point in control.scale_points] == [
            label for _, label in sorted(points, key=lambda point: (float(point[0]), point[1]))
        ]
    assert told == {"InputPort": [], "OutputPort": []}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_audio_and_midi_ports_are_the_bundles_own(plugin: Plugin) -> None:
    """Every audio and MIDI port is there, with its symbol and direction, in port order."""
    ports = re.split(r"\n\tPort \d+:\n", lv2info(plugin.uri))[1:]
    audio = [port for port in ports if "#AudioPort" in port]
    midi = [port for port in ports if "#AtomPort" in port]
    assert plugin.audio_inputs == tuple(fields(port)["Symbol"] for port in audio if "#InputPort" in port)
    assert plugin.audio_outputs == tuple(fields(port)["Symbol"] for port in audio if "#OutputPort" in port)
    assert {*plugin.midi_inputs, *plugin.midi_outputs} <= {fields(port)["Symbol"] for port in midi}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_presets_are_the_bundles_own(plugin: Plugin) -> None:
    """lv2info lists the same preset names, no more and no less."""
    listed = lv2info(plugin.uri).partition("Presets:")[2].partition("Port 0:")[0]
    assert sorted(preset.label for preset in plugin.presets) == sorted(re.findall(r"\S.*\S|\S", listed))


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_entry_makes_sense(plugin: Plugin) -> None:
    """Ranges hold their defaults, presets name controls of the plugin, and the source of the facts is named."""
    assert re.match(r"[a-z0-9-]+ \S+\Z", plugin.package)
    for control in plugin.controls + plugin.outputs:
        assert control.minimum <= control.default <= control.maximum, control.symbol
        assert control.minimum < control.maximum
        assert control.properties <= PROPERTIES
    for preset in plugin.presets:
        assert preset.values
        assert preset.values.keys() <= plugin.control_by_symbol.keys()


def test_a_guitarists_rig_can_be_built() -> None:
    """Every kind of pedal is there, some with presets and some with a port that is 1 while active."""
    names = {plugin.name for plugin in CATALOGUE.values()}
    assert not set(RIG.values()) - names
    assert sum(bool(plugin.presets) for plugin in CATALOGUE.values()) >= 4
    assert sum(plugin.enabled_control is not None for plugin in CATALOGUE.values()) >= 4
    assert CATALOGUE["http://lv2plug.in/plugins/eg-amp"].control_by_symbol["gain"].unit == "db"
    assert any(plugin.midi_inputs and plugin.audio_outputs for plugin in CATALOGUE.values())


def test_the_catalogue_is_read_fast_and_once() -> None:
    """A start does not wait for it: the best of five readings takes less than 30 ms."""
    from controld.bridge.hosts import catalogue

    assert load_catalogue() is CATALOGUE
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        assert len(list(catalogue._read())) == len(CATALOGUE)
        best = min(best, time.perf_counter() - start)
    assert best < 0.03


def test_values_outside_a_range_are_clamped() -> None:
    """The nearest value of the range is taken; NaN stays, as in mod-host."""
    gain = CATALOGUE["http://lv2plug.in/plugins/eg-amp"].control_by_symbol["gain"]
    assert [gain.clamped(value) for value in (-1000.0, 3.0, 1000.0)] == [-90, 3.0, 24]
    assert gain.clamped(float("nan")) != gain.clamped(float("nan"))


def test_an_unknown_member_is_an_error() -> None:
    """A misspelt member of a file does not pass silently."""
    with pytest.raises(TypeError, match="licence"):
        parse_plugin({"uri": "urn:x", "name": "X", "licence": "?"})
