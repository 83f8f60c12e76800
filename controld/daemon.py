"""The composition root: builds everything from a configuration, starts it in order, and stops it in the reverse.

Shell. Order of starting: the door for `monitor` and `simulate`, OSC sockets (a port in use ends the start before
anything else runs), the bridge's child, its client, MIDI. Whatever fails to start undoes what had started.
"""

import asyncio
import faulthandler
import gc
import json
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from controld.actions import Action
from controld.advice import answer_explain
from controld.bridge.client import BridgeClient
from controld.bridge.protocol_values import read_members
from controld.changes import EngineChanged, Repaired, StateChange
from controld.check import catalogue_symbols
from controld.config_plugins import presets_of
from controld.config_values import RigConfig
from controld.control import Answer, ControlServer, socket_path
from controld.engine_start import start_engine
from controld.errors import ControldError
from controld.events import LevelsWanted, SurfaceConnected, SurfaceEvent, SurfaceLost, surface_of
from controld.figures import Facts
from controld.health import PULSE_S, Health, memory_bytes, thread_count
from controld.hub import Hub
from controld.log_setup import set_up_logging
from controld.mappings.profile import Control
from controld.memory import Memory
from controld.metrics import as_status
from controld.reload import Reloading
from controld.reload_files import needs_restart, taken_profile
from controld.rig import Output
from controld.service import Answered, Service
from controld.services import wanted_services
from controld.session.edits import Edit
from controld.session.engine_events import EngineEvent
from controld.session.requests import EngineReply, EngineRequest
from controld.session.shelf import Filing
from controld.simulate import inject
from controld.store import lay_over
from controld.surface_set import SurfaceSet
from controld.surfaces.midi import MidiSurface
from controld.surfaces.osc import OscSurface
from controld.systemd import Notifier
from controld.tracer import Tracer

log = logging.getLogger("controld.daemon")

# A thread that is busy may keep the loop waiting for this long; Python's default of 5 ms is a long time for a press.
SWITCH_INTERVAL_S = 0.0005
# Who comes, goes and has meters is heard also of a surface whose controls do nothing.
_NO_PLAY = (SurfaceConnected, SurfaceLost, LevelsWanted)
# What has not stopped by then hangs in a library: it is ended, with where each thread stood on standard error.
STOP_PATIENCE_S = 8.0


class Daemon:
    """A running rig. `run` returns when `stop` was called."""

    def __init__(self, config: RigConfig, socket: Path | None = None, *, safe: bool = False) -> None:
        """Build a rig; `safe` begins on an empty pedalboard and keeps what was left for another start."""
        self.config = config
        self.safe = safe
        self._memory = Memory(config, self._filed, self._say, safe=safe)
        self.rig = self._memory.rig(config)
        self.rig.session.preload(config.preload)
        self.rig.session.know_presets(presets_of)
        self._loop = asyncio.get_running_loop()
        self._hub = Hub(self.rig, self, self._loop)
        self._door = ControlServer(socket or socket_path(), self._answer, self._watched, self._quieted)
        self._quiet: frozenset[str] = frozenset()  # surfaces whose controls do nothing while they are learned
        self._tracer = Tracer(self._door, self.rig)
        self._reloading = Reloading(config, catalogue_symbols(), self._take, self._tracer.note, self._notice)
        self._asked: RigConfig | None = None  # the newest configuration, with what waits for the next start
        self._surface_set = SurfaceSet(self.rig, self.receive, self._loop)
        self._services: list[Service] = []
        self._client: BridgeClient | None = None
        self._health = Health()
        self._systemd = Notifier()
        self._noted: dict[type, Callable[[Any], None]] = {
            EngineChanged: self._health.note,
            Repaired: lambda change: log.warning("repaired: %s", "; ".join(change.what)),
        }  # fmt: skip
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
            self._systemd.ready(self.headline)
            await self._stopping.wait()
            log.info("stopping")
            self._systemd.stopping()

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
            await self._surface_set.start_osc(self.config.surfaces, stack)
            engine = self.config.engine
            self._client = await start_engine(engine, self.rig.outbox, self._replied, self._engine_told, stack)
            self._surface_set.start_midi(self.config.surfaces, self.config.clock, stack)
            await self._start_services(stack)
            self._memory.start()
            stack.push_async_callback(self._memory.stop)
            every_s = min(PULSE_S, self._systemd.watchdog_s / 3 or PULSE_S)
            self._health.start(self._core_answers, lambda: self._systemd.alive(self.headline), every_s)
            stack.callback(self._health.stop)
            self._reloading.start()
            stack.push_async_callback(self._reloading.stop)
            yield

    async def _start_services(self, stack: AsyncExitStack) -> None:
        for service in wanted_services(self.config, self):
            await service.start()
            stack.push_async_callback(service.stop)
            self._services.append(service)

    # In

    def receive(self, event: SurfaceEvent) -> None:
        """Take what a surface did, or a service for one; after what came before it, and else at once."""
        if self._quiet and surface_of(event) in self._quiet and not isinstance(event, _NO_PLAY):
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
            log.warning("changes of surfaces, ports, engine and service are taken at the next start; all else is now")
        self._asked = config
        if config.log != self.config.log:
            set_up_logging(config.log.level, config.log.format)
        self._surface_set.take_profiles({name: each.profile for name, each in kept.items()})
        running = self.config
        self.config = replace(config, surfaces=surfaces, engine=running.engine, service=running.service)
        self._hub.enter(self._replace, self.config, {**config.controls, **self.config.controls})

    def _filed(self, filing: Filing, reason: str) -> None:
        self._hub.enter(self.rig.receive_filed, filing, reason)

    def _say(self, text: str) -> None:
        log.warning("%s", text)
        self._notice(text)

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
        self.rig.session.preload(config.preload)
        return self.rig.replace(config.rules, controls, boards, now, config.stage, config.banks)

    def _core_answers(self) -> bool:
        """Tell whether what is put into the queue is done."""
        done: list[float] = []

        def answer(now: float) -> Output:
            done.append(now)
            return Output()

        self._hub.enter(answer)
        return bool(done)

    def headline(self) -> str:
        """Return how it goes in one line."""
        complaints = self.facts().complaints()
        return complaints[0] if complaints else f"playing {self.rig.session.pedalboard.name}"

    def act(self, action: Action | Edit, origin: str) -> list[StateChange]:
        """Do an action for a service, and return every fact that followed from it at once."""
        return self._hub.ask(self.rig.act, action, origin)

    def ask_engine(self, question: Mapping[str, object], deadline_s: float, answered: Answered) -> None:
        """Ask the bridge something for a service, which `answered` is told."""
        if self._client is None:
            self._loop.call_soon(answered, None)
            return
        body = json.dumps(question).encode()
        self._client.ask(body, deadline_s, lambda reply: answered(None if reply is None else read_members(reply)))

    # Out

    def pump(self) -> None:
        """Send what waits for the engine."""
        if self._client is not None:
            self._client.pump()

    def attend(self) -> None:
        """Let the engine go on."""
        if self._client is not None:
            self._client.attend()

    def deliver(self, output: Output) -> None:
        """Show lights, tell facts and send messages, each to those they are for."""
        self._surface_set.deliver(output)
        for change in output.changes:
            self._told(change)
            noted = self._noted.get(type(change))
            if noted is not None:
                noted(change)
        for service in self._services:
            service.tell(output)
        self._memory.saw(output)
        if output.roll_back:
            self._roll_back()
        if self._tracer.active:
            self._tracer.saw_output(output)

    @property
    def _surfaces(self) -> dict[str, MidiSurface | OscSurface]:
        """The open surfaces, in the order of the configuration."""
        return self._surface_set.by_name(each.name for each in self.config.surfaces)

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

    def facts(self) -> Facts:
        """Return everything that is known at this moment, for status, metrics and programs."""
        session, view, health = self.rig.session, self.rig.mapper.view, self._health
        bypasses = {change.effect: change.confirmed for change in view.bypasses.values()}
        return Facts(
            uptime_s=health.uptime_s,
            memory_bytes=memory_bytes(),
            cpu_s=time.process_time(),
            cpu_percent=health.cpu_percent(),
            threads=thread_count(),
            loop_late_s=health.loop_late_s,
            engine=view.engine,
            engine_reason=session.engine_reason,
            client=self._client.figures() if self._client else None,
            outages=health.outages,
            last_outage=health.last_outage,
            pedalboard=session.pedalboard.name,
            pedalboard_state=view.pedalboard.state,
            snapshot=session.snapshot,
            settled=self.rig.settled,
            effects={name: None if bypassed is None else not bypassed for name, bypassed in bypasses.items()},
            surfaces=self._surface_set.facts(each.name for each in self.config.surfaces),
            unmapped=self.rig.mapper.unmapped,
            errors=self._hub.errors,
            problem=self._reloading.problem,
        )

    def status(self) -> Answer:
        """Return what a person would ask first, for the terminal and the monitor."""
        session = self.rig.session
        bypasses = self.rig.mapper.view.bypasses.values()
        client = self._client.figures() if self._client else None
        return {
            **as_status(self.facts()),
            "pedalboard": session.pedalboard.name,
            "snapshot": session.snapshot,
            "effects": {change.effect: change.confirmed is False for change in bypasses},
            "settled": self.rig.settled,
            "files": self._reloading.status(),
            "engine": self.rig.mapper.view.engine.value,
            "command_ms": round(client.command_time_s * 1000, 3) if client else 0.0,
            "surfaces": self.surface_words(),
            "senders": self._surface_set.senders(),
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


async def serve(
    config: RigConfig,
    socket: Path | None,
    on_started: Callable[[Daemon], None],
    on_change: Callable[[StateChange], None],
    *,
    safe: bool = False,
) -> None:
    """Run a daemon until SIGINT or SIGTERM; a second one ends the process at once. `safe`: see `Daemon`."""
    daemon = Daemon(config, socket, safe=safe)
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
