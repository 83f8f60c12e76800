"""The lights of a device as a state machine: whatever is played, saved, lost and refused, they come to tell the truth.

At the level of the device: the real panel paces the messages, and the device lights some switches by itself.
"""

import tempfile
from functools import cache
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize
from hypothesis.stateful import rule as step
from lit_rig import Engine, LitRig, drawn

from controld.actions import LoadPedalboard, Panic, RecallSnapshot, Redo, Resync, SetMute, Undo
from controld.changes import State
from controld.config import load_rig
from controld.config_values import RigConfig

PROFILE = """\
version: 1
max_rate: 400
controls:
  fs{1..4}: {cc: "{20..23}", kind: button, led: {off: 0, on: 127, dim: 1, blink: 2, colors: {red: 5, green: 20}}}
  own{1..2}: {cc: "{30..31}", kind: button, led: {lights_itself: true}}
  latch{1..2}: {cc: "{40..41}", kind: latch, led: {}}
  exp: {cc: 7, kind: pedal}
  knob: {cc: 8, kind: knob, ring: {cc: 50}}
  slider: {cc: 9, kind: fader}
  wheel: {cc: 16, kind: encoder, ring: {cc: 16}}
  screen: {kind: display, rows: 2, columns: 16, sysex: "F0 00 20 7A 01 {row} {text} F7"}
"""
GEAR = "version: 1\ncontrols:\n  any: {cc: 1, kind: button}\n"
RIG = """\
version: 1
surfaces:
  floor: {profile: floor, midi: {in: "*floor*", out: "*floor*"}}
  gear: {profile: gear, midi: {in: "*gear*", out: "*gear*"}}
pedalboards: [stage.yaml, jazz.yaml]
mappings: [map.yaml]
startup: {pedalboard: Stage}
"""
STAGE = """\
version: 1
name: Stage
effects:
  drive: {plugin: "http://drobilla.net/plugins/mda/Overdrive", bypassed: true, parameters: {drive: 0.25}}
  leslie: {plugin: "http://drobilla.net/plugins/mda/Leslie", bypassed: true}
connections:
  - [system:capture_1, drive:left_in]
  - [drive:left_out, leslie:left_in]
  - [leslie:left_out, system:playback_1]
roles: {dirt: [drive], wet: [leslie]}
snapshots:
  Clean: {drive: {bypassed: true, parameters: {drive: 0.1, muffle: 0.2}}}
  Lead: {drive: {bypassed: false, parameters: {drive: 0.9, muffle: 0.7}}}
"""
JAZZ = """\
version: 1
name: Jazz
tempo: 90
effects:
  drive: {plugin: "http://drobilla.net/plugins/mda/Overdrive"}
roles: {dirt: [drive]}
snapshots:
  Clean: {drive: {bypassed: true}}
"""
RULES = """\
version: 1
variables: {solo: false}
pages:
  main: {start: true}
  solo:
    color: red
    rules:
      - {when: floor.fs1, do: {snapshot: Lead}}
      - {when: floor.latch1, do: {page: solo}}
      - {when: floor.knob, do: {parameter: drive/muffle, takeover: scale}}
panic: [{bypass: role:dirt, to: bypassed}]
rules:
  - {when: floor.fs1, do: {bypass: drive}}
  - {when: floor.fs1 hold 400 ms, do: {set: solo, toggle: true}}
  - {when: floor.fs2, do: {snapshot: Lead}, feedback: {color: green, idle: dim}}
  - {when: floor.fs2 double 250 ms, do: {snapshot: Clean}}
  - {when: floor.fs1 + floor.fs2, do: {page: next}}
  - {when: floor.fs3, do: {bypass: role:wet, to: active, release: return}}
  - {when: floor.fs3, do: {send: gear, midi: {note: 60}, release: return}}
  - {when: floor.fs4, do: {page: solo, hold: true}}
  - {when: floor.own1, do: {bypass: role:dirt}}
  - {when: floor.own2, if: {snapshot: Lead}, do: {bypass: leslie}}
  - {when: floor.latch1, do: {bypass: role:wet, to: active}}
  - {when: floor.latch2, if: {variable: {solo: true}}, do: {bypass: drive}}
  - {when: floor.exp, do: {morph: [Clean, Lead]}}
  - {when: floor.knob, do: {parameter: drive/muffle}}
  - {when: floor.slider, do: {parameter: drive/drive, range: [20 %, 80 %]}}
  - {when: floor.wheel, do: {parameter: drive/output, acceleration: 4}}
  - {when: {event: snapshot-recalled}, do: {show: floor.screen, text: "{snapshot} {drive/drive}", for: 1 s}}
"""
OTHERS = """\
version: 1
variables: {solo: true}
pages:
  main: {start: true, rules: [{when: floor.latch1, do: {tempo: 100}}]}
rules:
  - {when: floor.fs1, do: [{bypass: drive}, {wait: 200 ms}, {bypass: leslie}], mode: queue}
  - {when: floor.fs2, do: {parameter: drive/drive, toggle: [0.2, 0.8], over: 500 ms}}
  - {when: floor.fs3, do: {mute: toggle}}
  - {when: floor.own1, do: {pedalboard: next}}
  - {when: floor.own2, do: {tempo: tap}}
  - {when: floor.latch2, do: {set: solo, toggle: true}}
  - {when: floor.slider, if: {effect: {drive: active}}, do: {parameter: drive/muffle}}
  - {when: floor.wheel, do: {parameter: drive/drive}}
  - {when: floor.fs4, do: {show: floor.screen, text: "{page} {solo} {tempo}"}}
"""


@cache
def configs() -> tuple[RigConfig, ...]:
    """Return the rig with either of the rules."""
    files = {"controld.yaml": RIG, "surfaces/floor.yaml": PROFILE, "surfaces/gear.yaml": GEAR}
    files |= {"stage.yaml": STAGE, "jazz.yaml": JAZZ}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for rules in (RULES, OTHERS):
            for name, text in {**files, "map.yaml": rules}.items():
                path = Path(folder, name)
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            found.append(load_rig(Path(folder)))
    return tuple(found)


POSITIONS = {b"\xb0\x09", b"\xb0\x10", b"\xb0\x32"}
SWITCHES = st.sampled_from(["fs1", "fs2", "fs3", "fs4", "own1", "own2", "latch1", "latch2"])


class LightMachine(RuleBasedStateMachine):
    """A device under random hands."""

    @initialize()
    def begin(self) -> None:
        """Begin as the files say."""
        self.rig = LitRig(configs()[0])

    @step(control=SWITCHES)
    def press(self, control: str) -> None:
        """A foot comes down."""
        self.rig.switch(control, down=True)

    @step(control=SWITCHES)
    def let_go(self, control: str) -> None:
        """It comes up."""
        self.rig.switch(control, down=False)

    @step(control=st.sampled_from(["exp", "knob", "slider"]), raw=st.sampled_from([0, 1, 40, 64, 100, 127]))
    def slide(self, control: str, raw: int) -> None:
        """Something is moved."""
        self.rig.slide(control, raw)

    @step(detents=st.sampled_from([-9, -1, 1, 5]))
    def turn(self, detents: int) -> None:
        """An encoder is turned."""
        self.rig.turn("wheel", detents)

    @step(seconds=st.sampled_from([0.002, 0.01, 0.05, 0.2, 0.5]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.rig.wait(seconds)

    @step(
        action=st.sampled_from([
            RecallSnapshot("Lead"), RecallSnapshot("Clean"), LoadPedalboard("Jazz"), LoadPedalboard("Stage"), Undo(),
            Redo(), Panic(), SetMute(None), Resync(""), Resync("floor"),
        ])
    )  # fmt: skip
    def act(self, action: object) -> None:
        """Somebody else does something."""
        self.rig._take(self.rig.rig.act(action, "tablet", self.rig.now))  # type: ignore[arg-type]

    @step(which=st.sampled_from([0, 1]))
    def reload(self, which: int) -> None:
        """The files are saved."""
        self.rig.reload(configs()[which])

    @step(is_up=st.booleans())
    def engine(self, is_up: bool) -> None:
        """The engine goes, or comes."""
        (self.rig.start_engine if is_up else self.rig.stop_engine)()

    @step(count=st.integers(1, 3))
    def refuse(self, count: int) -> None:
        """The engine will refuse something."""
        assert isinstance(self.rig.engine, Engine)
        self.rig.engine.refuses = count

    @step()
    def unplug(self) -> None:
        """The cable goes."""
        self.rig.unplug()

    @step()
    def plug(self) -> None:
        """And comes again."""
        self.rig.plug()

    @step()
    def the_lights_tell_the_truth(self) -> None:
        """Once nothing moves: each light, ring and display is as one would draw it anew."""
        rig = self.rig
        rig.wait(8.0)
        if rig.is_there:
            truth = drawn("floor", rig.profile, rig.rig)
            # What one drives shows the confirmed value to the surface that asked, and there is none without an engine.
            told = truth.keys() - (set() if rig.is_up else POSITIONS)
            assert {a.hex(): rig.lights[a].hex() for a in told} == {a.hex(): truth[a].hex() for a in told}

    @step()
    def the_engine_holds_what_is_wished(self) -> None:
        """As far as it is there: every value is confirmed or was refused, and is the engine's own."""
        rig = self.rig
        assert isinstance(rig.engine, Engine)
        rig.engine.refuses = 0
        rig.start_engine()
        rig.wait(8.0)
        view = rig.rig.mapper.view
        held = {name: rig.engine.effects[number] for number, name in rig.rig.session.effect_names().items()}
        for name, bypass in view.bypasses.items():
            assert bypass.state is not State.ASKED
            assert bypass.bypassed is held[name].bypassed
        for (name, symbol), fact in view.parameters.items():
            assert fact.state is not State.ASKED
            assert abs(fact.value - held[name].values[symbol]) < 1e-6

    @step()
    def nothing_is_left_on(self) -> None:
        """With every foot up, no note sounds and no page is held."""
        for control in ("fs1", "fs2", "fs3", "fs4"):
            self.rig.switch(control, down=False)
        self.rig.wait(8.0)
        ons = sum(1 if message[2] else -1 for message in self.rig.gear)
        assert ons == 0
        assert not self.rig.rig.mapper._pages._held

    def teardown(self) -> None:
        """At the end as well."""
        if hasattr(self, "rig"):
            self.the_lights_tell_the_truth()
            self.nothing_is_left_on()
            self.the_engine_holds_what_is_wished()
            self.the_lights_tell_the_truth()


TestLightMachine = LightMachine.TestCase
TestLightMachine.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


def test_a_latch_without_an_answer_is_put_right() -> None:
    """The device lit it; its rule's condition does not hold, or what it sets is so already, and no fact follows."""
    rig = LitRig(configs()[0])
    lit = rig.lights[b"\xb0\x29"]
    rig.switch("latch2", down=True)
    assert rig.lights[b"\xb0\x29"] != lit
    rig.wait(0.1)
    assert rig.lights[b"\xb0\x29"] == lit
