"""The daemon's side of `controld monitor`: from what passes by to records, only while somebody watches.

Shell, thin. A record is {"t": seconds since the daemon started, "kind": one of `trace.KINDS`, "text": ...}. While
nobody watches nothing is observed at all, so that it costs nothing. Messages have their `surface` too, and `data`
(in hexadecimal) or `address` and `args`.
"""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from controld.changes import BeatPassed
from controld.control import ControlServer
from controld.engine_figures import EngineLoadChanged, LevelsChanged
from controld.midi_words import midi_words
from controld.rig import Output, Rig
from controld.session.requests import Denied, Done, EngineRequest, ReadLevels, ReadLoad, TimedOut
from controld.surfaces.osc_outlet import Wire
from controld.trace import describe, describe_request

_KIND_OF_STEP = {"event": "control", "rule": "rule", "action": "action"}

SurfaceObserver = Callable[[str, object, float], None]
RequestObserver = Callable[[str, EngineRequest, object, float], None]


class Surface(Protocol):
    """What can be watched of a surface."""

    def watch(self, observe: SurfaceObserver | None) -> None:
        """Have ("in" or "out", message, monotonic seconds) observed from now on, or not any more."""


class Client(Protocol):
    """What can be watched of the bridge's client."""

    def watch(self, observe: RequestObserver | None) -> None:
        """Have requests and replies observed from now on, or not any more."""


# They would drown everything else.
_DROWNING = frozenset({BeatPassed, EngineLoadChanged, LevelsChanged})
_ASKED_ALWAYS = frozenset({ReadLoad, ReadLevels})  # again and again, while somebody wants to know


class Tracer:
    """Publishes steps through the door, from `open` to `close`."""

    def __init__(self, door: ControlServer, rig: Rig) -> None:
        self._door = door
        self._rig = rig
        self._started_s = time.monotonic()
        self.active = False
        self._lights: dict[str, str] = {}  # what was told of each

    def watch(self, surfaces: Mapping[str, Surface], client: Client | None, *, active: bool) -> None:
        """Begin to observe everything, or end it."""
        self.active = active
        self._lights.clear()
        self._rig.trace = self._saw_step if active else None
        for name, surface in surfaces.items():
            surface.watch(self._observer_of(name) if active else None)
        if client is not None:
            client.watch(self._saw_request if active else None)

    def note(self, text: str) -> None:
        """Tell something that is no step."""
        self._publish("note", text)

    def saw_output(self, output: Output) -> None:
        """Take what an event led to."""
        for change in output.changes:
            if type(change) not in _DROWNING:
                self._publish("state", describe(change))
        for look in output.feedback:
            words = describe(look)
            if self._lights.get(look.control) != words:  # many a look is the same as before
                self._lights[look.control] = words
                self._publish("light", words)

    def _observer_of(self, surface: str) -> SurfaceObserver:
        def saw(direction: str, message: object, at_s: float) -> None:
            words = _with_words(message) if isinstance(message, bytes) else str(message)
            self._publish(direction, f"{surface}  {words}", at_s, surface=surface, **_raw(message))

        return saw

    def _saw_request(self, kind: str, request: EngineRequest, reply: object, took_s: float) -> None:
        if type(request) in _ASKED_ALWAYS:
            return
        names = self._rig.session.effect_names()
        known = reply if isinstance(reply, Done | Denied | TimedOut) else None
        self._publish("request" if kind == "sent" else "reply", describe_request(request, names, known, took_s))

    def _saw_step(self, step: str, value: object) -> None:
        if step == "none":
            self._publish("rule", f"none: {value}")
        else:
            self._publish(_KIND_OF_STEP[step], describe(value))

    def _publish(self, kind: str, text: str, at_s: float | None = None, **more: object) -> None:
        t = (time.monotonic() if at_s is None else at_s) - self._started_s
        self._door.publish({"t": round(t, 6), "kind": kind, "text": text, **more})


def _raw(message: object) -> dict[str, object]:
    """Return a message of the wire as a program reads it: bytes in hexadecimal, or address and arguments."""
    if isinstance(message, bytes):
        return {"data": message.hex()}
    if isinstance(message, Wire):
        plain = [arg if isinstance(arg, str | int | float | None) else str(arg) for arg in message.args]
        return {"address": message.address, "args": plain}
    return {}


def _with_words(data: bytes) -> str:
    """Return bytes, and what they say."""
    return f"{data.hex(' ').upper()}  {midi_words(data)}".rstrip()
