"""Event rules: what happens in the rig calls them once for each time that it happens."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from played_floor import PAGES, Floor, on_event, rule

from controld.actions import RecallSnapshot, Seek, SendMidi, SetBypass
from controld.changes import (
    BankChanged,
    BeatPassed,
    EngineChanged,
    EngineState,
    PageChanged,
    PedalboardChanged,
    Refused,
    SnapshotChanged,
    SnapshotSaved,
    State,
    StateChange,
    SurfaceChanged,
    TempoChanged,
)
from controld.mappings.event_rules import MAX_CALLS
from controld.mappings.mapper import Mapper
from controld.mappings.rule import Condition, Event, Gesture, Rule, Trigger
from controld.mappings.target import (
    BypassTarget,
    PageTarget,
    PedalboardTarget,
    SendTarget,
    SnapshotTarget,
    TempoTarget,
)
from controld.rig import MAX_REACTIONS

OK, ASKED, FAILED = State.CONFIRMED, State.ASKED, State.FAILED
UP, DOWN, REPAIRING = EngineState.UP, EngineState.DOWN, EngineState.REPAIRING
EVERY = [
    Rule(event.value, (Trigger(f"event:{event.value}", Gesture.EVENT),), (BypassTarget((event.value,)),))
    for event in Event
]


def called(*changes: StateChange, rules: Sequence[Rule] = EVERY) -> list[str]:
    """Return which events happened by facts that were told one after the other."""
    mapper = Mapper(rules, {}, PAGES)
    events: list[str] = []
    for change in changes:
        mapper.receive_changes([change], 0.0)
        events += [intent.rule.place for intent in mapper.react([change], 0.0)]
    return events


def board(name: str, state: State) -> PedalboardChanged:
    """Return a fact about the pedalboard."""
    return PedalboardChanged(name, 1, state)


def snapshot(name: str, state: State) -> SnapshotChanged:
    """Return a fact about the snapshot."""
    return SnapshotChanged(name, 1, state)


class TestWhatHappens:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ([board("A", ASKED), board("A", OK)], ["pedalboard-loaded"]),
            ([board("A", OK), board("A", OK)], ["pedalboard-loaded"]),
            ([board("A", OK), board("A", ASKED), board("A", OK)], ["pedalboard-loaded"] * 2),
            ([board("A", OK), board("B", ASKED), board("A", FAILED), board("A", OK)], ["pedalboard-loaded"]),
            ([board("A", OK), board("B", OK)], ["pedalboard-loaded"] * 2),
            ([snapshot("X", ASKED), snapshot("X", OK), snapshot("X", OK)], ["snapshot-recalled"]),
            ([snapshot("X", OK), snapshot("", OK), snapshot("X", OK)], ["snapshot-recalled"] * 2),
            ([snapshot("X", OK), snapshot("Y", ASKED), snapshot("X", FAILED)], ["snapshot-recalled"]),
            (
                [board("A", OK), snapshot("X", OK), board("B", OK), snapshot("X", OK)],
                ["pedalboard-loaded", "snapshot-recalled"] * 2,
            ),
            ([SnapshotSaved("X", 1), SnapshotSaved("X", 1)], ["snapshot-saved"] * 2),
            ([BankChanged("A", 1), BankChanged("A", 1), BankChanged("B", 2)], ["bank-changed"]),
            ([EngineChanged(DOWN), EngineChanged(REPAIRING), EngineChanged(UP)], ["engine-up"]),
            ([EngineChanged(UP), EngineChanged(REPAIRING), EngineChanged(UP)], ["engine-up"]),
            ([EngineChanged(UP), EngineChanged(DOWN), EngineChanged(DOWN)], ["engine-up", "engine-down"]),
            ([SurfaceChanged("f", True), SurfaceChanged("f", False)], ["surface-connected", "surface-lost"]),
            ([PageChanged("solo", 2, "main"), PageChanged("", 0, "solo")], ["page-left", "page-entered", "page-left"]),
            ([TempoChanged(120, False), TempoChanged(120, False), TempoChanged(90, False)], ["tempo-changed"]),
            (
                [TempoChanged(120, True), TempoChanged(120, True), TempoChanged(120, False)],
                ["transport-started", "transport-stopped"],
            ),
            ([BeatPassed(1), BeatPassed(2)], ["beat", "beat"]),
            ([Refused("x", "why", "floor"), Refused("x", "why")], ["refused"]),
        ],
    )
    def test_facts_become_events(self, changes: list[StateChange], expected: list[str]) -> None:
        """What is told again did not happen again; what failed did not happen at all."""
        assert called(*changes) == expected

    @given(st.lists(st.sampled_from([board(name, state) for name in "AB" for state in (ASKED, OK)]), max_size=12))
    def test_a_pedalboard_is_loaded_once_for_each_time_it_was_asked_for(self, facts: list[StateChange]) -> None:
        """Or that another one stands there unasked."""
        expected, name, asked = 0, "", True
        for fact in facts:
            assert isinstance(fact, PedalboardChanged)
            if fact.state is ASKED:
                asked = True
            else:
                expected += asked or fact.pedalboard != name
                name, asked = fact.pedalboard, False
        assert called(*facts).count("pedalboard-loaded") == expected

    def test_nobody_waits_nothing_is_asked(self) -> None:
        """A rig without event rules is not slowed down by them."""
        mapper = Mapper([], {})
        assert not mapper.reacts
        assert not mapper.wants_beats
        assert Mapper(EVERY, {}).reacts


class TestWhoIsCalled:
    @pytest.mark.parametrize(
        ("event", "subject", "change"),
        [
            (Event.PEDALBOARD_LOADED, "A", board("A", OK)),
            (Event.SNAPSHOT_RECALLED, "X", snapshot("X", OK)),
            (Event.SNAPSHOT_SAVED, "X", SnapshotSaved("X", 1)),
            (Event.SURFACE_CONNECTED, "floor", SurfaceChanged("floor", True)),
            (Event.PAGE_ENTERED, "solo", PageChanged("solo", 2, "main")),
            (Event.PAGE_LEFT, "main", PageChanged("solo", 2, "main")),
        ],
    )
    def test_a_subject_restricts(self, event: Event, subject: str, change: StateChange) -> None:
        """To one of a name; another one of them is none."""
        mine, other = on_event(event, "a", subject=subject), on_event(event, "b", subject="other")
        assert called(change, rules=[mine, other]) == [mine.place]

    def test_those_of_anybody_and_of_one_keep_their_order(self) -> None:
        rules = [
            on_event(Event.PEDALBOARD_LOADED, BypassTarget((name,)), subject=subject)
            for name, subject in (("a", ""), ("b", "A"), ("c", ""), ("d", "B"), ("e", "A"))
        ]
        assert called(board("A", OK), rules=rules) == [rules[index].place for index in (0, 1, 2, 4)]

    def test_rules_of_a_page_count_on_it(self) -> None:
        """A page that is left still has its own for that."""
        left, entered = on_event(Event.PAGE_LEFT, "a", page="solo"), on_event(Event.PAGE_ENTERED, "b", page="solo")
        floor = Floor(left, entered, stage=PAGES)
        floor.do(PageTarget("solo").action(1.0, 0))
        floor.do(PageTarget("fx").action(1.0, 0))
        assert floor.done == [SetBypass(("b",)), SetBypass(("a",))]

    def test_conditions_are_asked_as_things_are_then(self) -> None:
        """The page that was entered is the active one."""
        on = Condition(pages=("solo",))
        first = rule("x", "drive", trigger=on_event(Event.PAGE_ENTERED, "x").triggers[0], when=on)
        floor = Floor(first, stage=PAGES)
        for page in ("solo", "fx", "solo"):
            floor.do(PageTarget(page).action(1.0, 0))
        assert floor.done == [SetBypass(("drive",))] * 2

    def test_it_is_the_rigs_own_doing(self) -> None:
        """No surface is its origin."""
        floor = Floor(on_event(Event.SNAPSHOT_RECALLED, "delay"), rule("fs1", SnapshotTarget("Lead")))
        floor.tap("fs1")
        assert [(type(intent.action), intent.origin) for intent in floor.happened.intents] == [
            (RecallSnapshot, "floor"), (SetBypass, ""),
        ]  # fmt: skip


class TestInTheRig:
    def test_a_loaded_pedalboard_drives_other_gear(self) -> None:
        """Once for each load, not at a reload of the files, nor when the engine repeats itself."""
        program = SendTarget(SendMidi("floor", b"\xc0\x03"))
        rules = [on_event(Event.PEDALBOARD_LOADED, program, subject="Jazz"), rule("fs1", PedalboardTarget(Seek.NEXT))]
        floor = Floor(*rules)
        floor.tap("fs1", "fs1", "fs1")
        assert floor.happened.messages == [program.message] * 2
        floor.reload(*rules)
        floor.wait(10.0)
        assert floor.happened.messages == [program.message] * 2

    def test_rules_of_a_reload_wait_for_what_comes(self) -> None:
        """What was so before is not what happens now, though nobody looked."""
        floor = Floor()
        floor.reload(on_event(Event.PEDALBOARD_LOADED, "drive"), on_event(Event.ENGINE_UP, "delay"))
        mapper, facts = floor.rig.mapper, floor.rig.session.report()
        mapper.receive_changes(facts, floor.now)
        assert mapper.react(facts, floor.now) == []

    def test_the_start_is_a_load(self) -> None:
        """The first pedalboard arrives like any other."""
        floor = Floor(on_event(Event.PEDALBOARD_LOADED, "drive"), on_event(Event.ENGINE_UP, "delay"), forget=False)
        effects = [action.effects for action in floor.done if isinstance(action, SetBypass)]
        assert sorted(effects) == [("delay",), ("drive",)]

    def test_a_refusal_by_an_event_rule_calls_nobody(self) -> None:
        """It would go on for ever."""
        floor = Floor(on_event(Event.REFUSED, SnapshotTarget("None")), rule("fs1", SnapshotTarget("Nobody")))
        floor.tap("fs1")
        assert floor.done == [RecallSnapshot("Nobody"), RecallSnapshot("None")]

    def test_rules_that_cause_each_other_come_to_rest(self) -> None:
        """It is said where."""
        ping = on_event(Event.PAGE_ENTERED, PageTarget("fx"), subject="solo")
        pong = on_event(Event.PAGE_ENTERED, PageTarget("solo"), subject="fx")
        floor = Floor(ping, pong, stage=PAGES)
        floor.do(PageTarget("solo").action(1.0, 0))
        assert len(floor.done) == MAX_REACTIONS
        assert [fact.subject for fact in floor.told if isinstance(fact, Refused)] in ([ping.place], [pong.place])

    def test_a_rule_that_brings_about_its_own_event_comes_to_rest(self) -> None:
        """By way of the engine, over and over: it is stopped and said, and later counts again."""
        there = on_event(Event.SNAPSHOT_RECALLED, SnapshotTarget("Clean"), subject="Lead")
        back = on_event(Event.SNAPSHOT_RECALLED, SnapshotTarget("Lead"), subject="Clean")
        floor = Floor(there, back, rule("fs1", SnapshotTarget("Lead")))
        for _ in range(2):
            floor.tap("fs1", after=2.0)
            assert len(floor.done) == 1 + 2 * MAX_CALLS
            assert [fact.subject for fact in floor.told if isinstance(fact, Refused)] == [there.place]

    @pytest.mark.parametrize(
        ("rules", "wants"),
        [
            ([], False),
            ([on_event(Event.BEAT, "drive")], True),
            ([rule("fs1", TempoTarget(tap=True))], True),
            ([rule("fs1", TempoTarget(bpm=120.0))], False),
            ([rule("patch", TempoTarget(tap=True))], False),  # it shows nothing
        ],
    )
    def test_beats_are_wanted_where_something_follows_them(self, rules: list[Rule], wants: bool) -> None:
        """A rule, or the light of a tap."""
        assert Floor(*rules).rig.mapper.wants_beats is wants
