"""The examples of the language's page, word for word, and a rig that has what they name.

They are a contract: whatever becomes of the program, these texts load and mean what the page says. Tests of what they
mean, and of what they do, take them from here.
"""

from pathlib import Path

from controld.config import RigConfig, load_rig
from controld.values import Scale

RIG = """\
# config/controld.yaml
version: 1
engine: {type: virtual}                 # virtual (default) | mod-host | bridge   (engine-protocol.md)
surfaces:
  floor:
    profile: generic-6fs-2exp           # what the controls are
    midi: {in: "*FCB1010*", out: "*FCB1010*"}   # glob over port names; `/regex/` too; absent device = wait for it
  tablet:
    profile: osc-remote
    osc: {listen: 127.0.0.1:9000, reply: sender}   # sender | port 9001 | 192.168.1.20:9001
pedalboards: [pedalboards/*.yaml]
banks: banks.yaml
mappings: [mappings/stage.yaml]
startup: {restore: last, pedalboard: Clean to Lead}
"""
PROFILE = """\
# config/surfaces/generic-6fs-2exp.yaml
version: 1
description: six momentary switches with two-colour LEDs, two expression pedals, an encoder
channel: 1                               # default channel for all controls below
controls:
  fs{1..6}: {cc: "{20..25}", kind: button,                      # ranges expand in step; counts must agree
             led: {cc: "{20..25}", off: 0, on: 127, dim: 1, colors: {red: 5, green: 20, amber: 9, blue: 45}}}
  exp1:   {cc: 7,  kind: pedal, calibrate: [4, 122]}            # raw heel/toe positions; outside is clamped
  exp2:   {cc: 11, kind: pedal, bits: 14}                       # 14-bit: CC 11 + 43
  wheel:  {cc: 16, kind: encoder, coding: twos-complement, ring: {cc: 16}}   # binary-offset | sign-magnitude | relative-64
  latch:  {cc: 90, kind: latch}                                 # device toggles 127/0 by itself: both edges are presses
  bend:   {pitchbend: any, kind: pedal}
  pads:   {note: C1, kind: button}
  patch:  {program: any, kind: program}
  screen: {kind: display, rows: 2, columns: 16, sysex: "F0 00 20 7A 01 {row} {text} F7"}
"""  # noqa: E501
OSC_PROFILE = """\
version: 1
controls:
  level: {osc: /drive/level, kind: fader}
  grid{1..8}: {osc: "/scene/{1..8}", kind: button}
  xy: {osc: /pad, kind: pedal, argument: 2}
"""
RULES = """\
version: 1
rules:
  - when: floor.fs1
    do: {bypass: drive}                               # toggles; the LED shows it
  - when: floor.fs1 hold                              # 500 ms unless said: `hold 700 ms`
    do: {snapshot: Lead}
  - when: floor.exp1
    do: {parameter: wah/freq}                         # full sweep of the parameter, in its own scale
  - when: tablet.level
    do: {parameter: drive/gain, range: [20 %, 80 %], curve: exponential}
"""
PAGES = """\
version: 1
pages:
  main: {start: true}
  solo: {color: red, rules: [ {when: floor.fs1, do: {snapshot: Solo 1}} ]}
"""
TEMPLATE = """\
version: 1
rules:
  - for: {n: 1..4}
    when: floor.fs{n}
    do: {snapshot: "{n}"}
"""
TESTS = """\
version: 1
rules:
  - when: floor.fs1
    do: {bypass: drive}
  - when: floor.fs1 hold
    do: {snapshot: Lead}
    feedback: none
tests:
  - name: hold recalls Lead and does not toggle drive
    given: {pedalboard: Clean to Lead, snapshot: Clean}
    play: [floor.fs1 down, wait 600 ms, floor.fs1 up]
    expect: [snapshot Lead]
    not: [bypass drive]
    lights: {floor.fs1: off}
"""
IF = """{page: solo, snapshot: [Lead, Chorus], effect: {drive: active}, variable: {solo: true}, \
control: {floor.fs2: pressed}}"""

URI = "http://example.org/%s"
SYMBOLS = {
    URI % plugin: {symbol: Scale(-1e6, 1e6, unit=unit) for symbol, unit in units.items()}
    for plugin, units in {
        "drive": {"gain": "dB", "level": "dB"},
        "fuzz": {"gain": "dB"},
        "wah": {"freq": "Hz"},
        "delay": {"time": "ms"},
        "chorus": {"rate": "Hz"},
    }.items()
}
BOARD = """\
version: 1
name: Clean to Lead
effects:
  drive: {plugin: "http://example.org/drive", parameters: {gain: 0.5}}
  fuzz: {plugin: "http://example.org/fuzz", bypassed: true}
  chorus: {plugin: "http://example.org/chorus"}
  wah: {plugin: "http://example.org/wah"}
  delay: {plugin: "http://example.org/delay"}
snapshots:
  Clean: {drive: bypassed}
  Crunch: {drive: {active: true, parameters: {gain: 0.3}}}
  Lead: {drive: {active: true, parameters: {gain: 0.8}}}
  Chorus: {chorus: active}
  Solo 1: {drive: active, delay: active}
connections: [system:capture_1 -> drive:in, drive:out -> system:playback_1]
roles: {dirt: [drive, fuzz]}
"""
OTHER_BOARD = """\
version: 1
name: Ambient
effects: {wah: {plugin: "http://example.org/wah"}}
snapshots: {Clean: {}, Lead: {wah: active}}
"""
BANKS = "version: 1\nbanks: {Stage: [Clean to Lead, Ambient], Home: [Ambient]}\n"
NAMES = """\
version: 1
pages: {main: {start: true}, solo: {}}
variables: {solo: false}
panic: [{mute: on}]
"""


def write_rig(folder: Path, mapping: str, **more: str) -> Path:
    """Write the page's rig with a mapping file into a folder, other files (`mappings__more`) beside it."""
    names = "" if "\npages:" in mapping else NAMES
    files = {
        "controld": RIG if not names else RIG.replace("[mappings/stage.yaml]", "[mappings/*.yaml]"),
        "surfaces__generic-6fs-2exp": PROFILE, "surfaces__osc-remote": OSC_PROFILE, "banks": BANKS,
        "pedalboards__clean-to-lead": BOARD, "pedalboards__ambient": OTHER_BOARD, "mappings__stage": mapping,
    } | ({"mappings__a-names": names} if names else {}) | more  # fmt: skip
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "controld.yaml"


def page_rig(folder: Path, mapping: str = RULES, **more: str) -> RigConfig:
    """Return the page's rig with a mapping file, loaded; ConfigError with all mistakes where it has any."""
    return load_rig(write_rig(folder, mapping, **more), SYMBOLS)


def rules_text(*rules: str) -> str:
    """Return a mapping file of rules, each as it stands on the page."""
    return "version: 1\nrules:\n" + "".join(f"  - {rule}\n" for rule in rules)
