"""A rig as its files describe it: frozen values, ready to be run.

Pure. Made by `config.load_rig`; the daemon builds everything from one of these, and replaces it by a new one on reload.
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from controld.config_files import FileSet
from controld.errors import Problem
from controld.mappings.map_test import MapTest
from controld.mappings.profile import Control, Profile
from controld.mappings.rule import Rule, Stage
from controld.session.model import Bank, Pedalboard


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Which engine: `type` is "virtual" or "mod-host" (a bridge of our own is started), or "bridge" (one that runs).

    `endpoint`, `events` and `health` are the bridge's ZeroMQ addresses; `address` is mod-host's, "host:port".
    """

    type: str = "virtual"
    endpoint: str = "tcp://127.0.0.1:6000"
    events: str = "tcp://127.0.0.1:6001"
    health: str = "tcp://127.0.0.1:6002"
    address: str = "127.0.0.1:5555"


@dataclass(frozen=True, slots=True)
class MidiPorts:
    """Which MIDI ports belong to a surface: globs over port names, or `/regular expressions/`; "" for none."""

    input: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class OscConfig:
    """Where an OSC surface listens (UDP), and whom it answers.

    `reply` is "sender" (the socket a message came from), a port of the sender's host, or one fixed (host, port).
    """

    host: str
    port: int
    reply: str | int | tuple[str, int] = "sender"


@dataclass(frozen=True, slots=True)
class SurfaceConfig:
    """One surface of the rig: its profile, and the ports it speaks through (at least one of them is given)."""

    name: str
    profile: Profile
    midi: MidiPorts | None = None
    osc: OscConfig | None = None


@dataclass(frozen=True, slots=True)
class Startup:
    """What is loaded at start: with `restore` "last" what was loaded last, else ("none") `pedalboard`, "" the first."""

    restore: str = "last"
    pedalboard: str = ""


@dataclass(frozen=True)
class RigConfig:
    """Everything the files of a rig say.

    `pedalboards` are in playing order. `files` are all files that were read, `folders` those that were searched: a
    change in one of them is a reason to read the rig again, and `found` is all that was in them. `tempo_bpm` is the
    tempo of pedalboards without their own. `tests` are those inside the mapping files. With `tuner_mutes` the outputs
    are parted from the speakers while the tuner is shown.
    """

    path: Path
    engine: EngineConfig = field(default_factory=EngineConfig)
    surfaces: tuple[SurfaceConfig, ...] = ()
    pedalboards: tuple[Pedalboard, ...] = ()
    rules: tuple[Rule, ...] = ()
    stage: Stage = field(default_factory=Stage)
    banks: tuple[Bank, ...] = ()
    startup: Startup = field(default_factory=Startup)
    tempo_bpm: float = 120.0
    reload: bool = True
    tests: tuple[MapTest, ...] = ()
    tuner_mutes: bool = True
    files: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    warnings: tuple[Problem, ...] = ()
    found: FileSet = field(default_factory=FileSet, compare=False, repr=False)
    from_kept: bool = field(default=False, compare=False)  # not from the disk: these files were good once

    @cached_property
    def controls(self) -> dict[str, Control]:
        """The controls of all surfaces by full name ("floor.fs1")."""
        return {
            f"{surface.name}.{name}": control
            for surface in self.surfaces
            for name, control in surface.profile.controls.items()
        }
