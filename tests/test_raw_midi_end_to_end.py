"""Rules without a profile in the real daemon: from the bytes of a device over JACK to what a tablet is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jack_device import Floorboard
from jack_server import JackServer, needs_jackd
from rig_process import MAP, RigProcess, Tablet, wait_for

RAW = """\
  - when: {midi: {start: any}}
    do: {bypass: leslie, to: active}
  - when: {midi: {stop: any, port: fl*}}
    do: {bypass: leslie, to: bypassed}
  - when: {midi: {sysex: "F0 7D ?? {value} F7"}}
    do: {parameter: drive/muffle}
  - when: {midi: {nrpn: 1021, bits: 14, channel: 3}}
    do: {parameter: drive/output}
  - when: {midi: {cc: 20, channel: any, port: "*"}}
    do: {snapshot: Lead}
"""
# The floorboard of the other tests, with one switch more.
MORE = "version: 1\nincludes: floor\ncontrols: {fs5: {nrpn: 5, kind: button}}\n"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RigProcess, Floorboard]]:
    """A rig that plays by rules with and without a profile."""
    folder: Path = tmp_path_factory.mktemp("rig")
    rules = MAP.replace("when: floor.fs1\n", "when: floor.fs5\n") + RAW
    with JackServer():
        rig = RigProcess(folder, mapping=rules)
        rig.write("surfaces/more.yaml", MORE)
        rig.write("controld.yaml", (folder / "controld.yaml").read_text().replace("profile: floor", "profile: more"))
        try:
            rig.start()
            board = Floorboard("stage-box")
            wait_for(lambda: board.shown, "the first light")
            yield rig, board
            board.unplug()
        finally:
            rig.stop()


@needs_jackd
def test_raw_messages_play_the_rig(stage: tuple[RigProcess, Floorboard]) -> None:
    """Transport, system exclusive, a numbered parameter, an included profile, and a message that two rules share."""
    rig, board = stage
    with Tablet(rig.osc_port) as tablet:
        tablet.send("/controld/hello")
        tablet.wait("/effect/leslie/active", 0)
        board.send(0xFA)
        tablet.wait("/effect/leslie/active", 1)
        board.send(0xFC)
        tablet.wait("/effect/leslie/active", 0)
        board.send(0xF0, 0x7D, 0x11, 127, 0xF7)
        tablet.wait("/effect/drive/muffle", 1.0)
        for number, value in ((99, 7), (98, 125), (6, 127), (38, 127)):
            board.send(0xB2, number, value)
        tablet.wait("/drive/level", 1.0)
        board.send(0xB0, 20, 127)  # hears `floor.fs1 hold` and the raw rule, which does not wait
        tablet.wait("/snapshot", "Lead")
        tablet.wait("/effect/drive/active", 1)
        board.send(0xB0, 20, 0)
        for number, value in ((99, 0), (98, 5), (6, 127), (6, 0)):
            board.send(0xB0, number, value)
        tablet.wait("/effect/drive/active", 0)
