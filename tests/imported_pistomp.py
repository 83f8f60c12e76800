"""Configurations of a pi-Stomp as they are imported and played in tests."""

from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st
from imported_bundles import FACTS, text_of, written

from controld.check import catalogue_symbols
from controld.config import load_rig
from controld.errors import ConfigError
from controld.events import ControlMoved
from controld.importers.board import board_of
from controld.importers.mod_ui import read_bundle
from controld.importers.outcome import Outcome
from controld.importers.pistomp import import_pistomp
from controld.importers.pistomp_config import overlaid, read_config
from controld.importers.pistomp_controls import MOMENTARY
from controld.offline import OfflineRig
from controld.rehearse import rehearse
from controld.shape import Report
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
