"""The session before our own bridge with the virtual host, in one process: real bytes both ways, without sockets."""

import json

import pytest

from controld.actions import EngineAction, LoadPedalboard, Resync, SetMute, SetParameter, SetTempo, SetTransport, Undo
from controld.bridge.hosts.virtual import VirtualHost
from controld.bridge.protocol import command_line, decode_info, decode_reply, encode_command, encode_question
from controld.bridge.protocol_events import decode_event
from controld.bridge.server_dispatch import Dispatcher
from controld.changes import EngineChanged, EngineState, MuteChanged, ParameterChanged, State
from controld.session.engine_events import EngineConnected
from controld.session.model import EffectSetup, Pedalboard
from controld.session.outbox import Outbox
from controld.session.requests import EngineRequest, WriteParameters, WriteTransport
from controld.session.session import Session
from controld.values import Duration, Level

CLIENT = "00c0ffee"
DELAY = "http://guitarix.sourceforge.net/plugins/gx_digital_delay_#_digital_delay_"
ECHO = "http://calf.sourceforge.net/plugins/VintageDelay"
DRIVE = "http://drobilla.net/plugins/mda/Overdrive"
SOUND = (("system:capture_1", "drive:left_in"), ("drive:left_out", "system:playback_1"))
BOARD = Pedalboard(
    "Stage", (EffectSetup("drive", DRIVE), EffectSetup("delay", DELAY), EffectSetup("echo", ECHO)), SOUND
)


class Wire:
    """A session and a bridge; `sent` keeps what was asked of it."""

    def __init__(self, *boards: Pedalboard) -> None:
        self.host = VirtualHost()
        self.events: list[bytes] = []
        self.bridge = Dispatcher(self.host, lambda event: self.events.append(json.dumps(event).encode()))
        self.session = Session(boards or (BOARD,), Outbox())
        self.sent: list[EngineRequest] = []
        info = decode_info(self.bridge.answer(b'{"action": "info"}', CLIENT).encode())
        self.session.receive_event(EngineConnected(info.capabilities, info.description))
        self.run()

    def ask(self, *actions: EngineAction) -> None:
        """Do actions, and let the bridge do what follows."""
        for action in actions:
            self.session.receive(action, "floor")
        self.run()

    def run(self, now: float = 0.0) -> None:
        """Let the bridge answer until nothing waits; what it publishes is heard after each reply."""
        outbox = self.session._executor.outbox
        for _ in range(2000):
            if not outbox:
                return
            (request,) = outbox.take(1)
            self.sent.append(request)
            line = command_line(request)
            body = encode_question(request) if line is None else encode_command(line)
            answer = self.bridge.answer(body, CLIENT).encode()
            self.session.receive_reply(request, decode_reply(request, answer), now)
            for frame in self.events:
                event = decode_event(frame, CLIENT)
                if event is not None:
                    self.session.receive_event(event)
            self.events.clear()
        raise AssertionError("the session never comes to rest")

    def speakers(self) -> list[list[str]]:
        """Return the connections from effects to the speakers, as the bridge lists them."""
        found = json.loads(self.bridge.answer(b'{"action": "effects"}', CLIENT))
        ours = [pair for pair in found["connections"] if pair[0].startswith("effect_")]
        return [pair for pair in ours if pair[1].startswith("system:playback")]


def test_the_hosts_transport_follows_and_what_follows_it_is_not_fought_over() -> None:
    """Some plugins have a port that the host keeps at the tempo: it is no wish of ours, and a resync leaves it."""
    wire = Wire()
    wire.ask(SetTempo(90.0), SetTransport(rolling=True))
    transport = wire.host._rig.transport
    assert (transport.bpm, transport.rolling) == (90.0, True)
    wire.sent.clear()
    wire.ask(Resync())
    assert not any(isinstance(request, WriteParameters | WriteTransport) for request in wire.sent)
    facts = wire.session.report()
    assert facts[0] == EngineChanged(EngineState.UP, facts[0].reason)  # type: ignore[union-attr]
    assert all(fact.state is State.CONFIRMED for fact in facts if isinstance(fact, ParameterChanged))


def test_mute_parts_and_joins_the_speakers() -> None:
    """Confirmed by the bridge's own listing, through a change of pedalboard and back."""
    wire = Wire(BOARD, Pedalboard("Other", (EffectSetup("drive", DRIVE),), SOUND))
    assert wire.speakers() == [["effect_1:left_out", "system:playback_1"]]
    wire.ask(SetMute(on=True))
    assert wire.speakers() == []
    wire.ask(LoadPedalboard("Other"))
    assert wire.speakers() == []
    wire.ask(SetMute(on=False))
    assert wire.speakers() == [["effect_1:left_out", "system:playback_1"]]
    assert MuteChanged(on=False, state=State.CONFIRMED, origin="floor") in wire.session.report()
    wire.ask(Undo(), Undo())
    assert wire.session.pedalboard.name == "Stage"
    assert wire.speakers() == []


def test_a_ramp_arrives_at_the_host() -> None:
    """To the digits that a 32-bit float keeps."""
    wire = Wire()
    wire.session.receive(SetParameter("drive", "drive", Level(0.9), over=Duration(1.0)), "floor", 0.0)
    for hundredth in range(1, 102):
        wire.session.tick(hundredth / 100)
        wire.run(hundredth / 100)
    assert wire.host._rig.effects[1].values["drive"] == pytest.approx(0.9)
    steps = [request for request in wire.sent if request == WriteParameters(1, {"drive": 0.9})]
    assert len(steps) == 1
