"""Whether JACK, behind the bridge and its host, is alive: when that is doubted, how it is asked, what is said.

Pure. mod-host lives on without its JACK server, answers every write, and plays nothing; it never joins a new server, so
it has to be restarted when JACK is back. JACK is doubted when an effect or a connection is refused in JACK's name, and
asked about by the sound card's ports: no ports, no JACK.
"""

from controld.session.requests import (
    CODE_NO_JACK,
    CODE_NOT_CONNECTED,
    AddEffect,
    CloseJack,
    ConnectPorts,
    Denied,
    Done,
    EngineReply,
    EngineRequest,
    OpenJack,
    ReadBypass,
    ReadHardware,
)

GONE = "JACK is gone, so nothing sounds: start JACK, and restart mod-host after it"
NOT_JOINED = "JACK is back, but mod-host is not joined to it: restart mod-host"


class JackWatch:
    """`reason` says why nothing sounds; "" where nothing is amiss."""

    def __init__(self) -> None:
        self.reason = ""
        self.doubted = False
        self._was_gone = False  # since the host was joined last
        self._opens = False  # the bridge has a JACK client of its own, made and given up on request
        self._has_seen = False  # the bridge has told of ports, so that it can
        self._is_certain = False  # what was refused can have no other reason
        self._tried_again = False  # since the host was joined last

    def connected(self, *, opens: bool) -> None:
        """Take that a host answers: the one that was there, or a new one. `opens`: its bridge is the stock one."""
        self.reason, self.doubted, self._opens, self._is_certain = "", False, opens, False

    def renewed(self) -> None:
        """Take that the host has nothing of what it had: it is a new one."""
        self._was_gone = False

    def joined(self) -> None:
        """Take that the host is joined to JACK: it holds what it should."""
        self._was_gone = self._tried_again = False

    def suspect(self, request: EngineRequest, reply: EngineReply) -> None:
        """Take what was refused."""
        if isinstance(reply, Denied):
            no_client = isinstance(request, AddEffect) and reply.code == CODE_NO_JACK
            no_ports = isinstance(request, ConnectPorts) and reply.code == CODE_NOT_CONNECTED
            self.doubted = self.doubted or no_client or no_ports
            self._is_certain = self._is_certain or no_client

    def questions(self) -> list[EngineRequest]:
        """Return how it is asked, once it was doubted."""
        self.doubted = False
        opening: list[EngineRequest] = [OpenJack()] if self._opens else []
        return [*opening, ReadHardware()]

    def poll(self, effect: int | None) -> list[EngineRequest]:
        """Return how it is asked while it is gone; `effect` is one the host had: a new host has it no more."""
        opening: list[EngineRequest] = [CloseJack(), OpenJack()] if self._opens else []
        if self.reason == GONE:
            return [*opening, ReadHardware()]
        return [] if effect is None else [ReadBypass(effect)]

    def receive(self, reply: EngineReply) -> bool | None:
        """Take the answer about the ports: True where nothing sounds any more, False where JACK is back, else None."""
        was, certain = self.reason, self._is_certain
        self._is_certain = False
        if not isinstance(reply, Done):
            return None  # a bridge that cannot say is not asked again
        if not reply.answer:
            if certain or self._has_seen:
                self.reason, self._was_gone = GONE, True
        elif was == GONE:
            self._has_seen = True
            return False
        elif certain and not self._tried_again:
            self._has_seen = self._tried_again = True
            return False  # it came back between refusal and question; or it has no room for another client
        else:
            self._has_seen = True
            self.reason = NOT_JOINED if self._was_gone else ""
        return True if self.reason and self.reason != was else None
