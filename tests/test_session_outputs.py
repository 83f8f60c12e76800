"""Mute and tuner: the speakers are parted and joined again, and what is told of it is true."""

import pytest
from fake_engine import DELAY, DRIVE, FakeEngine, board, started
from session_play import AT_ONCE, STEP_BY_STEP, ask, in_flight, nth, refusals

from controld.actions import EngineAction, LoadPedalboard, RecallSnapshot, SetMute, SetTuner
from controld.changes import MuteChanged, State, StateChange, TunerChanged
from controld.session.engine_events import ConnectionReported, EngineConnected, EngineLost
from controld.session.model import EffectSetup, Pedalboard
from controld.session.outbox import Outbox
from controld.session.requests import ConnectPorts, DisconnectPorts
from controld.session.session import Session

OUT = ("effect_2:out", "system:playback_1")
OTHER = Pedalboard(
    "Other",
    (EffectSetup("a", DELAY.uri), EffectSetup("b", DRIVE.uri)),
    (("system:capture_1", "a:in"), ("a:out", "b:in"), ("b:out", "system:playback_1"), ("b:out", "system:playback_2")),
)


def mute(changes: list[StateChange]) -> list[tuple[bool, State]]:
    return [(change.on, change.state) for change in changes if isinstance(change, MuteChanged)]


def stands(session: Session) -> tuple[bool, State]:
    return mute(session.report())[0]


def audible(engine: FakeEngine) -> set[tuple[str, str]]:
    return {pair for pair in engine.connections if pair[1].startswith("system:playback")}


class TestMute:
    def test_the_speakers_are_parted_and_nothing_else(self) -> None:
        """One request; asked, then confirmed by the engine."""
        session, engine, _ = started()
        engine.log.clear()
        joined = set(engine.connections)
        changes = ask(session, engine, SetMute())
        assert engine.log == [DisconnectPorts(*OUT)]
        assert engine.connections == joined - {OUT}
        assert mute(changes) == [(True, State.ASKED), (True, State.CONFIRMED)]
        changes = ask(session, engine, SetMute())
        assert engine.log == [DisconnectPorts(*OUT), ConnectPorts(*OUT)]
        assert mute(changes) == [(False, State.ASKED), (False, State.CONFIRMED)]

    @pytest.mark.parametrize("last", [True, False])
    def test_the_latest_of_many_presses_wins(self, last: bool) -> None:
        """Also while the answer to an older one is on its way."""
        session, engine, _ = started()
        session.receive(SetMute(on=True), "floor")
        changes = in_flight(session, engine, SetMute(on=False), SetMute(on=True), SetMute(on=last))
        assert bool(audible(engine)) is not last
        assert mute(changes)[-1] == (last, State.CONFIRMED)

    def test_it_outlasts_pedalboards_and_snapshots(self) -> None:
        """The next pedalboard comes without its speakers, and gets them all when it may sound."""
        session, engine, _ = started(board(), OTHER)
        ask(session, engine, SetMute(on=True), RecallSnapshot("Lead"), LoadPedalboard("Other"))
        assert audible(engine) == set()
        assert stands(session) == (True, State.CONFIRMED)
        ask(session, engine, SetMute(on=False))
        assert len(audible(engine)) == 2
        assert stands(session) == (False, State.CONFIRMED)

    def test_not_one_connection_to_the_speakers_is_made_while_muted(self) -> None:
        """Not even for a moment while a pedalboard loads."""
        session, engine, _ = started(board(), OTHER)
        ask(session, engine, SetMute(on=True))
        engine.log.clear()
        ask(session, engine, LoadPedalboard("Other"))
        assert not any(isinstance(each, ConnectPorts) and each.target.startswith("system:") for each in engine.log)

    @pytest.mark.parametrize("event", [AT_ONCE, STEP_BY_STEP])
    @pytest.mark.parametrize("survived", [True, False])
    def test_it_outlasts_the_engine(self, event: EngineConnected, survived: bool) -> None:
        """Asked while it is gone; parted again when it is back, whatever it holds then."""
        session, engine, _ = started()
        ask(session, engine, SetMute(on=True))
        assert mute(session.receive_event(EngineLost("gone"))) == [(True, State.ASKED)]
        engine = engine if survived else FakeEngine()
        if event is AT_ONCE:
            engine.connections.add(OUT)  # somebody joined them meanwhile
        session.receive_event(event)
        engine.run(session)
        assert audible(engine) == set()
        assert stands(session) == (True, State.CONFIRMED)

    def test_pressed_while_the_engine_is_gone_it_holds_when_it_comes(self) -> None:
        """Asked until then."""
        session = Session((board(),), Outbox())
        engine = FakeEngine()
        assert mute(session.receive(SetMute(), "floor")) == [(True, State.ASKED)]
        session.receive_event(AT_ONCE)
        assert mute(engine.run(session)) == [(True, State.CONFIRMED)]
        assert audible(engine) == set()

    def test_what_cannot_be_parted_is_failed_and_said(self) -> None:
        """The guitar is still heard: the light must not say otherwise. Pressed again it is tried again."""
        session, engine, _ = started()
        engine.deny = nth(DisconnectPorts)
        changes = ask(session, engine, SetMute(on=True))
        assert mute(changes)[-1] == (True, State.FAILED)
        assert refusals(changes)[0].subject == "mute"
        engine.deny = lambda _request: None
        assert mute(ask(session, engine, SetMute(on=True)))[-1] == (True, State.CONFIRMED)
        assert audible(engine) == set()

    def test_what_cannot_be_joined_is_failed(self) -> None:
        """Silence that nobody wants is not called sound."""
        session, engine, _ = started()
        ask(session, engine, SetMute(on=True))
        engine.deny = nth(ConnectPorts)
        assert mute(ask(session, engine, SetMute(on=False)))[-1] == (False, State.FAILED)

    def test_what_another_program_joins_is_not_called_mute(self) -> None:
        """A patchbay joins the speakers again: the light must not say that nobody hears. It is gone: it may."""
        session, engine, _ = started()
        ask(session, engine, SetMute(on=True))
        for pair in (OUT, ("effect_2:out", "other:in")):
            assert mute(session.receive_event(ConnectionReported(*pair, connected=True))) == [(True, State.FAILED)]
            assert mute(session.receive_event(ConnectionReported(*pair, connected=False))) == [(True, State.CONFIRMED)]
        elsewhere = ConnectionReported("player:out", "system:playback_1", connected=True)
        assert mute(session.receive_event(elsewhere)) == []

    def test_a_guitar_straight_to_the_speakers_is_parted_too(self) -> None:
        """A connection that touches no effect at all."""
        straight = ("system:capture_1", "system:playback_1")
        session, engine, _ = started(Pedalboard("Straight", (), (straight,)))
        assert engine.connections == {straight}
        ask(session, engine, SetMute(on=True))
        assert engine.connections == set()
        ask(session, engine, SetMute(on=False))
        assert engine.connections == {straight}


class TestTuner:
    def test_it_mutes_while_it_is_shown(self) -> None:
        """No note is told, because no engine tells one."""
        session, engine, _ = started()
        changes = ask(session, engine, SetTuner())
        assert TunerChanged(on=True, state=State.CONFIRMED, origin="floor") in changes
        assert stands(session) == (True, State.CONFIRMED)
        assert audible(engine) == set()
        ask(session, engine, SetTuner())
        assert stands(session) == (False, State.CONFIRMED)
        assert len(audible(engine)) == 1

    def test_a_rig_may_want_it_loud(self) -> None:
        """The sound goes on."""
        session = Session((board(),), Outbox(), silent_tuner=False)
        engine = FakeEngine()
        session.receive_event(AT_ONCE)
        engine.run(session)
        assert mute(ask(session, engine, SetTuner(on=True))) == []
        assert len(audible(engine)) == 1

    @pytest.mark.parametrize(
        ("actions", "muted"),
        [
            ((SetMute(on=True), SetTuner(on=True), SetTuner(on=False)), True),
            ((SetTuner(on=True), SetMute(), SetTuner(on=False)), False),
            ((SetTuner(on=True), SetMute()), False),
            ((SetTuner(on=True), SetMute(on=True), SetTuner(on=False)), True),
            ((SetTuner(on=True), SetTuner(on=True), SetTuner(on=False)), False),
        ],
    )
    def test_a_hands_mute_and_the_tuners_are_two(self, actions: tuple[EngineAction, ...], muted: bool) -> None:
        """Putting the tuner away does not unmute what a hand muted; a hand's unmute holds against the tuner."""
        session, engine, _ = started()
        ask(session, engine, *actions)
        assert stands(session) == (muted, State.CONFIRMED)
        assert bool(audible(engine)) is not muted
