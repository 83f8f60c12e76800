"""The profiles that are shipped: each loads, names its source, hears its device, and tells it whole messages."""

import re
from functools import cache
from pathlib import Path

import jsonschema
import pytest

import controld.surfaces
from controld.changes import State
from controld.check import json_schema
from controld.config import RigLoader
from controld.events import ControlEvent, ControlMoved, ControlTurned, ProgramChosen
from controld.feedback import Feedback
from controld.mappings.profile import Control, Kind, Profile, SourceType
from controld.mappings.profile_schema import compile_profile
from controld.midi_codec import MidiDecoder
from controld.midi_colors import COLORS
from controld.midi_panel import MidiPanel
from controld.midi_stream import MidiStream
from controld.ownership import OWNED_S
from controld.shape import Report
from controld.yaml_reader import read_document

ROOT = Path(__file__).parents[1]
FOLDER = Path(controld.surfaces.__file__).parent / "profiles"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
STYLES = ("on", "off", "dim", "blink", "pulse", "")
# Ours, for devices of any maker; all others have to say where their numbers are from.
OWN = {"generic-6fs-2exp", "generic-10fs-2exp", "generic-pads", "generic-knobs", "osc-remote", "osc-mixer"}
WANTED = {
    "behringer-fcb1010", "nektar-pacer", "morningstar-mc6", "morningstar-mc8", "boss-es-8", "akai-mpk-mini-mk3",
    "korg-nanokontrol2", "novation-launchpad-mini-mk3", "mackie-control", "behringer-x-touch-mini",
    "paint-audio-midi-captain",
} | OWN  # fmt: skip


@cache
def profile(name: str) -> Profile:
    """Return a shipped profile; a mistake or a warning in it (two controls on one message) fails the test."""
    node, problems = read_document(FOLDER / f"{name}.yaml")
    report = Report()
    made = compile_profile(node, name, report, lambda _node, other: profile(other))
    assert (problems, list(report.problems), list(report.warnings)) == ([], [], [])
    assert made is not None
    return made


def test_those_that_were_promised_are_there() -> None:
    """Nobody takes one away without noticing."""
    assert set(NAMES) >= WANTED


def test_each_is_told_of_in_the_documentation() -> None:
    """The table of `devices.md` has every profile, and no other."""
    text = (ROOT / "docs" / "devices.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([a-z0-9-]+)` \|", text, re.MULTILINE)) == NAMES
    assert f"until {OWNED_S:g} s after you let go" in text


def test_all_of_them_make_a_rig(tmp_path: Path) -> None:
    """A rig can name each of them, with what it includes, and says nothing against any."""
    ways = {True: "osc: {listen: PORT, reply: sender}", False: "midi: {in: a, out: a}"}
    lines = [
        f"  s{place}: {{profile: {name}, {ways[name.startswith('osc')].replace('PORT', str(9000 + place))}}}"
        for place, name in enumerate(NAMES)
    ]
    path = tmp_path / "controld.yaml"
    path.write_text("version: 1\nengine: {type: virtual}\nsurfaces:\n" + "\n".join(lines) + "\n", encoding="utf-8")
    loader = RigLoader(path, {})
    rig = loader.load()
    assert (list(loader.report.problems), list(loader.report.warnings)) == ([], [])
    assert rig is not None
    assert {surface.profile.name for surface in rig.surfaces} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_right_and_known_to_editors(name: str) -> None:
    """It loads without a warning, its JSON Schema takes it, and it says what it is."""
    jsonschema.Draft202012Validator(json_schema("profile")).validate(read_document(FOLDER / f"{name}.yaml")[0].plain())
    assert profile(name).description
    assert profile(name).controls


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"osc-remote", "generic-6fs-2exp"}))
def test_each_says_where_its_numbers_are_from(name: str) -> None:
    """A device's facts have a document with an address, how to set it up, and what nobody could check."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    head = text[: text.index("version: 1")]
    assert re.search(r"^# Source: \S", head, re.MULTILINE)
    if name not in OWN:
        assert re.search(r"https?://[^\s)]+\.[^\s)]+", head)
        assert re.search(r"^# Not checked: \S", head, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_lines_fit_the_screen(name: str) -> None:
    """They are read by people, on small screens too."""
    lines = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 120] == []


def other_program(made: Profile) -> int:
    """Return a program that no control has for its own."""
    exact = {each.source.number for each in made.controls.values() if each.kind is Kind.PROGRAM and each.source}
    return next(number for number in range(100, 128) if number not in exact)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_control_sends_is_heard_as_that_control(name: str) -> None:
    """Each control's own message, as its device would send it, moves that control and no other."""
    made = profile(name)
    decoder = MidiDecoder("x", made)
    for control in made.controls.values():
        if control.source is None or control.source.type is SourceType.OSC:
            continue
        sent, heard = _own_move(control, decoder, made)
        assert [decoder.receive(message, 0.0) for message in sent][-1] == heard


def _own_move(control: Control, decoder: MidiDecoder, made: Profile) -> tuple[list[bytes], ControlEvent]:
    """Return what a control sends for some move, and the event that has to come of it."""
    name = f"x.{control.name}"
    number = control.source.number if control.source else None
    if control.kind is Kind.PROGRAM:
        program = other_program(made) if number is None else number
        return decoder.message_for(name, program=program), ProgramChosen(name, program, 0.0)
    if control.kind is Kind.ENCODER:
        return decoder.message_for(name, detents=-1), ControlTurned(name, -1, 0.0)
    return decoder.message_for(name, position=1.0), ControlMoved(name, 1.0, 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_lights_are_one(name: str) -> None:
    """No control darkens the light of another: what sets one sets no other."""
    said: dict[bytes, str] = {}
    for control in profile(name).controls.values():
        for message in _messages(name, control, "on", ""):
            assert said.setdefault(message, control.name) == control.name


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_shown_is_well_formed(name: str) -> None:
    """Every style in every colour, every position and every text is whole MIDI messages; so is what sets it up."""
    for message in profile(name).setup:
        assert MidiStream().receive(message) == [message]
    for control in profile(name).controls.values():
        if not control.light and not control.display:
            continue
        for style in STYLES:
            for color in ("", "red", "#123456", *COLORS) if control.light and control.light.colors else ("", "red"):
                messages = _messages(name, control, style, color)
                assert messages
                assert all(MidiStream().receive(message) == [message] for message in messages)


@pytest.mark.parametrize("name", NAMES)
def test_lit_and_dark_are_not_the_same(name: str) -> None:
    """A player can tell lit from dark, low from high, and one text from another."""
    for control in profile(name).controls.values():
        dark = _messages(name, control, "off", "", 0.0, "")
        lit = _messages(name, control, "on", "", 1.0, "Lead")
        assert dark != lit or not (control.light or control.display), control.name


def _messages(
    name: str, control: Control, style: str, color: str, value: float = 1.0, text: str = "Crème\nLead"
) -> list[bytes]:
    """Return what the device is sent for a look within two seconds, without what sets it up."""
    made = profile(name)
    panel = MidiPanel("x", Profile(name, "", {control.name: control}, made.channel, 1e9))
    panel.show(Feedback(f"x.{control.name}", value, State.CONFIRMED, style, color, text))
    return [message for turn in range(9) for message in panel.take(turn * 0.25)]
