"""A rig offline with a MIDI device before it: what the panel sends is applied, and the device lights what it lights."""

from dataclasses import replace
from functools import cache

from controld.config_plugins import known_plugins
from controld.config_values import RigConfig
from controld.events import ControlMoved, ControlTurned, SurfaceEvent
from controld.mappings.profile import Kind, Profile
from controld.midi_panel import MidiPanel
from controld.offline import OfflineRig
from controld.rig import Output, Rig
from controld.session.requests import Denied, EngineReply, EngineRequest, WriteBypass, WriteParameters
from controld.standin import StandIn

Lights = dict[bytes, bytes]

known = cache(known_plugins)


def address_of(message: bytes) -> bytes:
    """Return what a message is about: status and number, of a display its head and row."""
    return message[:6] if message[0] == 0xF0 else message[:2]


def drawn(surface: str, profile: Profile, rig: Rig) -> Lights:
    """Return what a device shows that is told everything from the beginning."""
    panel = MidiPanel(surface, profile)
    panel.show_all(rig.mapper.full_feedback(surface))
    lights: Lights = {}
    now = 0.0
    while panel.waiting:
        lights.update((address_of(message), message) for message in panel.take(now))
        now += 1.0
    return lights


class Engine(StandIn):
    """A stand-in that refuses the next writes, as many as it is told."""

    refuses = 0

    def execute(self, request: EngineRequest) -> EngineReply:
        """Do it, or refuse."""
        if self.refuses and isinstance(request, WriteBypass | WriteParameters):
            self.refuses -= 1
            return Denied("not now")
        return super().execute(request)


class LitRig(OfflineRig):
    """The rig of a configuration; `lights` is what the device "floor" shows, `gear` what the other one was sent."""

    def __init__(self, config: RigConfig) -> None:
        self.config = config
        self.profile = next(each.profile for each in config.surfaces if each.name == "floor")
        self.panel = MidiPanel("floor", self.profile)
        self.lights: Lights = {}
        self.is_there = True
        self.gear: list[bytes] = []
        self.toggled: dict[str, bool] = {}
        self.now = 0.0
        rig = Rig(
            config.rules, config.controls, config.pedalboards, config.startup.pedalboard, stage=config.stage,
            banks=config.banks,
        )  # fmt: skip
        super().__init__(rig, Engine(known()), (surface.name for surface in config.surfaces))
        self.wait(2.0)
        self.forget()

    @property
    def is_up(self) -> bool:
        """Tell whether the engine is there."""
        return self._up

    # The hand on the device

    def switch(self, control: str, *, down: bool) -> None:
        """Press or release a switch, which a device may light by itself; a latch is only pressed."""
        if not self.is_there:
            return
        made = self.profile.controls[control]
        if made.kind is Kind.LATCH:
            if not down:
                return
            down = self.toggled[control] = not self.toggled.get(control, False)
        light = made.light
        if light is not None and (light.lights_itself or made.kind is Kind.LATCH):
            message = bytes((0xB0, light.number, light.on if down else light.off))
            self.lights[address_of(message)] = message
        self._hear(ControlMoved(f"floor.{control}", float(down), self.now))

    def slide(self, control: str, raw: int) -> None:
        """Move a pedal, a knob, or a fader whose motor gives way to the hand."""
        if self.is_there:
            made = self.profile.controls[control]
            if made.light is not None and made.source is not None and made.source.number == made.light.number:
                message = bytes((0xB0, made.light.number, raw))
                self.lights[address_of(message)] = message
            self._hear(ControlMoved(f"floor.{control}", raw / 127, self.now))

    def turn(self, control: str, detents: int) -> None:
        """Turn an encoder."""
        if self.is_there:
            self._hear(ControlTurned(f"floor.{control}", detents, self.now))

    def _hear(self, event: SurfaceEvent) -> None:
        if isinstance(event, ControlMoved):
            self.panel.saw_input(event.control, event.position, event.time_s)
        self._pump()
        self.receive(event)

    # The cable, and the files

    def unplug(self) -> None:
        """Pull the cable."""
        if self.is_there:
            self.is_there = False
            self.lose("floor")

    def plug(self) -> None:
        """Put it in again: the device starts dark."""
        if not self.is_there:
            self.is_there = True
            self.lights.clear()
            self.toggled.clear()
            self.panel.forget()
            self.connect("floor")

    def reload(self, config: RigConfig) -> None:
        """Take other files."""
        self.config = config
        self._take(
            self.rig.replace(config.rules, config.controls, config.pedalboards, self.now, config.stage, config.banks)
        )

    # Time

    def wait(self, seconds: float) -> None:
        """Let time pass for the rig and the panel."""
        until = self.now + seconds
        for _ in range(100_000):
            dues = [self.rig.next_deadline(), self.panel.next_deadline(self.now) if self.is_there else None]
            due = min((each for each in dues if each is not None), default=None)
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            self._take(self.rig.tick(self.now))
            self._pump()
        else:
            raise AssertionError("it never comes to rest")
        self.now = until
        self._take(self.rig.tick(until))
        self._pump()

    def _note(self, output: Output) -> None:
        super()._note(output)
        if self.is_there:
            self.panel.show_all([look for look in output.feedback if look.control.startswith("floor.")])
            if output.resync is not None:
                whole = self.rig.mapper.full_feedback("floor")
                self.panel.show_all([replace(look, force=True) for look in whole])
        self.gear += [message.data for message in output.messages if message.surface == "gear"]  # type: ignore[union-attr]
        self._pump()

    def _pump(self) -> None:
        if self.is_there:
            self.lights.update((address_of(message), message) for message in self.panel.take(self.now))
