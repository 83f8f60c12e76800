"""Bundles of the future, how often something may happen, and who may come: pure, under a clock of the test's own."""

import pytest

from controld.osc_agenda import MAX_AHEAD_S, MAX_OF_ONE, MAX_SCHEDULED, Agenda, ntp_to_unix_s, unix_s_to_ntp
from controld.osc_codec import IMMEDIATE, OscMessage
from controld.osc_limits import Guest, parse_network
from controld.osc_pace import Allowance
from controld.osc_peers import Peer, Stream, client_name

A, B = ("10.0.0.1", 4000), ("10.0.0.2", 5000)
NOW = 1_700_000_000.0


def message(name: str = "/a") -> list[OscMessage]:
    return [OscMessage(name)]


def test_what_is_due_comes_in_the_order_of_time_and_then_of_arrival() -> None:
    """Not before its time, each once, and equals in the order they came."""
    agenda = Agenda()
    for at_s, name in ((3.0, "/c"), (1.0, "/a"), (2.0, "/b1"), (2.0, "/b2")):
        assert agenda.plan(A, NOW + at_s, message(name), NOW) == ""
    assert agenda.next_s() == NOW + 1.0
    assert agenda.due(NOW + 0.999) == []
    assert [due.messages[0].address for due in agenda.due(NOW + 2.0)] == ["/a", "/b1", "/b2"]
    assert len(agenda) == 1
    assert [due.peer for due in agenda.due(NOW + 100)] == [A]
    assert agenda.next_s() is None


def test_a_clock_that_is_wrong_is_told_so() -> None:
    """Further ahead than a minute is refused with a reason, and not kept."""
    agenda = Agenda()
    assert agenda.plan(A, NOW + MAX_AHEAD_S, message(), NOW) == ""
    assert "are both clocks right" in agenda.plan(A, NOW + MAX_AHEAD_S + 1, message(), NOW)
    assert len(agenda) == 1


def test_what_waits_is_bounded_for_one_and_for_all() -> None:
    """One sender cannot take all the room, and all together have no more than there is."""
    agenda = Agenda()
    assert agenda.plan(A, NOW + 1, message() * MAX_OF_ONE, NOW) == ""
    assert "too many" in agenda.plan(A, NOW + 1, message(), NOW)
    assert agenda.plan(B, NOW + 1, message() * (MAX_SCHEDULED - MAX_OF_ONE), NOW) == ""
    assert "too many" in agenda.plan(("10.0.0.3", 1), NOW + 1, message(), NOW)
    agenda.due(NOW + 1)
    assert agenda.plan(A, NOW + 2, message() * MAX_OF_ONE, NOW) == ""
    agenda.clear()
    assert (len(agenda), agenda.next_s()) == (0, None)


def test_what_a_sender_planned_who_is_gone_is_forgotten() -> None:
    """And its place is free again."""
    agenda = Agenda()
    for peer, at_s in ((A, 1.0), (B, 2.0), (A, 3.0)):
        agenda.plan(peer, NOW + at_s, message() * 3, NOW)
    agenda.forget(A)
    agenda.forget(A)
    assert (len(agenda), agenda.next_s()) == (3, NOW + 2.0)
    assert [due.peer for due in agenda.due(NOW + 9)] == [B]


def test_the_tag_for_now_is_always_past() -> None:
    """The one time tag that is no time means at once."""
    assert ntp_to_unix_s(IMMEDIATE) < 0
    assert ntp_to_unix_s(unix_s_to_ntp(NOW)) == NOW


def test_an_allowance_is_so_many_at_once_and_then_so_many_a_second() -> None:
    """After a rest the whole of it is there again, and never more."""
    allowance = Allowance(10.0, 3)
    assert [allowance.take(5.0) for _ in range(5)] == [True, True, True, False, False]
    assert allowance.next_s() == pytest.approx(5.1)
    assert [allowance.take(5.15) for _ in range(2)] == [True, False]
    assert sum(allowance.take(5.15 + step / 1000) for step in range(1000)) == 10
    assert [allowance.take(99.0) for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("host", "may"),
    [
        ("192.168.1.20", True),
        ("192.168.1.21", False),
        ("10.0.0.77", True),
        ("10.0.1.77", False),
        ("127.0.0.1", False),
        ("::ffff:10.0.0.5", True),  # as a socket for both families names it
        ("fd00::1", True),
        ("fe80::1%eth0", False),
    ],
)
def test_only_the_hosts_that_are_named_may_come(host: str, may: bool) -> None:
    """Addresses and networks of both families, and nobody else: not even this machine."""
    guest = Guest(("192.168.1.20", "10.0.0.0/24", "fd00::/8"))
    assert guest.may_come(host) is may


@pytest.mark.parametrize("written", ["", "tablet.local", "10.0.0.0/33", "10.0.0", "*"])
def test_what_is_no_network(written: str) -> None:
    """Names are none: they would have to be looked up while somebody plays."""
    assert parse_network(written) is None


def test_a_streams_end_is_not_the_same_as_a_datagrams_sender() -> None:
    """The same host and port over TCP is somebody else, and is named so."""
    peers: list[Peer] = [Stream(*A), A]
    assert len(set(peers)) == 2
    assert client_name(Stream(*A)) == "tcp:10.0.0.1:4000"
    assert client_name(Stream("::1", 9)) == "tcp:[::1]:9"
