"""Files of the rig may name pedalboards of the library."""

import json
from pathlib import Path

import pytest
from kept_rig import RIG, save, with_action, write_rig

from controld.check import catalogue_symbols
from controld.config import load_rig
from controld.errors import ConfigError
from controld.library import Library
from controld.library_names import names_in
from controld.session.board_names import BoardNames
from controld.session.model import Bank, EffectSetup, Pedalboard, Snapshot
from controld.session.shelf import KeepBoard

NAME = "Größe / 9"


def test_rules_banks_and_the_start_may_name_them(tmp_path: Path) -> None:
    """As long as the library has them; a near one is the hint."""
    config = write_rig(tmp_path)
    save(config, RIG + f"library: own\nbanks: banks.yaml\nstartup: {{pedalboard: '{NAME}'}}\n")
    save(tmp_path / "banks.yaml", f"version: 1\nbanks: {{Set: ['{NAME}', Stage]}}\n")
    save(tmp_path / "mappings" / "stage.yaml", with_action(f"{{pedalboard: '{NAME}'}}"))
    with pytest.raises(ConfigError) as refused:
        load_rig(config)
    assert {Path(problem.path).name for problem in refused.value.problems} == {
        "banks.yaml", "controld.yaml", "stage.yaml"
    }  # fmt: skip
    Library(tmp_path / "own").file(KeepBoard(Pedalboard(NAME)))
    rig = load_rig(config)
    assert rig.banks == (Bank("Set", (NAME, "Stage")),)
    assert [board.name for board in rig.pedalboards] == ["Stage"]
    save(tmp_path / "banks.yaml", "version: 1\nbanks: {Set: ['Große / 9']}\n")
    with pytest.raises(ConfigError, match="did you mean `Größe / 9`"):
        load_rig(config)


@pytest.mark.parametrize("indexed", [True, False], ids=["by the index", "by the files"])
def test_rules_may_name_what_only_a_pedalboard_of_the_library_has(tmp_path: Path, indexed: bool) -> None:
    """Its effects, with their parameters, its roles and its snapshots; what it does not have is a mistake as ever."""
    config = write_rig(tmp_path)
    save(config, RIG + "library: own\n")
    drive = "http://guitarix.sourceforge.net/plugins/gxts9#ts9sim"
    board = Pedalboard("Own", (EffectSetup("fuzz", drive),), snapshots=(Snapshot("Loud"),), roles={"dirty": ("fuzz",)})
    library = Library(tmp_path / "own")
    library.file(KeepBoard(board))
    if indexed:
        library.open()
    assert names_in(tmp_path / "own") == {"Own": BoardNames({"fuzz": drive}, {"dirty": ("fuzz",)}, ("Loud",))}
    for action in (
        "{bypass: fuzz}",
        "{parameter: fuzz/fslider1_, to: 500}",
        "{bypass: role:dirty}",
        "{snapshot: Loud}",
    ):
        save(tmp_path / "mappings" / "stage.yaml", with_action(action))
        assert load_rig(config, catalogue_symbols()).rules
    for action, words in (
        ("{bypass: fuz}", "did you mean `fuzz`"),
        ("{parameter: fuzz/nonsense, to: 1}", "fuzz has no parameter|no parameter `nonsense`"),
        ("{snapshot: Lout}", "did you mean `Loud`"),
    ):
        save(tmp_path / "mappings" / "stage.yaml", with_action(action))
        with pytest.raises(ConfigError, match=words):
            load_rig(config, catalogue_symbols())


def test_looking_changes_nothing(tmp_path: Path) -> None:
    """What is damaged has no name and stays; the index is believed where it is true."""
    assert names_in(tmp_path) == {}
    library = Library(tmp_path)
    library.file(KeepBoard(Pedalboard("A")))
    library.open()
    save(tmp_path / "pedalboards" / "b.json", json.dumps({"name": "B"}))
    save(tmp_path / "pedalboards" / "c.json", "{")
    save(tmp_path / "pedalboards" / "d.json", "[]")
    before = sorted(tmp_path.rglob("*"))
    assert set(names_in(tmp_path)) == {"A", "B"}
    assert sorted(tmp_path.rglob("*")) == before
    save(tmp_path / "index.json", "[]")
    assert set(names_in(tmp_path)) == {"A", "B"}
