"""MIDI over JACK (and PipeWire, which speaks for it): virtual ports of ours, connected by name as devices come and go.

Each surface keeps its ports while the server runs, so that a player may also patch them by hand. One further client
watches: its callbacks run on a foreign thread where the server may not be asked anything, so they only note what
happened and wake the loop.

RtMidi's input over JACK keeps a SysEx until its end, and everything that comes after one without an end with it: every
press of a device whose cable was pulled within a SysEx. So twice a second a SysEx of ours, the *flush*, is sent into
our own inputs. RtMidi hands over what it has together with it; it is cut off again, and what is left is as it was.

A device that was killed stays in the server's lists for seconds, and connecting to it blocks as long; hence the names
that were told as gone are not looked at until they are told as there again.
"""

import logging
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from errno import EEXIST

import jack
import rtmidi

from controld.midi_places import Places, Seen
from controld.surfaces.midi_ports import Direction, Link, Links, PortList, Wish, WishKey, choices
from controld.surfaces.midi_rtmidi import LAST_CALLBACK_S, Error, RtMidiPort
from controld.surfaces.midi_usb import seen

log = logging.getLogger("controld.midi.jack")

SERVER_POLL_S = 2.0  # asking for a server that is not there costs 4 ms
FIRST_RETRY_S, LAST_RETRY_S = 0.02, 2.0  # a port is told before its client is ready to be connected

# With the id for research and private use (MIDI 1.0).
FLUSH = b"\xf0\x7dflush\xf7"
_TELL_FIRST_S = 0.05
_LISTINGS = 5


@dataclass(slots=True)
class _OwnPort:
    """A port of ours and what it is connected to; `peer` is "" while it waits."""

    wish: Wish
    port: RtMidiPort
    name: str
    peer: str = ""
    serial: int = 0
    is_flushed: bool = False


@dataclass(frozen=True, slots=True)
class _Flusher:
    """Our port that flushes our inputs."""

    name: str
    port: RtMidiPort


class JackBackend:
    """The JACK server of this environment (`JACK_DEFAULT_SERVER`); it is waited for and never started."""

    name = "JACK"
    absent = "no JACK server is running"

    def __init__(self, wake: Callable[[], None], poll_s: float = SERVER_POLL_S) -> None:
        self._wake, self._poll_s = wake, poll_s
        self._client: jack.Client | None = None
        self._ports: dict[WishKey, _OwnPort] = {}
        self._told: deque[tuple[str | None, bool]] = deque()
        self._gone: set[str] = set()
        self._places = Places()
        self._flusher: _Flusher | None = None
        self._watching = False
        self._down = False
        self._serial = 0
        self._retry_s = FIRST_RETRY_S
        # libjack writes to stderr by itself, at every look for a server.
        jack.set_error_function(lambda message: log.debug("libjack: %s", message))
        jack.set_info_function(lambda message: log.debug("libjack: %s", message))

    @property
    def runs(self) -> bool:
        """See `Backend`."""
        return self._client is not None

    def refresh(self, wishes: Sequence[Wish], publish: Callable[[Links], None]) -> float | None:
        """See `Backend`; a server that died is left in the one order that is safe, and looked for from then on."""
        if self._down:
            log.warning("the JACK server is gone; waiting for it")
            publish({})
            # RtMidi waits a second for a dead server at every output it closes, and holds the interpreter meanwhile:
            # let the loop tell the surfaces first.
            time.sleep(_TELL_FIRST_S)
            self.close()
        if self._client is None and not self._open_client():
            return self._poll_s
        self._note_told()
        publish(self._links())
        complete = self._settle(wishes)
        publish(self._links())
        self._retry_s = FIRST_RETRY_S if complete else min(self._retry_s * 2, LAST_RETRY_S)
        return None if complete else self._retry_s

    def list_ports(self) -> PortList | None:
        """See `Backend`."""
        if self._client is None and not self._open_client():
            return None
        assert self._client is not None
        inputs, outputs = (self._candidates(direction) for direction in Direction)
        return PortList(tuple(port.name for port in inputs), tuple(port.name for port in outputs))

    def close(self) -> None:
        """See `Backend`. Every old client must be deleted before a new one is made, or libjack crashes."""
        self._hush()
        for own in self._ports.values():
            own.port.close()
        self._ports.clear()
        flusher, self._flusher = self._flusher, None
        if flusher is not None:
            flusher.port.close()
        if self._client is not None:
            self._client.close()
            self._client = None
        self._down = False
        self._told.clear()
        self._gone.clear()

    def pulse(self) -> None:
        """See `Backend`."""
        flusher = self._flusher
        if flusher is not None and not self._down:
            flusher.port.send(FLUSH)

    def _open_client(self) -> bool:
        try:
            client = jack.Client("controld", no_start_server=True)
        except jack.JackOpenError:
            return False
        client.set_port_registration_callback(self._on_port, only_available=False)
        client.set_shutdown_callback(self._on_shutdown)
        self._client = client
        log.info("using the JACK server for MIDI")
        return True

    def _on_port(self, port: "jack.Port | None", registered: bool) -> None:
        # A host that loads a plugin registers audio ports by the dozen; those are nobody's device. What goes is always
        # noted, for a port that is gone no longer knows its type.
        if not registered or isinstance(port, jack.MidiPort):
            self._told.append((port.name if port else None, registered))
            self._wake()

    def _on_shutdown(self, _status: object, _reason: str) -> None:
        self._down = True
        self._wake()

    def _note_told(self) -> None:
        while self._told:
            name, registered = self._told.popleft()
            if name is None:
                continue
            if registered:
                self._gone.discard(name)
                continue
            self._gone.add(name)
            for own in self._ports.values():
                if own.peer == name:
                    own.peer = ""

    def _watch(self) -> None:
        """Be told of ports that come and go from now on."""
        if not self._watching:
            assert self._client is not None
            self._client.activate()
            self._watching = True
            listed(self._client, is_midi=True)  # only ports that were seen are told by name when they go

    def _hush(self) -> None:
        """Be told nothing, and have the last callback over.

        RtMidi holds the interpreter while it makes or ends a client. The server waits meanwhile for all clients to take
        note of that; a callback of ours would wait for the interpreter, and nobody would move for twenty seconds.
        And closing a client cancels libjack's thread: one that is cancelled while it waits for the interpreter takes
        its lock along, and everything hangs for ever.
        """
        if self._watching and self._client is not None:
            self._client.deactivate()
            time.sleep(LAST_CALLBACK_S)
        self._watching = False

    def _links(self) -> Links:
        return {key: Link(own.peer, own.serial, own.port.send) for key, own in self._ports.items() if own.peer}

    def _settle(self, wishes: Sequence[Wish]) -> bool:
        """Open and connect what can be; False where something was there and could not be connected yet."""
        complete = True
        try:
            self._have_ports(wishes)
            self._watch()
            for wish in wishes:
                own = self._ports[wish.key]
                if not own.peer or not self._is_connected(own):
                    own.peer = ""
                    complete &= self._connect(own)
            complete &= self._flush_all()
        except (jack.JackError, Error) as error:
            # Mostly the server dying meanwhile, which its own callback tells too; but not to who is not told anything.
            self._down |= not self._watching
            log.debug("cannot go on with the JACK server: %s", error)
            return False
        return complete

    def _have_ports(self, wishes: Sequence[Wish]) -> None:
        """Close what nobody wants any more, and ports of ours that the server threw out; open what is missing."""
        assert self._client is not None
        names = {port.name for port in listed(self._client, is_midi=True)}
        self._gone &= names
        wished = {wish.key for wish in wishes}
        stale = [key for key, own in self._ports.items() if key not in wished or own.name not in names]
        missing = [wish for wish in wishes if wish.key not in self._ports or wish.key in stale]
        if stale or missing:
            self._hush()
        for key in stale:
            self._ports.pop(key).port.close()
        for wish in missing:
            self._open_port(wish)
        if self._flusher is None and any(wish.direction is Direction.IN for wish in wishes):
            self._open_flusher()

    def _open_port(self, wish: Wish) -> _OwnPort:
        client_name = self._free_client_name(f"controld-{_plain(wish.surface)}-{wish.direction.value}")
        port_name = f"{_plain(wish.surface)} {wish.direction.value}"
        receive = wish.receive if wish.direction is Direction.OUT else _without_flush(wish.receive)
        port = RtMidiPort(rtmidi.API_UNIX_JACK, wish.direction, client_name, receive)
        own = _OwnPort(wish, port, f"{client_name}:{port_name}")
        self._ports[wish.key] = own
        port.open_virtual(port_name)
        return own

    def _open_flusher(self) -> None:
        name = self._free_client_name("controld-flush")
        port = RtMidiPort(rtmidi.API_UNIX_JACK, Direction.OUT, name, lambda _data, _now: None)
        self._flusher = _Flusher(f"{name}:flush", port)
        port.open_virtual("flush")

    def _flush_all(self) -> bool:
        """Have all our inputs flushed; False where one cannot be connected yet."""
        assert self._client is not None
        complete = True
        for own in self._ports.values():
            # Once for each: the server answers nobody for seconds while it takes apart a client that was killed.
            if own.wish.direction is Direction.IN and self._flusher is not None and not own.is_flushed:
                try:
                    self._client.connect(self._flusher.name, own.name)
                    own.is_flushed = True
                except jack.JackErrorCode as error:
                    own.is_flushed = error.code == EEXIST
                    complete &= own.is_flushed
        return complete

    def _free_client_name(self, name: str) -> str:
        """Return a name no client has: else the server would choose, and not tell which."""
        assert self._client is not None
        taken = {port.name.partition(":")[0] for port in listed(self._client)}
        names = (name if n == 1 else f"{name}-{n}" for n in range(1, len(taken) + 2))
        return next(free for free in names if free not in taken)

    def _is_connected(self, own: _OwnPort) -> bool:
        assert self._client is not None
        ports = self._client.get_all_connections(self._client.get_port_by_name(own.name))
        return any(port.name == own.peer for port in ports)

    def _connect(self, own: _OwnPort) -> bool:
        """Connect to the first port that fits; True where that succeeded or there is none."""
        assert self._client is not None
        complete = True
        wish = own.wish
        for port in choices(wish, self._candidates(wish.direction), self._places):
            pair = (port.name, own.name) if wish.direction is Direction.IN else (own.name, port.name)
            try:
                self._client.connect(*pair)
            except jack.JackErrorCode as error:
                if error.code != EEXIST:
                    complete = False
                    continue
            self._serial += 1
            own.peer, own.serial = port.name, self._serial
            return True
        return complete

    def _candidates(self, direction: Direction) -> list[Seen]:
        """Return the ports that may be a device, by name: not our own, and not those told as gone."""
        assert self._client is not None
        ports = listed(
            self._client, is_midi=True, is_output=direction is Direction.IN, is_input=direction is Direction.OUT
        )
        own = {own.name for own in self._ports.values()} | {self._flusher.name if self._flusher else ""}
        there = (port for port in ports if port.name not in own and port.name not in self._gone)
        found = [seen(port.name, port.shortname, *port.aliases) for port in there]
        return sorted(found, key=lambda port: port.name)


def listed(client: jack.Client, **wanted: bool) -> "list[jack.Port]":
    """Return the server's ports; anew where one goes while they are listed, which the library takes for an error."""
    for _ in range(_LISTINGS - 1):
        try:
            return list(client.get_ports(**wanted))
        except jack.JackError:
            log.debug("a port went while the ports were listed")
    return list(client.get_ports(**wanted))


def _without_flush(receive: Callable[[bytes, float], None]) -> Callable[[bytes, float], None]:
    """Return what takes bytes as `receive` does, but for our own flush at their end."""

    def cut(data: bytes, time_s: float) -> None:
        if data.endswith(FLUSH):
            data = data[: -len(FLUSH)]
            if not data:
                return
        receive(data, time_s)

    return cut


def _plain(surface: str) -> str:
    """Return a surface's name as part of a JACK client's name: no colon, and short enough for 63 bytes in all."""
    return re.sub(r"[^\w .-]", "-", surface)[:24]
