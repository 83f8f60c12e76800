"""OSC clients: who is answered where, for how long, in which type, and what each is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.osc_clients import (
    KEEP_S,
    MAX_CLIENTS,
    MAX_SENDERS,
    Client,
    Clients,
    Reply,
    parse_reply,
)
from controld.osc_codec import OscArg, OscMessage, decode
from controld.osc_facts import Echo, Fact, Value, same, write
from controld.osc_peers import client_name
from controld.osc_requests import Bye, Hello, Ping, Subscribe, read_request
from controld.ownership import OWNED_S

A, B = ("10.0.0.1", 4000), ("10.0.0.2", 5000)
GAIN = "/effect/drive/gain"


def gain(value: float) -> list[Fact]:
    return [Fact(GAIN, value, Echo.CONTINUOUS)]


def active(value: bool) -> list[Fact]:
    return [Fact("/effect/drive/active", value)]


def flush(client: Client) -> list[Value]:
    """Return the queued values, and empty the queue as a sender does."""
    values = [fact.value for fact in client.queue.values()]
    client.queue.clear()
    return values


# Who is answered where


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("sender", Reply()),
        ("port 9001", Reply(port=9001)),
        ("192.168.1.20:9001", Reply("192.168.1.20", 9001)),
        ("[::1]:9001", Reply("::1", 9001)),
        ("tablet.local:9001", Reply("tablet.local", 9001)),
    ],
)
def test_reply_modes_are_read_as_written(text: str, reply: Reply) -> None:
    """The three ways to reply are written as the configuration shows them."""
    assert parse_reply(text) == reply


@pytest.mark.parametrize("text", ["", "port", "port x", "port 0", "host", "host:", ":9001", "host:70000", "Sender"])
def test_other_reply_modes_are_refused(text: str) -> None:
    """A mistake in the reply mode says what may be written."""
    with pytest.raises(ValueError, match="write `sender`"):
        parse_reply(text)


def test_a_sender_is_answered_at_its_own_port() -> None:
    """By default each host and port is a client of its own, and is the same one when it is heard again."""
    clients = Clients(Reply())
    first = clients.hear(A, 0.0)
    assert first.address == A
    assert clients.hear(A, 1.0) is first
    assert clients.hear(B, 1.0) is not first
    assert [client.name for client in clients.arrived] == ["10.0.0.1:4000", "10.0.0.2:5000"]


def test_a_reply_port_joins_all_senders_of_a_host() -> None:
    """An app that sends from changing ports and listens on one is a single client."""
    clients = Clients(Reply(port=9001))
    first = clients.hear(A, 0.0)
    assert first.address == ("10.0.0.1", 9001)
    assert clients.hear(("10.0.0.1", 4001), 0.0) is first
    assert clients.hear(B, 0.0) is not first


def test_a_fixed_peer_is_there_from_the_start_and_for_ever() -> None:
    """A peer named in the configuration is known before it is heard, and never forgotten."""
    clients = Clients(Reply("10.0.0.9", 9001))
    (peer,) = clients.arrived
    assert clients.hear(A, 0.0) is peer
    clients.subscribe(peer, 5.0)
    clients.remove(peer)
    clients.expire(1e9)
    assert list(clients) == [peer]


def test_hello_with_a_port_moves_a_client() -> None:
    """A sender that says where to reply is answered there, whatever it sends next, and the old place is ended."""
    clients = Clients(Reply())
    old = clients.hear(A, 0.0)
    new = clients.redirect(A, 9001, 1.0)
    assert new.address == ("10.0.0.1", 9001)
    assert clients.hear(A, 2.0) is new
    assert clients.departed == [old]
    assert clients.redirect(A, 9001, 3.0) is new
    assert list(clients) == [new]


def test_clients_are_forgotten_in_their_time() -> None:
    """Ten minutes after its last message, or the subscribed time, a client is gone; each message renews it."""
    clients = Clients(Reply())
    quiet, subscribed = clients.hear(A, 0.0), clients.hear(B, 0.0)
    clients.subscribe(subscribed, 10.0)
    assert clients.next_expiry_s() == 10.0
    clients.hear(B, 9.0)
    clients.expire(18.0)
    assert len(clients) == 2
    clients.expire(19.0)
    assert list(clients) == [quiet]
    clients.expire(KEEP_S)
    assert clients.departed == [subscribed, quiet]
    assert clients.known(A) is None


def test_the_number_of_clients_is_bounded() -> None:
    """One more than the limit costs the oldest that did not subscribe, and the fixed peer never."""
    clients = Clients(Reply(), limit=3)
    subscribed = clients.hear(A, 0.0)
    clients.subscribe(subscribed, None)
    for port in range(1, 10):
        clients.hear(("10.0.0.3", port), float(port))
    assert [client.address for client in clients] == [A, ("10.0.0.3", 8), ("10.0.0.3", 9)]
    assert len(clients.departed) == 7


def test_the_number_of_senders_is_bounded() -> None:
    """A program that sends each message from another port fills no memory, and a redirected sender stays known."""
    clients = Clients(Reply(port=9001))
    told = clients.redirect(B, 7000, 0.0)
    for port in range(3 * MAX_SENDERS):
        clients.hear(("10.0.0.1", 1 + port), 0.0)
    assert len(clients._senders) <= MAX_SENDERS
    assert clients.hear(B, 0.0) is told
    assert len(clients) == 2


def test_who_leaves_and_comes_again_gains_nothing() -> None:
    """What a client may be told at once is used up, however often it says goodbye; and that is bounded too."""
    clients = Clients(Reply())
    first = clients.hear(A, 0.0)
    while first.refusals.take(0.0):
        pass
    clients.remove(first)
    again = clients.hear(A, 0.0)
    assert again is not first
    assert not again.refusals.take(0.0)
    for port in range(1, 1000):
        clients.remove(clients.hear(("10.0.0.3", port), 0.0))
    assert len(clients._parted) <= MAX_CLIENTS


def test_names_are_unambiguous() -> None:
    """An IPv6 host is bracketed, as everywhere where a port follows it."""
    assert client_name(("::1", 9)) == "[::1]:9"
    clients = Clients(Reply())
    client = clients.hear(A, 0.0)
    assert clients.named("10.0.0.1:4000") is client
    assert clients.named("nobody:1") is None


# What a client is told


def test_only_changes_are_told() -> None:
    """What a client shows already is not sent again, within what a 32-bit float keeps."""
    client = Client(A, 0.0)
    client.offer(gain(0.1), 0.0)
    assert flush(client) == [0.1]
    client.offer(gain(0.10000000149011612), 1.0)
    assert flush(client) == []
    client.offer(gain(0.1001), 2.0)
    assert flush(client) == [0.1001]
    client.doubt([GAIN])
    client.offer(gain(0.1001), 3.0)
    assert flush(client) == [0.1001]


def test_only_the_newest_value_waits() -> None:
    """Values of one turn to one address become one message, the last."""
    client = Client(A, 0.0)
    for step in range(100):
        client.offer(gain(step / 100), 0.0)
    assert flush(client) == [0.99]


def test_a_fader_is_not_told_its_own_value() -> None:
    """The origin of a move hears nothing while the move is on its way, and nothing when it came true."""
    client = Client(A, 0.0)
    client.take(GAIN, Echo.CONTINUOUS, (0.7,), "f", 1.0)
    client.offer(gain(0.1), 1.001, mine=True, settled=False)
    client.offer(gain(0.7), 1.002, mine=True)
    assert flush(client) == []
    assert client.hands.waiting == {}


def test_a_fader_is_told_at_once_where_its_own_move_ended_up_elsewhere() -> None:
    """A clamped, stepped or refused value comes back while the finger is still there, once it is settled."""
    client = Client(A, 0.0)
    client.take(GAIN, Echo.CONTINUOUS, (0.7,), "f", 1.0)
    client.offer(gain(0.4), 1.05, mine=True, settled=False)
    assert flush(client) == []
    client.offer(gain(0.4), 1.1, mine=True)
    assert flush(client) == [0.4]


def test_a_fader_follows_others_when_its_finger_has_rested() -> None:
    """What others make of it waits until 200 ms after its last move, and only the newest truth comes."""
    client = Client(A, 0.0)
    client.take(GAIN, Echo.CONTINUOUS, (0.7,), "f", 1.0)
    client.offer(gain(0.4), 1.1)
    client.offer(gain(0.5), 1.15)
    assert flush(client) == []
    assert client.next_release_s() == 1.0 + OWNED_S
    client.release(1.1)
    assert flush(client) == []
    client.release(1.0 + OWNED_S)
    assert flush(client) == [0.5]
    assert client.next_release_s() == float("inf")


def test_a_new_move_takes_back_what_waited() -> None:
    """What waits for a fader to be let go is void when the fader moves on."""
    client = Client(A, 0.0)
    client.offer(gain(0.2), 0.5)
    client.take(GAIN, Echo.CONTINUOUS, (0.7,), "f", 1.0)
    assert flush(client) == []
    client.offer(gain(0.4), 1.1)
    client.take(GAIN, Echo.CONTINUOUS, (0.8,), "f", 1.15)
    client.release(2.0)
    assert flush(client) == []


def test_a_switch_is_always_told_what_was_confirmed() -> None:
    """A button that changes only when the rig confirms gets its answer, though it sent the same value."""
    client = Client(A, 0.0)
    client.offer(active(False), 0.0)
    flush(client)
    client.take("/effect/drive/active", Echo.SWITCH, (1,), "i", 1.0)
    client.offer(active(False), 1.0, mine=True, settled=False)
    assert flush(client) == []
    client.offer(active(True), 1.001, mine=True)
    assert flush(client) == [True]


def test_a_switch_that_failed_is_told_the_truth() -> None:
    """A refused switch is corrected even though the rig's value never changed."""
    client = Client(A, 0.0)
    client.offer(active(False), 0.0)
    flush(client)
    client.take("/effect/drive/active", Echo.SWITCH, (1,), "i", 1.0)
    client.offer(active(False), 1.5, mine=True)
    assert flush(client) == [False]


def test_a_client_that_repeats_what_it_is_told_starts_no_argument() -> None:
    """A value that comes straight back is no doubt about it: answering it again would never end."""
    client = Client(A, 0.0)
    client.offer(active(True), 1.0)
    flush(client)
    assert client.take("/effect/drive/active", Echo.SWITCH, (1,), "i", 1.01) is False
    client.offer(active(True), 1.02, mine=True)
    assert flush(client) == []
    assert client.take("/effect/drive/active", Echo.SWITCH, (1,), "i", 2.0) is True
    client.offer(active(True), 2.01, mine=True)
    assert flush(client) == [True]


def test_what_is_gone_is_forgotten() -> None:
    """After a change of pedalboard nothing of an address stays, so that it is told when it comes back."""
    client = Client(A, 0.0)
    client.take(GAIN, Echo.CONTINUOUS, (0.7,), "f", 1.0)
    client.offer(gain(0.3), 1.1)
    client.forget([GAIN])
    client.offer(gain(0.7), 1.1)
    assert flush(client) == [0.7]
    assert client.hands.waiting == {}


@given(st.lists(st.tuples(st.sampled_from(["take", "offer", "release"]), st.integers(0, 5)), max_size=40))
def test_after_a_pause_a_client_shows_the_truth(steps: list[tuple[str, int]]) -> None:
    """Whatever was moved and told, once the fader rests the client shows the last truth."""
    client, truth, now = Client(A, 0.0), 0.0, 0.0
    shows: Value | None = None
    for action, number in steps:
        now += 0.05
        if action == "take":
            client.take(GAIN, Echo.CONTINUOUS, (float(number),), "f", now)
            shows = float(number)
        elif action == "offer":
            truth = float(number)
            client.offer(gain(truth), now)
        else:
            client.release(now)
        shows = next(reversed(flush(client)), shows)
    client.offer(gain(truth), now)
    client.release(now + 1)
    shows = next(reversed(flush(client)), shows)
    assert shows == truth


# In which type


@pytest.mark.parametrize(
    ("value", "other", "tag", "args", "tags"),
    [
        (True, None, "", (1,), "i"),
        (False, None, "f", (0.0,), "f"),
        (True, None, "T", (True,), "T"),
        (False, None, "T", (False,), "F"),
        (True, None, "d", (1.0,), "d"),
        (True, None, "h", (1,), "h"),
        (0.5, None, "", (0.5,), "f"),
        (0.5, None, "i", (0.5,), "f"),
        (2.0, None, "i", (2,), "i"),
        (2.0, None, "", (2.0,), "f"),
        (0.5, None, "T", (0.5,), "f"),
        (2.0, "Fuzz", "s", ("Fuzz",), "s"),
        (2.0, "Fuzz", "f", (2.0,), "f"),
        (2.0, None, "s", (2.0,), "f"),
        ("Lead", 2.0, "", ("Lead",), "s"),
        ("Lead", 2.0, "i", (2,), "i"),
        ("Lead", 2.0, "f", (2.0,), "f"),
        ("Lead", None, "f", ("Lead",), "s"),
        (1e10, None, "i", (1e10,), "f"),
    ],
)
def test_answers_come_in_the_type_last_received(
    value: str | float, other: str | float | None, tag: str, args: tuple[OscArg, ...], tags: str
) -> None:
    """A client is answered as it talks, where that says the value exactly, and else by i, f or s."""
    assert decode(write(Fact("/a", value, other=other), tag)) == OscMessage("/a", args, tags)


def test_further_arguments_are_plain() -> None:
    """Arguments after the first go out as i, f and s."""
    fact = Fact("/a", True, rest=("why", True, 0.5))
    assert decode(write(fact, "T")) == OscMessage("/a", (True, "why", 1, 0.5), "Tsif")


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_value_survives_the_wire(value: float) -> None:
    """What a 32-bit float makes of a value is the same value."""
    message = decode(write(Fact("/a", value), "f"))
    assert isinstance(message, OscMessage)
    assert same(message.args[0], value)


# What a client asks of the connection


@pytest.mark.parametrize(
    ("address", "args", "request_"),
    [
        ("/controld/hello", (), Hello()),
        ("/controld/hello", (9001,), Hello(9001)),
        ("/controld/hello", (9001.0,), Hello(9001)),
        ("/controld/subscribe", (), Subscribe()),
        ("/controld/subscribe", (30,), Subscribe(30.0)),
        ("/controld/ping", (1, "x"), Ping((1, "x"), "is")),
        ("/controld/bye", (), Bye()),
        ("/effect/drive/active", (1,), None),
    ],
)
def test_requests_are_read(address: str, args: tuple[OscArg, ...], request_: object) -> None:
    """The four requests are told from everything else."""
    assert read_request(address, args, "is" if len(args) == 2 else "i") == request_


@pytest.mark.parametrize(
    ("address", "arg"),
    [
        ("/controld/hello", 0),
        ("/controld/hello", 70_000),
        ("/controld/hello", 9001.5),
        ("/controld/hello", "x"),
        ("/controld/hello", True),
        ("/controld/subscribe", 0),
        ("/controld/subscribe", 1e9),
        ("/controld/subscribe", "x"),
        ("/controld/subscribe", float("nan")),
    ],
)
def test_bad_requests_are_refused(address: str, arg: OscArg) -> None:
    """A request with a bad argument says what it takes."""
    assert "takes" in str(read_request(address, (arg,), "i"))
