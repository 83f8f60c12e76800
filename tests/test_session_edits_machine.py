"""Editing as a state machine: whatever is edited, refused, lost and found, it ends with the engine at the wish.

Undo of everything returns to the pedalboard of the start, and the JSON of what there is in between loses nothing.
"""

import json

from fake_engine import DELAY, DRIVE, FakeEngine, board
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from controld.actions import LoadPreset, RecallSnapshot, Redo, SaveSnapshot, SetBypass, SetMute, SetParameter, Undo
from controld.changes import BypassChanged, EffectAdded, ParameterChanged, Refused, State, StateChange
from controld.session.board_json import from_members, to_members
from controld.session.edits import (
    CreateEffect,
    CreateSnapshot,
    DeleteEffect,
    Edit,
    MakeConnection,
    MoveEffect,
    OrderSnapshots,
    RemoveConnection,
    RemoveSnapshot,
    RenameEffect,
    RenameSnapshot,
    SetGlobals,
)
from controld.session.engine_events import EngineConnected, EngineLost
from controld.session.outbox import Outbox
from controld.session.requests import AddEffect, ConnectPorts, Denied, DisconnectPorts, EngineRequest, RemoveEffect
from controld.session.session import Session
from controld.values import Level, same_value

NAMES = ["drive", "delay", "fuzz", "echo"]
EFFECTS = st.sampled_from(NAMES)
URIS = st.sampled_from([DRIVE.uri, DELAY.uri, "urn:gone"])
ENDS = st.sampled_from([f"{name}:{port}" for name in NAMES for port in ("in", "out")])
SOURCES, TARGETS = ENDS | st.just("system:capture_1"), ENDS | st.just("system:playback_1")
TITLES = st.sampled_from(["Clean", "Crunch", "Lead", "New", ""])
PAIRS = st.tuples(EFFECTS, st.sampled_from(["gain", "mix"]))
EDITS: st.SearchStrategy[Edit] = st.one_of(
    st.builds(
        CreateEffect, URIS, EFFECTS | st.just(""), st.tuples(st.floats(0, 9), st.floats(0, 9)), st.booleans(),
        st.sampled_from(["", "Crunch"]), st.just({"gain": Level(0.25)}) | st.just({}),
    ),
    st.builds(DeleteEffect, EFFECTS),
    st.builds(RenameEffect, EFFECTS, EFFECTS),
    st.builds(MoveEffect, EFFECTS, st.tuples(st.floats(0, 9), st.floats(0, 9))),
    st.builds(MakeConnection, SOURCES, TARGETS),
    st.builds(RemoveConnection, SOURCES, TARGETS),
    st.builds(CreateSnapshot, TITLES),
    st.builds(RenameSnapshot, TITLES, TITLES),
    st.builds(RemoveSnapshot, TITLES),
    st.builds(OrderSnapshots, st.permutations(["Clean", "Crunch", "Lead"]).map(tuple)),
    st.builds(SetGlobals, st.frozensets(PAIRS, max_size=2)),
)  # fmt: skip
PLAYED = st.one_of(
    st.builds(SetBypass, st.tuples(EFFECTS), st.none() | st.booleans()),
    st.builds(SetParameter, EFFECTS, st.sampled_from(["gain", "mix"]), st.builds(Level, st.floats(0, 1))),
    st.builds(LoadPreset, EFFECTS, st.sampled_from(["Crunch", "Lead"])),
    st.builds(RecallSnapshot, TITLES),
    st.builds(SetMute, st.booleans()),
)
STRUCTURE = AddEffect | RemoveEffect | ConnectPorts | DisconnectPorts


class Editor(RuleBasedStateMachine):
    """Somebody who edits and plays, and an engine that refuses, goes and comes back."""

    @initialize(at_once=st.booleans())
    def start(self, at_once: bool) -> None:
        self.words = frozenset({"effects", "presets"}) if at_once else frozenset()
        self.session, self.engine = Session([board()], Outbox()), FakeEngine()
        self.connected = False
        self.told: dict[int, State] = {}
        self.saved = False

    def hear(self, changes: list[StateChange]) -> None:
        for change in changes:
            if isinstance(change, EffectAdded):
                self.told[change.instance] = change.state

    @rule(edit=EDITS)
    def edit(self, edit: Edit) -> None:
        before = self.session.pedalboard
        changes = self.session.receive(edit, "floor")
        # One that is done, and then refused a preset that there is not, begins with what was done.
        if changes and isinstance(changes[0], Refused):
            assert len(changes) == 1
            assert self.session.pedalboard is before
        self.hear(changes)

    @rule(action=PLAYED)
    def play(self, action: SetBypass) -> None:
        self.session.receive(action, "floor")

    @rule(action=st.sampled_from([Undo(), Redo()]))
    def take_back(self, action: Undo) -> None:
        self.hear(self.session.receive(action, "floor"))

    @rule(title=TITLES)
    def save(self, title: str) -> None:
        """No change that is taken back."""
        self.saved = True
        self.session.receive(SaveSnapshot(title), "floor")

    @rule(steps=st.integers(1, 6), limit=st.integers(1, 4))
    def serve(self, steps: int, limit: int) -> None:
        for _ in range(steps if self.connected else 0):
            self.hear(self.engine.step(self.session, limit))

    @precondition(lambda self: self.connected)
    @rule(edit=EDITS)
    def refuse(self, edit: Edit) -> None:
        """The engine will have nothing of one edit."""
        self.hear(self.engine.run(self.session))
        before = self.session.pedalboard
        self.hear(self.session.receive(edit, "floor"))
        self.engine.deny = _refuse_structure
        self.hear(self.engine.run(self.session))
        self.engine.deny = lambda _request: None
        if isinstance(edit, CreateEffect | MakeConnection) and not self.session._executor.rig.muted:
            assert self.session.pedalboard == before
        self.hear(self.session.receive_event(EngineConnected(self.words)))

    @precondition(lambda self: not self.connected)
    @rule(survived=st.booleans())
    def connect(self, survived: bool) -> None:
        if not survived:
            self.engine = FakeEngine()
        self.connected = True
        self.hear(self.session.receive_event(EngineConnected(self.words)))

    @precondition(lambda self: self.connected)
    @rule()
    def lose(self) -> None:
        self.connected = False
        self.hear(self.session.receive_event(EngineLost("gone")))

    @precondition(lambda self: self.connected)
    @rule(executed=st.booleans())
    def hiccup(self, executed: bool) -> None:
        """A request times out, done or not; the client greets the bridge again."""
        plan = self.session._executor.outbox._plan
        if executed and plan:
            self.engine._do(plan[0])
        self.engine.time_out = lambda request: isinstance(request, STRUCTURE)
        self.hear(self.engine.step(self.session, 1))
        self.engine.time_out = lambda _request: False
        self.hear(self.session.receive_event(EngineConnected(self.words)))

    @invariant()
    def the_json_loses_nothing(self) -> None:
        """What is on the board is written and read as the same."""
        held = self.session.pedalboard
        members = json.loads(json.dumps(to_members(held)))
        again = from_members(members)
        assert again == held
        assert to_members(again) == members

    @invariant()
    def numbers_are_of_one_effect(self) -> None:
        """No two effects share one."""
        numbers = list(self.session.effect_names())
        assert len(numbers) == len(set(numbers)) == len(self.session.pedalboard.effects)

    def teardown(self) -> None:
        if not self.connected:
            self.connect(survived=True)
        self._settle()
        for _ in range(60):
            changes = self.session.receive(Undo(), "floor")
            self.hear(changes)
            self._settle()
            if any(isinstance(change, Refused) and "nothing to take back" in change.reason for change in changes):
                break
        if not self.saved:
            assert self.session.pedalboard == board()
        assert State.ASKED not in self.told.values()

    def _settle(self) -> None:
        self.hear(self.engine.run(self.session, 2))
        rig = self.session._executor.rig
        assert {effect.instance for effect in rig.effects.values()} == set(self.engine.effects)
        assert set(rig.wished) == self.engine.connections
        assert self.engine.processing
        for fact in self.session.report():
            if isinstance(fact, BypassChanged):
                held = self.engine.effects[rig.effects[fact.effect].instance].bypassed
                assert held == fact.bypassed == fact.confirmed
            elif isinstance(fact, ParameterChanged):
                value = self.engine.effects[rig.effects[fact.effect].instance].values[fact.symbol]
                assert same_value(value, fact.value)


def _refuse_structure(request: EngineRequest) -> Denied | None:
    return Denied("not now") if isinstance(request, AddEffect | ConnectPorts) else None


TestEditor = Editor.TestCase
TestEditor.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
