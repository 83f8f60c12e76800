"""The composition root: builds everything from a configuration, starts it in order, and stops it in the reverse.

Shell. Order of starting: the door for `monitor` and `simulate`, OSC sockets (a port in use ends the start before
anything else runs), the bridge's child, its client, MIDI. Whatever fails to start undoes what had started.
"""

import asyncio
import faulthandler
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from controld.actions import SendMidi, SendOsc
from controld.advice import answer_explain
from controld.bridge.client import BridgeClient, Endpoints
from controld.bridge.supervisor import BridgeProcess, bridge_command
from controld.changes import Refused, SnapshotChanged, SnapshotSaved, StateChange
from controld.check import catalogue_symbols
from controld.config_values import OscConfig, RigConfig
from controld.control import Answer, ControlServer, socket_path
from controld.errors import ControldError
from controld.events import SurfaceConnected, SurfaceEvent, SurfaceLost, surface_of
from controld.feedback import Feedback
from controld.hub import Hub
from controld.mappings.profile import Control
from controld.osc_clients import Reply
from controld.reload import Reloading
from controld.reload_files import needs_restart, taken_profile
from controld.rig import Output, Rig
from controld.session.engine_events import EngineEvent
from controld.session.requests import EngineReply, EngineRequest
from controld.simulate import inject
from controld.store import Keeper, Standing, lay_over, state_path
from controld.surfaces.midi import MidiSurface
from controld.surfaces.midi_system import MidiSystem
from controld.surfaces.osc import OscSurface
from controld.tracer import Tracer

log = logging.getLogger("controld.daemon")

# A thread that is busy may keep the loop waiting for this long; Python's default of 5 ms is a long time for a press.
SWITCH_INTERVAL_S = 0.0005
# What has not stopped by then hangs in a library: it is ended, with where each thread stood on standard error.
STOP_PATIENCE_S = 8.0


class Daemon:
    """A running rig. `run` returns when `stop` was called."""

    def __init__(self, config: RigConfig, socket: Path | None = None) -> None:
        self.config = config
        self._keeper = Keeper(state_path(config.path))
        last = self._keeper.kept if config.startup.restore == "last" else Standing()
        saved = self._keeper.saved
        known = last.pedalboard in {board.name for board in config.pedalboards}
        start = last if known else Standing(config.startup.pedalboard)
        self.rig = Rig(
            config.rules,
            config.controls,
            lay_over(config.pedalboards, saved),
            start.pedalboard,
            start.snapshot,
            config.stage,
            config.banks,
        )
        self.rig.session.saved.update(saved)
        self.rig.session.silence_tuner(wanted=config.tuner_mutes)
        self._loop = asyncio.get_running_loop()
        self._hub = Hub(self.rig, self, self._loop)
        self._door = ControlServer(socket or socket_path(), self._answer, self._watched, self._quieted)
        self._quiet: frozenset[str] = frozenset()  # surfaces whose controls do nothing while they are learned
        self._tracer = Tracer(self._door, self.rig)
        self._reloading = Reloading(config, catalogue_symbols(), self._take, self._tracer.note, self._notice)
        self._asked: RigConfig | None = None  # the newest configuration, with what waits for the next start
        self._midi: dict[str, MidiSurface] = {}
        self._osc: dict[str, OscSurface] = {}
        self._client: BridgeClient | None = None
        self._stopping = asyncio.Event()
        self._told: Callable[[StateChange], None] = lambda _change: None

    # Life

    async def run(self, on_started: Callable[["Daemon"], None], on_change: Callable[[StateChange], None]) -> None:
        """Run until stopped; `on_started` is called when everything is open, `on_change` for every fact.

        Raises ControldError where something that has to be there cannot be had.
        """
        self._told = on_change
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        async with self._started():
            gc.collect()
            gc.freeze()  # what was built stays: collections need not walk it again and again
            on_started(self)
            await self._stopping.wait()
            log.info("stopping")

    @property
    def stopping(self) -> bool:
        """Tell whether `stop` was called."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Have `run` return."""
        self._stopping.set()

    @asynccontextmanager
    async def _started(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await self._door.start()
            stack.push_async_callback(self._door.stop)
            stack.callback(self._hub.stop)
            await self._start_osc(stack)
            await self._start_engine(stack)
            await self._start_midi(stack)
            self._keeper.start()
            stack.push_async_callback(self._keeper.stop)
            self._reloading.start()
            stack.push_async_callback(self._reloading.stop)
            yield

    async def _start_osc(self, stack: AsyncExitStack) -> None:
        for surface in self.config.surfaces:
            if surface.osc is not None:
                osc = OscSurface(
                    surface.name,
                    surface.profile,
                    (surface.osc.host, surface.osc.port),
                    _reply(surface.osc),
                    self._receive,
                    self._loop,
                    namespace=self.rig.namespace,
                )
                await osc.start()
                stack.push_async_callback(osc.stop)
                self._osc[surface.name] = osc
                osc.show(self.rig.mapper.full_feedback(surface.name))

    async def _start_engine(self, stack: AsyncExitStack) -> None:
        engine = self.config.engine
        if engine.type != "bridge":
            options = ["--host", engine.type, "--endpoint", engine.endpoint, "--events", engine.events]
            options += ["--address", engine.address] if engine.type == "mod-host" else []
            child = BridgeProcess(bridge_command(*options, "--health", engine.health))
            stack.push_async_callback(child.stop)
            await child.start()
        endpoints = Endpoints(engine.endpoint, engine.events, engine.health)
        self._client = BridgeClient(endpoints, self.rig.outbox, self._replied, self._engine_told)
        self._client.start()
        stack.push_async_callback(self._client.stop)

    async def _start_midi(self, stack: AsyncExitStack) -> None:
        wanted = [surface for surface in self.config.surfaces if surface.midi is not None]
        if not wanted:
            return
        system = MidiSystem()
        for surface in wanted:
            assert surface.midi is not None
            self._midi[surface.name] = MidiSurface(
                surface.name,
                surface.profile,
                surface.midi.input,
                surface.midi.output,
                system,
                self._receive,
                self._loop,
            )
        stack.push_async_callback(system.stop)
        for midi in self._midi.values():
            midi.start()
            stack.push_async_callback(midi.stop)

    # In

    def _receive(self, event: SurfaceEvent) -> None:
        if self._quiet and surface_of(event) in self._quiet and not isinstance(event, SurfaceConnected | SurfaceLost):
            return
        self._hub.enter(self.rig.receive, event)

    def _replied(self, request: EngineRequest, reply: EngineReply) -> None:
        self._hub.enter(self.rig.receive_reply, request, reply)

    def _engine_told(self, event: EngineEvent) -> None:
        self._hub.enter(self.rig.receive_engine_event, event)

    def _take(self, config: RigConfig) -> None:
        """Take another configuration in one step between two events; surfaces that are open stay open."""
        before = {each.name: each for each in self.config.surfaces}
        after = {each.name: each for each in config.surfaces}
        kept = {name: taken_profile(each, after.get(name)) for name, each in before.items()}
        surfaces = tuple(kept.values())
        if needs_restart(self._asked or self.config, config) and needs_restart(self.config, config):
            log.warning("changes of surfaces, their ports or the engine are taken at the next start; all else is now")
        self._asked = config
        for name, surface in self._surfaces.items():
            surface.take_profile(kept[name].profile)
        self.config = replace(config, surfaces=surfaces, engine=self.config.engine)
        self._hub.enter(self._replace, self.config, {**config.controls, **self.config.controls})

    def _notice(self, text: str) -> None:
        self._hub.enter(self.rig.notice, text)

    def _roll_back(self, number: object = 1) -> Answer:
        try:
            kept = self._reloading.rollback(number if isinstance(number, int) else 0)
        except ControldError as error:
            log.info("no rollback: %s", error)
            self._tracer.note(f"no rollback: {error}")
            self._notice(f"no rollback: {error}")
            return {"error": str(error)}
        return {"ok": True, "at": kept.at_s, "set": self._reloading.generations.digest(kept.files)}

    def _replace(self, config: RigConfig, controls: dict[str, Control], now: float) -> Output:
        boards = lay_over(config.pedalboards, self.rig.session.saved)
        self.rig.session.silence_tuner(wanted=config.tuner_mutes)
        return self.rig.replace(config.rules, controls, boards, now, config.stage, config.banks)

    # Out

    def pump(self) -> None:
        """Send what waits for the engine."""
        if self._client is not None:
            self._client.pump()

    def deliver(self, output: Output) -> None:
        """Show lights, tell facts and send messages, each to the surfaces they are for."""
        if output.feedback:
            self._show(output.feedback)
        if output.changes:
            for osc in self._osc.values():
                osc.tell(output.changes, output.news)
            for change in output.changes:
                self._told(change)
                if type(change) is Refused:
                    self._refuse(change)
                elif type(change) in {SnapshotChanged, SnapshotSaved}:
                    self._keep()
        for message in output.messages:
            if isinstance(message, SendMidi) and message.surface in self._midi:
                self._midi[message.surface].send(message.data)
            elif isinstance(message, SendOsc) and message.surface in self._osc:
                self._osc[message.surface].send_message(message)
        if output.resync is not None:
            self._resync(output.resync)
        if output.roll_back:
            self._roll_back()
        if self._tracer.active:
            self._tracer.saw_output(output)

    def _keep(self) -> None:
        session, restores = self.rig.session, self.config.startup.restore == "last"
        names = (session.pedalboard.name, session.snapshot) if restores else ("", "")
        self._keeper.note(Standing(*names, tuple(session.saved.values())))

    def _resync(self, surface: str) -> None:
        """Show a surface ("": each) everything again, whatever it is thought to show."""
        for name, osc in self._osc.items():
            if surface in {"", name}:
                osc.resync()
        for name, midi in self._midi.items():
            if surface not in {"", name}:
                continue
            midi.show([replace(look, force=True) for look in self.rig.mapper.full_feedback(name)])

    def _show(self, feedback: list[Feedback]) -> None:
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

    @property
    def _surfaces(self) -> dict[str, MidiSurface | OscSurface]:
        """The open surfaces, in the order of the configuration."""
        opened: dict[str, MidiSurface | OscSurface] = {**self._midi, **self._osc}
        return {each.name: opened[each.name] for each in self.config.surfaces if each.name in opened}

    # The door

    def _watched(self, active: bool) -> None:
        self._tracer.watch(self._surfaces, self._client, active=active)

    def _quieted(self, surfaces: frozenset[str]) -> None:
        """Take note of the surfaces that are learned; what they hold is released, for its end would not be heard."""
        for name in sorted(surfaces ^ self._quiet):
            begins = name in surfaces
            text = f"{name} is being learned: its controls do nothing" if begins else f"{name} plays again"
            log.info("%s", text)
            self._tracer.note(text)
            self._notice(text)
            if begins:
                self._hub.enter(self.rig.release, name)
        self._quiet = surfaces

    def _answer(self, request: Answer) -> Answer:
        match request.get("do"):
            case "simulate":
                try:
                    inject(request, self._surfaces)
                except ControldError as error:
                    return {"error": str(error)}
                return {"ok": True}
            case "status":
                return self.status()
            case "explain":
                return answer_explain(_names(request), self.config, self.rig.mapper.view)
            case "rollback":
                return self._roll_back(request.get("number", 1))
            case other:
                return {"error": f"`{other}` is not something this daemon does"}

    def surface_words(self) -> dict[str, str]:
        """Return what can be said of each surface, in the order of the configuration."""
        return {name: surface.status() for name, surface in self._surfaces.items()}

    def status(self) -> Answer:
        """Return what a person would ask first, for the terminal and the monitor."""
        session = self.rig.session
        bypasses = self.rig.mapper.view.bypasses.values()
        client = self._client.figures() if self._client else None
        return {
            "pedalboard": session.pedalboard.name,
            "snapshot": session.snapshot,
            "effects": {change.effect: change.confirmed is False for change in bypasses},
            "settled": self.rig.settled,
            "files": self._reloading.status(),
            "engine": self.rig.mapper.view.engine.value,
            "command_ms": round(client.command_time_s * 1000, 3) if client else 0.0,
            "surfaces": self.surface_words(),
            "controls": {name: control.kind.value for name, control in self.config.controls.items()},
            "counters": {
                **{name: dict(surface.counters) for name, surface in self._surfaces.items()},
                "unmapped": self.rig.mapper.unmapped,
                "errors": self._hub.errors,
                "denied": client.denied if client else 0,
                "timed_out": client.timed_out if client else 0,
                "stray_replies": client.stray_replies if client else 0,
                "unknown_events": client.unknown_events if client else 0,
            },
        }


def _names(request: Answer) -> list[str]:
    controls = request.get("controls")
    return [str(name) for name in controls] if isinstance(controls, list) else []


def _reply(osc: OscConfig) -> Reply:
    if isinstance(osc.reply, tuple):
        return Reply(*osc.reply)
    return Reply(port=osc.reply) if isinstance(osc.reply, int) else Reply()


async def serve(
    config: RigConfig,
    socket: Path | None,
    on_started: Callable[[Daemon], None],
    on_change: Callable[[StateChange], None],
) -> None:
    """Run a daemon until SIGINT or SIGTERM; a second one ends the process at once."""
    daemon = Daemon(config, socket)
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        if daemon.stopping:
            log.warning("stopped at once, without cleaning up")
            signal.raise_signal(signal.SIGKILL)
        faulthandler.dump_traceback_later(STOP_PATIENCE_S, exit=True)
        daemon.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted)
    try:
        await daemon.run(on_started, on_change)
    finally:
        faulthandler.cancel_dump_traceback_later()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
