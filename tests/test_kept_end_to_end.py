"""What is kept, with the real daemon, bridge and sockets: the next start, a safe one, and the library."""

import json
from pathlib import Path

from rig_process import BOARD, wait_for
from rpc_rig import Program, Served, serving

DRIVE = "http://drobilla.net/plugins/mda/Overdrive"


def test_a_start_goes_on_exactly_and_a_safe_one_touches_nothing(tmp_path: Path) -> None:
    """Edits that were not saved are there again; --safe begins empty, and the start after it goes on as before."""
    with serving(tmp_path) as served, Program(served.base) as program:
        made = program.done("load_plugin", uri=DRIVE, x=3.5, parameters={"drive": 0.625})["instance_id"]
        program.done("set_parameter", instance_id="drive", parameter="drive", value=0.125)
    (journal,) = (tmp_path / "state").rglob("last-*.json")
    left = json.loads(journal.read_text(encoding="utf-8"))
    assert left["effects"][made]["parameters"]["drive"] == [0.625, ""]
    safe = Served(tmp_path, base=served.base)
    safe.options = ["--safe"]
    safe.start()
    with Program(safe.base) as program:
        assert program.done("list_instances")["instances"] == {}
    safe.stop()
    assert "this is a safe start" in safe.text
    assert json.loads(journal.read_text(encoding="utf-8")) == left
    with serving(tmp_path, base=served.base) as again, Program(again.base) as program:
        found = program.done("list_instances")["instances"]
        assert set(found) == {"drive", made} | set(found)
        assert program.done("get_parameter", instance_id=made, parameter="drive")["value"] == 0.625
        assert program.done("get_parameter", instance_id="drive", parameter="drive")["value"] == 0.125


def test_the_library_outlives_the_rig_and_leaves_the_files_alone(tmp_path: Path) -> None:
    """A board under a name that no file can have, and a person's own that was saved."""
    name = "../../Größe/\U0001f3b8"
    with serving(tmp_path) as served, Program(served.base) as program:
        program.done("set_parameter", instance_id="drive", parameter="drive", value=0.25)
        program.done("save_pedalboard")
        program.done("create_pedalboard", name=name, description="mine")
        program.done("load_plugin", uri=DRIVE)
        program.done("save_current_pedalboard")
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*.json")]
    assert len([path for path in files if path.parts[:3] == ("data", "controld", "library")]) >= 2
    assert (tmp_path / "board0.yaml").read_text(encoding="utf-8") == BOARD
    with serving(tmp_path, base=served.base) as again, Program(again.base) as program:
        names = [each["name"] for each in program.done("get_pedalboard_list")["pedalboards"]]
        assert name in names
        loaded = program.done("load_pedalboard", name=name)["pedalboard"]
        assert [each["uri"] for each in loaded["plugins"]] == [DRIVE]


def test_a_state_folder_that_cannot_be_written_is_said_once_and_playing_goes_on(tmp_path: Path) -> None:
    """Until it can: then that is said, and how the rig stands is kept without another change."""
    folder = tmp_path / "state" / "controld"
    complaint = "where the rig stands cannot be kept"
    folder.parent.mkdir()
    folder.write_text("", encoding="utf-8")  # no folder can be made here, not even by the superuser
    with serving(tmp_path) as served, Program(served.base) as program:
        program.done("set_parameter", instance_id="drive", parameter="drive", value=0.125)
        wait_for(lambda: complaint in served.text, "the complaint", 30)
        assert program.done("get_parameter", instance_id="drive", parameter="drive")["value"] == 0.125
        folder.unlink()
        wait_for(lambda: "is kept again" in served.text, "the good news", 30)
        assert served.text.count(complaint) == 1
        (journal,) = folder.glob("last-*.json")
        kept = json.loads(journal.read_text(encoding="utf-8"))
        assert kept["effects"]["drive"]["parameters"]["drive"] == [0.125, ""]
