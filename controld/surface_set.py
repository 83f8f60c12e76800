"""The surfaces of a running rig: opened in order, shown their lights, told facts, and sent messages.

Shell. The daemon knows its surfaces only through this set; whether one speaks MIDI or OSC is decided here.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from controld.actions import Message, SendMidi
from controld.changes import Refused, TempoChanged
from controld.config_values import ClockConfig, MidiPorts, OscConfig, SurfaceConfig
from controld.events import SurfaceEvent
from controld.feedback import Feedback
from controld.figures import SurfaceFacts
from controld.mappings.profile import Profile
from controld.osc_clients import Reply
from controld.rig import Output, Rig
from controld.surfaces.midi import MidiSurface
from controld.surfaces.midi_clock_out import ClockOut
from controld.surfaces.midi_system import MidiSystem
from controld.surfaces.midi_wires import Wires
from controld.surfaces.osc import OscSurface

log = logging.getLogger("controld.daemon")


class SurfaceSet:
    """The surfaces by name; `receive` is called with what they do."""

    def __init__(self, rig: Rig, receive: Callable[[SurfaceEvent], None], loop: asyncio.AbstractEventLoop) -> None:
        self._rig = rig
        self._receive = receive
        self._loop = loop
        self._midi: dict[str, MidiSurface] = {}
        self._osc: dict[str, OscSurface] = {}
        self._clock: ClockOut | None = None

    async def start_osc(self, wanted: Iterable[SurfaceConfig], stack: AsyncExitStack) -> None:
        """Open the OSC surfaces. Raises PortUnavailable where a port is in use."""
        for surface in wanted:
            if surface.osc is None:
                continue
            osc = OscSurface(
                surface.name,
                surface.profile,
                (surface.osc.host, surface.osc.port),
                _reply(surface.osc),
                self._receive,
                self._loop,
                namespace=self._rig.namespace,
                limits=surface.osc.limits,
            )
            await osc.start()
            stack.push_async_callback(osc.stop)
            self._osc[surface.name] = osc
            osc.show(self._rig.mapper.full_feedback(surface.name))

    def start_midi(self, wanted: Iterable[SurfaceConfig], clock: ClockConfig, stack: AsyncExitStack) -> None:
        """Open the MIDI surfaces and their clock; a device that is not there is waited for."""
        surfaces = [(surface, surface.midi) for surface in wanted if surface.midi is not None]
        if not surfaces:
            return
        system = MidiSystem()
        thru = {surface.name: surface.thru for surface, _ in surfaces}
        wires = Wires(thru, clock.source, self._receive, self._hand_on)
        for surface, ports in surfaces:
            self._midi[surface.name] = MidiSurface(
                surface.name, surface.profile, ports.input, ports.output, system, self._receive, self._loop, wires=wires
            )
        stack.push_async_callback(system.stop)
        for midi in self._midi.values():
            midi.start()
            stack.push_async_callback(midi.stop)
        self._start_clock(surfaces, clock, system, stack)

    def _start_clock(
        self,
        surfaces: Iterable[tuple[SurfaceConfig, MidiPorts]],
        clock: ClockConfig,
        system: MidiSystem,
        stack: AsyncExitStack,
    ) -> None:
        devices = [
            (each.name, ports.output, each.profile.name) for each, ports in surfaces if each.name in clock.targets
        ]
        if not devices:
            return
        tempo = self._rig.mapper.view.tempo or TempoChanged(120.0, rolling=False)
        self._clock = ClockOut(devices, system, tempo, ticks=not clock.source)
        self._clock.start()
        stack.push_async_callback(self._clock.stop)

    def _hand_on(self, message: bytes) -> None:
        """Hand a message of the clock that is followed to those who are sent one."""
        if self._clock is not None:
            self._clock.relay(message)

    def by_name(self, order: Iterable[str]) -> dict[str, MidiSurface | OscSurface]:
        """Return the open surfaces in this order."""
        opened: dict[str, MidiSurface | OscSurface] = {**self._midi, **self._osc}
        return {name: opened[name] for name in order if name in opened}

    def facts(self, order: Iterable[str]) -> dict[str, SurfaceFacts]:
        """Return how each open surface is."""
        return {
            name: SurfaceFacts(
                surface.status(), surface.waits_for if isinstance(surface, MidiSurface) else (), surface.counters
            )
            for name, surface in self.by_name(order).items()
        }

    def senders(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return what is counted of each sender of the OSC surfaces, by surface."""
        return {name: osc.senders() for name, osc in self._osc.items()}

    def take_profiles(self, profiles: Mapping[str, Profile]) -> None:
        """Take changed profiles; surfaces that are open stay open."""
        for name, surface in self.by_name(profiles).items():
            surface.take_profile(profiles[name])

    def deliver(self, output: Output) -> None:
        """Show lights, tell facts and send messages, each to the surfaces they are for."""
        if output.feedback:
            self._show(output.feedback)
        if output.changes:
            for osc in self._osc.values():
                osc.tell(output.changes, output.news)
            for change in output.changes:
                if type(change) is Refused:
                    self._refuse(change)
                elif type(change) is TempoChanged and self._clock is not None:
                    self._clock.tell(change)
        if output.messages:
            self._send(output.messages)
        if output.resync is not None:
            self._resync(output.resync)

    def _send(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if isinstance(message, SendMidi):
                if message.surface in self._midi:
                    self._midi[message.surface].send(message.data)
            elif message.surface in self._osc:
                self._osc[message.surface].send_message(message)

    def _resync(self, surface: str) -> None:
        """Show a surface ("": each) everything again, whatever it is thought to show."""
        for name, osc in self._osc.items():
            if surface in {"", name}:
                osc.resync()
        for name, midi in self._midi.items():
            if surface in {"", name}:
                midi.show([replace(look, force=True) for look in self._rig.mapper.full_feedback(name)])

    def _show(self, feedback: Sequence[Feedback]) -> None:
        by_surface: dict[str, list[Feedback]] = {}
        for look in feedback:
            by_surface.setdefault(look.control.partition(".")[0], []).append(look)
        for name, looks in by_surface.items():
            surface = self._midi.get(name) or self._osc.get(name)
            if surface is not None:
                surface.show(looks)

    def _refuse(self, refused: Refused) -> None:
        name, _, client = refused.origin.partition("/")
        osc = self._osc.get(name)
        if osc is not None and client:
            osc.refuse(client, refused.subject, refused.reason)
        else:
            log.info("refused: %s: %s", refused.subject, refused.reason)


def _reply(osc: OscConfig) -> Reply:
    if isinstance(osc.reply, tuple):
        return Reply(*osc.reply)
    return Reply(port=osc.reply) if isinstance(osc.reply, int) else Reply()
