"""A pi-Stomp's configuration becomes a profile and rules that do what pi-Stomp did."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mod_bundle import two_effects
from test_import_mod_ui import FACTS, missed, text_of, written

from controld.actions import SetTuner
from controld.check import catalogue_symbols
from controld.config import load_rig
from controld.errors import ConfigError
from controld.events import ControlMoved
from controld.importers.board import board_of
from controld.importers.emit import flow
from controld.importers.mod_ui import read_bundle
from controld.importers.outcome import Outcome
from controld.importers.pistomp import import_pistomp
from controld.importers.pistomp_blends import _EASINGS, curve_points
from controld.importers.pistomp_config import overlaid, read_config
from controld.importers.pistomp_controls import LATCHING, MOMENTARY
from controld.mappings.profile import Kind
from controld.offline import OfflineRig
from controld.rehearse import rehearse
from controld.shape import Report
from controld.values import points_curve
from controld.yaml_reader import compose

# Written after the comments of pi-Stomp's own templates.
DEFAULT = """\
---
hardware:
  version: 3.0
  midi:
    channel: 14
  footswitches:
  - id: 0
    adc_input: 0
    ledstrip_position: 0
    midi_CC: 60
    longpress: previous_snapshot
  - id: 1
    adc_input: 1
    midi_CC: 61
    longpress: [next_snapshot, toggle_tuner_enable]
    color: Lime
  - id: 2
    adc_input: 2
    midi_CC: 62
    longpress: toggle_tuner_enable
  - id: 3
    adc_input: 3
    midi_CC: 63
    longpress: toggle_tap_tempo_enable
    tap_tempo: set_mod_tap_tempo
  analog_controllers:
  - adc_input: 5
    id: 0
    type: EXPRESSION
    midi_CC: 75
    autosync: true
  - adc_input: 0
    midi_CC: 70
    type: KNOB
    threshold: 16
  encoders:
  - id: 1
    midi_CC: 71
    longpress: previous_snapshot
  - id: 3
    type: VOLUME
"""
BLEND = """\
blend_snapshots:
  - name: "Swell"
    input_id: 0
    stops:
      "0.0": 0
      "1.0": "lead"
"""


PLACES = [
    "channel: 14", "version: 3.0", "id: 0", "midi_CC: 60", "longpress: previous_snapshot",
    "tap_tempo: set_mod_tap_tempo", "color: Lime", "type: EXPRESSION", "autosync: true", "midi_CC: 75",
    "type: VOLUME", "input_id: 0", 'name: "Swell"', '"0.0": 0', '"1.0": "lead"',
    "longpress: [next_snapshot, toggle_tuner_enable]",
]  # fmt: skip
SOME_YAML = st.recursive(
    st.booleans() | st.integers(-9, 300) | st.floats(-9, 9) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3),
    max_leaves=6,
)


def imported(
    config: str = DEFAULT, own: str = "", board: Mapping[str, str] | None = None, switches: str = MOMENTARY
) -> Outcome:
    """Return what becomes of a configuration, a pedalboard's own one, and its bundle."""
    report = Report()
    found = read_config(compose(config, "default_config.yml")[0], report)
    if own:
        found = overlaid(found, compose(own, "config.yml")[0], report)
    if report.problems:
        raise ConfigError(report.problems)
    bundle = None if board is None else board_of(read_bundle("B.pedalboard", board), FACTS)
    return import_pistomp(found, bundle, switches, "default_config.yml")


def rules_of(outcome: Outcome) -> str:
    """Return the mapping."""
    return text_of(outcome, "mappings/")


def switches_of(text: str) -> str:
    """Return a configuration with these footswitches, written one to a line."""
    return "hardware:\n  version: 2.0\n  midi: {channel: 1}\n  footswitches:\n" + "".join(
        f"  - {{{line}}}\n" for line in text.splitlines()
    )


def played(outcome: Outcome, folder: Path) -> OfflineRig:
    """Return the imported rig, ready to be played."""
    return rehearse(load_rig(written(outcome, folder), catalogue_symbols()))


def press(rig: OfflineRig, *names: str, held_s: float = 0.1) -> None:
    """Press switches together for a while."""
    for name in names:
        rig.receive(ControlMoved(f"floor.{name}", 1.0, rig.now))
    rig.wait(held_s)
    for name in names:
        rig.receive(ControlMoved(f"floor.{name}", 0.0, rig.now))
    rig.wait(0.5)


class TestTheProfile:
    """What the controls send."""

    def test_every_control_is_there(self, tmp_path: Path) -> None:
        """On the channel of the configuration, with what it really sends."""
        surface = load_rig(written(imported(), tmp_path)).surfaces[0]
        assert surface.profile.channel == 14
        found = {name: (control.source.number, control.kind) for name, control in surface.profile.controls.items()
                 if control.source}  # fmt: skip
        assert found == {
            "fs1": (60, Kind.BUTTON), "fs2": (61, Kind.BUTTON), "fs3": (62, Kind.BUTTON), "fs4": (63, Kind.BUTTON),
            "exp1": (75, Kind.PEDAL), "knob1": (70, Kind.KNOB), "enc1": (71, Kind.KNOB),
        }  # fmt: skip

    @pytest.mark.parametrize(("written_as", "channel"), [(0, 1), (1, 1), (16, 16)])
    def test_the_channel_counts_from_one(self, written_as: int, channel: int) -> None:
        """pi-Stomp writes it as musicians count, and takes 0 for the first."""
        config = DEFAULT.replace("channel: 14", f"channel: {written_as}")
        assert f"\nchannel: {channel}\n" in text_of(imported(config), "surfaces/")

    def test_switches_without_midi_get_a_number(self) -> None:
        """pi-Stomp recalls a snapshot itself and sends nothing: a spare controller is chosen, and told."""
        lines = "id: 0, preset: UP\nid: 1, midi_CC: 102\nid: 2, midi_CC: None, longpress: next_snapshot"
        outcome = imported(switches_of(lines))
        profile = text_of(outcome, "surfaces/")
        assert "  fs1: {cc: 103, kind: button}" in profile
        assert "  fs3: {cc: 104, kind: button}" in profile
        assert "pi-Stomp sends no MIDI for fs1, fs3: " in "\n".join(outcome.to_do)

    def test_behind_pi_stomps_own_program_switches_latch(self, tmp_path: Path) -> None:
        """It sends one message for each short press, and acts on the rest itself."""
        outcome = imported(DEFAULT + BLEND, board=two_effects(), switches=LATCHING)
        rig = load_rig(written(outcome, tmp_path))
        assert rig.surfaces[0].profile.controls["fs1"].kind is Kind.LATCH
        assert " hold" not in rules_of(outcome)
        assert "a latching switch tells nothing of how long it is held" in missed(outcome)
        assert "tap tempo on footswitch 3: pi-Stomp's own program taps" in missed(outcome)


class TestPresses:
    """Short presses of footswitches."""

    def test_presses_work_what_the_pedalboard_binds_to_them(self, tmp_path: Path) -> None:
        """The pedalboard says by its roles which effects a switch toggles; the rules are the same for all."""
        outcome = imported(board=two_effects())
        rig = played(outcome, tmp_path)
        assert "  - when: floor.fs1\n    do: {bypass: role:fs1}\n" in rules_of(outcome)
        assert "roles:\n  fs1: [BossDS1]\n  fs2: [Reverb]\n" in text_of(outcome, "pedalboards/")
        assert [each.bypassed for each in rig.engine.effects.values()] == [True, False]
        press(rig, "fs1")
        press(rig, "fs2")
        assert [each.bypassed for each in rig.engine.effects.values()] == [False, True]

    def test_unbound_presses_wait_as_comments(self, tmp_path: Path) -> None:
        """Without a pedalboard nothing says what a controller moves."""
        outcome = imported()
        assert "  # - when: floor.fs1\n  #   do: {bypass: role:fs1}\n" in rules_of(outcome)
        assert "floor.fs1, floor.fs2, floor.fs3, floor.fs4, floor.exp1, floor.knob1, floor.enc1" in outcome.to_do[-1]
        written(outcome, tmp_path)

    @pytest.mark.parametrize(("preset", "way"), [("UP", "next"), ("DOWN", "previous"), ("0", "1"), ("4", "5")])
    def test_presets_are_snapshots(self, preset: str, way: str) -> None:
        """pi-Stomp counts them from 0, we from 1."""
        rules = rules_of(imported(switches_of(f"id: 0, preset: {preset}")))
        assert f"  - when: floor.fs1\n    do: {{snapshot: {way}}}\n" in rules

    def test_a_parameter_on_a_switch_goes_between_its_ends(self, tmp_path: Path) -> None:
        """A binding with ends is toggled between them."""
        texts = two_effects()
        texts["board.ttl"] = texts["board.ttl"].replace("midi:controllerNumber 70", "midi:controllerNumber 63")
        outcome = imported(board=texts)
        rig = played(outcome, tmp_path)
        for value in (0.9, 0.1):
            press(rig, "fs4")
            assert next(iter(rig.engine.effects.values())).values["DRIVE"] == pytest.approx(value)

    def test_colours_are_kept_where_rules_know_them(self) -> None:
        """Others are told; pi-Stomp's names are those of the web."""
        outcome = imported(switches_of("id: 0, preset: 1, color: Lime\nid: 1, preset: 2, color: MediumVioletRed"))
        assert "do: {snapshot: 2}\n    feedback: {color: lime}\n" in rules_of(outcome)
        assert "the colour `MediumVioletRed` of footswitch 1" in missed(outcome)

    def test_what_midi_cannot_reach_is_told(self) -> None:
        """The relay of the true bypass, and switches that are disabled."""
        outcome = imported(switches_of("id: 0, bypass: LEFT_RIGHT\nid: 1, disable: yes, midi_CC: 60"))
        assert "`bypass` of footswitch 0: the true bypass is a relay" in missed(outcome)
        assert "footswitch 1: the configuration disables it" in missed(outcome)
        assert "fs2" not in text_of(outcome, "surfaces/")


class TestLongPresses:
    """One switch of a name is a hold, several are held together."""

    def test_alone_and_together(self, tmp_path: Path) -> None:
        """A hold recalls a snapshot; two switches of one name act only together, and neither by itself."""
        rig = played(imported(board=two_effects()), tmp_path)
        press(rig, "fs2", held_s=0.7)
        assert rig.rig.session.snapshot == "Lead"
        press(rig, "fs1", held_s=0.7)
        assert rig.rig.session.snapshot == "Clean"
        press(rig, "fs3", held_s=0.7)
        assert not [intent for intent in rig.happened.intents if isinstance(intent.action, SetTuner)]
        rig.forget()
        press(rig, "fs2", "fs3", held_s=0.7)
        assert [type(intent.action) for intent in rig.happened.intents] == [SetTuner]
        assert rig.rig.session.snapshot == "Clean"

    def test_three_of_a_name_are_any_two(self) -> None:
        """As in pi-Stomp, where any two of them count."""
        lines = "\n".join(f"id: {number}, longpress: next_snapshot" for number in range(3))
        whens = "when: [floor.fs1 + floor.fs2 hold, floor.fs1 + floor.fs3 hold, floor.fs2 + floor.fs3 hold]"
        assert whens in rules_of(imported(switches_of(lines)))

    @pytest.mark.parametrize(
        ("name", "action"),
        [
            ("next_snapshot", "snapshot: next"),
            ("previous_snapshot", "snapshot: previous"),
            ("next_pedalboard", "pedalboard: next"),
            ("previous_pedalboard", "pedalboard: previous"),
            ("toggle_tuner_enable", "tuner: toggle"),
            ("set_mod_tap_tempo", "tempo: tap"),
        ],
    )
    def test_names(self, name: str, action: str, tmp_path: Path) -> None:
        """Each name that means something here."""
        outcome = imported(switches_of(f"id: 0, longpress: {name}"))
        assert f"  - when: floor.fs1 hold\n    do: {{{action}}}\n" in rules_of(outcome)
        written(outcome, tmp_path)

    @pytest.mark.parametrize("name", ["toggle_bypass", "reboot_everything"])
    def test_other_names_are_told(self, name: str) -> None:
        """What pi-Stomp does with its own hardware, or not at all."""
        outcome = imported(switches_of(f"id: 0, longpress: {name}"))
        assert f"the long press `{name}`" in missed(outcome)
        assert " hold" not in rules_of(outcome)

    def test_tap_tempo_is_a_page(self, tmp_path: Path) -> None:
        """A long press turns it on; then the switch taps and does nothing else, until the long press again."""
        rig = played(imported(board=two_effects()), tmp_path)
        press(rig, "fs4", held_s=0.7)
        for _ in range(4):
            press(rig, "fs4")
        assert rig.rig.mapper.view.bpm == pytest.approx(100.0)  # every 0.6 s
        press(rig, "fs4", held_s=0.7)
        rig.forget()
        press(rig, "fs4")
        assert not rig.happened.intents

    def test_tap_tempo_that_nothing_turns_on_is_told(self) -> None:
        """A switch may have `tap_tempo` without a long press for it."""
        outcome = imported(switches_of("id: 0, midi_CC: 60, tap_tempo: set_mod_tap_tempo"))
        assert "tap tempo on footswitch 0: no long press turns it on" in missed(outcome)
        assert "pages:" not in rules_of(outcome)

    def test_encoders_push_without_midi(self) -> None:
        """Their long presses cannot be heard; one whose push sends a controller gets a control."""
        push = "  - id: 2\n    shortpress: {callback: send_midi_cc, args: {cc: 72}}"
        outcome = imported(DEFAULT.replace("  - id: 3\n    type: VOLUME", push))
        assert "the long press `previous_snapshot` of encoder 1: the push" in missed(outcome)
        assert "  enc2-push: {cc: 72, kind: button}" in text_of(outcome, "surfaces/")


class TestPositions:
    """Pedals, knobs and encoders."""

    def test_they_move_what_the_pedalboard_binds_to_them(self, tmp_path: Path) -> None:
        """Between the ends of the binding; a knob picks its parameter up first."""
        rig = played(imported(board=two_effects()), tmp_path)
        for position in (0.0, 0.1, 0.2, 0.5, 1.0):
            rig.receive(ControlMoved("floor.knob1", position, rig.now))
            rig.wait(0.1)
        assert next(iter(rig.engine.effects.values())).values["DRIVE"] == pytest.approx(0.9)

    def test_bindings_to_other_gear_are_told(self) -> None:
        """A pedalboard may listen to controllers that this pi-Stomp does not have."""
        texts = two_effects()
        texts["board.ttl"] = texts["board.ttl"].replace("midi:channel 13", "midi:channel 2")
        assert "CC 60 on channel 3 for `BossDS1`" in missed(imported(board=texts))


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
