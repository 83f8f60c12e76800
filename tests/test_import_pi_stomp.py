"""A pi-Stomp's configuration becomes a profile and rules that do what pi-Stomp did."""

from pathlib import Path

import pytest
from imported_bundles import missed, text_of, written

# Written after the comments of pi-Stomp's own templates.
from imported_pistomp import BLEND, DEFAULT, imported, played, press, rules_of, switches_of
from mod_bundle import two_effects

from controld.actions import SetTuner
from controld.config import load_rig
from controld.events import ControlMoved
from controld.importers.pistomp_controls import LATCHING
from controld.mappings.profile import Kind


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
