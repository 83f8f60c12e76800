"""Who is next: turns in a circle, a rate for each sender, the newest of many moves, and never more than fits."""

from hypothesis import given
from hypothesis import strategies as st

from controld import osc_line
from controld.osc_codec import OscMessage, encode
from controld.osc_line import BURST_S, CROWD, MAX_BYTES, MAX_WAITING, MOVES, Line
from controld.osc_peers import Peer, Stream

A, B = ("10.0.0.1", 4000), ("10.0.0.2", 5000)
TCP = Stream("10.0.0.1", 4000)
RATE = 64.0  # a power of two, so that nothing is rounded
PRESS = encode("/press", (1,))


def line(rate: float = RATE) -> Line:
    """Return a line where addresses that begin with /f are faders."""
    return Line(rate, lambda address: address.startswith("/f"))


def move(value: float, fader: str = "/fader") -> bytes:
    return encode(fader, (value,))


def take_all(of: Line, now: float) -> list[tuple[Peer, object]]:
    """Return everything that may be done now."""
    taken: list[tuple[Peer, object]] = []
    while (turn := of.take(now)) is not None:
        peer, item = turn
        taken.append((peer, item[0] if isinstance(item, tuple) else item))
    return taken


def test_one_senders_messages_are_done_in_order() -> None:
    """First come, first served; then there is nothing more."""
    waits = line()
    sent = [encode("/n", (number,)) for number in range(10)]
    for packet in sent:
        assert waits.enter(packet, A) is None
    assert take_all(waits, 0.0) == [(A, packet) for packet in sent]
    assert not waits
    assert waits.take(0.0) is None


def test_all_have_the_same_turns() -> None:
    """A message that comes behind a crowd of another sender's is done second, not last."""
    waits = line(1e6)
    for number in range(50):
        waits.enter(encode("/n", (number,)), A)
    waits.enter(PRESS, B)
    assert [peer for peer, _ in take_all(waits, 0.0)][:3] == [A, B, A]


def test_the_rate_holds_in_the_long_run() -> None:
    """So many at once, then so many a second, and it says when the next one may be done."""
    waits = line()
    for number in range(60):
        waits.enter(encode("/n", (number,)), A)
    at_once = round(RATE * BURST_S) + 1
    assert len(take_all(waits, 10.0)) == at_once
    assert waits.next_s() > 10.0
    assert take_all(waits, waits.next_s() - 1e-6) == []
    assert len(take_all(waits, waits.next_s() + 1e-9)) == 1
    assert len(take_all(waits, 10.0 + 0.125)) == round(RATE * 0.125) - 1
    assert len(take_all(waits, 100.0)) == at_once
    take_all(waits, 200.0)
    assert take_all(waits, 300.0)[-1] == (A, encode("/n", (59,)))
    assert waits.next_s() == float("inf")


def test_who_comes_alone_need_not_stand_in_line() -> None:
    """Only where nobody waits, and within the rate, which counts it all the same; a stranger has to enter first."""
    waits = line()
    assert not waits.pass_by(PRESS, A, 0.0)
    waits.enter(PRESS, A)
    assert not waits.pass_by(PRESS, A, 0.0)  # it would overtake
    take_all(waits, 0.0)
    passed = sum(waits.pass_by(PRESS, A, 0.0) for _ in range(100))
    assert passed == round(RATE * BURST_S)
    assert sum(waits.pass_by(move(0.5), A, 10.0) for _ in range(1000)) >= MOVES * RATE * BURST_S - 1
    assert waits.places[0].received > passed
    waits.enter(PRESS, A)
    take_all(waits, 10.0)
    assert waits.next_s() > 10.0
    assert not waits.pass_by(PRESS, A, 20.0)  # what waits for its time goes first
    assert take_all(waits, 20.0) == [(A, PRESS)]


def test_one_who_sends_too_much_delays_nobody() -> None:
    """While a flood waits for its time, another's message is done at once."""
    waits = line()
    for _ in range(1000):
        waits.enter(PRESS, A)
    take_all(waits, 0.0)
    waits.enter(PRESS, B)
    assert take_all(waits, 0.001) == [(B, PRESS)]


def test_moves_weigh_little() -> None:
    """A pedal may sweep ten times as fast as buttons are pressed."""
    waits = line()
    for number in range(CROWD):
        waits.enter(move(number / 100), A)
    assert len(take_all(waits, 0.0)) == CROWD
    assert MOVES * RATE * BURST_S > CROWD > RATE * BURST_S


def test_in_a_crowd_only_the_newest_move_stays() -> None:
    """A newer move takes the older one's turn at the end of the line; presses all stay, in order."""
    waits = line(1e6)
    for _ in range(CROWD):
        waits.enter(PRESS, A)
    for number in range(100):
        waits.enter(move(number / 128), A)
        waits.enter(move(number / 256, "/f2"), A)
        waits.enter(encode("/n", (number,)), A)
    taken = [packet for _, packet in take_all(waits, 0.0)][CROWD:]
    assert taken[-3:] == [move(99 / 128), move(99 / 256, "/f2"), encode("/n", (99,))]
    assert taken[:-3] == [encode("/n", (number,)) for number in range(99)]
    (place,) = waits.places
    assert (place.received, place.merged, place.dropped) == (CROWD + 300, 198, 0)
    assert waits.merged == 198


def test_what_is_no_number_takes_no_moves_place() -> None:
    """An infinite number is no move: it stands for itself, and the move before it is still done."""
    waits = line(1e6)
    for _ in range(CROWD):
        waits.enter(PRESS, A)
    for tail in (b"\x7f\xc0\0\0", b"\x7f\x80\0\0", b"\xff\x80\0\0"):
        waits.enter(move(0.25), A)
        waits.enter(move(0.25)[:-4] + tail, A)
    assert len(take_all(waits, 0.0)) == CROWD + 4


def test_a_press_is_no_move_though_it_is_a_float() -> None:
    """Buttons that send 1.0 and 0.0 are told apart from faders by their address."""
    waits = line(1e6)
    for number in range(300):
        waits.enter(encode("/press", (float(number % 2),)), A)
    assert len(take_all(waits, 0.0)) == 300
    waits.forget_heads()
    waits.enter(encode("/press", (1.0,)), A)
    assert waits.merged == 0


def test_what_waits_is_bounded_and_shared() -> None:
    """One who floods has half of the room, and whoever comes then still has some."""
    waits = line()
    dropped = sum(waits.enter(PRESS, A) is not None for _ in range(3 * MAX_WAITING))
    assert waits.waiting(A) == MAX_WAITING // 2
    assert dropped == 3 * MAX_WAITING - MAX_WAITING // 2 == waits.dropped
    assert all(waits.enter(PRESS, B) is None for _ in range(1000))
    moves = sum(waits.enter(move(number, f"/f{number}"), A) is not None for number in range(100))
    assert moves == 100  # of faders that have no move waiting
    assert waits.waiting(B) == 1000


def test_the_bytes_that_wait_are_bounded() -> None:
    """Large packets fill no more memory than small ones, and make room when they are done."""
    waits = line()
    large = encode("/x", (bytes(65_000),))
    entered = 0
    for number in range(1000):
        entered += waits.enter(large, ("10.0.0.1", 1 + number % 4)) is None
    assert entered * len(large) < MAX_BYTES + 4 * CROWD * len(large)
    waits.clear()
    assert waits._bytes == 0


def test_of_a_stream_nothing_is_dropped() -> None:
    """Whoever reads a stream can wait; what was read is kept."""
    waits = line()
    assert all(waits.enter(PRESS, TCP) is None for _ in range(MAX_WAITING + 10))
    assert waits.waiting(TCP) == MAX_WAITING + 10
    waits.forget(TCP)
    assert waits.waiting(TCP) == 0
    assert take_all(waits, 0.0) == []


def test_the_rest_of_a_bundle_goes_first() -> None:
    """What is left of a bundle is done before what its sender sent after it."""
    waits = line(1e6)
    waits.enter(PRESS, A)
    waits.put_back(A, [OscMessage("/rest")])
    assert take_all(waits, 0.0) == [(A, [OscMessage("/rest")]), (A, PRESS)]
    waits.put_back(B, [OscMessage("/alone")])
    assert take_all(waits, 0.0) == [(B, [OscMessage("/alone")])]


def test_the_messages_of_a_bundle_count() -> None:
    """A bundle of sixty-four weighs as much as sixty-four."""
    waits = line()
    waits.enter(PRESS, A)
    waits.enter(PRESS, A)
    waits.take(0.0)
    waits.charge(A, 63)
    assert take_all(waits, 0.0) == []
    assert waits.next_s() == 1.0 - BURST_S


def test_senders_are_bounded_and_the_busy_ones_stay() -> None:
    """A program with a new port for each message fills no memory, and costs a tablet neither place nor message."""
    waits = line()
    for _ in range(5):
        waits.enter(PRESS, A)
    take_all(waits, 0.0)
    for port in range(3 * osc_line.MAX_SENDERS):
        waits.enter(PRESS, ("10.0.0.3", port))
        if port % 100 == 99:
            assert len(take_all(waits, float(port))) == 100
    assert len(waits.places) <= osc_line.MAX_SENDERS
    assert {place.peer: place.received for place in waits.places}[A] == 5


def test_nobody_is_forgotten_whose_message_waits() -> None:
    """More senders at once than are remembered are all served; beyond what may wait they are turned away."""
    waits = line()
    turned_away = sum(waits.enter(PRESS, ("10.0.0.3", port)) is not None for port in range(MAX_WAITING + 50))
    assert turned_away == 50 == waits.dropped
    assert len(take_all(waits, 0.0)) == MAX_WAITING
    for port in range(MAX_WAITING):
        waits.enter(PRESS, ("10.0.0.4", port))
        take_all(waits, 1.0)
    assert len(waits.places) <= osc_line.MAX_SENDERS


@given(st.lists(st.tuples(st.sampled_from([A, B, TCP]), st.sampled_from("pmt"), st.integers(0, 3)), max_size=400))
def test_nothing_is_lost_that_had_room_and_the_last_move_arrives(steps: list[tuple[Peer, str, int]]) -> None:
    """Whatever comes in whatever order: every press once and in order, and of each fader at least the last move."""
    waits = line(1000.0)
    sent: dict[Peer, list[bytes]] = {A: [], B: [], TCP: []}
    done: dict[Peer, list[bytes]] = {A: [], B: [], TCP: []}
    now = 0.0

    def note(taken: list[tuple[Peer, object]]) -> None:
        for peer, packet in taken:
            assert isinstance(packet, bytes)
            done[peer].append(packet)

    for count, (peer, kind, number) in enumerate(steps):
        now += number / 1000
        if kind == "t":
            note(take_all(waits, now))
            continue
        for each in range(40):
            packet = encode("/n", (count * 40 + each,)) if kind == "p" else move(count + each / 64, f"/f{number}")
            sent[peer].append(packet)
            assert waits.enter(packet, peer) is None
    note(take_all(waits, now))
    while waits.next_s() < float("inf"):
        now = waits.next_s() + 1e-9
        note(take_all(waits, now))
    for peer, packets in sent.items():
        assert [packet for packet in done[peer] if packet[1:2] == b"n"] == [p for p in packets if p[1:2] == b"n"]
        last = {packet[:-4]: packet for packet in packets if packet[1:2] == b"f"}
        assert {packet[:-4]: packet for packet in done[peer] if packet[1:2] == b"f"} == last
