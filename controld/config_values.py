"""A rig as its files describe it: frozen values, ready to be run.

Pure. Made by `config.load_rig`; the daemon builds everything from one of these, and replaces it by a new one on reload.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from controld.config_files import FileSet
from controld.document import Node
from controld.errors import Problem
from controld.mappings.map_test import MapTest
from controld.mappings.profile import Control, Profile
from controld.mappings.rule import Rule, Stage
from controld.midi_thru import Thru
from controld.osc_limits import Limits
from controld.session.model import Bank, Pedalboard


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Which engine: `type` is "virtual" or "mod-host" (a bridge of our own is started), or "bridge" (one that runs).

    `endpoint`, `events` and `health` are the bridge's ZeroMQ addresses; `address` is mod-host's, "host:port".
    A command may take `timeout_s`. Our own bridge is tried to be started `connect_retries` times more, that far apart;
    and so long a bridge may be missing before that is said. One that is gone is looked for at least every
    `reconnect_delay_s`; one that nobody talks to is asked for its health every `health_check_interval_s` (0: never).
    `lv2_path` is where our bridge looks for plugins, "" for where LV2_PATH says or the usual places.
    """

    type: str = "virtual"
    endpoint: str = "tcp://127.0.0.1:6000"
    events: str = "tcp://127.0.0.1:6001"
    health: str = "tcp://127.0.0.1:6002"
    address: str = "127.0.0.1:5555"
    timeout_s: float = 5.0
    connect_retries: int = 2
    connect_retry_delay_s: float = 1.0
    reconnect_delay_s: float = 2.0
    health_check_interval_s: float = 5.0
    lv2_path: str = ""


@dataclass(frozen=True, slots=True)
class LogConfig:
    """What is logged: from which level on, as "text" or as "json"."""

    level: str = "INFO"
    format: str = "text"


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """The Session Manager's service: its ports follow from `name` and `base_port`; a request may take that long."""

    name: str = "session_manager"
    host: str = "127.0.0.1"
    base_port: int = 5555
    request_timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The rig over HTTP: where it listens (host and port), who may come ((): everybody), whose port it tells of.

    `origins` are the web pages of elsewhere that may use it, as "https://host" or "*".
    """

    listen: tuple[str, int]
    allow: tuple[str, ...] = ()
    surface: str = ""
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricsConfig:
    """Figures for Prometheus: where they are told (host and port), and to whom ((): everybody)."""

    listen: tuple[str, int]
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DiscoveryConfig:
    """Announcing the rig: its name ("": that of the machine), and whether what only this machine reaches is too."""

    name: str = ""
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class MidiPorts:
    """Which MIDI ports belong to a surface: globs over port names, or `/regular expressions/`; "" for none."""

    input: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class ClockConfig:
    """Whose MIDI clock is followed (a surface, "" for nobody's), and which surfaces are sent one."""

    source: str = ""
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OscConfig:
    """Where an OSC surface listens (UDP), whom it answers, and what it grants the network.

    `reply` is "sender" (the socket a message came from), a port of the sender's host, or one fixed (host, port).
    """

    host: str
    port: int
    reply: str | int | tuple[str, int] = "sender"
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class SurfaceConfig:
    """One surface of the rig: its profile, and the ports it speaks through (at least one of them is given)."""

    name: str
    profile: Profile
    midi: MidiPorts | None = None
    osc: OscConfig | None = None
    thru: tuple[Thru, ...] = ()


@dataclass(frozen=True, slots=True)
class Startup:
    """What is loaded at start: with `restore` "last" what was loaded last, else ("none") `pedalboard`, "" the first.

    With `create_default` there is an empty pedalboard `DEFAULT_BOARD` too.
    """

    restore: str = "last"
    pedalboard: str = ""
    create_default: bool = False


@dataclass(frozen=True)
class Overrides:
    """What is said over the rig's own file, by key: each value stands at a node whose path says who said it."""

    values: Mapping[tuple[str, ...], Node] = field(default_factory=dict)


AS_WRITTEN = Overrides()  # nothing is said over the file


@dataclass(frozen=True)
class RigConfig:
    """Everything the files of a rig say.

    `pedalboards` are in playing order. `files` are all files that were read, `folders` those that were searched: a
    change in one of them is a reason to read the rig again, and `found` is all that was in them. `tempo_bpm` is the
    tempo of pedalboards without their own. `tests` are those inside the mapping files. With `tuner_mutes` the outputs
    are parted from the speakers while the tuner is shown. Of `preload` pedalboards on each side of the current one the
    effects are loaded beforehand.
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
    clock: ClockConfig = field(default_factory=ClockConfig)
    reload: bool = True
    tests: tuple[MapTest, ...] = ()
    tuner_mutes: bool = True
    preload: int = 0
    library: str = ""  # the folder of saved pedalboards, as it is written; "": the user's own
    log: LogConfig = field(default_factory=LogConfig)
    service: ServiceConfig | None = None
    web: WebConfig | None = None
    metrics: MetricsConfig | None = None
    discovery: DiscoveryConfig | None = None
    files: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    warnings: tuple[Problem, ...] = ()
    over: Overrides = field(default_factory=Overrides, compare=False, repr=False)
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
