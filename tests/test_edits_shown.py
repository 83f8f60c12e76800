"""What surfaces see of editing: lights, rules and the OSC namespace follow the pedalboard."""

from dataclasses import replace

from fake_engine import DRIVE, FakeEngine, board
from played_rig import Stage, play

from controld.actions import RecallSnapshot, SetBypass, SetVariable, Undo
from controld.changes import EffectAdded, Refused, State
from controld.mappings.rule import Page
from controld.mappings.rule import Stage as RuleStage
from controld.rig import Rig
from controld.session.edits import CreateEffect, DeleteEffect, Edit, RenameEffect
from controld.session.engine_events import EngineConnected
from controld.session.live import Live
from controld.session.model import EffectSetup, Pedalboard
from controld.session.shelf import fingerprint
from controld.store import Standing, parse_standing, standing_text
from controld.trace import describe
from controld.values import Level

ACTIVE = SetBypass(("drive",), bypassed=False)


def act(stage: Stage, *actions: Edit | Undo | SetBypass | RecallSnapshot) -> None:
    """Do something for a program, and let the engine do its part."""
    for action in actions:
        stage.take(stage.rig.act(action, "rpc", 0.0))


def light(stage: Stage, control: str = "floor.drive") -> tuple[float, State]:
    """Return how a control looks now, to one who looks anew."""
    look = next(look for look in stage.rig.mapper.full_feedback("floor") if look.control == control)
    assert stage.looks[control] == look  # and that is what the device was told last
    return look.value, look.state


def test_an_effect_that_goes_is_dark_and_one_that_comes_back_is_lit() -> None:
    """The rule is there all the time; while there is no effect it says why nothing happens."""
    stage = play()
    act(stage, ACTIVE)
    assert light(stage) == (1.0, State.CONFIRMED)
    act(stage, DeleteEffect("drive"))
    assert light(stage)[0] == 0.0
    stage.changes.clear()
    stage.tap("floor.drive")
    assert any("no effect `drive`" in change.reason for change in stage.told(Refused) if isinstance(change, Refused))
    act(stage, Undo())
    assert light(stage) == (1.0, State.CONFIRMED)
    stage.tap("floor.drive")
    assert light(stage)[0] == 0.0
    assert stage.engine.effects[1].bypassed


def test_a_new_effect_is_played_by_the_rules_of_its_name() -> None:
    """Another plugin under a name that was known before."""
    stage = play()
    act(stage, DeleteEffect("delay"), CreateEffect(DRIVE.uri, "delay"))
    assert light(stage, "floor.delay") == (1.0, State.CONFIRMED)
    stage.tap("floor.delay")
    assert light(stage, "floor.delay") == (0.0, State.CONFIRMED)


def test_a_renamed_effect_leaves_its_rules() -> None:
    """They mean the name."""
    stage = play()
    act(stage, ACTIVE, RenameEffect("drive", "fuzz"))
    assert light(stage)[0] == 0.0
    act(stage, RenameEffect("fuzz", "drive"))
    assert light(stage) == (1.0, State.CONFIRMED)


def test_the_osc_namespace_follows() -> None:
    """Addresses come and go with the effects, and what is told is what is true."""
    stage = play()
    act(stage, CreateEffect(DRIVE.uri, "fuzz", parameters={"gain": Level(0.8)}))
    stage.osc("/effect/fuzz/gain", 0.4)
    assert stage.engine.effects[3].values["gain"] == 0.4
    fact = stage.rig.namespace.fact("/effect/fuzz/gain")
    assert fact is not None
    assert fact.value == 0.4
    act(stage, RenameEffect("fuzz", "crunch"))
    assert stage.rig.namespace.fact("/effect/fuzz/gain") is None
    fact = stage.rig.namespace.fact("/effect/crunch/gain")
    assert fact is not None
    assert fact.value == 0.4
    act(stage, DeleteEffect("crunch"))
    stage.changes.clear()
    stage.osc("/effect/crunch/gain", 0.1)
    assert len(stage.told(Refused)) == 1


def resumed(live: Live, variables: dict[str, bool | float | str], held: Pedalboard | None = None) -> Stage:
    """Return a new rig that goes on from there."""
    rig = Rig(
        (), {}, (held or board(),), stage=RuleStage(variables=variables, pages=(Page("One", start=True), Page("Two")))
    )
    output = rig.resume(live)
    stage = Stage(rig, FakeEngine())
    stage.note(output)
    stage.take(rig.receive_engine_event(EngineConnected(frozenset({"effects", "presets"})), 0.0))
    return stage


def journalled(live: Live) -> Live:
    """Return it as the journal has it."""
    assert live.kept is not None
    return parse_standing(standing_text(Standing(live), fingerprint(live.kept))).live


def test_a_board_that_was_changed_in_its_file_starts_as_it_is_there() -> None:
    """In the snapshot it was left in; and that is said."""
    first = resumed(Live(), {})
    act(first, CreateEffect(DRIVE.uri, "fuzz"), RecallSnapshot("Crunch"))
    live = journalled(first.rig.live())
    setups = (EffectSetup("drive", DRIVE.uri, parameters={"level": Level(-3.0)}), *board().effects[1:])
    edited = replace(board(), effects=setups)
    again = resumed(live, {}, edited)
    assert again.rig.session.pedalboard == edited
    assert again.rig.session.snapshot == "Crunch"
    assert again.engine.effects[1].values["level"] == -3.0
    assert any("changed in its file" in change.reason for change in again.told(Refused) if isinstance(change, Refused))


def test_a_rig_goes_on_as_it_was_left() -> None:
    """Every value, what was edited, page and variables; the engine knows nothing of it at the start."""
    first = resumed(Live(), {"solo": False, "level": 1.0})
    act(first, ACTIVE, CreateEffect(DRIVE.uri, "fuzz", parameters={"gain": Level(0.123456789)}))
    first.osc("/effect/drive/gain", 0.7)
    first.osc("/effect/drive/preset", "Lead")
    first.osc("/effect/drive/gain", 0.31)
    first.osc("/snapshot", "Crunch")
    first.osc("/tempo", 87.5)
    first.osc("/page", "Two")
    first.take(first.rig.act(SetVariable("solo", True), "rpc", 0.0))
    live = first.rig.live()
    again = resumed(journalled(live), {"solo": False, "level": "loud"})  # the type of one is another now
    assert again.rig.live().effects == live.effects
    assert again.rig.live().edited == live.edited == first.rig.session.pedalboard
    assert again.rig.session.snapshot == "Crunch"
    assert again.rig.mapper.view.page.page == "Two"
    assert again.rig.mapper.view.variables == {"solo": True, "level": "loud"}
    assert again.rig.live().bpm == 87.5
    assert {e.uri: (e.bypassed, e.values) for e in again.engine.effects.values()} == {
        e.uri: (e.bypassed, e.values) for e in first.engine.effects.values()
    }


def test_the_monitor_says_what_is_edited_in_words() -> None:
    """What is done, to what, and where it stands."""
    assert describe(CreateEffect(DRIVE.uri, "fuzz", created_at="2026")) == "create effect urn:drive fuzz 2026"
    assert describe(EffectAdded("fuzz", DRIVE.uri, 3, State.CONFIRMED)) == "effect added fuzz urn:drive, confirmed"
    assert describe(DeleteEffect("fuzz")) == "delete effect fuzz"
