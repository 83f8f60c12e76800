"""An engine in a dictionary, with faults on demand: the far end of the tests of the core."""

from collections.abc import Callable
from dataclasses import dataclass, field

from controld.changes import StateChange
from controld.session.engine_events import EngineConnected
from controld.session.model import Bank, EffectRecall, EffectSetup, Pedalboard, Plugin, Preset, Snapshot
from controld.session.requests import (
    AddEffect,
    CloseJack,
    ConnectPorts,
    Denied,
    DisconnectPorts,
    Done,
    EngineLevels,
    EngineLoad,
    EngineReply,
    EngineRequest,
    Found,
    FoundEffect,
    OpenJack,
    Probe,
    ReadBypass,
    ReadEffects,
    ReadHardware,
    ReadLevels,
    ReadLoad,
    ReadParameter,
    ReadPlugin,
    ReadPresets,
    RemoveEffect,
    SetProcessing,
    TimedOut,
    WriteBypass,
    WriteParameters,
    WritePreset,
    WriteTransport,
)
from controld.session.session import Session
from controld.values import Level, Scale, ScalePoint

DRIVE = Plugin(
    "urn:drive",
    "Drive",
    {
        "gain": Scale(0.0, 1.0, 0.5),
        "freq": Scale(20.0, 20000.0, 1000.0, "Hz", logarithmic=True),
        "level": Scale(-40.0, 6.0, 0.0, "dB"),
        "mode": Scale(0, 2, 0, enumeration=True, points=(ScalePoint(0, "A"), ScalePoint(1, "B"), ScalePoint(2, "C"))),
    },
    (Preset("urn:drive#crunch", "Crunch"), Preset("urn:drive#lead", "Lead")),
)
PRESET_VALUES = {"urn:drive#crunch": {"gain": 0.7}, "urn:drive#lead": {"gain": 0.9, "level": 3.0}}
DELAY = Plugin("urn:delay", "Delay", {"time": Scale(1, 2000, 400, "ms", integer=True), "mix": Scale(0.0, 1.0, 0.3)})


@dataclass
class FakeEngine:
    """Effects by instance; `deny` and `time_out` are asked for each request; `log` keeps what was executed."""

    effects: dict[int, FoundEffect] = field(default_factory=dict)
    connections: set[tuple[str, str]] = field(default_factory=set)
    processing: bool = True
    jack: bool = True  # what is loaded while it is gone, or was when it went, is joined to none
    load: EngineLoad = field(default_factory=lambda: EngineLoad(12.0, 0))
    levels: EngineLevels = field(default_factory=lambda: EngineLevels((0.25,), (0.5,)))
    tells_ports: bool = True  # its bridge has a JACK client of its own
    deaf: set[int] = field(default_factory=set)  # effects without ports, for their JACK is gone
    transport: WriteTransport | None = None
    log: list[EngineRequest] = field(default_factory=list)
    deny: Callable[[EngineRequest], Denied | None] = lambda _request: None
    time_out: Callable[[EngineRequest], bool] = lambda _request: False
    plugins: dict[str, Plugin] = field(default_factory=lambda: {DRIVE.uri: DRIVE, DELAY.uri: DELAY})

    def execute(self, request: EngineRequest) -> EngineReply:
        """Do a request and say what came of it."""
        denied = self.deny(request)
        if denied is not None:
            return denied
        if self.time_out(request):
            return TimedOut()
        self.log.append(request)
        return self._do(request)

    def _do(self, request: EngineRequest) -> EngineReply:
        match request:
            case ReadPlugin(uri):
                return Done(self.plugins[uri]) if uri in self.plugins else Denied("Plugin not found")
            case ReadPresets(uri):
                return Done(self.plugins[uri].presets if uri in self.plugins else ())
            case Probe():
                return Done(self.load.cpu_percent)
            case ReadLoad():
                return Done(self.load)
            case ReadLevels():
                return Done(self.levels)
            case ReadHardware():
                return Done(("system:playback_1",) if self.jack and self.tells_ports else ())
            case OpenJack() | CloseJack():
                return Done(self.jack)
            case ReadEffects():
                return Done(Found(dict(self.effects), frozenset(self.connections)))
            case AddEffect(instance, uri):
                return self._add(instance, uri)
            case RemoveEffect(instance):
                self.effects.pop(instance, None)
                prefix = f"effect_{instance}:"
                self.connections = {p for p in self.connections if not any(e.startswith(prefix) for e in p)}
            case ConnectPorts(source, target) if not self._joins(source, target):
                return Denied("the ports could not be connected", -205)
            case ConnectPorts(source, target):
                self.connections.add((source, target))
            case DisconnectPorts(source, target):
                self.connections.discard((source, target))
            case SetProcessing(on):
                self.processing = on
            case WriteTransport():
                self.transport = request
            case _:
                return self._on_effect(request)
        return Done()

    def kill_jack(self) -> None:
        """End the JACK server: the host lives on, with effects that have no ports any more."""
        self.jack = False
        self.deaf = set(self.effects)
        self.connections.clear()

    def _joins(self, *ports: str) -> bool:
        clients = {port.partition(":")[0] for port in ports}
        return self.jack and clients.isdisjoint(f"effect_{number}" for number in self.deaf)

    def _add(self, instance: int, uri: str) -> EngineReply:
        if instance in self.effects:
            return Denied("instance exists", -2)
        if uri not in self.plugins:
            return Denied("no such plugin", -101)
        if not self.jack:
            return Denied("no JACK client could be made", -201)
        defaults = {symbol: scale.default for symbol, scale in self.plugins[uri].parameters.items()}
        self.effects[instance] = FoundEffect(uri, bypassed=False, values=defaults)
        return Done()

    def _on_effect(self, request: EngineRequest) -> EngineReply:
        instance = getattr(request, "instance", -1)
        effect = self.effects.get(instance)
        if effect is None:
            return Denied("no such instance", -3)
        match request:
            case WriteBypass(_, bypassed):
                self.effects[instance] = FoundEffect(effect.uri, bypassed, effect.values, effect.preset)
            case WriteParameters(_, values):
                effect.values.update(values)
            case WritePreset(_, uri):
                effect.values.update(PRESET_VALUES.get(uri, {}))
                self.effects[instance] = FoundEffect(effect.uri, effect.bypassed, effect.values, uri)
            case ReadBypass():
                return Done(effect.bypassed)
            case ReadParameter(_, symbol):
                if symbol not in effect.values:
                    return Denied("no such symbol", -103)
                return Done(effect.values[symbol])
        return Done()

    def step(self, session: Session, limit: int = 1, now: float = 0.0) -> list[StateChange]:
        """Execute what one wire request may carry, and hand the replies to the session."""
        outbox = session._executor.outbox
        changes: list[StateChange] = []
        taken = outbox.take(limit)
        replies = [(request, self.execute(request)) for request in taken]
        for request, reply in replies:
            changes += session.receive_reply(request, reply, now)
        return changes

    def run(self, session: Session, limit: int = 1, now: float = 0.0) -> list[StateChange]:
        """Execute until nothing waits; a session that never comes to rest fails the test."""
        changes: list[StateChange] = []
        for _ in range(2000):
            if not session._executor.outbox:
                return changes
            changes += self.step(session, limit, now)
        raise AssertionError("the session never comes to rest")


def board(name: str = "Stage", *, uri: str = DRIVE.uri) -> Pedalboard:
    """Return a small pedalboard with two effects and three snapshots."""
    return Pedalboard(
        name,
        (
            EffectSetup("drive", uri, parameters={"gain": Level(0.2)}),
            EffectSetup("delay", DELAY.uri, bypassed=True, parameters={"time": Level(0.5, "s")}),
        ),
        (("system:capture_1", "drive:in"), ("drive:out", "delay:in"), ("delay:out", "system:playback_1")),
        (
            Snapshot("Clean", {"drive": EffectRecall(bypassed=True), "delay": EffectRecall(bypassed=True)}),
            Snapshot("Crunch", {"drive": EffectRecall(bypassed=False, parameters={"gain": Level(60, "%")})}),
            Snapshot(
                "Lead",
                {
                    "drive": EffectRecall(bypassed=False, parameters={"gain": Level(0.9), "level": Level(3, "dB")}),
                    "delay": EffectRecall(bypassed=False, parameters={"mix": Level(0.5)}),
                },
            ),
        ),
    )


def started(
    *boards: Pedalboard,
    at_once: bool = True,
    engine: FakeEngine | None = None,
    banks: tuple[Bank, ...] = (),
    offers: tuple[str, ...] = (),
) -> tuple[Session, FakeEngine, list[StateChange]]:
    """Return a session whose engine is up and holds the first pedalboard, and what it told on the way."""
    from controld.session.outbox import Outbox

    session = Session(boards or (board(),), Outbox(), banks=banks)
    engine = engine or FakeEngine()
    session.report()
    capabilities = frozenset({"effects", "presets", "events", *offers}) if at_once else frozenset()
    changes = session.receive_event(EngineConnected(capabilities))
    changes += engine.run(session)
    return session, engine, changes
