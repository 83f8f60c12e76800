"""A pedalboard bundle of MOD becomes a pedalboard, a profile and rules that mean what MOD meant."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported_bundles import (
    board_of,
    imported,
    levels,
    missed,
)
from mod_bundle import AMBIENCE, DS1, REVERB, UNKNOWN, Effect, bundle_texts, saved, two_effects

from controld.errors import ConfigError
from controld.importers.names import clean
from controld.session.model import EffectRecall
from controld.values import Level


class TestThePedalboard:
    """Effects, connections, tempo."""

    def test_everything_is_there(self) -> None:
        """A whole small pedalboard, field by field."""
        board = board_of(imported(two_effects()))
        assert board.name == "Two Effects"
        assert board.tempo_bpm == 96
        assert [(effect.name, effect.uri, effect.bypassed) for effect in board.effects] == [
            ("BossDS1", DS1, True),
            ("Reverb", REVERB, False),
        ]
        assert board.effects[0].parameters == {"DRIVE": Level(0.25), "LEVEL": Level(-4.0), "TONE": Level(0.5)}
        assert board.effects[0].position == (100.0, 10.0)
        assert board.connections == (
            ("system:capture_1", "BossDS1:in"),
            ("BossDS1:out", "Reverb:in_l"),
            ("Reverb:out_l", "system:playback_1"),
        )

    def test_effects_stand_in_the_order_of_the_sound(self) -> None:
        """The cables decide, then the place on the canvas; a loop does not hang it."""
        effects = [Effect("a", x=3), Effect("b", x=2), Effect("c", x=1), Effect("lone", x=0)]
        arcs = [("capture_1", "c/in"), ("c/out", "a/in"), ("a/out", "b/in"), ("b/out", "c/in")]
        board = board_of(imported(bundle_texts("Loop", effects, arcs)))
        assert board.effect_names() == ("lone", "c", "a", "b")

    def test_names_become_valid_and_different(self) -> None:
        """Names of MOD that the language does not take are changed, and told."""
        outcome = imported(bundle_texts("N", [Effect("_gx_"), Effect("gx", x=1), Effect("Écho", x=2)]))
        assert board_of(outcome).effect_names() == ("gx", "gx_2", "Echo")
        assert [text.partition(" is called ")[2][:6] for text in outcome.notes.changed] == [
            "`gx` h",
            "`gx_2`",
            "`Echo`",
        ]

    def test_values_out_of_range_are_clamped_and_told(self) -> None:
        """What the plugin would clamp is clamped already, and said where it is more than rounding."""
        outcome = imported(bundle_texts("R", [Effect("d", DS1, {"DRIVE": 7.5, "TONE": 1.0000001})]))
        assert board_of(outcome).effects[0].parameters == {"DRIVE": Level(1.0), "TONE": Level(1.0)}
        assert list(outcome.notes.changed) == ["d/DRIVE is 1 instead of 7.5: its range is 0 to 1"]

    def test_what_the_plugin_does_not_have_is_left_out_and_told(self) -> None:
        """Another version of a plugin may have lost a parameter."""
        outcome = imported(bundle_texts("R", [Effect("d", DS1, {"DRIVE": 0.5, "WARMTH": 1})]))
        assert list(board_of(outcome).effects[0].parameters) == ["DRIVE"]
        assert "the parameter d/WARMTH" in missed(outcome)

    def test_unknown_plugins_are_taken_as_they_are(self) -> None:
        """Nothing is known of their ranges, and nothing is refused."""
        outcome = imported(bundle_texts("U", [Effect("m", UNKNOWN, {"x": 1e6, "y": "false"})]))
        assert board_of(outcome).effects[0].parameters == {"x": Level(1e6), "y": Level(0.0)}
        assert any(UNKNOWN in text for text in outcome.to_do)

    def test_numbers_that_are_none_are_left_out(self) -> None:
        """Not a number, and infinity, cannot be written."""
        ports = {"a": '"NaN"^^<http://www.w3.org/2001/XMLSchema#float>', "b": '"INF"^^<urn:x>', "c": '"soft"', "d": 1}
        board = board_of(imported(bundle_texts("N", [Effect("m", UNKNOWN, ports)])))
        assert board.effects[0].parameters == {"d": Level(1.0)}

    def test_a_port_that_switches_the_plugin_on_is_ours_alone(self) -> None:
        """`bypassed` does that; a port of that meaning beside it would fight it."""
        gate = Effect("gate", UNKNOWN, {"enable": 0, "bypass": 1, "gain": 2}, bypassed=True)
        snapshots = {"snapshots": [{"name": "A", "data": {"gate": saved(False, enable=1, bypass=1, gain=3)}}]}
        board = board_of(imported(bundle_texts("S", [gate], snapshots=snapshots)))
        assert list(board.effects[0].parameters) == ["bypass", "gain"]  # `bypass` did not go with it
        assert levels(board.snapshots[0].effects["gate"]) == {"gain": 3}

    def test_presets_have_names_where_they_are_known(self) -> None:
        """A bundle has a preset's URI alone; without its name the values stand for it."""
        effects = [Effect("r", REVERB, preset=AMBIENCE), Effect("s", REVERB, preset="urn:x:mine", x=1)]
        outcome = imported(bundle_texts("P", effects))
        assert [effect.preset for effect in board_of(outcome).effects] == ["Ambience", ""]
        assert "the preset urn:x:mine of `s`" in missed(outcome)

    def test_what_is_no_effect_is_left_out(self) -> None:
        """A block without a plugin, and the cables to it."""
        outcome = imported(bundle_texts("X", [Effect("ghost", ""), Effect("d")], [("ghost/out", "d/in")]))
        assert board_of(outcome).effect_names() == ("d",)
        assert "the effect `ghost`" in missed(outcome)
        assert "the connection `ghost/out -> d/in`: there is no effect `ghost`" in missed(outcome)

    @pytest.mark.parametrize(
        ("port", "kind", "why"),
        [
            ("cv_capture_1", "CVPort", "control voltage"),
            ("midi_capture_2", "AtomPort", "MIDI of MOD's own hardware"),
            ("serial_midi_in", "AtomPort", "MIDI of MOD's own hardware"),
            ("midi_merger_out", "AtomPort", "MIDI of MOD's own hardware"),
            ("USB_Audio_Capture_1", "AudioPort", "a port of MOD's own hardware"),
        ],
    )
    def test_ports_of_the_hardware_are_told(self, port: str, kind: str, why: str) -> None:
        """What is not the sound card's has other names elsewhere."""
        texts = bundle_texts("H", [Effect("d")], [(port, "d/in"), ("capture_2", "d/in")], hardware={port: kind})
        outcome = imported(texts)
        assert board_of(outcome).connections == (("system:capture_2", "d:in"),)
        assert f"`{port} -> d/in`: {why}" in missed(outcome)

    def test_control_voltage_between_effects_is_a_cable_like_any(self) -> None:
        """JACK joins ports of one kind whatever that is."""
        effects = [Effect("lfo", UNKNOWN, typed={"out": "CVPort"}), Effect("d", UNKNOWN, typed={"cv": "CVPort"}, x=1)]
        assert board_of(imported(bundle_texts("C", effects, [("lfo/out", "d/cv")]))).connections == (
            ("lfo:out", "d:cv"),
        )

    @pytest.mark.parametrize(("bpm", "tempo"), [(20.0, 20), (280.0, 280), (19.0, 120), (1e9, 120)])
    def test_the_tempo_is_what_mod_takes(self, bpm: float, tempo: float) -> None:
        """MOD ignores a tempo outside 20 to 280, and so does the import."""
        assert board_of(imported(bundle_texts("T", [Effect("d")], clock={":bpm": bpm}))).tempo_bpm == tempo

    def test_other_bars_are_told(self) -> None:
        """A bar has four beats in the language."""
        assert "3 beats to a bar" in missed(imported(bundle_texts("T", [Effect("d")], clock={":bpb": 3.0})))


class TestSnapshots:
    """snapshots.json."""

    def test_what_differs_is_named_everywhere(self) -> None:
        """The state of every effect, and each parameter that is not the same throughout."""
        clean_one, lead = board_of(imported(two_effects())).snapshots
        assert (clean_one.name, lead.name) == ("Clean", "Lead")
        assert clean_one.effects["BossDS1"] == EffectRecall(bypassed=True, parameters={"DRIVE": Level(0.25)})
        assert lead.effects["BossDS1"] == EffectRecall(bypassed=False, parameters={"DRIVE": Level(0.8)})
        assert levels(lead.effects["Reverb"]) == {"amount": 0.6}

    def test_what_a_control_moves_is_put_back(self) -> None:
        """MOD recalls a parameter that a controller has moved, though all snapshots agree on it."""
        bound = Effect("d", DS1, {"DRIVE": 0.5, "TONE": 0.5}, bound={"DRIVE": (0, 1)})
        snapshots = {"snapshots": [{"name": "A", "data": {"d": saved(False, DRIVE=0.5, TONE=0.5)}}]}
        board = board_of(imported(bundle_texts("M", [bound], snapshots=snapshots)))
        assert levels(board.snapshots[0].effects["d"]) == {"DRIVE": 0.5}

    def test_names_become_different_and_printable(self) -> None:
        """As MOD numbers them, and without what cannot stand in a line."""
        names = ["Lead", "Lead", "  ", "A\nB", "Solo {n}", "\ud800"]
        snapshots = {"snapshots": [{"name": name, "data": {}} for name in names]}
        board = board_of(imported(bundle_texts("N", [Effect("d")], snapshots=snapshots)))
        assert board.snapshot_names() == ("Lead", "Lead (2)", "Snapshot 3", "A B", "Solo (n)", "Snapshot 6")

    def test_the_older_file_is_read_too(self) -> None:
        """presets.json had the list alone."""
        texts = bundle_texts("Old", [Effect("d")])
        texts["presets.json"] = json.dumps([None, {"name": "One", "data": {"d": {"bypassed": True, "ports": {}}}}])
        board = board_of(imported(texts))
        assert board.snapshots[0].effects == {"d": EffectRecall(bypassed=True)}

    def test_the_current_one_is_told(self) -> None:
        """A pedalboard here begins in its first snapshot."""
        snapshots = {"current": 1, "snapshots": [{"name": "A", "data": {}}, {"name": "B", "data": {}}]}
        outcome = imported(bundle_texts("C", [Effect("d")], snapshots=snapshots))
        assert any("`A`; MOD had saved it in `B`" in text for text in outcome.notes.changed)

    def test_effects_that_are_gone_are_told(self) -> None:
        """A snapshot may name an effect that was removed since."""
        snapshots = {"snapshots": [{"name": "A", "data": {"gone": saved(True)}}]}
        outcome = imported(bundle_texts("G", [Effect("d")], snapshots=snapshots))
        assert board_of(outcome).snapshots[0].effects == {}
        assert "`gone` in a snapshot" in missed(outcome)

    def test_files_of_plugins_are_told(self) -> None:
        """Models and impulse responses are no parameters; both places that name one are told once."""
        state = saved(False) | {
            "parameters": {"urn:nam#model": ["/home/x/models/Twin.nam", "p"], "urn:nam#note": ["", "s"]}
        }
        snapshots = {"snapshots": [{"name": "A", "data": {"amp": state}}]}
        texts = bundle_texts("F", [Effect("amp", UNKNOWN)], snapshots=snapshots)
        texts["effect-0/effect.ttl"] = (
            "@prefix state: <http://lv2plug.in/ns/ext/state#> .\n"
            "<> state:state [ <urn:nam#model> <Deluxe%20Reverb.nam> ] .\n"
        )
        (told,) = imported(texts).notes.missing
        assert told.startswith("`model` of `amp` (Deluxe Reverb.nam, Twin.nam): ")

    def test_presets_of_snapshots(self) -> None:
        """By their name where it is known, else by their values."""
        data = {"r": saved(False, AMBIENCE, amount=0.4), "s": saved(False, "urn:x:mine", amount=0.4)}
        snapshots = {"snapshots": [{"name": "A", "data": data}]}
        effects = [Effect("r", REVERB, {"amount": 0.1}), Effect("s", REVERB, {"amount": 0.1}, x=1)]
        recalls = board_of(imported(bundle_texts("P", effects, snapshots=snapshots))).snapshots[0].effects
        assert (recalls["r"].preset, recalls["s"].preset) == ("Ambience", None)
        assert levels(recalls["s"]) == {"amount": 0.4}

    def test_what_a_preset_moves_is_put_back(self) -> None:
        """A value that is the same everywhere has to be said beside a preset, which may have another."""
        snapshots = {"snapshots": [{"name": "A", "data": {"r": saved(False, AMBIENCE, amount=0.1)}}]}
        board = board_of(imported(bundle_texts("P", [Effect("r", REVERB, {"amount": 0.1})], snapshots=snapshots)))
        assert levels(board.snapshots[0].effects["r"]) == {"amount": 0.1}


KEYS = ["name", "data", "ports", "bypassed", "preset", "parameters", "addrs", "minimum"]
SOME_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "data", "ports", "bypassed", "preset", "parameters", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
# Anything that a person, or another program, may have named and set.
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
SYMBOLS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
VALUES = st.floats(allow_nan=False, allow_infinity=False, width=32)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
    st.dictionaries(
        NAMES.filter(lambda name: name.strip("./ ")), st.dictionaries(SYMBOLS, VALUES, max_size=4), max_size=4
    ),
    st.lists(st.tuples(st.text(max_size=12), st.booleans(), VALUES), max_size=4),
)
def test_whatever_was_saved_loads_as_it_was_meant(
    title: str, effects: dict[str, dict[str, float]], snapshots: list[tuple[str, bool, float]]
) -> None:
    """Every name, value and state of a bundle arrives in the model: names made valid, values as 32-bit floats."""
    instances = {name.replace("/", "").replace(":", "") or "x": ports for name, ports in effects.items()}
    placed = [Effect(name, UNKNOWN, {symbol: f"{value:f}" for symbol, value in ports.items()}, x=index)
              for index, (name, ports) in enumerate(instances.items())]  # fmt: skip
    data = []
    for name, bypassed, value in snapshots:
        states = {each: saved(bypassed, "", **dict.fromkeys(ports, value)) for each, ports in instances.items()}
        data.append({"name": name, "data": states})
    outcome = imported(bundle_texts(title, placed, snapshots={"snapshots": data}))
    board = board_of(outcome)
    assert board.name == clean(title, "B0")
    assert len(board.effects) == len(instances)
    for setup, ports in zip(board.effects, instances.values(), strict=True):
        for symbol, level in setup.parameters.items():
            assert level.value == pytest.approx(ports[symbol], rel=1e-6, abs=1e-6)
    assert len(board.snapshots) == len(snapshots)
    for snapshot, (_, bypassed, value) in zip(board.snapshots, snapshots, strict=True):
        assert {recall.bypassed for recall in snapshot.effects.values()} <= {bypassed}
        assert len(snapshot.effects) == len(instances)
        for recall in snapshot.effects.values():
            assert all(math.isclose(level, value, rel_tol=1e-6, abs_tol=1e-44) for level in levels(recall).values())


class TestBrokenBundles:
    """One sentence with the file and the place, and nothing else."""

    def broken(self, **texts: str) -> str:
        """Return what is said of a bundle with some files replaced; an empty text takes a file away."""
        files = {**two_effects(), **{name.replace("_", "."): text for name, text in texts.items()}}
        with pytest.raises(ConfigError) as caught:
            imported({name: text for name, text in files.items() if text})
        return str(caught.value)

    def test_no_manifest(self) -> None:
        """A folder without one is no bundle."""
        assert self.broken(manifest_ttl="") == (
            "B0.pedalboard: there is no manifest.ttl in it (a bundle is a folder NAME.pedalboard that mod-ui saved)"
        )

    def test_a_file_is_missing(self) -> None:
        """The manifest names a file that is not there."""
        assert self.broken(board_ttl="") == "B0.pedalboard/manifest.ttl: names the file board.ttl, which is not there"

    def test_broken_turtle_has_its_line(self) -> None:
        """Where the parser stopped."""
        said = self.broken(board_ttl="@prefix x: <urn:x> .\n\n<> x:y ,, 3 .\n")
        assert said.startswith("B0.pedalboard/board.ttl:3:1: not Turtle: ")

    def test_no_pedalboard_in_it(self) -> None:
        """Another kind of LV2 bundle."""
        manifest = "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n<x.ttl> a lv2:Plugin .\n"
        assert "describes no pedalboards" in self.broken(manifest_ttl=manifest)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("{", "snapshots.json:1:2: not JSON: "),
            ("3", "snapshots.json: expected an object, found 3"),
            ('{"snapshots": 3}', "snapshots.json: snapshots: expected a list, found 3"),
            ('{"snapshots": [3]}', "snapshots.json: snapshots[0]: expected an object, found 3"),
            ('{"snapshots": [{"name": 3}]}', "snapshots.json: snapshots[0].name: expected a text, found 3"),
            (
                '{"snapshots": [{"name": "A", "data": {"d": {"ports": {"x": "loud"}}}}]}',
                'snapshots.json: snapshots[0].data.d.ports.x: expected a number, found "loud"',
            ),
            ("[" * 100_000, "snapshots.json: not JSON: "),
        ],
    )
    def test_broken_snapshots_have_their_place(self, text: str, said: str) -> None:
        """The way to the value stands for its line, which JSON does not keep."""
        assert said in self.broken(snapshots_json=text)

    @settings(max_examples=200, deadline=None)
    @given(SOME_JSON, st.sampled_from(["snapshots.json", "addressings.json"]), st.integers(0, 3))
    def test_no_other_json_makes_a_traceback(self, value: object, name: str, depth: int) -> None:
        """Whatever stands where something else is meant, it is read or refused."""
        around = [
            value,
            {"snapshots": value, "/hmi/knob1": value},
            {"snapshots": [{"name": value, "data": value}], "/hmi/knob1": [value]},
            {
                "snapshots": [{"name": "A", "data": {"BossDS1": value}}],
                "/hmi/knob1": [{"instance": "BossDS1", "port": value}],
            },
        ]
        said = ""
        try:
            board_of(imported(two_effects() | {name: json.dumps(around[depth])}))
        except ConfigError as error:
            said = str(error)
        assert not said or said.startswith(f"B0.pedalboard/{name}: ")

    @settings(max_examples=60, deadline=None)
    @given(st.text(st.sampled_from('<>"[]{}().;,:@^_\\ \n\tabz09-#'), max_size=60), st.integers(0, 400))
    def test_no_damage_makes_a_traceback(self, noise: str, place: int) -> None:
        """Whatever is written into the Turtle, it is read or refused."""
        texts = two_effects()
        texts["board.ttl"] = texts["board.ttl"][:place] + noise + texts["board.ttl"][place + len(noise) :]
        said = ""
        try:
            board_of(imported(texts))
        except ConfigError as error:
            said = str(error)
        assert not said or said.startswith("B0.pedalboard/")
