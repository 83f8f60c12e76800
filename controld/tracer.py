"""The daemon's side of `controld monitor`: from what passes by to records, only while somebody watches.

Shell, thin. A record is {"t": seconds since the daemon started, "kind": one of `trace.KINDS`, "text": ...}.
"""

import time
from collections.abc import Callable

from controld.control import ControlServer
from controld.rig import Output, Rig
from controld.session.requests import Denied, Done, EngineRequest, TimedOut
from controld.trace import describe, describe_request

# ("in" or "out", the message in words or bytes, monotonic seconds)
Observer = Callable[[str, object, float], None]
_KIND_OF_STEP = {"event": "control", "rule": "rule", "action": "action"}


class Tracer:
    """Publishes what it is told through the door; costs one test per call while nobody watches."""

    def __init__(self, door: ControlServer, rig: Rig) -> None:
        self._door = door
        self._started_s = time.monotonic()
        self._rig = rig
        rig.trace = self._saw_step

    @property
    def active(self) -> bool:
        """Tell whether anybody watches."""
        return self._door.active

    def note(self, text: str) -> None:
        """Tell something that is no step."""
        self._publish("note", text)

    def saw_midi(self, surface: str) -> Observer:
        """Return an observer of a MIDI surface's bytes."""

        def saw(direction: str, data: object, at_s: float) -> None:
            if self._door.active:
                words = bytes(data).hex(" ").upper() if isinstance(data, (bytes, bytearray)) else str(data)
                self._publish(direction, f"{surface}  {words}", at_s)

        return saw

    def saw_osc(self, surface: str) -> Observer:
        """Return an observer of an OSC surface's messages."""

        def saw(direction: str, message: object, at_s: float) -> None:
            if self._door.active:
                self._publish(direction, f"{surface}  {message}", at_s)

        return saw

    def saw_request(self, kind: str, request: EngineRequest, reply: object, took_s: float) -> None:
        """Take what the bridge client sent, and what came back after how long."""
        if self._door.active:
            known = reply if isinstance(reply, (Done, Denied, TimedOut)) else None
            self._publish("request" if kind == "sent" else "reply", describe_request(request, known, took_s))

    def saw_output(self, output: Output) -> None:
        """Take what an event led to."""
        for change in output.changes:
            self._publish("state", describe(change))
        for look in output.feedback:
            self._publish("light", describe(look))

    def _saw_step(self, step: str, value: object) -> None:
        if self._door.active:
            self._publish(_KIND_OF_STEP[step], describe(value))

    def _publish(self, kind: str, text: str, at_s: float | None = None) -> None:
        t = (time.monotonic() if at_s is None else at_s) - self._started_s
        self._door.publish({"t": round(t, 6), "kind": kind, "text": text})
