"""A program makes a pedalboard from nothing at a daemon without surfaces or files, and finds it after a restart."""

import json
from pathlib import Path

from rig_process import DELAY_URI, DRIVE_URI
from rpc_rig import Program, Served, serving

DELAY = DELAY_URI


def build(program: Program) -> None:
    """Make the pedalboard."""
    made = program.done("create_pedalboard", name="From nothing", description="made by a program")
    assert (made["pedalboard_id"], made["plugins"]) == ("From nothing", [])
    drive = program.done("load_plugin", uri=DRIVE_URI, x=10, y=20)["instance_id"]
    leslie = program.done("load_plugin", uri=DELAY, x=200, y=20, name="leslie", parameters={"speed": 0.25})[
        "instance_id"
    ]
    for source, target in (
        ("system:capture_1", f"{drive}:left_in"),
        (f"{drive}:left_out", f"{leslie}:left_in"),
        (f"{leslie}:left_out", "system:playback_1"),
    ):
        program.done("connect_jack_ports", port1=source, port2=target)
    program.done("set_parameter", instance_id=drive, parameter="drive", value=0.25)
    program.done("set_bypass", instance_id=drive, bypassed=True)
    program.done("save_snapshot_as", title="Quiet")
    program.done("set_parameter", instance_id=drive, parameter="drive", value=0.75)
    program.done("set_bypass", instance_id=drive, bypassed=False)
    program.done("save_snapshot_as", title="Loud")
    program.done("save_pedalboard")


def looks(program: Program) -> dict[str, object]:
    """Return what the pedalboard is, without what is the engine's."""
    board = program.done("get_current_pedalboard")["pedalboard"]
    engine_s = {"instance", "present", "missing", "brand", "version", "ports", "name"}
    plugins = [{key: value for key, value in each.items() if key not in engine_s} for each in board["plugins"]]
    members = ("name", "description", "connections", "snapshots", "current_snapshot")
    return {**{key: board[key] for key in members}, "plugins": plugins}


def test_from_nothing_to_a_pedalboard_that_stays(tmp_path: Path) -> None:
    served = Served(tmp_path, boards=())
    served.start()
    with Program(served.base) as program:
        build(program)
        before = looks(program)
    served.stop()
    served.output.clear()
    served.start()
    with Program(served.base) as program:
        assert [each["name"] for each in program.done("get_pedalboard_list")["pedalboards"]] == ["From nothing"]
        program.done("create_pedalboard", name="Other")
        program.done("load_pedalboard", name="From nothing")
        program.done("load_snapshot", id="Loud")
        assert looks(program) == before
        drive = before["plugins"][0]["instance_id"]  # type: ignore[index]
        assert program.done("get_parameter", instance_id=drive, parameter="drive")["value"] == 0.75
        assert all(wire["joined"] for wire in program.done("get_jack_connections")["connections"])
        program.done("load_snapshot", id="Quiet")
        told = program.done("get_parameter", instance_id=drive, parameter=":bypass")
        assert (told["value"], told["state"]) == (1, "confirmed")
    served.stop()


def test_exported_and_imported_elsewhere_it_is_the_same(tmp_path: Path) -> None:
    """Through a file, to another rig, nothing is lost."""
    file = tmp_path / "out" / "board.json"
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with serving(tmp_path / "one", boards=()) as served, Program(served.base) as program:
        build(program)
        before = looks(program)
        told = program.done("export_pedalboard", name="From nothing", filename=str(file))
        assert told["exported_file"] == str(file)
        assert json.loads(file.read_text(encoding="utf-8")) == told["data"]
    with serving(tmp_path / "two", boards=()) as served, Program(served.base) as program:
        assert program.done("import_pedalboard", filename=str(file))["imported_id"] == "From nothing"
        program.done("load_pedalboard", name="From nothing")
        program.done("load_snapshot", id="Loud")
        assert looks(program) == before
        again = program.done("import_pedalboard", data=told["data"])
        assert again["imported_id"] != "From nothing"
        code, text = program.failed("import_pedalboard", filename=str(tmp_path / "nothing.json"))
        assert (code, "nothing.json cannot be read" in text) == ("INVALID_PARAMETERS", True)
        code, text = program.failed("load_pedalboard", pedalboard_data={"name": "x", "plugins": [7]})
        assert (code, "plugins[0]" in text) == ("INVALID_PARAMETERS", True)
