"""Profiles of devices that are open: saved, and heard and shown at once, without unplugging anything."""

from pathlib import Path

from jack_device import Floorboard
from jack_server import JackServer, needs_jackd
from rig_process import FLOOR, MAP, PAD, Tablet, running, wait_for


def test_a_new_widget_and_a_raw_address_play_at_once(tmp_path: Path) -> None:
    """On a tablet that is connected; what it had before goes on."""
    with running(tmp_path) as rig, Tablet(rig.osc_port) as tablet:
        tablet.send("/controld/hello")
        tablet.wait("/effect/drive/active", 0)
        rig.write("surfaces/pad.yaml", PAD + "  stomp: {osc: /stomp, kind: button}\n")
        more = "  - {when: tablet.stomp, do: {bypass: drive}}\n  - {when: 'osc:/raw', do: {bypass: leslie}}\n"
        rig.write("map.yaml", MAP + more)
        wait_for(lambda: "tablet.stomp: new" in rig.text and "controls.stomp: new" in rig.text, "the new files")
        tablet.send("/stomp", 1)
        tablet.wait("/effect/drive/active", 1)
        tablet.wait("/stomp", 1)
        tablet.send("/raw", 1)
        tablet.wait("/effect/leslie/active", 1)
        tablet.send("/lead", 1)
        tablet.wait("/snapshot", "Lead")
        assert "next start" not in rig.text


@needs_jackd
def test_another_light_and_another_number_of_a_floorboard(tmp_path: Path) -> None:
    """Its connection stays; the light is lit by its new value, and the pedal is heard by its new number."""
    changed = FLOOR.replace("on: 127", "on: 99").replace("exp1: {cc: 7,", "exp1: {cc: 8,")
    with JackServer(), running(tmp_path) as rig, Tablet(rig.osc_port) as tablet:
        board = Floorboard("stage-box")
        try:
            tablet.send("/controld/hello")
            wait_for(lambda: "floor: connected" in rig.text, "the board")
            board.send(0xB0, 20, 127)
            board.send(0xB0, 20, 0)
            wait_for(lambda: "b0147f" in board.shown, "the light of the drive")
            rig.write("surfaces/floor.yaml", changed)
            wait_for(lambda: "b01463" in board.shown, "its new value")
            board.send(0xB0, 8, 127)
            tablet.wait("/effect/drive/drive", 1.0)
            assert rig.text.count("floor: connected") == 1
        finally:
            board.unplug()


def test_a_switch_rolls_back(tmp_path: Path) -> None:
    """The rule's action: the files before the last save play again, whatever they say of that switch."""
    back = MAP + "  - {when: floor.fs4, do: {rollback: last}}\n"
    with running(tmp_path, mapping=back) as rig:
        rig.write("map.yaml", back.replace("do: {bypass: drive}", "do: {bypass: leslie}"))
        wait_for(lambda: "bypass drive -> bypass leslie" in rig.text, "the new rule")
        rig.tool("simulate", "floor.fs4")
        wait_for(lambda: "bypass leslie -> bypass drive" in rig.text, "the old rule")
        assert "Stage / Clean: drive active" in rig.tool("simulate", "floor.fs1").stdout
        rig.tool("simulate", "floor.fs4")
        wait_for(lambda: "there is no set 1" in rig.text, "that there is none before it")


@needs_jackd
def test_a_mistake_is_shown_on_stage(tmp_path: Path) -> None:
    """On every display, with the file and the line; the rig plays on."""
    screen = '  screen: {kind: display, rows: 2, columns: 40, sysex: "F0 00 20 7A 01 {row} {text} F7"}\n'
    with JackServer(), running(tmp_path) as rig:
        board = Floorboard("stage-box")
        try:
            rig.write("surfaces/floor.yaml", FLOOR + screen)
            wait_for(lambda: "controls.screen: new" in rig.text and "floor: connected" in rig.text, "the display")
            rig.write("map.yaml", MAP.replace("{bypass: drive}", "{bypas: drive}"))
            said = b"map.yaml:4".hex()
            wait_for(lambda: any(said in shown for shown in board.shown), "the mistake on the display")
            assert "Stage / Clean: drive active" in rig.tool("simulate", "floor.fs1").stdout
        finally:
            board.unplug()
