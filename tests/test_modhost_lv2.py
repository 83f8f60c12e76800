"""The installed LV2 plugins: a bundle as the real liblilv reads it, and when it is read again."""

import ctypes.util
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from served_modhost import wait_until

from controld.bridge.hosts import lv2_installed
from controld.bridge.hosts.catalogue import Preset, ScalePoint, load_catalogue
from controld.bridge.hosts.lv2_installed import Installed, fingerprint, lv2_folders

needs_lilv = pytest.mark.skipif(not ctypes.util.find_library("lilv-0"), reason="liblilv is not installed")

MANIFEST = """\
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<urn:test:fuzz> a lv2:Plugin ; lv2:binary <none.so> ; rdfs:seeAlso <fuzz.ttl> .
<urn:test:fuzz:loud> a pset:Preset ; lv2:appliesTo <urn:test:fuzz> ; rdfs:seeAlso <loud.ttl> .
"""
PLUGIN = """\
@prefix atom: <http://lv2plug.in/ns/ext/atom#> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pprops: <http://lv2plug.in/ns/ext/port-props#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix units: <http://lv2plug.in/ns/extensions/units#> .
<urn:test:fuzz> a lv2:Plugin ; doap:name "Füzz" ; lv2:minorVersion 2 ; lv2:microVersion 4 ;
  lv2:port
    [ a lv2:InputPort , lv2:AudioPort ; lv2:index 0 ; lv2:symbol "in" ; lv2:name "In" ] ,
    [ a lv2:OutputPort , lv2:AudioPort ; lv2:index 1 ; lv2:symbol "out" ; lv2:name "Out" ] ,
    [ a lv2:InputPort , lv2:ControlPort ; lv2:index 2 ; lv2:symbol "gain" ; lv2:name "Gain" ; lv2:minimum -20.0 ;
      lv2:maximum 20.0 ; lv2:default 0.5 ; units:unit units:db ; lv2:portProperty pprops:logarithmic ] ,
    [ a lv2:InputPort , lv2:ControlPort ; lv2:index 3 ; lv2:symbol "mode" ; lv2:name "Mode" ; lv2:minimum 0 ;
      lv2:maximum 1 ; lv2:default 1 ; lv2:portProperty lv2:integer , lv2:enumeration ;
      lv2:scalePoint [ rdfs:label "soft" ; rdf:value 0 ] , [ rdfs:label "hard" ; rdf:value 1 ] ;
      units:unit [ a units:Unit ; units:symbol "steps" ] ] ,
    [ a lv2:InputPort , lv2:ControlPort ; lv2:index 4 ; lv2:symbol "on" ; lv2:name "On" ; lv2:designation lv2:enabled ;
      lv2:portProperty lv2:toggled ] ,
    [ a lv2:OutputPort , lv2:ControlPort ; lv2:index 5 ; lv2:symbol "meter" ; lv2:name "Meter" ] ,
    [ a lv2:InputPort , atom:AtomPort ; lv2:index 6 ; lv2:symbol "events" ; lv2:name "Events" ] .
"""
PRESET = """\
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<urn:test:fuzz:loud> a pset:Preset ; rdfs:label "Loud" ; lv2:port [ lv2:symbol "gain" ; pset:value 12.0 ] .
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An LV2 path with one bundle in it, and a cache of its own."""
    bundle = tmp_path / "lv2" / "fuzz.lv2"
    bundle.mkdir(parents=True)
    for name, text in {"manifest.ttl": MANIFEST, "fuzz.ttl": PLUGIN, "loud.ttl": PRESET}.items():
        (bundle / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("LV2_PATH", str(tmp_path / "lv2"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def read() -> Installed:
    installed = Installed()
    until(installed, lambda: installed.settled)
    installed.close()
    return installed


def until(installed: Installed, condition: Callable[[], object]) -> None:
    def look() -> object:
        installed.pump()
        return condition()

    wait_until(look, "the plugins")


@needs_lilv
class TestReading:
    def test_a_plugin_is_read_whole(self, folder: Path) -> None:
        """Ports by kind, ranges, units of LV2 and its own, properties, named values, designations, presets."""
        plugins = read().plugins
        assert list(plugins) == ["urn:test:fuzz"]
        fuzz = plugins["urn:test:fuzz"]
        assert (fuzz.name, fuzz.version, fuzz.audio_inputs, fuzz.audio_outputs) == ("Füzz", "2.4", ("in",), ("out",))
        assert (fuzz.midi_inputs, [output.symbol for output in fuzz.outputs]) == (("events",), ["meter"])
        gain, mode, enabled = fuzz.controls
        assert (gain.minimum, gain.maximum, gain.default, gain.unit) == (-20.0, 20.0, 0.5, "db")
        assert gain.unit_label == "dB"
        assert gain.properties | mode.properties == {"logarithmic", "integer", "enumeration"}
        assert set(mode.scale_points) == {ScalePoint(0.0, "soft"), ScalePoint(1.0, "hard")}
        assert mode.unit_label == "steps"
        assert (enabled.minimum, enabled.maximum, fuzz.enabled_control) == (0.0, 1.0, enabled)
        assert fuzz.presets == (Preset("urn:test:fuzz:loud", "Loud", {"gain": 12.0}),)

    def test_it_is_read_once_and_again_when_a_bundle_changed(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The list is kept on disk; a bundle that is touched is a reason to read, and meanwhile the old list serves."""
        read()
        scan = lv2_installed.SCAN
        monkeypatch.setattr(lv2_installed, "SCAN", ("false",))
        assert "urn:test:fuzz" in read().plugins
        monkeypatch.setattr(lv2_installed, "SCAN", scan)
        (folder / "lv2/fuzz.lv2/fuzz.ttl").write_text(PLUGIN.replace("Füzz", "Fuzz II"), encoding="utf-8")
        (folder / "lv2/fuzz.lv2/more.ttl").touch()
        installed = Installed()
        assert (installed.settled, installed.plugins["urn:test:fuzz"].name) == (True, "Füzz")
        until(installed, lambda: installed.plugins["urn:test:fuzz"].name == "Fuzz II")
        assert read().plugins["urn:test:fuzz"].name == "Fuzz II"

    def test_a_saved_preset_is_known_at_once(self, folder: Path) -> None:
        """Also one that was overwritten, and never for a plugin that is not there."""
        installed = read()
        for value in (1.0, 2.0):
            installed.add_preset("urn:test:fuzz", Preset("file:///x.ttl", "Mine", {"gain": value}))
        installed.add_preset("urn:test:nope", Preset("file:///x.ttl", "Mine", {}))
        presets = installed.plugins["urn:test:fuzz"].presets
        assert [(preset.label, preset.values) for preset in presets] == [
            ("Loud", {"gain": 12.0}),
            ("Mine", {"gain": 2.0}),
        ]


class TestWithout:
    def test_no_bundles_are_the_packaged_plugins_at_once(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing is read where nothing is."""
        monkeypatch.setenv("LV2_PATH", str(folder / "none"))
        installed = Installed()
        assert (installed.settled, installed.plugins) == (True, load_catalogue())

    @pytest.mark.parametrize("program", [("false",), ("echo", "no JSON"), ("echo", "{}"), ("/nowhere/none",)])
    def test_what_cannot_be_read_leaves_the_packaged_plugins(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, program: tuple[str, ...]
    ) -> None:
        """Without liblilv, or where it crashes: that is said, and the bridge works on."""
        monkeypatch.setattr(lv2_installed, "SCAN", program)
        assert read().plugins == load_catalogue()

    @pytest.mark.parametrize(
        "text", ["", "[", "[]", '{"version": 9}', '{"version": 1, "fingerprint": "", "plugins": [3]}']
    )
    def test_a_damaged_cache_is_no_cache(self, folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        """It is read anew."""
        path = lv2_installed.cache_path()
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
        entry = json.dumps([{"uri": "urn:test:other", "name": "Other"}])
        monkeypatch.setattr(lv2_installed, "SCAN", ("echo", entry))
        assert list(read().plugins) == ["urn:test:other"]

    def test_the_fingerprint_follows_the_bundles(self, folder: Path) -> None:
        """One that comes, goes or is written to makes another."""
        seen = [fingerprint(lv2_folders())]
        (folder / "lv2/other.lv2").mkdir()
        seen.append(fingerprint(lv2_folders()))
        (folder / "lv2/other.lv2/manifest.ttl").write_text("# nothing")
        seen.append(fingerprint(lv2_folders()))
        assert len(set(seen)) == len(seen)
        assert fingerprint([folder / "none"]) == ""
