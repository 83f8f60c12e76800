"""A MOD bundle's MIDI bindings become a profile and rules that mean what MOD meant."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from imported_bundles import OWN_CONTROLS, imported, missed, played, text_of, written
from mod_bundle import CHORUS, DS1, UNKNOWN, Effect, bundle_texts, two_effects

from controld.actions import SetTransport
from controld.check import catalogue_symbols
from controld.config import load_rig
from controld.events import ControlMoved


class TestControls:
    """MIDI bindings, and MOD's own hardware."""

    def test_the_rig_follows_its_controllers_as_in_mod(self, tmp_path: Path) -> None:
        """64 and above makes an effect active; a parameter moves between the ends of its binding."""
        rig = played(imported(two_effects()), tmp_path)
        board = rig.rig.session
        rig.receive(ControlMoved("mod.cc60", 64 / 127, rig.now))
        assert not next(each for each in rig.engine.effects.values() if each.uri == DS1).bypassed
        rig.receive(ControlMoved("mod.cc60", 63 / 127, rig.now))
        assert next(each for each in rig.engine.effects.values() if each.uri == DS1).bypassed
        for position, value in ((0.0, 0.1), (0.5, 0.5), (1.0, 0.9)):
            rig.receive(ControlMoved("mod.cc70", position, rig.now))
            rig.wait(0.1)
            drive = next(each for each in rig.engine.effects.values() if each.uri == DS1)
            assert drive.values["DRIVE"] == pytest.approx(value)
        assert board.snapshot == "Clean"

    def test_the_profile_has_what_is_bound(self, tmp_path: Path) -> None:
        """The channel that most use is the profile's; the pitch bend is a control of its own."""
        bound: dict[str, tuple[int, int]] = {":bypass": (13, 60), "x": (13, 131), "y": (1, 7)}
        texts = bundle_texts("P", [Effect("m", UNKNOWN, {"x": 1, "y": 2}, bound=bound)])
        surface = load_rig(written(imported(texts), tmp_path)).surfaces[0]
        assert surface.profile.channel == 14
        assert list(surface.profile.controls) == ["ch2-cc7", "cc60", "bend"]

    def test_ends_that_say_nothing_are_not_written(self) -> None:
        """Ends in the wrong order, or those of the whole range, mean the whole range in MOD."""
        bound = {"DRIVE": (0, 1, 0.0, 1.0), "TONE": (0, 2, 0.8, 0.2), "LEVEL": (0, 3, -10.0, 99.0)}
        texts = bundle_texts("P", [Effect("d", DS1, {"DRIVE": 0, "TONE": 0, "LEVEL": 0}, bound=bound)])
        rules = text_of(imported(texts), "mappings/")
        assert "do: {parameter: d/DRIVE}" in rules
        assert "do: {parameter: d/TONE}" in rules
        assert "do: {parameter: d/LEVEL, range: [-10, 12]}" in rules  # within what the plugin has

    def test_one_controller_may_move_several(self, tmp_path: Path) -> None:
        """They become one rule with a list."""
        effects = [Effect("d", DS1, {"DRIVE": 0.5}, bound={":bypass": (0, 9), "DRIVE": (0, 9)}),
                   Effect("c", CHORUS, bound={":bypass": (0, 9)}, x=1)]  # fmt: skip
        rig = played(imported(bundle_texts("S", effects)), tmp_path)
        rig.receive(ControlMoved("mod.cc9", 0.0, rig.now))
        assert {each.bypassed for each in rig.engine.effects.values()} == {True}

    def test_rolling_is_the_transport(self, tmp_path: Path) -> None:
        """The transport starts in the upper half; tempo and bars do not follow a control, which is told."""
        clock, bound = {":bpm": 120.0, ":bpb": 4.0, ":rolling": 0}, {":bpm": (0, 1), ":bpb": (0, 2), ":rolling": (0, 3)}
        outcome = imported(bundle_texts("T", [Effect("d")], clock=clock, clock_bound=bound))
        rig = played(outcome, tmp_path)
        for position in (0.0, 1.0, 0.9, 0.0):  # the first only tells where it stands
            rig.receive(ControlMoved("mod.cc3", position, rig.now))
        assert [intent.action for intent in rig.happened.intents] == [SetTransport(True), SetTransport(False)]
        assert "CC 1 on `:bpm`" in missed(outcome)
        assert "CC 2 on `:bpb`" in missed(outcome)

    @pytest.mark.parametrize(
        ("actuator", "more", "proposal"),
        [
            ("/hmi/knob1", {"port": "DRIVE"}, "do: {parameter: d/DRIVE, range: [0.2, 0.6]}"),
            ("/hmi/footswitch2", {"port": ":bypass"}, "do: {bypass: d}"),
            ("/hmi/footswitch2", {"port": ":bypass", "momentary": 1}, "do: {bypass: d, to: active, release: return}"),
            ("/hmi/footswitch2", {"port": ":bypass", "momentary": 2}, "do: {bypass: d, to: bypassed, release: return}"),
            (
                "/hmi/footswitch1",
                {"port": "DRIVE", "momentary": 1},
                "do: {parameter: d/DRIVE, to: 0.6, release: return}",
            ),
            (
                "/hmi/footswitch1",
                {"port": "DRIVE", "momentary": 2},
                "do: {parameter: d/DRIVE, to: 0.2, release: return}",
            ),
            ("/hmi/knob1", {"port": ":bypass"}, "do: {bypass: d, to: control}"),
            ("/hmi/footswitch1", {"port": "DRIVE"}, "do: {parameter: d/DRIVE, toggle: [0.2, 0.6]}"),
            ("/hmi/footswitch1", {"port": ":bpm", "instance": "/pedalboard"}, "do: {tempo: tap}"),
            ("/hmi/footswitch1", {"port": ":presets"}, "do: {preset: d, to: next}"),
            ("/hmi/knob2", {"port": ":presets", "instance": "/pedalboard"}, "do: {snapshot: next}"),
            ("urn:cc:device:0", {"port": "DRIVE"}, "do: {parameter: d/DRIVE, range: [0.2, 0.6]}"),
        ],
    )
    def test_mods_own_hardware_becomes_proposals(
        self, actuator: str, more: Mapping[str, object], proposal: str, tmp_path: Path
    ) -> None:
        """A knob of MOD sends no MIDI: its rule waits as a comment that loads once it is taken."""
        entry = {"instance": "/graph/d", "label": "Drive", "minimum": 0.2, "maximum": 0.6, "page": 0, **more}
        outcome = imported(bundle_texts("H", [Effect("d", DS1)], addressings={actuator: [entry]}))
        rules = text_of(outcome, "mappings/")
        assert f"  #   {proposal}\n" in rules
        assert rules.splitlines()[4] == "rules: []"
        assert "MOD's own hardware sends no MIDI" in missed(outcome)
        folder = written(outcome, tmp_path)
        head, _, proposals = rules.partition("# MOD's own knobs")
        taken = re.sub(r"^  # (?=- |  )", "  ", proposals.partition(":\n")[2], flags=re.MULTILINE)
        mapping = next(folder.glob("mappings/*.yaml"))
        mapping.write_text(head.replace("rules: []", "rules:") + taken, encoding="utf-8")
        (folder / "surfaces").mkdir()
        (folder / "surfaces/own.yaml").write_text(OWN_CONTROLS)
        rig = (folder / "controld.yaml").read_text() + 'surfaces: {floor: {profile: own, midi: {in: "*"}}}\n'
        (folder / "controld.yaml").write_text(rig)
        assert len(load_rig(folder, catalogue_symbols()).rules) == 1

    @pytest.mark.parametrize(
        ("addressings", "why"),
        [
            (
                {"/cv/graph/lfo/out": {"name": "LFO", "addrs": [{"instance": "/graph/d", "port": "DRIVE"}]}},
                "control voltage",
            ),
            ({"/cv/graph/cv_capture_1": [{"instance": "/graph/d", "port": "DRIVE"}]}, "control voltage"),
            ({"/bpm": [{"instance": "/graph/d", "port": "DRIVE", "tempo": True}]}, "following the tempo"),
            ({"/hmi/knob1": [{"instance": "/graph/gone", "port": "DRIVE"}]}, "gone/DRIVE"),
        ],
    )
    def test_what_cannot_be_a_rule_is_told(self, addressings: object, why: str) -> None:
        """Control voltage, and parameters in beats."""
        assert why in missed(imported(bundle_texts("H", [Effect("d", DS1)], addressings=addressings)))

    def test_several_pedalboards_are_one_rig(self, tmp_path: Path) -> None:
        """Each has its own rules, under its own name, on controls they share."""
        rig = load_rig(written(imported(two_effects(), two_effects()), tmp_path))
        assert [board.name for board in rig.pedalboards] == ["Two Effects", "Two Effects (2)"]
        assert len(rig.surfaces) == 1
        assert len(rig.rules) == 6
