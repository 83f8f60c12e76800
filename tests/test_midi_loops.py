"""Thru and its filters, and loops that are found, named, broken and tried again."""

import heapq

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controld.midi_loops import ASK_S, BROKEN_S, ECHO_S, FLOOD, LONGEST_S, REMEMBERED, SUSPECT, Loop, Loops
from controld.midi_stream import CC, NOTE_ON, PROGRAM
from controld.midi_thru import EVERYTHING, THRU_KINDS, Thru, newest_wins

PRESS = b"\xb0\x14\x7f"


class TestThru:
    def test_everything_goes_on_unless_it_is_said_otherwise(self) -> None:
        """Every kind, on every channel."""
        for status in EVERYTHING:
            assert Thru("synth").wants(bytes((status, 1, 2)))
        assert Thru("synth").wants(b"\x9f\x01\x02")

    @pytest.mark.parametrize("kind", THRU_KINDS)
    def test_a_kind_is_let_through_and_no_other(self, kind: str) -> None:
        """Each message is of exactly one kind."""
        thru = Thru("synth", THRU_KINDS[kind])
        assert {status for status in EVERYTHING if thru.wants(bytes((status, 1, 2)))} == set(THRU_KINDS[kind])

    def test_channels_are_those_of_a_manual(self) -> None:
        """Channel 2 is 1 on the wire; what has no channel is not asked for one."""
        thru = Thru("synth", channels=frozenset({2}))
        assert [thru.wants(bytes((CC | channel, 1, 2))) for channel in range(3)] == [False, True, False]
        assert thru.wants(b"\xf8")

    @pytest.mark.parametrize(
        ("message", "wins"),
        [(b"\xb0\x07\x10", True), (b"\xb0\x40\x7f", False), (b"\xb0\x06\x10", False), (b"\xb0\x78\x00", False),
         (b"\xe0\x00\x40", True), (b"\xd0\x10", True), (b"\xa0\x3c\x10", True), (b"\x90\x3c\x10", False),
         (b"\xc0\x10", False)],
    )  # fmt: skip
    def test_what_sweeps_may_be_overtaken_by_itself(self, message: bytes, *, wins: bool) -> None:
        """Pedals that switch, parts of numbers, modes, notes and programs each count."""
        assert (newest_wins(message) is not None) is wins

    def test_what_may_be_overtaken_has_a_name_of_its_own(self) -> None:
        """No two controllers, notes, channels or kinds share one."""
        messages = [bytes((0xB0 | ch, n, 0)) for ch in range(16) for n in range(128)]
        messages += [bytes((0xA0 | ch, n, 0)) for ch in range(16) for n in range(128)]
        messages += [bytes((kind | ch, 0, 0)) for ch in range(16) for kind in (0xD0, 0xE0)]
        names = [name for message in messages if (name := newest_wins(message)) is not None]
        assert len(set(names)) == len(names)


def circulate(loops: Loops, latency_s: float, seconds: float, presses: int = 1, *, sysex: bool = True) -> int:
    """Play a loop from `synth` out to `floor` in, with thru back to it; return how many messages were passed on."""
    coming = [(n * 0.001, PRESS[:2] + bytes((n,))) for n in range(presses)]
    passed = 0
    while coming and coming[0][0] <= seconds:
        now, message = heapq.heappop(coming)
        sent = [message] if loops.hear(message, "floor", now) else []
        sent += [probe for _, probe in loops.probes]
        loops.probes.clear()
        for each in sent:
            loops.send(each, "synth", now)
            if sysex or each[0] != 0xF0:
                heapq.heappush(coming, (now + latency_s, each))
        passed += len(sent)
    return passed


class TestLoops:
    @pytest.mark.parametrize("latency_s", [0.0005, 0.003, 0.01, 0.05])
    def test_a_loop_is_found_and_named_and_dies(self, latency_s: float) -> None:
        """One press runs round no more than some dozen times, however fast the loop is."""
        loops = Loops()
        assert circulate(loops, latency_s, 10.0) <= 4 * SUSPECT
        assert list(loops.found) == [Loop("synth", "floor", BROKEN_S, again=False)]

    @settings(deadline=None)
    @given(st.floats(0.0003, 0.06), st.integers(1, 100))
    def test_no_loop_floods(self, latency_s: float, presses: int) -> None:
        """Whatever its latency and however much is played into it, what goes round is bounded."""
        loops = Loops()
        assert circulate(loops, latency_s, 20.0, presses) <= 3 * presses + 8 * SUSPECT
        assert loops.found

    def test_a_loop_that_swallows_sysex_is_broken_by_its_rate(self) -> None:
        """No question comes back, so only its speed gives it away."""
        loops = Loops()
        assert circulate(loops, 0.0005, 5.0, sysex=False) <= FLOOD + 10
        assert [loop.again for loop in loops.found] == [False]

    def test_it_is_tried_again_and_broken_sooner_and_for_longer(self) -> None:
        """While the cable stays, each try costs a handful of messages; the next one comes later each time."""
        loops, now, counts, times = Loops(), 0.0, [], []
        for _ in range(8):
            counts.append(circulate_at(loops, now))
            (loop,) = loops.found
            loops.found.clear()
            times.append(loop.broken_s)
            now += loop.broken_s + 1.0
        assert counts[0] > counts[1] == counts[-1]
        assert times == [2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_S, LONGEST_S, LONGEST_S]

    def test_what_is_no_echo_is_heard_while_a_loop_is_broken(self) -> None:
        """Other messages of that device, and the same ones once it was quiet for a moment."""
        loops = Loops()
        circulate(loops, 0.003, 1.0)
        assert loops.hear(b"\xb0\x15\x7f", "floor", 1.0)
        assert loops.hear(PRESS, "floor", 1.0 + ECHO_S)

    def test_a_hand_is_no_loop(self) -> None:
        """An encoder turned as fast as one can, through to another device: it is asked about, and never cut off."""
        loops, asked = Loops(), 0
        for n in range(5000):
            now = n * 0.005
            assert loops.hear(b"\xb0\x10\x01", "floor", now)
            loops.send(b"\xb0\x10\x01", "synth", now)
            asked += len(loops.probes)
            loops.probes.clear()
        assert asked <= 5000 * 0.005 / ASK_S + 1
        assert not loops.found

    def test_a_clock_is_no_loop(self) -> None:
        """Ticks are all the same; the fastest clock is not even asked about."""
        loops = Loops()
        for n in range(3000):
            assert loops.hear(b"\xf8", "floor", n / 120)
            loops.send(b"\xf8", "synth", n / 120)
        assert not loops.probes

    def test_little_is_remembered(self) -> None:
        """However much is sent, and a probe of nobody means nothing."""
        loops = Loops()
        for n in range(5000):
            loops.send(bytes((NOTE_ON, n % 128, n // 128)), "synth", 0.0)
        assert len(loops.sent) <= REMEMBERED
        assert not loops.hear(b"\xf0\x7dcontrold\x05\xf7", "floor", 0.0)
        assert not loops.found
        assert loops.hear(bytes((PROGRAM, 5)), "floor", 0.0)


def circulate_at(loops: Loops, begin_s: float) -> int:
    """Play one press into the loop at a time; return how many messages were passed on until it was broken."""
    now, passed = begin_s, 0
    going = [PRESS]
    while going:
        now += 0.003
        heard = [message for message in going if loops.hear(message, "floor", now)]
        going = [*heard, *(probe for _, probe in loops.probes)]
        loops.probes.clear()
        for message in going:
            loops.send(message, "synth", now)
        passed += len(going)
    return passed
