"""The session as a state machine: whatever is played, refused, lost and found, it ends with the engine at the wish."""

from dataclasses import replace

from fake_engine import DELAY, DRIVE, FakeEngine, board
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from controld.actions import (
    CycleParameter,
    DriveParameter,
    EngineAction,
    LoadPedalboard,
    LoadPreset,
    MorphSnapshots,
    Panic,
    RecallSnapshot,
    Redo,
    Resync,
    SaveSnapshot,
    Seek,
    SelectBank,
    SetBypass,
    SetMute,
    SetParameter,
    SetTempo,
    SetTransport,
    SetTuner,
    StepParameter,
    TapTempo,
    ToggleParameter,
    Undo,
)
from controld.changes import (
    BypassChanged,
    EngineChanged,
    EngineState,
    LoadProgressed,
    MorphChanged,
    MuteChanged,
    ParameterChanged,
    PedalboardChanged,
    PresetChanged,
    SnapshotChanged,
    State,
    StateChange,
    TempoChanged,
)
from controld.session.engine_events import EffectReported, EngineConnected, EngineLost, ParameterReported
from controld.session.model import Bank, EffectSetup, Pedalboard
from controld.session.outbox import Outbox
from controld.session.requests import Denied, EngineRequest, RemoveEffect, WriteBypass, WriteParameters
from controld.session.session import Session
from controld.values import Duration, Level, same_value

EFFECTS = st.sampled_from(["drive", "delay", "twin", "nobody"])
SYMBOLS = st.sampled_from(["gain", "mix", "time", "level", "mode", "nothing"])
PICKS = st.one_of(st.sampled_from(list(Seek)), st.integers(0, 4), st.sampled_from(["Clean", "Lead", "Stage", "Twins"]))
SWITCHES = st.none() | st.booleans()
OVER = st.none() | st.builds(Duration, st.floats(0, 3)) | st.builds(Duration, st.just(0.0), st.floats(0, 4))
LEVELS = st.builds(Level, st.floats(0, 100), st.just("%"))
STOPS = st.sampled_from([((0.0, "Clean"), (1.0, "Lead")), ((0.0, 3), (0.3, 2), (0.6, 1)), ((0.0, "Lead"), (1.0, 7))])
ACTIONS: st.SearchStrategy[EngineAction] = st.one_of(
    st.builds(SetBypass, st.tuples(EFFECTS), st.none() | st.booleans()),
    st.builds(DriveParameter, EFFECTS, SYMBOLS, st.floats(0, 1)),
    st.builds(SetParameter, EFFECTS, SYMBOLS, st.builds(Level, st.floats(-100, 3000)), st.booleans()),
    st.builds(StepParameter, EFFECTS, SYMBOLS, st.builds(Level, st.floats(-10, 10), st.just("%")), st.integers(-3, 3)),
    st.builds(LoadPreset, EFFECTS, st.sampled_from(["Crunch", "Lead", "Nope"]) | st.integers(1, 2)),
    st.builds(RecallSnapshot, PICKS),
    st.builds(LoadPedalboard, PICKS),
    st.sampled_from([Resync(), Resync("floor"), Panic(), TapTempo()]),
    st.builds(SetParameter, EFFECTS, SYMBOLS, LEVELS, st.just(value=False), OVER),
    st.builds(ToggleParameter, EFFECTS, SYMBOLS, LEVELS, LEVELS, OVER),
    st.builds(CycleParameter, EFFECTS, SYMBOLS, st.lists(LEVELS, max_size=3).map(tuple), st.integers(-2, 2), OVER),
    st.builds(MorphSnapshots, STOPS, st.floats(0, 1) | st.sampled_from([0.0, 0.3, 1.0])),
    st.builds(SetMute, SWITCHES) | st.builds(SetTuner, SWITCHES) | st.builds(SetTransport, SWITCHES),
    st.builds(SetTempo, st.none() | st.floats(10, 400), st.floats(-20, 20)),
    st.builds(SaveSnapshot, PICKS) | st.builds(SelectBank, PICKS),
    st.sampled_from([Undo(), Undo(), Redo()]),
)
TWINS = Pedalboard(
    "Twins", (EffectSetup("twin", DRIVE.uri), EffectSetup("delay", DELAY.uri), EffectSetup("drive", DRIVE.uri))
)
VERSIONS = [
    board(),
    TWINS,
    replace(board(), snapshots=board().snapshots[1:], tempo_bpm=90.0),
    replace(board(), snapshots=(), global_parameters=frozenset({("drive", "gain")})),
    replace(board(), effects=board().effects[:1], connections=board().connections[:1]),
    replace(TWINS, connections=(("twin:out", "system:playback_1"), ("system:capture_1", "system:playback_2"))),
]
BANKS = (Bank("Both", ("Stage", "Twins")), Bank("Twins alone", ("Twins",)))


# What is told of one thing replaces what was told of it before.
_KEPT = (BypassChanged, ParameterChanged, PresetChanged, SnapshotChanged, PedalboardChanged, MuteChanged)


def subject_of(fact: object) -> tuple[object, ...]:
    return type(fact), getattr(fact, "effect", ""), getattr(fact, "symbol", "")


class Stage(RuleBasedStateMachine):
    """A player, an engine with moods, and a bridge that may list effects or not."""

    @initialize(at_once=st.booleans(), mute=st.booleans(), preload=st.integers(0, 2), load=st.booleans())
    def start(self, at_once: bool, mute: bool, preload: int, load: bool) -> None:
        self.now = 0.0
        self.at_once, self.mute = at_once, mute
        self.loading: LoadProgressed | None = None
        self.told: dict[tuple[object, ...], object] = {}
        self.session = Session((board(), TWINS), Outbox(), banks=BANKS)
        self.hear(self.session.report())
        self.session.wants_beats = at_once
        self.engine = FakeEngine()
        self.connected = False
        self.session.preload(preload)
        self.session.want_load(wanted=load)

    def hello(self) -> EngineConnected:
        """Return how the bridge greets: one that tells no events is asked while nobody plays."""
        offers = {"effects", "presets"} if self.at_once else set()
        return EngineConnected(frozenset(offers | (set() if self.mute else {"events"})))

    def hear(self, changes: list[StateChange]) -> None:
        """Take facts: how far a load is never goes back, and ends."""
        self.told |= {subject_of(change): replace(change, origin="") for change in changes if isinstance(change, _KEPT)}
        for change in changes:
            if isinstance(change, LoadProgressed):
                assert 0 <= change.done <= change.total
                running = self.loading
                if running is not None and running.pedalboard == change.pedalboard:
                    assert change.done >= running.done or change.total != running.total
                self.loading = None if change.done == change.total else change
            elif isinstance(change, PedalboardChanged) and change.state is not State.ASKED:
                assert self.loading is None or self.loading.pedalboard != change.pedalboard

    @rule(action=ACTIONS)
    def play(self, action: EngineAction) -> None:
        self.hear(self.session.receive(action, "floor", self.now))

    @rule(steps=st.integers(1, 6), limit=st.integers(1, 5))
    def serve(self, steps: int, limit: int) -> None:
        for _ in range(steps if self.connected else 0):
            self.hear(self.engine.step(self.session, limit, self.now))

    @precondition(lambda self: not self.connected)
    @rule(survived=st.booleans())
    def connect(self, survived: bool) -> None:
        if not survived:
            self.engine = FakeEngine()
        self.connected = True
        self.hear(self.session.receive_event(self.hello()))

    @precondition(lambda self: self.connected)
    @rule()
    def lose(self) -> None:
        self.connected = False
        self.hear(self.session.receive_event(EngineLost("gone")))

    @precondition(lambda self: self.connected)
    @rule(executed=st.booleans())
    def hiccup(self, executed: bool) -> None:
        """A wire request times out, done or not; the client greets the bridge again."""
        healthy = self.engine.time_out
        if executed:
            for request in list(self.session._executor.outbox._discrete)[:1]:
                self.engine._do(request)
        self.engine.time_out = lambda request: isinstance(request, WriteBypass | WriteParameters)
        self.hear(self.engine.step(self.session, 1, self.now))
        self.engine.time_out = healthy
        self.hear(self.session.receive_event(self.hello()))

    @precondition(lambda self: self.connected and self.engine.jack)
    @rule()
    def jack_dies(self) -> None:
        """The host lives on, with effects that are joined to nothing."""
        self.engine.kill_jack()

    @precondition(lambda self: not self.engine.jack)
    @rule()
    def jack_is_back(self) -> None:
        """With a new host, as it has to be; a bridge that tells nothing does not tell of that either."""
        self.engine = FakeEngine()
        if self.connected and not self.mute:
            self.lose()

    @precondition(lambda self: self.connected)
    @rule(seconds=st.integers(1, 12))
    def rest(self, seconds: int) -> None:
        """Nobody plays for a while."""
        end = self.now + seconds
        while (due := self.session.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.hear(self.session.tick(self.now))
            self.hear(self.engine.run(self.session, 2, self.now))
        self.now = end

    @precondition(lambda self: self.connected)
    @rule()
    def refuse_once(self) -> None:
        self.engine.deny = _refuse_writes
        self.hear(self.engine.step(self.session, 1, self.now))
        self.engine.deny = lambda _request: None

    @precondition(lambda self: self.connected)
    @rule(instance=st.integers(1, 3))
    def somebody_removes(self, instance: int) -> None:
        if instance in self.engine.effects:
            self.engine._do(RemoveEffect(instance))  # and its connections with it
            self.hear(self.session.receive_event(EffectReported(instance, "")))

    @precondition(lambda self: self.connected)
    @rule(value=st.floats(0, 1))
    def somebody_turns(self, value: float) -> None:
        """Another program sets a parameter of the engine."""
        effect = self.engine.effects.get(1)
        if effect is not None and "gain" in effect.values:
            effect.values["gain"] = value
            self.hear(self.session.receive_event(ParameterReported(1, "gain", value)))

    @rule(boards=st.lists(st.sampled_from(VERSIONS), min_size=1, max_size=3), banks=st.sampled_from([BANKS, ()]))
    def reload(self, boards: list[Pedalboard], banks: tuple[Bank, ...]) -> None:
        """The files were changed; two of the same name are one."""
        self.hear(self.session.replace_pedalboards(list({each.name: each for each in boards}.values()), banks))

    @rule(seconds=st.floats(0.001, 5))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        deadline = self.session.next_deadline()
        if deadline is not None and deadline <= self.now:
            self.hear(self.session.tick(self.now))

    @invariant()
    def facts_are_consistent(self) -> None:
        """A confirmed fact is confirmed at its wish; nothing is up while the engine is gone."""
        facts = self.session.report()
        for fact in facts:
            if isinstance(fact, EngineChanged) and not self.connected:
                assert fact.state is EngineState.DOWN
            if isinstance(fact, BypassChanged) and fact.state is State.CONFIRMED:
                assert fact.confirmed == fact.bypassed
            if isinstance(fact, ParameterChanged) and fact.state is State.CONFIRMED:
                assert fact.confirmed is not None
                assert same_value(fact.value, fact.confirmed)
            if isinstance(fact, TempoChanged):
                assert 20 <= fact.bpm <= 300
            if isinstance(fact, MorphChanged):
                assert fact.position is None or 0 <= fact.position <= 1

    @invariant()
    def no_number_is_held_twice(self) -> None:
        """An effect, a spare and what has to go are three."""
        rig = self.session._executor.rig
        groups = [rig.effects.values(), rig.spares.held, rig.spares.unwanted, rig.leftovers]
        numbers = [effect.instance for group in groups for effect in group]
        assert len(numbers) == len(set(numbers))

    @invariant()
    def a_confirmed_mute_is_silent(self) -> None:
        """Nothing leads to the speakers while it is said that nothing does."""
        mute = next(fact for fact in self.session.report() if isinstance(fact, MuteChanged))
        if mute.on and mute.state is State.CONFIRMED:
            assert not any(target.startswith("system:") for _, target in self.engine.connections)

    def teardown(self) -> None:
        if not self.engine.jack:
            self.jack_is_back()
        if not self.connected:
            self.connect(survived=True)
        self.session.wants_beats = False
        self.hear(self.engine.run(self.session, 2, self.now))
        for _ in range(3):  # audits wait for their time
            self.rest(40)
        self._everything_is_at_the_wish()

    def _everything_is_at_the_wish(self) -> None:
        rig = self.session._executor.rig
        spares = {effect.instance: effect for effect in rig.spares.held}
        assert {effect.instance for effect in rig.effects.values()} | spares.keys() == set(self.engine.effects)
        assert all(self.engine.effects[number].bypassed for number in spares)
        assert not rig.spares.unwanted
        assert not rig.leftovers
        assert set(rig.wished) == self.engine.connections
        assert not self.session.moving
        assert self.engine.processing
        for fact in self.session.report():
            if isinstance(fact, _KEPT):  # whoever listened knows how things are
                assert self.told[subject_of(fact)] == replace(fact, origin="")
            match fact:
                case BypassChanged():
                    held = self.engine.effects[rig.effects[fact.effect].instance].bypassed
                    assert held == fact.bypassed == fact.confirmed
                case ParameterChanged():
                    value = self.engine.effects[rig.effects[fact.effect].instance].values[fact.symbol]
                    assert same_value(value, fact.value)
                case EngineChanged():
                    assert fact.state is EngineState.UP
                case PedalboardChanged() | SnapshotChanged():
                    assert fact.state is not State.ASKED
                case MuteChanged():
                    assert fact.state is State.CONFIRMED
                    assert fact.on is rig.muted


def _refuse_writes(request: EngineRequest) -> Denied | None:
    return Denied("not now") if isinstance(request, WriteBypass | WriteParameters) else None


TestStage = Stage.TestCase
TestStage.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
