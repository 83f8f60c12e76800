"""Effects of neighbouring pedalboards, loaded beforehand: when, which, how many, and what becomes of them."""

import pytest
from fake_engine import DELAY, DRIVE, FakeEngine, board, started
from session_play import AT_ONCE, STEP_BY_STEP, ask, board_state, rest

from controld.actions import LoadPedalboard, SelectBank, SetBypass
from controld.changes import Refused, State
from controld.session.engine_events import EffectReported, EngineLost
from controld.session.model import Bank, EffectSetup, Pedalboard, Plugin
from controld.session.requests import AddEffect, RemoveEffect, SetProcessing
from controld.session.session import Session
from controld.session.spares import MOST
from controld.values import Scale

REVERB = Plugin("urn:reverb", "Reverb", {"size": Scale(0.0, 1.0, 0.5)})
PLUGINS = {plugin.uri: plugin for plugin in (DRIVE, DELAY, REVERB)}


def hall(name: str = "Hall", count: int = 1) -> Pedalboard:
    """Return a pedalboard with the drive of the other and reverbs."""
    effects = (EffectSetup("drive", DRIVE.uri), *(EffectSetup(f"verb{n}", REVERB.uri) for n in range(count)))
    return Pedalboard(name, effects, (("system:capture_1", "drive:in"), ("drive:out", "verb0:in")))


def preloaded(*boards: Pedalboard, banks: tuple[Bank, ...] = (), at_once: bool = True) -> tuple[Session, FakeEngine]:
    """Return a session at rest that holds its neighbours' effects."""
    engine = FakeEngine(plugins=dict(PLUGINS))
    session, engine, _ = started(*(boards or (board(), hall())), engine=engine, banks=banks, at_once=at_once)
    session.preload(1)
    rest(session, engine, 60.0)
    return session, engine


def uris(engine: FakeEngine) -> list[str]:
    return sorted(effect.uri for effect in engine.effects.values())


class TestLoading:
    def test_what_the_neighbour_lacks_is_loaded_bypassed_and_joined_to_nothing(self) -> None:
        """The drive is there already: it is used by both."""
        session, engine = preloaded()
        assert uris(engine) == sorted([DRIVE.uri, DELAY.uri, REVERB.uri])
        (spare,) = [number for number, effect in engine.effects.items() if effect.uri == REVERB.uri]
        assert engine.effects[spare].bypassed
        assert not any(f"effect_{spare}:" in end for pair in engine.connections for end in pair)
        assert set(session._executor.rig.effects) == {"drive", "delay"}

    def test_nothing_is_loaded_unless_it_is_asked_for(self) -> None:
        """It costs memory, and bypassed effects a little of the processor."""
        session, engine, _ = started(board(), hall(), engine=FakeEngine(plugins=dict(PLUGINS)))
        rest(session, engine, 60.0)
        assert len(engine.effects) == 2

    def test_nothing_is_loaded_while_somebody_plays(self) -> None:
        """A press would wait for the plugin."""
        engine = FakeEngine(plugins=dict(PLUGINS))
        session, engine, _ = started(board(), hall(), engine=engine)
        session.preload(1)
        for now in range(1, 40):
            session.receive(SetBypass(("drive",)), "floor", now * 0.5)
            engine.run(session, now=now * 0.5)
            session.tick(now * 0.5)
            assert not any(isinstance(each, AddEffect) and each.uri == REVERB.uri for each in engine.log)
            engine.run(session, now=now * 0.5)

    def test_the_switch_is_a_reconnect(self) -> None:
        """No plugin is loaded or removed, and the sound is never turned off."""
        session, engine = preloaded()
        engine.log.clear()
        changes = ask(session, engine, LoadPedalboard("Hall"))
        assert board_state(changes) is State.CONFIRMED
        assert not [each for each in engine.log if isinstance(each, AddEffect | RemoveEffect | SetProcessing)]
        held = {effect.uri: effect for effect in engine.effects.values()}
        assert not held[REVERB.uri].bypassed
        assert ("system:capture_1", "effect_1:in") in engine.connections

    def test_what_was_left_is_the_neighbour_then(self) -> None:
        """Its delay stays, bypassed and parted; and back is a reconnect too."""
        session, engine = preloaded()
        ask(session, engine, LoadPedalboard("Hall"))
        rest(session, engine, 120.0)
        (delay,) = [number for number, effect in engine.effects.items() if effect.uri == DELAY.uri]
        assert engine.effects[delay].bypassed
        assert not any(f"effect_{delay}:" in end for pair in engine.connections for end in pair)
        engine.log.clear()
        ask(session, engine, LoadPedalboard("Stage"))
        assert not [each for each in engine.log if isinstance(each, AddEffect | RemoveEffect)]
        assert len(engine.connections) == 3

    def test_they_go_when_the_neighbourhood_changes(self) -> None:
        """Of another bank nobody is near."""
        banks = (Bank("All", ("Stage", "Hall")), Bank("One", ("Stage",)))
        session, engine = preloaded(banks=banks)
        ask(session, engine, SelectBank("One"))
        rest(session, engine, 120.0)
        assert uris(engine) == sorted([DRIVE.uri, DELAY.uri])

    def test_they_go_when_they_are_wanted_no_more(self) -> None:
        """The setting can be taken back while it plays."""
        session, engine = preloaded()
        session.preload(0)
        rest(session, engine, 120.0)
        assert uris(engine) == sorted([DRIVE.uri, DELAY.uri])

    def test_there_are_never_too_many(self) -> None:
        """A neighbour with more effects than that is loaded in part."""
        session, engine = preloaded(board(), hall(count=MOST + 5))
        assert len(engine.effects) == 2 + MOST
        ask(session, engine, LoadPedalboard("Hall"))
        assert len(session._executor.rig.effects) == 1 + MOST + 5

    def test_a_plugin_that_is_not_there_is_tried_once_and_said_by_its_own_board(self) -> None:
        """A spare that cannot be had is nobody's business."""
        broken = Pedalboard("Broken", (EffectSetup("x", "urn:nowhere"),))
        session, engine = preloaded(board(), broken)
        assert session.next_deadline() is None
        changes = ask(session, engine, LoadPedalboard("Broken"))
        assert [change for change in changes if isinstance(change, Refused)]


class TestLosses:
    @pytest.mark.parametrize("at_once", [True, False])
    @pytest.mark.parametrize("survived", [True, False])
    def test_after_an_outage_nothing_is_there_twice(self, at_once: bool, survived: bool) -> None:
        """Whether the host lived on or not, and whether its bridge lists what is there or not."""
        session, engine = preloaded(at_once=at_once)
        session.receive_event(EngineLost("gone"))
        if not survived:
            engine = FakeEngine(plugins=dict(PLUGINS))
        session.receive_event(AT_ONCE if at_once else STEP_BY_STEP)
        engine.run(session, now=61.0)
        rest(session, engine, 90.0)
        assert uris(engine) == sorted([DRIVE.uri, DELAY.uri, REVERB.uri])

    def test_a_spare_that_outlived_a_hiccup_is_not_loaded_again(self) -> None:
        """Nor is the sound turned off for it."""
        session, engine = preloaded()
        engine.log.clear()
        session.receive_event(AT_ONCE)
        engine.run(session, now=61.0)
        rest(session, engine, 90.0)
        assert not [each for each in engine.log if isinstance(each, AddEffect | RemoveEffect)]

    def test_one_that_another_hand_removed_is_loaded_again(self) -> None:
        """Later, and without a word."""
        session, engine = preloaded()
        (spare,) = [number for number, effect in engine.effects.items() if effect.uri == REVERB.uri]
        engine._do(RemoveEffect(spare))
        assert session.receive_event(EffectReported(spare, "")) == []
        rest(session, engine, 120.0)
        assert REVERB.uri in uris(engine)

    def test_a_load_that_comes_while_its_spare_is_on_its_way_has_it_once(self) -> None:
        """The reply belongs to the pedalboard's effect by then."""
        engine = FakeEngine(plugins=dict(PLUGINS))
        session, engine, _ = started(board(), hall(), engine=engine)
        session.preload(1)
        while not any(isinstance(each, AddEffect) for each in session._executor.outbox._idle):
            due = session.next_deadline()
            assert due is not None
            session.tick(due)
        (request,) = session._executor.outbox.take(1)
        reply = engine.execute(request)
        changes = session.receive(LoadPedalboard("Hall"), "floor")
        changes += session.receive_reply(request, reply, 0.0) + engine.run(session)
        assert board_state(changes) is State.CONFIRMED
        assert uris(engine).count(REVERB.uri) == 1

    def test_a_load_that_comes_before_its_spare_was_sent_loads_it_itself(self) -> None:
        """What waits for nobody is forgotten."""
        engine = FakeEngine(plugins=dict(PLUGINS))
        session, engine, _ = started(board(), hall(), engine=engine)
        session.preload(1)
        while not any(isinstance(each, AddEffect) for each in session._executor.outbox._idle):
            due = session.next_deadline()
            assert due is not None
            session.tick(due)
        assert board_state(ask(session, engine, LoadPedalboard("Hall"))) is State.CONFIRMED
        assert uris(engine).count(REVERB.uri) == 1
        assert sum(isinstance(each, AddEffect) and each.uri == REVERB.uri for each in engine.log) == 1
