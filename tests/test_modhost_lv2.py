"""The installed LV2 plugins: a bundle as the real liblilv reads it, and when it is read again."""

import ctypes.util
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from served_modhost import ModHostThread, wait_until

from controld.bridge.hosts import known, lv2_installed
from controld.bridge.hosts.catalogue import Preset, ScalePoint, load_catalogue
from controld.bridge.hosts.lv2_cache import (
    bundles,
    cache_path,
    document,
    fingerprint,
    lv2_folders,
    parse_document,
    read_cache,
    stamps,
    write_cache,
)
from controld.bridge.hosts.lv2_installed import Installed, Scan
from controld.bridge.hosts.modhost import ModHost

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
    [ a lv2:InputPort , lv2:ControlPort ; lv2:index 2 ; lv2:symbol "gain" ; lv2:name "Gain" ; lv2:minimum -20.1 ;
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
    until(installed, lambda: installed.settled and not installed.looking)
    installed.close()
    return installed


def until(installed: Installed, condition: Callable[[], object]) -> list[Scan]:
    """Go on until something holds; returns the ends of looks that came by."""
    scans: list[Scan] = []

    def look() -> object:
        scan = installed.pump()
        scans.extend([scan] if scan else [])
        return condition()

    wait_until(look, "the plugins")
    return scans


def add_bundle(folder: Path, name: str, uri: str) -> Path:
    """Install another plugin."""
    bundle = folder / "lv2" / f"{name}.lv2"
    bundle.mkdir()
    for file, text in {"manifest.ttl": MANIFEST, "fuzz.ttl": PLUGIN}.items():
        (bundle / file).write_text(text.replace("urn:test:fuzz", uri), encoding="utf-8")
    return bundle


@needs_lilv
class TestReading:
    def test_a_plugin_is_read_whole(self, folder: Path) -> None:
        """Ports by kind, ranges, units of LV2 and its own, properties, named values, designations, presets."""
        plugins = read().plugins
        assert list(plugins) == ["urn:test:fuzz"]
        fuzz = plugins["urn:test:fuzz"]
        assert (fuzz.name, fuzz.version, fuzz.audio_inputs, fuzz.audio_outputs) == ("Füzz", "2.4", ("in",), ("out",))
        assert (fuzz.midi_inputs, [output.symbol for output in fuzz.outputs]) == (("events",), ["meter"])
        assert fuzz.bundle == str(folder / "lv2/fuzz.lv2")
        gain, mode, enabled = fuzz.controls
        assert (gain.minimum, gain.maximum, gain.default, gain.unit) == (-20.1, 20.0, 0.5, "db")
        assert gain.unit_label == "dB"
        assert gain.properties | mode.properties == {"logarithmic", "integer", "enumeration"}
        assert mode.scale_points == (ScalePoint(0.0, "soft"), ScalePoint(1.0, "hard"))
        assert mode.unit_label == "steps"
        assert (enabled.minimum, enabled.maximum, fuzz.enabled_control) == (0.0, 1.0, enabled)
        assert fuzz.presets == (Preset("urn:test:fuzz:loud", "Loud", {"gain": 12.0}),)

    def test_it_is_read_once_and_again_when_a_bundle_changed(self, folder: Path) -> None:
        """The list is kept on disk; meanwhile the old list serves. A description that is written to is a change."""
        read()
        kept = cache_path().stat()
        assert "urn:test:fuzz" in read().plugins
        assert cache_path().stat().st_ino == kept.st_ino  # nothing was read anew
        (folder / "lv2/fuzz.lv2/fuzz.ttl").write_text(PLUGIN.replace("Füzz", "Fuzz II"), encoding="utf-8")
        installed = Installed()
        assert (installed.settled, installed.plugins["urn:test:fuzz"].name) == (True, "Füzz")
        until(installed, lambda: installed.plugins["urn:test:fuzz"].name == "Fuzz II")
        assert read().plugins["urn:test:fuzz"].name == "Fuzz II"

    def test_a_bundle_that_comes_or_goes_is_told_once_when_asked(self, folder: Path) -> None:
        """Also one that comes while it is looked already."""
        installed = read()
        added = add_bundle(folder, "other", "urn:test:other")
        installed.refresh()
        more = add_bundle(folder, "more", "urn:test:more")
        installed.refresh()
        scans = until(installed, lambda: len(installed.plugins) == 3 and not installed.looking)
        assert sum(scan.added for scan in scans) == 2
        assert {bundle for scan in scans for bundle in scan.new_bundles} == {str(added), str(more)}
        for file in added.iterdir():
            file.unlink()
        added.rmdir()
        installed.refresh()
        (scan,) = until(installed, lambda: not installed.looking)
        assert (scan.plugins, scan.added, scan.removed, scan.new_bundles) == (2, 0, 1, ())
        installed.close()

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

    def test_mod_host_is_told_of_new_bundles_and_everybody_of_the_plugins(self, folder: Path) -> None:
        """A plugin that was installed while mod-host runs can be loaded: mod-host knows its bundle by our word."""
        with ModHostThread() as mod_host, closing(ModHost(mod_host.address, folder / "kept.json")) as host:
            events: list[dict[str, object]] = []

            def told() -> object:
                events.extend(event for event in host.take_events() if event["type"] == "plugins_rescanned")
                return events

            wait_until(lambda: host.take_events() or host.healthy(), "health")
            bundle = add_bundle(folder, "other", "urn:test:other")
            host.rescan()
            wait_until(told, "the end of the scan")
            counts = {"plugin_count": 2, "plugins_added": 1, "plugins_removed": 0}
            assert events == [{"type": "plugins_rescanned", **counts}]
            assert f"bundle_add {bundle}" in mod_host.lines
            host.rescan()
            wait_until(lambda: told() and len(events) == 2, "an answer though nothing changed")
            assert events[1]["plugins_added"] == 0

    def test_check_knows_what_was_read_until_the_bundle_changes(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A mistake in a parameter of an installed plugin is told as one of a packaged plugin; of the new it is not."""
        read()
        board = folder / "board.yaml"
        board.write_text(
            "version: 1\nname: A\neffects: {fuzz: {plugin: 'urn:test:fuzz', parameters: {gian: 1}}}\n", encoding="utf-8"
        )
        command = [sys.executable, "-m", "controld.cli", "check", str(board)]

        def check() -> str:
            return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout

        assert "`fuzz` has no parameter `gian` (did you mean `gain`?)" in check()
        (folder / "lv2/fuzz.lv2/fuzz.ttl").write_text(PLUGIN.replace('"gain"', '"gian"'), encoding="utf-8")
        assert "no problems" in check()

    def test_the_simulation_plays_what_was_read(self, folder: Path) -> None:
        """A pedalboard for this machine's plugins can be tried without a mod-host."""
        from bridge_process import running

        read()
        with running(host="virtual", command=("-m", "controld.bridge.main")) as bridge:
            assert bridge.plugin("get_plugin_essentials", plugin_uri="urn:test:fuzz")["success"]
            assert bridge.command("add urn:test:fuzz 1") == "resp 1"
            assert bridge.command("preset_load 1 urn:test:fuzz:loud") == "resp 0"
            assert bridge.command("param_get 1 gain") == "resp 0 12.0000"
            listed = bridge.plugin("list_bundle_plugins", bundle_path=str(folder / "lv2/fuzz.lv2"))
            assert listed["plugins"] == ["urn:test:fuzz"]


class TestWithout:
    def test_no_bundles_are_the_packaged_plugins_at_once(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing is read where nothing is."""
        monkeypatch.setenv("LV2_PATH", str(folder / "none"))
        installed = Installed()
        assert (installed.settled, dict(installed.plugins)) == (True, dict(load_catalogue()))

    @pytest.mark.parametrize("program", [("false",), ("echo", "no JSON"), ("echo", "{}"), ("/nowhere/none",)])
    def test_what_cannot_be_read_leaves_the_packaged_plugins(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, program: tuple[str, ...]
    ) -> None:
        """Without liblilv, or where it crashes: that is said once, and the bridge works on."""
        monkeypatch.setattr(lv2_installed, "SCAN", program)
        installed = read()
        installed.refresh()
        until(installed, lambda: not installed.looking)
        assert dict(installed.plugins) == dict(load_catalogue())
        assert caplog.text.count("cannot be read") == 1


class TestKeeping:
    ENTRIES = ({"uri": "urn:test:a", "name": "A", "bundle": "/a.lv2"}, {"uri": "urn:test:b", "name": "B"})

    @given(st.data())
    def test_a_damaged_file_is_no_file_and_a_whole_one_is_itself(self, data: st.DataObject) -> None:
        """Cut anywhere, or with any byte another: it is never taken for something it is not."""
        text = document(self.ENTRIES, {"/a.lv2": "1"})
        whole = parse_document(text)
        assert whole is not None
        assert [plugin.name for plugin in whole.values()] == ["A", "B"]
        at = data.draw(st.integers(0, len(text) - 1))
        if data.draw(st.booleans()):
            damaged = text[:at]
        else:
            damaged = text[:at] + bytes([text[at] ^ data.draw(st.integers(1, 255))]) + text[at + 1 :]
        found = parse_document(damaged)
        if found is not None:  # a byte of a bundle's stamp or of a name: the plugins are whole, or are not there
            assert len(found) == 2
            assert {plugin.name for plugin in found.values()} <= {"A", "B"}

    @needs_lilv
    @pytest.mark.parametrize("text", [b"", b"[", b"[]", b"{}", b'{"version": 2}\n', b"\xff\n\xff"])
    def test_a_damaged_cache_is_rebuilt(self, folder: Path, text: bytes) -> None:
        """It is read anew, and kept whole again."""
        cache_path().parent.mkdir(parents=True)
        cache_path().write_bytes(text)
        assert list(read().plugins) == ["urn:test:fuzz"]
        assert read_cache(cache_path()) is not None

    def test_another_version_is_not_read(self) -> None:
        """Nor one without a plugin."""
        text = document(self.ENTRIES, {})
        assert parse_document(text.replace(b'"version": 2', b'"version": 1')) is None
        assert parse_document(document([], {})) is None

    def test_nothing_half_written_stays(self, tmp_path: Path) -> None:
        """A disk that refuses leaves the old text and no other file."""
        path = tmp_path / "folder" / "cache.json"
        write_cache(path, b"old")
        path.unlink()
        path.mkdir()
        with pytest.raises(OSError, match="directory"):
            write_cache(path, b"new")
        assert list(path.parent.iterdir()) == [path]

    def test_an_entry_of_another_form_is_no_plugin(self) -> None:
        """The others are there."""
        found = parse_document(document([{"uri": "urn:x", "controls": 3}, *self.ENTRIES], {}))
        assert found is not None
        assert found.get("urn:x") is None
        found.warm(9)
        assert "urn:test:b" in found

    def test_the_fingerprint_follows_the_bundles(self, folder: Path) -> None:
        """One that comes, goes, or has a description written or put in another's place makes another."""
        description = folder / "lv2/fuzz.lv2/fuzz.ttl"
        seen = [fingerprint(stamps(lv2_folders()))]

        def step(change: Callable[[], object]) -> None:
            change()
            seen.append(fingerprint(stamps(lv2_folders())))

        step((folder / "lv2/other.lv2").mkdir)
        step(lambda: (folder / "lv2/other.lv2/manifest.ttl").write_text("# nothing"))
        step(lambda: os.utime(description, ns=(1, 1)))
        step(lambda: description.replace(description.with_suffix(".old")))
        assert len(set(seen)) == len(seen)
        assert list(bundles([folder / "none"])) == []
        assert fingerprint({}) == ""

    def test_a_packaged_plugin_stays_as_packaged_with_what_is_new_in_the_installed_one(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A rig for a newer version of the plugin is not called wrong."""
        uri, plugin = next(iter(load_catalogue().items()))
        bundle = str(folder / "lv2/fuzz.lv2")
        first = plugin.controls[0].symbol
        level = {"name": "x", "minimum": 0, "maximum": 7, "default": 0}
        entry: dict[str, object] = {"uri": uri, "name": "new", "bundle": bundle}
        entry["controls"] = [{"symbol": first, **level}, {"symbol": "brand_new", **level}]
        write_cache(cache_path(), document([entry], stamps(lv2_folders())))
        found = known.KnownPlugins()[uri]
        assert found.name == plugin.name
        assert found.control_by_symbol[first] == plugin.controls[0]
        assert found.control_by_symbol["brand_new"].maximum == 7
        Path(bundle, "manifest.ttl").touch()
        assert known.KnownPlugins()[uri] == plugin
        assert "urn:nope" not in known.KnownPlugins()
