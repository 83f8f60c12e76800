"""A bridge that mixes up its replies refuses what it did: what is shown is what the engine holds all the same."""

import pytest
from fake_engine import FakeEngine, board, started
from session_play import ask, board_state, cell, gain, preset, refusals, rest

from controld.actions import LoadPreset, Resync, SetBypass
from controld.changes import EngineState, State
from controld.session.requests import (
    AddEffect,
    Denied,
    EngineReply,
    EngineRequest,
    ReadEffects,
    ReadParameter,
    RemoveEffect,
    WriteBypass,
    WriteParameters,
)


class MixedUp(FakeEngine):
    """Does what it is asked, and says of the kinds in `lies`, so often, that it did not."""

    lies: dict[type, int] = {}  # noqa: RUF012 - set anew in each test

    def execute(self, request: EngineRequest) -> EngineReply:
        """Do a request, and lie about it where that is due."""
        reply = super().execute(request)
        if self.lies.get(type(request), 0):
            self.lies[type(request)] -= 1
            return Denied("of another request", -901)
        return reply


@pytest.fixture
def engine() -> MixedUp:
    """Return an engine that tells the truth as yet."""
    MixedUp.lies = {}
    return MixedUp()


@pytest.mark.parametrize("at_once", [True, False])
class TestMixedUp:
    def test_a_write_that_was_done_is_set_back_to_what_is_shown(self, engine: MixedUp, at_once: bool) -> None:
        """The light says that it failed, and so it has."""
        session, _, _ = started(engine=engine, at_once=at_once)
        engine.lies = {WriteParameters: 1, WriteBypass: 1}
        changes = ask(session, engine, gain(0.9), SetBypass(("drive",), bypassed=False))
        assert len(refusals(changes)) == 2
        rest(session, engine, 10.0)
        assert cell(session)[:2] == (0.2, 0.2)
        assert engine.effects[1].values["gain"] == 0.2
        assert engine.effects[1].bypassed

    def test_though_the_question_is_refused_too(self, engine: MixedUp, at_once: bool) -> None:
        """It is asked again."""
        session, _, _ = started(engine=engine, at_once=at_once)
        engine.lies = {WriteParameters: 1, ReadParameter: 2}
        ask(session, engine, gain(0.9))
        rest(session, engine, 10.0)
        assert engine.effects[1].values["gain"] == cell(session)[0] == 0.2

    def test_an_engine_that_refuses_every_question_is_left_in_peace(self, engine: MixedUp, at_once: bool) -> None:
        """After a few."""
        session, _, _ = started(engine=engine, at_once=at_once)
        engine.lies = {WriteParameters: 1, ReadParameter: 1000}
        ask(session, engine, gain(0.9))
        engine.log.clear()
        rest(session, engine, 3.0)
        assert 1 <= sum(request == ReadParameter(1, "gain") for request in engine.log) <= 5

    def test_an_effect_that_was_loaded_counts_as_loaded(self, engine: MixedUp, at_once: bool) -> None:
        """It is looked for before the pedalboard is given up."""
        engine.lies = {AddEffect: 1}
        _, _, changes = started(engine=engine, at_once=at_once)
        assert board_state(changes) is State.CONFIRMED
        assert len(engine.effects) == 2
        assert len(engine.connections) == 3


def test_a_list_that_is_refused_is_asked_for_again(engine: MixedUp) -> None:
    """An engine that holds everything is not given everything anew."""
    session, _, _ = started(engine=engine)
    engine.lies = {ReadEffects: 2}
    engine.log.clear()
    ask(session, engine, Resync())
    assert session._executor.state is EngineState.UP
    assert not [request for request in engine.log if isinstance(request, AddEffect | RemoveEffect)]


def test_a_refused_preset_and_a_refused_value_are_each_their_own(engine: MixedUp) -> None:
    """What is loaded stays."""
    session, _, _ = started(board(), engine=engine)
    ask(session, engine, LoadPreset("drive", "Lead"))
    engine.lies = {WriteParameters: 1}
    ask(session, engine, gain(0.3))
    rest(session, engine, 10.0)
    assert preset(session) == ("Lead", State.CONFIRMED)
    assert engine.effects[1].values["gain"] == cell(session)[0] == 0.9
