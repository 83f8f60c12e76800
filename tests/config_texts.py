"""Texts of configuration files, and short ways to read them, for the tests of the YAML side."""

from collections.abc import Mapping

from controld.document import Node
from controld.mappings.profile import Control, Profile
from controld.mappings.profile_schema import compile_profile
from controld.mappings.rule import Rule
from controld.mappings.schema import RuleCompiler
from controld.mappings.schema_known import Known, Variable
from controld.session.model import Pedalboard
from controld.session.schema import compile_pedalboard
from controld.shape import Report
from controld.values import Scale
from controld.yaml_reader import compose

URI = "http://example.org/plugin"
SYMBOLS: Mapping[str, Mapping[str, Scale]] = {
    URI: {"gain": Scale(-60, 60, unit="dB"), "freq": Scale(1, 20_000, unit="Hz"), "mix": Scale(0, 100)}
}

# The surface profile of the language page.
PAGE_PROFILE = """\
version: 1
description: six momentary switches with two-colour LEDs, two expression pedals, an encoder
channel: 1                               # default channel for all controls below
controls:
  fs{1..6}: {cc: "{20..25}", kind: button,                      # ranges expand in step; counts must agree
             led: {cc: "{20..25}", off: 0, on: 127, dim: 1, colors: {red: 5, green: 20, amber: 9, blue: 45}}}
  exp1:   {cc: 7,  kind: pedal, calibrate: [4, 122]}            # raw heel/toe positions; outside is clamped
  exp2:   {cc: 11, kind: pedal, bits: 14}                       # 14-bit: CC 11 + 43
  wheel:  {cc: 16, kind: encoder, coding: twos-complement, ring: {cc: 16}}  # binary-offset | sign-magnitude ...
  latch:  {cc: 90, kind: latch}                                 # device toggles 127/0 by itself: both edges are presses
  bend:   {pitchbend: any, kind: pedal}
  pads:   {note: C1, kind: button}
  patch:  {program: any, kind: program}
  screen: {kind: display, rows: 2, columns: 16, sysex: "F0 00 20 7A 01 {row} {text} F7"}
"""
PAGE_OSC_PROFILE = """\
version: 1
controls:
  level: {osc: /drive/level, kind: fader}
  grid{1..8}: {osc: "/scene/{1..8}", kind: button}
  xy: {osc: /pad, kind: pedal, argument: 2}
"""


def node_of(text: str) -> Node:
    """Return the node of a text that has no syntax problems."""
    node, problems = compose(text, "f")
    assert problems == []
    return node


def told(report: Report) -> list[str]:
    """Return the problems as a person reads them, in order, without the file's name."""
    return [str(problem).removeprefix("f:") for problem in sorted(report.problems)]


def warned(report: Report) -> list[str]:
    """Return the warnings likewise."""
    return [str(problem).removeprefix("f:") for problem in sorted(report.warnings)]


def read_profile(text: str) -> tuple[Profile, Report]:
    """Return a profile and what was found wrong with it."""
    report = Report()
    profile = compile_profile(node_of(text), "device", report)
    assert profile is not None
    return profile, report


def controls(text: str) -> dict[str, Control]:
    """Return the controls of a profile without mistakes, from its `controls` alone."""
    lines = "".join(f"  {line}\n" for line in text.splitlines())
    profile, report = read_profile(f"version: 1\ncontrols:\n{lines}")
    assert told(report) == []
    return profile.controls


def known() -> Known:
    """Return the names of a rig with the page's two surfaces, three effects and three snapshots."""
    floor, tablet = read_profile(PAGE_PROFILE)[0], read_profile(PAGE_OSC_PROFILE)[0]
    effects = dict.fromkeys(("drive", "chorus", "delay", "wah", "role:dirt"), frozenset({URI}))
    place = Node("m", 1, 1)
    variables = {
        "solo": Variable("boolean", False, place), "count": Variable("number", 0.0, place),
        "scene": Variable("text", "A", place),
    }  # fmt: skip
    return Known(
        {"floor": floor, "tablet": tablet},
        frozenset({"floor"}),
        frozenset({"tablet"}),
        effects,
        frozenset({"Clean", "Lead", "7"}),
        3,
        ("Clean to Lead", "Ambient"),
        SYMBOLS,
        ("Stage", "Home"),
        ("main", "solo"),
        variables,
    )


def read_rules(text: str, names: Known | None = None) -> tuple[list[Rule], Report, RuleCompiler]:
    """Return the rules of a mapping file, what was found wrong, and the compiler."""
    report = Report()
    compiler = RuleCompiler(known() if names is None else names, report)
    return compiler.compile(node_of(text), "m.yaml"), report, compiler


def rules_of(text: str) -> list[Rule]:
    """Return the rules of a list that is right, without mistakes or warnings."""
    rules, report, _ = read_rules(f"version: 1\nrules:\n{text}")
    assert (told(report), warned(report)) == ([], [])
    return rules


def read_board(text: str) -> tuple[Pedalboard, Report]:
    """Return a pedalboard and what was found wrong with it."""
    report = Report()
    board = compile_pedalboard(node_of(text), report, SYMBOLS)
    assert board is not None
    return board, report
