"""The two sockets to mod-host: the rules that keep a mod-host alive, against peers that break every one of theirs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from served_modhost import ModHostThread, Peer, wait_until

from controld.bridge.hosts import modhost_link
from controld.bridge.hosts.modhost_link import LinkState, ModHostLink

ASK_S = 5.0


class Ends:
    """A link with what it told."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.ups = 0
        self.lines: list[str] = []
        self.link = ModHostLink(address, self._up, self.lines.append)

    def _up(self) -> None:
        self.ups += 1

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        def look() -> bool:
            self.link.pump()
            return condition()

        wait_until(look, what)

    def until(self, state: LinkState) -> None:
        self.wait(lambda: self.link.state is state, str(state))


@contextmanager
def linked(peer: Peer) -> Iterator[Ends]:
    """Yield a link that is up."""
    ends = Ends(peer.address)
    ends.link.pump()
    peer.accept()
    ends.link.pump()
    assert peer.heard() == b"cpu_load\0"
    peer.say(b"resp 0 1.5\0")
    ends.until(LinkState.UP)
    try:
        yield ends
    finally:
        ends.link.close()


@contextmanager
def answering(peer: Peer, answer: Callable[[bytes], None]) -> Iterator[None]:
    """Let the peer answer one command from a thread."""
    thread = threading.Thread(target=lambda: answer(peer.heard()))
    thread.start()
    yield
    thread.join(ASK_S)


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as made:
        yield made


class TestOpening:
    def test_it_is_up_when_mod_host_serves_it_and_not_before(self, peer: Peer) -> None:
        """Accepted by the kernel is not served: only the answer to a harmless question is."""
        ends = Ends(peer.address)
        ends.link.pump()
        peer.accept()
        ends.link.pump()
        assert (ends.link.state, ends.link.ask("bypass 0 1", 0.01)) == (LinkState.OPENING, None)
        assert peer.heard() == b"cpu_load\0"  # and nothing else: it would be done later
        peer.say(b"resp 0 1.5\0")
        ends.until(LinkState.UP)
        assert (ends.ups, ends.link.hears) == (1, True)
        ends.link.close()

    def test_it_waits_behind_another_program_without_a_word(self) -> None:
        """mod-host serves one program; the next is served when that one goes, with its own feedback."""
        with ModHostThread() as mod_host:
            first, second = Ends(mod_host.address), Ends(mod_host.address)
            first.until(LinkState.UP)
            for _ in range(20):
                second.link.pump()
            assert second.link.state is LinkState.OPENING
            first.link.close()
            second.until(LinkState.UP)
            assert mod_host.lines == ["cpu_load", "cpu_load"]
            second.link.close()

    def test_a_mod_host_without_feedback_is_served_too(self) -> None:
        """Started without -f it tells nothing, and takes commands all the same."""
        with Peer(feedback=False) as peer, linked(peer) as ends:
            assert not ends.link.hears

    def test_nobody_there_is_tried_again(self, peer: Peer) -> None:
        """Refused connections cost nothing but a while."""
        ends = Ends(("127.0.0.1", peer.port + 1))
        peer.feedbacks.close()  # type: ignore[union-attr]
        ends.link.pump()
        ends.until(LinkState.AWAY)
        assert ends.link.reason == "nothing listens there"
        assert ends.link.filenos() == []


class TestAsking:
    def test_a_reply_in_pieces_is_one_reply(self, peer: Peer) -> None:
        """The NUL ends it, not the packet."""

        def answer(heard: bytes) -> None:
            assert heard == b"param_get 0 a\0"
            for piece in (b"re", b"sp 0 ", b"0.5000", b"\0"):
                peer.say(piece)

        with linked(peer) as ends, answering(peer, answer):
            assert ends.link.ask("param_get 0 a", ASK_S) == "resp 0 0.5000"

    def test_bytes_that_are_no_text_are_a_reply(self, peer: Peer) -> None:
        """Whoever asked sees that it is nonsense."""
        with linked(peer) as ends, answering(peer, lambda _heard: peer.say(b"\xff\xfe\0")):
            assert ends.link.ask("bypass 0 1", ASK_S) == "��"

    def test_feedback_is_read_while_a_reply_is_waited_for(self, peer: Peer) -> None:
        """mod-host may tell in the middle of a command, and blocks where nobody reads."""
        flood = b"".join(b"param_set 0 gain 0.%06d\0" % n for n in range(50_000))

        def answer(_heard: bytes) -> None:
            peer.tell(flood)
            peer.say(b"resp 0\0")

        with linked(peer) as ends, answering(peer, answer):
            assert ends.link.ask("remove 0", ASK_S) == "resp 0"
            ends.wait(lambda: len(ends.lines) == 50_000, "all of it")
            assert ends.lines[-1] == "param_set 0 gain 0.049999"

    def test_half_a_line_of_feedback_waits_for_its_end(self, peer: Peer) -> None:
        """No line is told twice or in parts."""
        with linked(peer) as ends:
            peer.tell(b"param_set 0 ga")
            ends.link.pump()
            peer.tell(b"in 0.5\0data_finish\0tra")
            ends.wait(lambda: len(ends.lines) == 2, "two lines")
            assert ends.lines == ["param_set 0 gain 0.5", "data_finish"]

    def test_after_silence_nothing_is_asked_until_the_reply_has_come(self, peer: Peer) -> None:
        """One question at a time, whatever becomes of it: two replies to nobody would end mod-host."""
        with linked(peer) as ends:
            assert ends.link.ask("add urn:slow 1", 0.01) is None
            assert (ends.link.state, ends.link.ask("bypass 1 1", 0.01)) == (LinkState.OWED, None)
            assert peer.heard() == b"add urn:slow 1\0"
            peer.say(b"resp ")
            ends.link.pump()
            assert ends.link.state is LinkState.OWED
            peer.say(b"1\0")
            ends.until(LinkState.UP)
            assert ends.ups == 2  # what it did meanwhile is to be asked for
            with answering(peer, peer.say):
                assert ends.link.ask("bypass 1 1", ASK_S) == "bypass 1 1"


class TestEnding:
    @pytest.mark.parametrize("which", ["command", "feedback"])
    def test_both_end_together(self, peer: Peer, which: str) -> None:
        """The loss of either is the loss of both."""
        with linked(peer) as ends:
            getattr(peer, which).close()
            ends.until(LinkState.AWAY)
            other = peer.feedback if which == "command" else peer.command
            assert other is not None
            assert other.recv(1) == b""

    def test_a_question_that_ends_with_the_connection_has_no_reply(self, peer: Peer) -> None:
        """And a new connection is made."""
        with linked(peer) as ends:
            with answering(peer, lambda _heard: peer.part()):
                assert ends.link.ask("bypass 0 1", ASK_S) is None
            assert ends.link.state is LinkState.AWAY
            ends.wait(lambda: ends.link.state is LinkState.OPENING, "a new connection")

    @pytest.mark.parametrize("asked", [False, True])
    def test_more_than_was_asked_ends_it(self, peer: Peer, asked: bool) -> None:
        """A reply too many would be taken for the next one's, and every one after it for another's."""
        with linked(peer) as ends:
            if asked:
                with answering(peer, lambda _heard: peer.say(b"resp 0\0resp 1\0")):
                    assert ends.link.ask("bypass 0 1", ASK_S) == "resp 0"
                assert ends.link.ask("bypass 0 1", ASK_S) is None
            else:
                peer.say(b"resp 1\0")
                ends.until(LinkState.AWAY)
            assert ends.link.state is LinkState.AWAY
            assert ends.link.reason.startswith("it answered")

    def test_an_endless_reply_is_given_up(self, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
        """Memory has an end."""
        monkeypatch.setattr(modhost_link, "_MAX_REPLY_BYTES", 10_000)
        with linked(peer) as ends, answering(peer, lambda _heard: peer.say(b"x" * 10_001)):
            assert ends.link.ask("preset_show urn:x", ASK_S) is None
            assert ends.link.reason == "it answers without an end"

    def test_closing_reads_the_reply_that_is_due(self, peer: Peer) -> None:
        """What is on its way is read first; then the peer sees both ends."""
        with linked(peer) as ends:
            assert ends.link.ask("add urn:slow 1", 0.01) is None
            peer.heard()
            peer.say(b"resp 1\0")
            ends.link.close()
            assert (peer.heard(), ends.link.state) == (b"", LinkState.AWAY)
            ends.link.close()

    def test_closing_hears_mod_host_out(self, peer: Peer) -> None:
        """Only our side of the commands ends at first; what is told until mod-host has closed is still read."""

        def leave(heard: bytes) -> None:
            assert heard == b""
            peer.tell(b"param_set 0 gain 0.5\0")
            peer.part()

        with linked(peer) as ends, answering(peer, leave):
            ends.link.close()
            assert ends.lines == ["param_set 0 gain 0.5"]


class TestGarbage:
    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.binary(max_size=40), max_size=12))
    def test_any_bytes_in_any_pieces_are_the_lines_between_the_nuls(self, pieces: list[bytes]) -> None:
        """Whatever mod-host tells, and wherever a packet ends: each line once, in order, and the link stays up."""
        with Peer() as peer, linked(peer) as ends:
            for piece in pieces:
                peer.tell(piece)
                ends.link.pump()
            peer.tell(b"\0the end\0")
            ends.wait(lambda: ends.lines[-1:] == ["the end"], "the last line")
            told = b"".join(pieces).split(b"\0")
            assert ends.lines[:-1] == [line.decode(errors="replace") for line in told if line]
            assert ends.link.state is LinkState.UP
            peer.part()

    def test_a_line_without_an_end_costs_no_memory(self, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is thrown away in pieces; what comes behind its end is heard."""
        monkeypatch.setattr(modhost_link, "_MAX_REPLY_BYTES", 10_000)
        with linked(peer) as ends:
            for _ in range(200):
                peer.tell(b"x" * 5_000)
                ends.link.pump()
                assert len(ends.link._lines) <= 10_000 + modhost_link._BLOCK
            peer.tell(b"\0data_finish\0")
            ends.wait(lambda: ends.lines[-1:] == ["data_finish"], "the next line")
            assert ends.link.state is LinkState.UP
