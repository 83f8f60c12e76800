"""`controld simulate`: playing a rig by words, by a script, or by the keyboard; a running one, or one offline.

Shell. What is played is the same everywhere (`simulate.Step`): a `Stage` takes it, and says what became of it.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from controld.check import catalogue_symbols
from controld.config import find_config, load_rig
from controld.control import Answer, ControlClient, socket_path
from controld.errors import hinted
from controld.events import ControlEvent, ControlMoved, ControlTurned, ProgramChosen
from controld.keys import play_keys
from controld.mappings.profile import Control
from controld.offline import OfflineRig
from controld.rehearse import rehearse
from controld.simulate import SimulateError, Step, parse_steps, play, settled
from controld.trace import describe
from controld.trial_looks import light_words


def add_simulate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld simulate`."""
    parser.add_argument("play", nargs="*", metavar="STEP", help="controls with what they do, and waits")
    parser.add_argument("--socket", type=Path, metavar="PATH", help="the daemon's socket, where it is not the default")
    parser.add_argument("--offline", action="store_true", help="play the files, with no daemon, device or engine")
    parser.add_argument("--config", type=Path, metavar="FILE", help="with --offline: the rig's controld.yaml")
    parser.add_argument("--script", type=Path, metavar="FILE", help="steps from a file; `-`: standard input")
    parser.add_argument("--keys", action="store_true", help="play with the keys of this terminal")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="json: one object, for programs")


def run_simulate(args: argparse.Namespace) -> int:
    """Play what is asked for.

    Raises:
        ControldError: no daemon runs, or a step is none; with `--offline` ConfigError where the files have mistakes.
    """
    words = [*args.play, *(_script(args.script) if args.script else ())]
    if not (words or args.keys):
        raise SimulateError("nothing to play: name controls, as in `controld simulate floor.fs1`, or use --keys")
    as_json = args.format == "json"
    if as_json and args.keys:
        raise SimulateError("--format json is for what is played at once, and --keys has no end")
    steps = list(parse_steps(words))
    stage = _offline(args.config) if args.offline or args.config else DaemonStage(args.socket)
    happened = []
    for line in stage.play(steps):
        if not as_json:
            print(line, flush=True)
        happened.append(line)
    if as_json:
        print(json.dumps({"happened": [each.as_data() for each in happened], **_status_data(stage.status())}, indent=2))
        return 0
    if args.keys:
        play_keys(stage)
    else:
        print(stage.line())
    return 0


def _script(path: Path) -> list[str]:
    """Return the words of a script; `#` begins a comment."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SimulateError(f"the script cannot be read: {error}") from error
    return [word for line in text.splitlines() for word in line.partition("#")[0].split()]


@dataclass(frozen=True, slots=True)
class Line:
    """What happened at a time of the play, in seconds: `kind` is "control", "rule" or "light"."""

    at_s: float
    kind: str
    about: str
    text: str

    def __str__(self) -> str:
        """Return it as a line of text."""
        if self.kind == "control":
            return f"{self.at_s:8.3f} s  {self.about} {self.text}"
        return f"{self.at_s:8.3f} s    {self.kind:<6} {self.about}: {self.text}"

    def as_data(self) -> dict[str, object]:
        """Return it for programs: `control` or, of a rule, `place` says what it is about."""
        about = "place" if self.kind == "rule" else "control"
        return {"at_s": round(self.at_s, 4), "kind": self.kind, about: self.about, "text": self.text}


def _status_data(status: Answer) -> dict[str, object]:
    """Return how the rig stands, for programs."""
    return {key: status.get(key) for key in ("pedalboard", "snapshot", "effects", "engine")}


class DaemonStage:
    """The rig that runs."""

    def __init__(self, socket: Path | None) -> None:
        self._client = ControlClient(socket_path(str(socket or "")))
        controls = self._client.ask({"do": "status"}).get("controls")
        self.controls = {
            str(name): str(kind) for name, kind in (controls if isinstance(controls, dict) else {}).items()
        }

    def play(self, steps: Iterable[Step]) -> Iterator[Line]:
        """Play in real time; `controld monitor` shows what became of it."""
        play(self._client.ask, iter(steps))
        yield from ()

    def line(self) -> str:
        """Return how the rig stands once everything is settled."""
        return rig_line(self.status())

    def status(self) -> Answer:
        """Return the daemon's status once everything is settled."""
        return settled(self._client.ask)


def rig_line(status: Answer) -> str:
    """Return a daemon's status in one line."""
    effects = status.get("effects")
    active = [name for name, is_active in effects.items() if is_active] if isinstance(effects, dict) else []
    parts = [str(status["pedalboard"]), str(status.get("snapshot") or "")]
    board = " / ".join(part for part in parts if part)
    if status["engine"] != "up":
        return f"{board}: the engine is {status['engine']}; what is asked now waits for it"
    return f"{board}: {', '.join(active) or 'nothing'} active"


class OfflineStage:
    """The rig of the files, in virtual time."""

    def __init__(self, rig: OfflineRig, controls: dict[str, Control]) -> None:
        self._rig = rig
        self._looks: dict[str, str] = {}
        self._lines: list[Line] = []
        self.controls = {name: control.kind.value for name, control in controls.items()}
        self._became()
        self._lines.clear()  # how it began
        rig.watch = self._became

    def play(self, steps: Iterable[Step]) -> Iterator[Line]:
        """Play at once; yield the rules that fire and the lights that change, with the time in the play."""
        for step in steps:
            if step.control:
                if step.control not in self.controls:
                    raise SimulateError(hinted(f"there is no control `{step.control}`", step.control, self.controls))
                self._say("control", step.control, _move_words(step))
                self._rig.receive(_event(step, self._rig.now))
            if step.then_wait_s:
                self._rig.wait(step.then_wait_s)
            yield from self._lines
            self._lines.clear()

    def line(self) -> str:
        """Return how the rig stands."""
        return rig_line(self.status())

    def status(self) -> Answer:
        """Return how the rig stands, in the words of a daemon's status."""
        view = self._rig.rig.mapper.view
        effects = {name: fact.confirmed is False for name, fact in view.bypasses.items()}
        names = {"pedalboard": view.pedalboard.pedalboard, "snapshot": view.snapshot.snapshot}
        return {**names, "effects": effects, "engine": view.engine.value}

    def _became(self) -> None:
        """Say what is new since the last time: rules, then lights."""
        for intent in self._rig.happened.intents:
            self._say("rule", intent.rule.place, describe(intent.action))
        self._rig.forget()
        for name, look in self._rig.looks.items():
            shown = f"`{look.text}`".replace("\n", " / ") if look.text else light_words(look)
            if self._looks.get(name) != shown:
                self._looks[name] = shown
                self._say("light", name, shown)

    def _say(self, kind: str, about: str, text: str) -> None:
        self._lines.append(Line(self._rig.now, kind, about, text))


def _offline(config: Path | None) -> OfflineStage:
    loaded = load_rig(find_config(str(config or "")), catalogue_symbols())
    return OfflineStage(rehearse(loaded), loaded.controls)


def _move_words(step: Step) -> str:
    if step.program is not None:
        return f"program {step.program}"
    if step.detents is not None:
        return f"{step.detents:+d}"
    assert step.position is not None
    return {1.0: "down", 0.0: "up"}.get(step.position, f"{step.position:g}")


def _event(step: Step, now: float) -> ControlEvent:
    if step.program is not None:
        return ProgramChosen(step.control, step.program, now)
    if step.detents is not None:
        return ControlTurned(step.control, step.detents, now)
    assert step.position is not None
    return ControlMoved(step.control, step.position, now)
