"""Blends of snapshots, the overlay of a pedalboard, and mistakes in the files of a pi-Stomp."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imported_bundles import missed, text_of, written

# Written after the comments of pi-Stomp's own templates.
from imported_pistomp import BLEND, DEFAULT, PLACES, SOME_YAML, imported, played, press, rules_of, switches_of
from mod_bundle import two_effects

from controld.errors import ConfigError
from controld.events import ControlMoved
from controld.importers.emit import flow
from controld.importers.pistomp_blends import _EASINGS, curve_points
from controld.offline import OfflineRig
from controld.values import points_curve
from controld.yaml_reader import compose


class TestBlends:
    """Snapshots that a pedal goes through."""

    def test_a_pedal_blends_until_another_snapshot_is_recalled(self, tmp_path: Path) -> None:
        """On when the pedalboard is loaded, off with another snapshot, on again with that of its name."""
        texts = two_effects()
        texts["snapshots.json"] = texts["snapshots.json"].replace('"Lead"', '"Dry", "data": {}}, {"name": "Lead"')
        own = BLEND.replace('"0.0": 0', '"0.0": clean')
        rig = played(imported(own=own, board=texts), tmp_path)
        assert self.swept(rig, 0.5, 1.0, 0.0) == [0.45, 0.6, 0.3]
        press(rig, "fs2", held_s=0.7)
        assert rig.rig.session.snapshot == "Dry"
        assert self.swept(rig, 0.5, 1.0) == [0.3, 0.3]
        for _ in range(2):
            press(rig, "fs2", held_s=0.7)
        assert rig.rig.session.snapshot == "Swell"
        assert self.swept(rig, 0.5) == [0.45]

    def swept(self, rig: OfflineRig, *positions: float) -> list[float]:
        """Return the reverb's amount after each of some positions of the pedal."""
        found = []
        for position in positions:
            rig.receive(ControlMoved("floor.exp1", position, rig.now))
            rig.wait(0.2)
            found.append(round(list(rig.engine.effects.values())[1].values["amount"], 3))
        return found

    def test_without_its_pedalboard_it_waits_as_a_comment(self, tmp_path: Path) -> None:
        """The snapshots are the pedalboard's."""
        outcome = imported(own=BLEND)
        assert "  # - when: floor.exp1\n  #   do: {morph: {0 %: 1, 100 %: lead}}\n" in rules_of(outcome)
        assert "the blend `Swell`: its pedalboard is not known" in missed(outcome)
        written(outcome, tmp_path)

    @pytest.mark.parametrize(
        ("stops", "found"),
        [("[0, Lead]", "{0 %: Clean, 100 %: Lead}"), ("[Clean, 1, 0]", "{0 %: Clean, 50 %: Lead, 100 %: Clean}")],
    )
    def test_stops_in_a_list_are_evenly_spaced(self, stops: str, found: str) -> None:
        """By number from 0, or by name."""
        own = f"blend_snapshots:\n  - {{name: S, input_id: 0, stops: {stops}}}\n"
        assert f"do: {{morph: {found}}}" in rules_of(imported(own=own, board=two_effects()))

    @pytest.mark.parametrize(
        ("own", "why"),
        [
            ("{name: S, input_id: 9, stops: [0, 1]}", "no pedal, knob or encoder has the id 9"),
            ("{name: S, input_id: 0, stops: [0, 7]}", "one of its snapshots is not in the pedalboard"),
            ("{name: S, input_id: 0, stops: [0, 1], interpolation: wobble}", "the interpolation `wobble`"),
        ],
    )
    def test_what_cannot_be_blended_is_told(self, own: str, why: str, tmp_path: Path) -> None:
        """With its reason, and the files load all the same."""
        outcome = imported(own=f"blend_snapshots:\n  - {own}\n", board=two_effects())
        assert why in missed(outcome)
        written(outcome, tmp_path)

    @pytest.mark.parametrize("easing", _EASINGS)
    def test_interpolations_become_curves(self, easing: str, tmp_path: Path) -> None:
        """Points that load, near enough to the function pi-Stomp has."""
        own = f"blend_snapshots:\n  - {{name: S, input_id: 0, stops: [0, 1], interpolation: {easing}}}\n"
        written(imported(own=own, board=two_effects()), tmp_path)
        shape = _EASINGS[easing]
        curve, _ = points_curve([(x, y) for x, y in curve_points(shape)])
        assert max(abs(curve(step / 100) - shape(step / 100)) for step in range(101)) < 0.1


class TestTheOverlay:
    """A pedalboard's own config.yml."""

    def test_it_changes_single_keys(self) -> None:
        """Footswitches by their id, key by key; what it does not say stays."""
        own = (
            "hardware:\n  footswitches:\n  - {id: 1, midi_CC: 77}\n  - {id: 2, preset: DOWN}\n  - {id: 9, midi_CC: 1}\n"
        )
        outcome = imported(own=own)
        assert "fs2: {cc: 77, kind: button}" in text_of(outcome, "surfaces/")
        assert "- when: floor.fs2 hold\n    do: {snapshot: next}" in rules_of(outcome)
        assert "- when: floor.fs3\n    do: {snapshot: previous}" in rules_of(outcome)
        assert "footswitch 9 in config.yml: default_config.yml has none of that id" in missed(outcome)

    def test_analog_controllers_are_not_its_own(self) -> None:
        """pi-Stomp reads them from the other file alone."""
        own = "hardware:\n  analog_controllers: [{adc_input: 1, midi_CC: 5}]\n"
        assert "`analog_controllers` in config.yml" in missed(imported(own=own))

    def test_it_may_be_blends_alone(self) -> None:
        """The hardware can be left as it is."""
        assert "morph" in rules_of(imported(own=BLEND, board=two_effects()))


class TestMistakes:
    """All of them at once, each with its place."""

    @pytest.mark.parametrize(
        ("config", "said"),
        [
            ("a: 1\n", "default_config.yml:1:1: there is no `hardware:` in it"),
            ("hardware: 3\n", "default_config.yml:1:11: there is no `hardware:` in it"),
            ("hardware: {footswitches: 3}\n", "expected `footswitches` as a list, found the number 3"),
            (switches_of("midi_CC: 60"), "a footswitch needs an `id`"),
            (switches_of("id: 0, midi_CC: 200"), "expected `midi_CC` from 0 to 127, found the number 200"),
            (switches_of("id: 0, midi_CC: loud"), "expected `midi_CC` from 0 to 127, found the text `loud`"),
            (switches_of("id: 0, disable: maybe"), "expected `disable` as true or false, found the text `maybe`"),
            (switches_of("id: 0\nid: 0"), "several footswitches have the id 0"),
            (switches_of("id: 0, longpress: {a: b}"), "expected `longpress` as a name or a list of names"),
            (DEFAULT + "blend_snapshots: [{name: x}]\n", "a blend needs `name`, `input_id` and at least two `stops`"),
            (DEFAULT.replace("channel: 14", "channel: 17"), "expected `channel` from 0 to 16, found the number 17"),
        ],
    )
    def test_each_has_its_place(self, config: str, said: str) -> None:
        """With line and column, and what was expected."""
        with pytest.raises(ConfigError) as caught:
            imported(config)
        assert said in str(caught.value)
        assert all(problem.line for problem in caught.value.problems)

    def test_all_are_told(self) -> None:
        """Not only the first."""
        with pytest.raises(ConfigError) as caught:
            imported(switches_of("id: 0, midi_CC: 200\nid: x"))
        assert len(caught.value.problems) == 3  # the number, the id, and that none is left

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(PLACES), SOME_YAML)
    def test_no_other_value_makes_a_traceback(self, place: str, value: object) -> None:
        """Whatever stands where something else is meant, it is refused with its place, or told, or does no harm."""
        key, _, old = place.partition(": ")
        config = (DEFAULT + BLEND).replace(place, f"{key}: {flow(value)}" if old else f"{key} {flow(value)}", 1)
        said = ["default_config.yml:1"]
        try:
            outcome = imported(config, board=two_effects())
        except ConfigError as error:
            said = [str(problem) for problem in error.problems]
        else:
            for made in outcome.files:
                assert compose(made.text, made.path)[1] == []
        assert all(text.startswith("default_config.yml:") for text in said)

    def test_messages_to_other_gear_are_told(self) -> None:
        """Its guide speaks of them; here they are rules."""
        outcome = imported(DEFAULT.replace("  encoders:", "  external_midi: {}\n  encoders:"))
        assert "`external_midi` in hardware (default_config.yml:36): rules send to other gear" in missed(outcome)

    def test_keys_that_pi_stomp_does_not_read_are_told(self) -> None:
        """A slip of the pen would otherwise be lost."""
        outcome = imported(switches_of("id: 0, midi_cc: 60"))
        assert "`midi_cc` in footswitch 0 (default_config.yml:5)" in missed(outcome)
