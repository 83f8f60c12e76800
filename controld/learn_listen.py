"""Hearing a device while it is learned: through the running daemon's door, or at the ports themselves.

Shell. Each listener hands what it hears to an `Audience`, on the loop, with its time in seconds; which clock that is
does not matter, only that it is one.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from controld.config_values import MidiPorts, OscConfig
from controld.control import Answer
from controld.errors import AddressInUse, ControldError
from controld.events import OscArg, SurfaceConnected, SurfaceEvent, SurfaceLost
from controld.mappings.profile import Profile
from controld.midi_stream import MidiStream
from controld.osc_codec import OscDecodeError, decode, flatten
from controld.surfaces.midi import MidiSurface
from controld.surfaces.midi_system import MidiSystem

log = logging.getLogger("controld.learn")


class Audience(Protocol):
    """Who hears a device."""

    def hear(self, message: bytes, now: float) -> None:
        """Take one whole MIDI message."""

    def hear_osc(self, address: str, args: Sequence[OscArg], now: float) -> None:
        """Take one OSC message."""

    def say(self, text: str) -> None:
        """Tell the person that a device came or went."""


class Listener(Protocol):
    """A way to hear a device."""

    async def start(self, audience: Audience) -> str:
        """Begin; returns in words what is heard. Raises ControldError where that cannot be."""

    async def stop(self) -> None:
        """End."""


class DoorListener:
    """A surface of the running daemon, as its monitor tells of it; `quiet` keeps it from playing meanwhile."""

    def __init__(self, socket: Path, surface: str, *, quiet: bool) -> None:
        self._socket, self._surface, self._quiet = socket, surface, quiet
        self._stream = MidiStream()
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def start(self, audience: Audience) -> str:
        """Join the daemon's monitors. Raises ControldError where it is gone."""
        try:
            reader, self._writer = await asyncio.open_unix_connection(self._socket, limit=1 << 20)
        except OSError as error:
            raise ControldError(f"the controld that ran does not answer any more: {error}") from error
        request: Answer = {"do": "monitor", **({"quiet": self._surface} if self._quiet else {})}
        self._writer.write(json.dumps(request).encode() + b"\n")
        await reader.readline()
        self._task = asyncio.create_task(self._read(reader, audience))
        acts = (
            "its controls do nothing until this ends" if self._quiet else "IT GOES ON PLAYING: presses do what they do"
        )
        return f"{self._surface}, through the controld that runs; {acts}"

    async def stop(self) -> None:
        """Leave, so that the surface plays again."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._writer is not None:
            self._writer.close()

    async def _read(self, reader: asyncio.StreamReader, audience: Audience) -> None:
        while line := await reader.readline():
            record = json.loads(line)
            if record.get("kind") == "in" and record.get("surface") == self._surface:
                self._take(record, audience)
        audience.say("the controld that ran has stopped; nothing more will be heard")

    def _take(self, record: Answer, audience: Audience) -> None:
        at_s = float(str(record["t"]))
        if "data" in record:
            for message in self._stream.receive(bytes.fromhex(str(record["data"]))):
                audience.hear(message, at_s)
        elif isinstance(args := record.get("args"), list):
            audience.hear_osc(str(record["address"]), args, at_s)


class MidiListener:
    """The first MIDI port that fits, opened beside whoever else listens there; an absent device is waited for."""

    def __init__(self, ports: MidiPorts) -> None:
        self._pattern = ports.input
        self._stream = MidiStream()
        self._system = MidiSystem()
        self._surface: MidiSurface | None = None

    async def start(self, audience: Audience) -> str:
        """Wait for the device."""

        def observe(direction: str, data: bytes, at_s: float) -> None:
            if direction == "in":
                for message in self._stream.receive(data):
                    audience.hear(message, at_s)

        def receive(event: SurfaceEvent) -> None:
            if isinstance(event, SurfaceConnected | SurfaceLost):
                assert self._surface is not None
                audience.say(self._surface.status())

        nothing = Profile("", "", {})
        self._surface = MidiSurface("device", nothing, self._pattern, "", self._system, receive, observe=observe)
        self._surface.start()
        return f'the MIDI port "{self._pattern}"; the device may be plugged in later'

    async def stop(self) -> None:
        """Close the port."""
        if self._surface is not None:
            await self._surface.stop()
        await self._system.stop()


class OscListener(asyncio.DatagramProtocol):
    """A UDP port, of which nothing is answered."""

    def __init__(self, osc: OscConfig) -> None:
        self._osc = osc
        self._transport: asyncio.DatagramTransport | None = None
        self._audience: Audience | None = None

    async def start(self, audience: Audience) -> str:
        """Listen. Raises AddressInUse where another program does."""
        self._audience = audience
        address = (self._osc.host, self._osc.port)
        try:
            self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, address)
        except OSError as error:
            raise AddressInUse(f"{address[0]}:{address[1]} cannot be listened at ({error})") from error
        return f"OSC at {address[0]}:{address[1]}"

    async def stop(self) -> None:
        """Close the port."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """Take a datagram; one that is no OSC is logged."""
        assert self._audience is not None
        now = asyncio.get_running_loop().time()
        try:
            messages = [message for _, message in flatten(decode(data))]
        except OscDecodeError as error:
            log.info("from %s: no OSC: %s", addr, error)
            return
        for message in messages:
            self._audience.hear_osc(message.address, message.args, now)
