"""How loud it is: the scale of a meter, the simulated engine's levels, and who is told of them, when and how often."""

from pathlib import Path

import pytest
from fake_engine import FakeEngine, started
from hypothesis import given
from hypothesis import strategies as st
from played_rig import play
from rig_process import Tablet, running

from controld.bridge.hosts.virtual import VirtualHost
from controld.bridge.protocol import MAX_LEVELS, decode_reply, encode_question
from controld.bridge.server_dispatch import Dispatcher
from controld.changes import StateChange
from controld.engine_figures import SILENCE_DB, LevelsChanged, decibels, meter_share
from controld.events import LevelsWanted, SurfaceLost
from controld.osc_clients import Client
from controld.osc_facts import Topic
from controld.osc_namespace import Namespace
from controld.osc_requests import Follow, read_request
from controld.session.engine_events import EngineConnected, EngineLost
from controld.session.meters import AGAIN_S
from controld.session.requests import Denied, Done, EngineLevels, ReadLevels
from controld.session.session import Session
from controld.trace import describe

SIGNAL = 0.25


class TestScale:
    def test_known_points(self) -> None:
        """Full scale, half of it, and nothing; a level that is no number of steps lies in between."""
        assert [decibels(amplitude) for amplitude in (1.0, 0.5, 0.1, 0.0)] == [0.0, -6.0, -20.0, SILENCE_DB]
        assert [meter_share(level) for level in (-90.0, -70.0, -40.0, -20.0, 0.0, 6.0)] == [0, 0, 0.15, 0.5, 1, 1]
        assert meter_share(-10.0) == pytest.approx(0.75)

    @given(st.floats(0, 4), st.floats(0, 4))
    def test_what_is_louder_is_never_shown_lower(self, one: float, other: float) -> None:
        """And everything is on the scale."""
        low, high = sorted((one, other))
        assert SILENCE_DB <= decibels(low) <= decibels(high)
        assert 0.0 <= meter_share(decibels(low)) <= meter_share(decibels(high)) <= 1.0


class TestVirtualHost:
    def levels(self, host: VirtualHost) -> tuple[object, object]:
        answer = host.audio("get_audio_levels", {})
        return answer["input_levels"], answer["output_levels"]

    def test_a_signal_goes_where_the_cables_lead(self) -> None:
        """Through effects, bypassed or not, and as far as they are joined; nothing while processing is off."""
        host = VirtualHost()
        assert self.levels(host) == ([SIGNAL, SIGNAL], [0.0, 0.0])
        uri = next(uri for uri, each in host.plugins().items() if each.audio_inputs and len(each.audio_outputs) == 1)
        plugin = host.plugins()[uri]
        host.execute(f"add {uri} 1")
        host.execute(f"connect system:capture_1 effect_1:{plugin.audio_inputs[0]}")
        assert self.levels(host)[1] == [0.0, 0.0]
        host.execute(f"connect effect_1:{plugin.audio_outputs[0]} system:playback_2")
        assert self.levels(host)[1] == [0.0, SIGNAL]
        host.execute("bypass 1 1")
        assert self.levels(host)[1] == [0.0, SIGNAL]
        host.execute("feature_enable processing 0")
        assert self.levels(host) == ([SIGNAL, SIGNAL], [0.0, 0.0])
        host.execute("feature_enable processing 1")
        host.execute("remove 1")
        assert self.levels(host)[1] == [0.0, 0.0]

    def test_rings_and_the_monitor_before_the_speakers(self) -> None:
        """What feeds itself ends nowhere, and what goes in there comes out."""
        host = VirtualHost()
        host.execute("connect system:capture_1 mod-monitor:in_1")
        assert self.levels(host)[1] == [SIGNAL, 0.0]
        host.execute("connect mod-monitor:out_1 mod-monitor:in_1")
        assert self.levels(host)[1] == [SIGNAL, 0.0]

    def test_the_stock_bridge_does_not_know_it(self) -> None:
        """With its faults, ours does not either."""
        request = encode_question(ReadLevels())
        ours, stock = (Dispatcher(VirtualHost(), lambda _event: None, stock=stock) for stock in (False, True))
        assert decode_reply(ReadLevels(), ours.answer(request, "").encode()) == Done(
            EngineLevels((SIGNAL, SIGNAL), (0.0, 0.0))
        )
        refused = decode_reply(ReadLevels(), stock.answer(request, "").encode())
        assert isinstance(refused, Denied)
        assert "Unknown audio command method" in refused.reason


class TestReply:
    @pytest.mark.parametrize(
        "body", [b"{}", b'{"input_levels": 1, "output_levels": []}', b'{"input_levels": [0.1]}', b"[]", b"nonsense"]
    )
    def test_nonsense_is_none(self, body: bytes) -> None:
        """A reply without both lists."""
        assert isinstance(decode_reply(ReadLevels(), body), Denied)

    def test_what_is_no_amplitude_is_silence(self) -> None:
        """And a thousand ports are too many."""
        body = b'{"input_levels": [0.5, -1, "x", null], "output_levels": [%b]}' % b", ".join([b"0.1"] * 1000)
        assert decode_reply(ReadLevels(), body) == Done(EngineLevels((0.5, 0.0, 0.0, 0.0), (0.1,) * MAX_LEVELS))


def rest(session: Session, engine: FakeEngine, until: float) -> list[StateChange]:
    """Let time pass with nobody playing."""
    changes: list[StateChange] = []
    while (due := session.next_deadline()) is not None and due <= until:
        changes += session.tick(due) + engine.run(session, now=due)
    return changes


def levels_in(changes: list[StateChange]) -> list[LevelsChanged]:
    return [change for change in changes if isinstance(change, LevelsChanged)]


class TestSession:
    def test_they_are_told_while_somebody_wants_them(self) -> None:
        """Ten times a second, and only what is new."""
        session, engine, _ = started(offers=("levels",))
        assert session.next_deadline() is None
        session.want_levels(wanted=True)
        assert levels_in(rest(session, engine, 1.0)) == [LevelsChanged((0.25,), (0.5,))]
        assert 10 <= sum(isinstance(each, ReadLevels) for each in engine.log) <= 12
        engine.levels = EngineLevels((0.1,), (0.2,))
        assert levels_in(rest(session, engine, 2.0)) == [LevelsChanged((0.1,), (0.2,))]
        session.want_levels(wanted=False)
        engine.log.clear()
        assert rest(session, engine, 5.0) == []
        assert engine.log == []

    def test_an_engine_that_cannot_tell_is_not_asked(self) -> None:
        """The stock bridge does not say that it can."""
        session, engine, _ = started()
        session.want_levels(wanted=True)
        engine.log.clear()
        rest(session, engine, 5.0)
        assert engine.log == []

    def test_one_that_refuses_is_asked_again_later(self) -> None:
        """Its JACK may be seen then."""
        session, engine, _ = started(offers=("levels",))
        asked: list[float] = []

        def deny(request: object) -> Denied | None:
            asked.append(1.0)
            return Denied("it hurts") if isinstance(request, ReadLevels) else None

        engine.deny = deny
        session.want_levels(wanted=True)
        rest(session, engine, 3 * AGAIN_S - 1)
        assert 2 <= len(asked) <= 3

    def test_a_press_never_waits_behind_a_question_that_was_not_sent(self) -> None:
        """They wait behind everything; and nothing is asked while something waits."""
        session = started(offers=("levels",))[0]
        session.want_levels(wanted=True)
        session.tick(10.0)
        outbox = session._context.executor.outbox
        (question,) = outbox.take(9)
        assert isinstance(question, ReadLevels)
        for tenth in range(1, 20):
            session.tick(10.0 + tenth / 10)  # the answer is late
        assert not outbox

    def test_the_patrol_goes_on(self) -> None:
        """A bridge without events is looked after beside the meters."""
        session, engine, _ = started()
        session.receive_event(EngineConnected(frozenset({"levels"})))
        engine.run(session)
        session.want_levels(wanted=True)
        engine.log.clear()
        rest(session, engine, 20.0)
        others = [each for each in engine.log if not isinstance(each, ReadLevels)]
        assert 15 <= len(others) <= 21
        assert len(engine.log) - len(others) >= 150

    def test_an_engine_that_is_gone_is_silent(self) -> None:
        """And asked again when it is back."""
        session, engine, _ = started(offers=("levels",))
        session.want_levels(wanted=True)
        rest(session, engine, 1.0)
        assert levels_in(session.receive_event(EngineLost("gone"))) == [LevelsChanged((0.0,), (0.0,))]
        assert session.next_deadline() is None
        session.receive_event(EngineConnected(frozenset({"effects", "events", "presets", "levels"})), 3.0)
        engine.run(session, now=3.0)
        assert levels_in(rest(session, engine, 4.0)) == [LevelsChanged((0.25,), (0.5,))]


class TestWho:
    def test_only_clients_with_meters_are_told(self) -> None:
        """In dB, and as a share of a meter's length."""
        namespace = Namespace()
        facts = namespace.receive(LevelsChanged((0.1,), (1.0,))).facts
        plain, meters = Client(("a", 1), 0.0), Client(("b", 1), 0.0, topics={Topic.LEVELS})
        for client in (plain, meters):
            client.offer(facts, 1.0)
        assert not plain.queue
        assert {address: fact.value for address, fact in meters.queue.items()} == {
            "/status/level/in/1": -20.0,
            "/status/level/in/1/normalized": 0.5,
            "/status/level/out/1": 0.0,
            "/status/level/out/1/normalized": 1.0,
        }
        assert [fact.address for fact in namespace.dump()] == sorted(meters.queue)

    def test_the_request(self) -> None:
        """Nothing and 1 ask for them, 0 ends them."""
        assert read_request("/controld/levels", (), "") == Follow(Topic.LEVELS)
        assert read_request("/controld/levels", (0,), "i") == Follow(Topic.LEVELS, on=False)
        assert isinstance(read_request("/controld/levels", ("loud",), "s"), str)

    def test_the_engine_is_asked_as_long_as_one_client_wants_them(self) -> None:
        """One that goes wants nothing more."""
        stage = play()
        rig = stage.rig
        stage.take(rig.receive_engine_event(EngineConnected(frozenset({"events", "effects", "levels"})), 0.0))
        for client, wanted in (("a", True), ("b", True), ("a", False)):
            rig.receive(LevelsWanted("tablet", client, wanted, 1.0), 1.0)
        stage.take(rig.tick(1.0))
        assert stage.told(LevelsChanged) == [LevelsChanged((0.25,), (0.5,))]
        assert rig.next_deadline() is not None
        output = rig.receive(SurfaceLost("tablet", 2.0, "b"), 2.0)
        assert levels_in(output.changes) == [LevelsChanged((0.0,), (0.0,))]  # nobody is left with a loud meter
        assert rig.next_deadline() is None

    def test_in_words(self) -> None:
        """For whoever prints a fact."""
        assert describe(LevelsWanted("tablet", "a", wanted=False, time_s=0.0)) == "tablet a has no meters"
        assert describe(LevelsChanged((0.1, 0.0), ())) == "levels in -20 -90, out - dB"


def test_a_tablet_with_meters_and_one_without(tmp_path: Path) -> None:
    """The real daemon on its simulated engine: what is muted is silent, and after 0 nothing more comes."""
    with running(tmp_path) as rig, Tablet(rig.osc_port) as meters, Tablet(rig.osc_port) as plain:
        plain.send("/controld/hello")
        meters.send("/controld/levels")
        meters.wait("/status/level/in/1", decibels(SIGNAL))
        meters.wait("/status/level/out/1", decibels(SIGNAL))
        meters.send("/mute", 1)
        meters.wait("/status/level/out/1", SILENCE_DB)
        meters.wait("/status/level/out/1/normalized", 0.0)
        meters.send("/controld/levels", 0)
        meters.send("/mute", 0)
        plain.wait("/mute", 0)
        meters.wait("/mute", 0)
        assert meters.newest("/status/level/out/1") == (SILENCE_DB,)
        assert not [address for address in plain.heard if address.startswith("/status/level")]
