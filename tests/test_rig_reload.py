"""The whole core under a virtual clock: new files while it is played, and what the shell around it is told."""

from dataclasses import replace

import pytest
from fake_engine import DELAY, DRIVE, FakeEngine, board
from played_rig import CONTROLS, RULES, Stage, play, rule, wait

from controld.actions import Seek
from controld.changes import (
    EngineChanged,
    PedalboardChanged,
    Refused,
    State,
)
from controld.events import ControlMoved
from controld.mappings.rule import Gesture
from controld.mappings.target import (
    BypassTarget,
    SnapshotTarget,
)
from controld.rig import MANY, Output, Rig
from controld.session.engine_events import EngineConnected
from controld.session.model import EffectSetup, Pedalboard, Snapshot
from controld.session.requests import EngineRequest, WriteBypass
from controld.session.state import Cell
from controld.values import Scale


class TestReload:
    def test_words_and_snapshots_of_the_board_are_taken_without_a_sound(self) -> None:
        """How it is played stays; the new snapshot can be recalled."""
        stage = play()
        stage.tap("floor.lead")
        stage.tap("floor.delay")
        stage.engine.log.clear()
        edited = replace(board(), description="new words", snapshots=(Snapshot("New"), *board().snapshots))
        stage.take(stage.rig.replace(RULES, CONTROLS, (edited,), 1.0))
        assert not [request for request in stage.engine.log if not type(request).__name__.startswith("Read")]
        assert [effect.bypassed for effect in stage.engine.effects.values()] == [False, True]
        assert stage.rig.session.snapshot == "Lead"
        (told, *_) = [each for each in stage.told(PedalboardChanged) if isinstance(each, PedalboardChanged)]
        assert told.snapshots == ("New", "Clean", "Crunch", "Lead")
        stage.osc("/snapshot", "New")
        assert stage.told(Refused) == []
        assert stage.rig.session.snapshot == "New"

    def test_changes_of_other_boards_are_told(self) -> None:
        """The current one has another number now, and the list is new."""
        stage = play()
        stage.engine.log.clear()
        stage.take(
            stage.rig.replace(RULES, CONTROLS, (Pedalboard("Solo", (EffectSetup("x", DRIVE.uri),)), board()), 1.0)
        )
        told = [each for each in stage.told(PedalboardChanged) if isinstance(each, PedalboardChanged)]
        assert (told[-1].pedalboard, told[-1].index, told[-1].pedalboards) == ("Stage", 2, ("Solo", "Stage"))
        assert told[-1].state is State.CONFIRMED
        assert not [request for request in stage.engine.log if not type(request).__name__.startswith("Read")]

    def test_unchanged_files_keep_how_the_board_is_played(self) -> None:
        """Also what no snapshot says."""
        stage = play()
        stage.move("floor.exp", 0.77)
        stage.engine.log.clear()
        stage.take(stage.rig.replace(RULES, CONTROLS, (board(),), 1.0))
        assert stage.engine.log == []
        assert stage.engine.effects[1].values["gain"] == pytest.approx(0.77)

    def test_lights_follow_the_new_rules_at_once(self) -> None:
        """Every control of every surface is shown as the new rules have it."""
        stage = play()
        stage.tap("floor.drive")
        output = stage.rig.replace([rule("floor.a", BypassTarget(("drive",)))], CONTROLS, (board(),), 1.0)
        looks = {look.control: look.style for look in output.feedback}
        assert looks["floor.a"] == "on"
        assert looks["floor.drive"] == "off"
        assert set(looks) == set(CONTROLS)

    def test_what_waits_goes_on(self) -> None:
        """The rest of a list comes, though its rule is gone."""
        stage = play(rules=[rule("floor.a", wait(1.0), SnapshotTarget("Lead"))])
        stage.tap("floor.a", 0.0)
        stage.take(stage.rig.replace((), CONTROLS, (board(),), 0.5))
        assert stage.rig.next_deadline() == pytest.approx(1.0)
        stage.tick(1.0)
        assert stage.rig.session.snapshot == "Lead"

    def test_a_held_press_is_released_by_its_own_rule(self) -> None:
        """Though the new files have no rule for the switch any more; the next press means nothing."""
        rules = [
            rule("floor.a", BypassTarget(("drive",), "active")),
            rule("floor.a", BypassTarget(("drive",), "bypassed"), gesture=Gesture.RELEASE),
        ]
        stage = play(rules=rules)
        stage.move("floor.a", 1.0, 0.0)
        assert not stage.engine.effects[1].bypassed
        stage.take(stage.rig.replace((), CONTROLS, (board(),), 0.1))
        stage.move("floor.a", 0.0, 0.2)
        assert stage.engine.effects[1].bypassed
        stage.tap("floor.a", 0.3)
        assert stage.engine.effects[1].bypassed
        assert stage.rig.mapper.unmapped == 2


class TestShell:
    def test_the_engine_is_urged_before_facts_are_told(self) -> None:
        """With the request waiting and no light worked out yet; where nothing waits nobody is urged."""
        stage = play()
        seen: list[tuple[list[EngineRequest], bool]] = []

        def urge() -> None:
            held = stage.rig.mapper.view.bypasses["drive"]
            seen.append((stage.rig.outbox.take(9), held.state is State.CONFIRMED))

        stage.rig.urge = urge
        stage.osc("/snapshot", "Clean")  # it is there already
        assert seen == []
        stage.rig.receive(ControlMoved("floor.drive", 1.0, 0.0), 0.0)
        assert seen == [([WriteBypass(1, bypassed=False)], True)]
        stage.rig.receive(ControlMoved("floor.drive", 0.0, 0.1), 0.1)
        stage.osc("/nonsense")
        assert len(seen) == 1

    def test_another_pedalboard_is_asked_for_before_its_facts_are_told(self) -> None:
        """Not one of them is worked out when the first step can leave."""
        other = Pedalboard("Solo", (EffectSetup("x", "urn:delay"),))
        stage = play(board(), other)
        told: list[int] = []
        stage.rig.urge = lambda: told.append(sum(cell.told is not None for cell in cells()))

        def cells() -> list[Cell]:
            effects = stage.rig.session._context.effects.values()
            return [cell for effect in effects for cell in effect.cells.values()]

        stage.osc("/pedalboard", "Solo")
        assert told[0] == 0
        assert all(cell.told is not None for cell in cells())

    def test_the_engine_is_attended_to_while_much_is_told(self) -> None:
        """Again and again; not where an event has little to tell."""
        wide = replace(DRIVE, parameters={f"p{number}": Scale() for number in range(3 * MANY)})
        stage = play(engine=FakeEngine(plugins={DRIVE.uri: wide, DELAY.uri: DELAY}))
        attended: list[int] = []
        stage.rig.attend = lambda: attended.append(1)
        stage.osc("/snapshot", "Clean")
        stage.tap("floor.drive")
        assert attended == []
        output = stage.osc("/controld/resync")
        assert len(output.changes) > 3 * MANY
        assert len(attended) >= 3
        assert len(output.news) == len(output.changes)

    def test_a_resync_shows_everything_again(self) -> None:
        """Every surface is to forget what it thinks it shows; nothing else asks for that."""
        stage = play()
        assert stage.tap("floor.drive").resync is None
        output = stage.osc("/controld/resync")
        assert output.resync == ""  # each of them
        assert [change for change in output.changes if isinstance(change, EngineChanged)]

    def test_the_trace_tells_every_step(self) -> None:
        """What came in, and the rule or the message that took it."""
        stage = play()
        steps: list[str] = []
        stage.rig.trace = lambda kind, _what: steps.append(kind)
        stage.tap("floor.drive")
        stage.osc("/controld/resync")
        stage.osc("/nonsense")
        assert steps == ["event", "rule", "event", "event", "action", "event"]

    def test_settled_means_that_nothing_waits(self) -> None:
        """No wish, no gesture and no list."""
        hold = rule("floor.a", SnapshotTarget(Seek.NEXT), gesture=Gesture.HOLD, time_s=0.5)
        stage = Stage(Rig((*RULES, hold), CONTROLS, (board(),)))
        assert not stage.rig.settled
        stage.take(stage.rig.receive_engine_event(EngineConnected(frozenset({"events", "effects"})), 0.0))
        assert stage.rig.settled
        stage.note(stage.rig.receive(ControlMoved("floor.exp", 0.4, 0.0), 0.0))
        assert not stage.rig.settled
        stage.take(Output())
        assert stage.rig.settled
        stage.move("floor.a", 1.0, 1.0)
        assert not stage.rig.settled
        stage.tick(1.5)
        assert stage.rig.settled

    def test_each_change_has_its_news_for_osc_clients(self) -> None:
        """One for each, in the same order, so that both can be told together."""
        output = play().tap("floor.lead")
        assert len(output.news) == len(output.changes) > 1
        assert [news.origin for news in output.news] == [getattr(each, "origin", "") for each in output.changes]
