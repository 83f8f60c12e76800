"""The conventions MOD users know, from bytes to what the engine holds and the device shows; and what is better here."""

import tempfile
from functools import cache
from pathlib import Path

import pytest
from lit_rig import LitRig

from controld.config import load_rig
from controld.config_values import RigConfig
from controld.midi_codec import MidiDecoder
from controld.midi_decode import Event

RIG = """\
version: 1
surfaces: {floor: {profile: floor, midi: {in: "*", out: "*"}}}
pedalboards: [stage.yaml, jazz.yaml]
mappings: [map.yaml]
startup: {pedalboard: Stage}
"""
FLOOR = """\
version: 1
channel: 2
controls:
  stomp: {cc: 20, kind: latch, led: {}}
  level: {cc: 21, kind: button, led: {}}
  tap: {cc: 22, kind: button, led: {}}
  freq: {cc: 23, kind: pedal}
  mode: {cc: 24, kind: pedal}
  back: {cc: 25, kind: pedal}
  both: {cc: 26, kind: pedal}
  omni: {cc: 27, kind: pedal, channel: any}
  go: {cc: 28, kind: button}
  patch: {program: any, kind: program}
"""
CALF = "http://calf.sourceforge.net/plugins/Filter"
STAGE = f"""\
version: 1
name: Stage
effects:
  filter: {{plugin: "{CALF}", bypassed: true}}
snapshots:
  One: {{filter: {{parameters: {{level_in: 1}}}}}}
  Two: {{filter: {{parameters: {{level_in: 2}}}}}}
"""
JAZZ = f'version: 1\nname: Jazz\neffects:\n  filter: {{plugin: "{CALF}"}}\n'
MAP = """\
version: 1
rules:
  - {when: floor.stomp, do: {bypass: filter}}
  - {when: floor.level, do: {bypass: filter, to: active, release: return}}
  - {when: floor.tap, do: {parameter: filter/level_out, toggle: [1, 2]}}
  - {when: floor.freq, do: {parameter: filter/freq}}
  - {when: floor.mode, do: {parameter: filter/mode}}
  - {when: floor.back, do: {parameter: filter/res, range: [100 %, 0 %]}}
  - {when: floor.both, do: [{parameter: filter/level_in}, {parameter: filter/res}]}
  - {when: floor.omni, do: {parameter: filter/res}}
  - {when: floor.go, do: {transport: continue}}
  - {when: floor.patch 0, do: {snapshot: One}}
  - {when: floor.patch 1, do: {snapshot: Two}}
"""


@cache
def config() -> RigConfig:
    """Return the rig."""
    files = {
        "controld.yaml": RIG,
        "surfaces/floor.yaml": FLOOR,
        "stage.yaml": STAGE,
        "jazz.yaml": JAZZ,
        "map.yaml": MAP,
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return load_rig(Path(folder))


class Played:
    """The rig, played by bytes."""

    def __init__(self) -> None:
        self.rig = LitRig(config())
        self._decoder = MidiDecoder("floor", self.rig.profile)

    def cc(self, number: int, value: int, channel: int = 2) -> "Played":
        """Send a controller on a channel (1-16)."""
        return self.send(bytes((0xB0 | channel - 1, number, value)))

    def send(self, data: bytes) -> "Played":
        """Send a message."""
        heard = self._decoder.receive(data, self.rig.now)
        events: tuple[Event, ...] = heard if isinstance(heard, tuple) else (heard,) if heard is not None else ()
        for event in events:
            self.rig._hear(event)
        self.rig.wait(0.1)
        return self

    @property
    def active(self) -> bool:
        """Whether the engine has the filter on."""
        return not next(iter(self.rig.engine.effects.values())).bypassed

    def value(self, symbol: str) -> float:
        """Return what the engine holds."""
        return next(iter(self.rig.engine.effects.values())).values[symbol]


@pytest.mark.parametrize(("value", "on"), [(0, False), (1, False), (63, False), (64, True), (65, True), (127, True)])
def test_from_64_on_it_is_on_and_a_bypass_is_active_then(value: int, *, on: bool) -> None:
    """The middle of the controller's way is the edge, and lit means that the effect sounds."""
    played = Played().cc(21, value)
    assert played.active is on
    assert played.rig.lights[b"\xb1\x15"][2] == (127 if on else 0)


def test_toggling_goes_by_the_true_state() -> None:
    """A switch whose own idea of on is the wrong way round turns it on and off all the same, and is put right."""
    played = Played()
    for active in (True, False, True):
        played.rig.lights[b"\xb1\x14"] = b"\xb1\x14\x00"  # so it lights itself
        played.cc(20, 0)
        assert played.active is active
        assert played.rig.lights[b"\xb1\x14"][2] == (127 if active else 0)


def test_a_release_triggers_nothing() -> None:
    """Only the press counts, whatever value it has from 64 on."""
    played = Played().cc(22, 127)
    assert played.value("level_out") == 2
    played.cc(22, 0)
    assert played.value("level_out") == 2
    assert played.cc(22, 64).value("level_out") == 1


@pytest.mark.parametrize("value", [0, 1, 64, 100, 127])
def test_a_logarithmic_range_is_minimum_times_ratio_to_the_position(value: int) -> None:
    """The port's own range: 10 to 20,000 Hz."""
    assert Played().cc(23, value).value("freq") == pytest.approx(10 * (20_000 / 10) ** (value / 127), rel=1e-4)


def test_a_choice_snaps_to_what_there_is() -> None:
    """Thirteen modes over the controller's way, each a whole number, one after the other, none left out."""
    played = Played()
    modes = [played.cc(24, value).value("mode") for value in range(128)]
    assert sorted(set(modes)) == list(range(13))
    assert modes == sorted(modes)


def test_a_range_may_be_the_other_way_round() -> None:
    """The toe is the lowest value."""
    played = Played()
    assert played.cc(25, 127).value("res") == pytest.approx(0.707)
    assert played.cc(25, 0).value("res") == pytest.approx(32)


def test_one_controller_moves_many_parameters() -> None:
    """Each over its own range."""
    played = Played().cc(26, 127)
    assert (played.value("level_in"), played.value("res")) == (64, 32)


def test_channels_are_counted_from_one_and_omni_hears_all() -> None:
    """Channel 2 is 1 on the wire; a control of one channel hears that alone, one of any hears each."""
    played = Played()
    before = played.value("freq")
    for channel in (1, 3, 16):
        assert played.cc(23, 127, channel).value("freq") == before
        assert played.cc(27, channel, channel).value("res") == pytest.approx(0.707 + (32 - 0.707) * channel / 127)
    assert played.cc(23, 127, 2).value("freq") == pytest.approx(20_000)


def test_programs_are_counted_from_zero() -> None:
    """Program 1 on the wire is the second snapshot; one that there is not changes nothing."""
    played = Played().send(b"\xc1\x01")
    assert played.rig.rig.session.snapshot == "Two"
    assert played.send(b"\xc1\x63").rig.rig.session.snapshot == "Two"
    assert played.send(b"\xc1\x00").rig.rig.session.snapshot == "One"


def test_a_transport_goes_on_where_it_stopped() -> None:
    """Which is told as that: a device that is sent a clock is sent a continue, and no start."""
    view = Played().cc(28, 127).rig.rig.mapper.view
    assert view.tempo is not None
    assert (view.tempo.rolling, view.tempo.resumed) == (True, True)
