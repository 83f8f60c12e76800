"""The three lanes: nothing discrete is lost or reordered, a sweep leaves its newest value, order holds per target."""

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from controld.session.outbox import Outbox
from controld.session.requests import (
    AddEffect,
    ConnectPorts,
    EngineRequest,
    WriteBypass,
    WriteParameters,
    WritePreset,
    WriteTransport,
)

INSTANCES, SYMBOLS = st.integers(1, 3), st.sampled_from(["a", "b"])


class Lanes(RuleBasedStateMachine):
    """Players and plans write, the engine takes; the last write of each target must be what the engine ends with."""

    requests = Bundle("requests")

    @initialize()
    def start(self) -> None:
        self.outbox = Outbox()
        self.wished: dict[tuple[int, str], float] = {}
        self.held: dict[tuple[int, str], float] = {}
        self.presses: list[WriteBypass] = []
        self.pressed: list[WriteBypass] = []
        self.counter = 0

    def fresh(self) -> float:
        self.counter += 1
        return float(self.counter)

    @rule(instance=INSTANCES, symbol=SYMBOLS)
    def sweep(self, instance: int, symbol: str) -> None:
        value = self.fresh()
        self.wished[instance, symbol] = value
        self.outbox.put_continuous(instance, symbol, value)

    @rule(instance=INSTANCES, symbol=SYMBOLS)
    def switch_parameter(self, instance: int, symbol: str) -> None:
        value = self.fresh()
        self.wished[instance, symbol] = value
        self.outbox.put_discrete(WriteParameters(instance, {symbol: value}))

    @rule(bypassed=st.booleans())
    def press(self, bypassed: bool) -> None:
        """Instance 9 is never planned for, so that its presses must come in order and complete."""
        request = WriteBypass(9, bypassed)
        self.presses.append(request)
        self.outbox.put_discrete(request)

    @rule(instance=INSTANCES, symbols=st.sets(SYMBOLS, min_size=1), add=st.booleans())
    def plan(self, instance: int, symbols: set[str], add: bool) -> None:
        values = {symbol: self.fresh() for symbol in sorted(symbols)}
        for symbol, value in values.items():
            self.wished[instance, symbol] = value
        steps: list[EngineRequest] = [AddEffect(instance, "urn:x")] if add else []
        self.outbox.put_plan([*steps, WriteParameters(instance, values)])

    @rule(limit=st.integers(1, 4))
    def take(self, limit: int) -> None:
        taken = self.outbox.take(limit)
        assert len(taken) <= limit
        for request in taken:
            self.outbox.settle()
            if isinstance(request, WriteParameters):
                self.held.update({(request.instance, symbol): value for symbol, value in request.values.items()})
            elif isinstance(request, WriteBypass):
                self.pressed.append(request)

    @invariant()
    def presses_come_in_order(self) -> None:
        assert self.pressed == self.presses[: len(self.pressed)]

    def teardown(self) -> None:
        while self.outbox:
            self.take(3)
        assert self.held == self.wished
        assert self.pressed == self.presses
        assert self.outbox.plan_done


TestLanes = Lanes.TestCase


def test_a_switch_waits_for_the_step_that_makes_its_effect() -> None:
    """It must not reach the engine before the effect is there."""
    outbox = Outbox()
    outbox.put_plan([AddEffect(1, "urn:x"), ConnectPorts("a", "b")])
    outbox.put_discrete(WriteBypass(1, bypassed=True))
    outbox.put_discrete(WriteBypass(2, bypassed=True))
    kinds = [type(request).__name__ for request in outbox.take(9)]
    assert kinds == ["WriteBypass", "AddEffect", "ConnectPorts", "WriteBypass"]


def test_a_preset_makes_waiting_sweeps_of_its_effect_old() -> None:
    """The preset was asked later, so what the pedal said before must not come after it."""
    outbox = Outbox()
    outbox.put_continuous(1, "gain", 0.5)
    outbox.put_continuous(2, "gain", 0.5)
    outbox.put_plan([WritePreset(1, "urn:p")])
    assert outbox.take(9) == [WritePreset(1, "urn:p"), WriteParameters(2, {"gain": 0.5})]


def test_of_many_tempos_the_newest_goes_after_the_plan_and_before_the_sweeps() -> None:
    """Clearing the plan leaves it, clearing everything does not."""
    outbox = Outbox()
    outbox.put_continuous(1, "gain", 0.5)
    outbox.put_transport(WriteTransport(rolling=False, bpb=4.0, bpm=90.0))
    outbox.put_transport(WriteTransport(rolling=True, bpb=4.0, bpm=95.0))
    outbox.put_plan([ConnectPorts("a", "b")])
    outbox.clear_plan()
    outbox.put_plan([ConnectPorts("c", "d")])
    tempo = WriteTransport(rolling=True, bpb=4.0, bpm=95.0)
    assert outbox.take(9) == [ConnectPorts("c", "d"), tempo, WriteParameters(1, {"gain": 0.5})]
    assert not outbox
    outbox.put_transport(tempo)
    assert outbox
    outbox.clear()
    assert outbox.take(9) == []


def test_what_waits_of_a_players_is_listed() -> None:
    """Switches and sweeps, not the plan's steps."""
    outbox = Outbox()
    outbox.put_plan([WriteParameters(3, {"gain": 1.0})])
    outbox.put_discrete(WriteBypass(1, bypassed=True))
    outbox.put_discrete(WriteParameters(1, {"gain": 0.25, "mix": 1.0}))
    outbox.put_continuous(2, "gain", 0.5)
    waiting = [(1, ":bypass", 1.0), (1, "gain", 0.25), (1, "mix", 1.0), (2, "gain", 0.5)]
    assert list(outbox.waiting()) == waiting
    outbox.take(2)
    assert list(outbox.waiting()) == waiting[3:]


def test_clearing_forgets_everything_but_what_is_unanswered() -> None:
    """After an outage nothing stale is sent, and what was sent is still counted until it is settled."""
    outbox = Outbox()
    outbox.put_plan([ConnectPorts("a", "b"), ConnectPorts("c", "d")])
    outbox.take(1)
    outbox.put_continuous(1, "gain", 0.5)
    outbox.clear()
    assert not outbox
    assert not outbox.plan_done
    outbox.settle()
    assert outbox.plan_done
