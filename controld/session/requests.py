"""What a session asks of the engine: requests as data that say what they change, and the replies they get.

Pure values. Every request is absolute (a state, never a toggle or a step), so doing one twice does no harm: one that
timed out may still be executed later (a "zombie" in the stock bridge's backlog). `deadline_s` is how long a reply may
take before the engine is asked what it did; the stock bridge itself gives up after 1.1 s, so nothing is shorter.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from controld.session.model import Plugin

REPLY_DEADLINE_S = 1.5
# Instantiating took 0.4 s for the slowest of 406 plugins on an idle desktop machine.
ADD_DEADLINE_S = 5.0


@dataclass(frozen=True, slots=True)
class Probe:
    """Ask for the CPU load: the cheapest question only a living host answers."""

    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class AddEffect:
    """Load a plugin as instance 0-9990."""

    instance: int
    uri: str
    deadline_s: ClassVar[float] = ADD_DEADLINE_S


@dataclass(frozen=True, slots=True)
class RemoveEffect:
    """Unload an instance; succeeds also where there is none."""

    instance: int
    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class WriteBypass:
    """Bypass an instance or make it active."""

    instance: int
    bypassed: bool
    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class WriteParameters:
    """Set parameters of one instance to values that are within their ranges (the engine may not check them)."""

    instance: int
    values: dict[str, float]
    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class WritePreset:
    """Load a preset; which values it changed must be read afterwards."""

    instance: int
    uri: str
    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class KeepPreset:
    """Keep how an instance is played as a preset of its plugin; only where the bridge says it can ("presets")."""

    instance: int
    uri: str
    label: str
    deadline_s: ClassVar[float] = ADD_DEADLINE_S


@dataclass(frozen=True, slots=True)
class ConnectPorts:
    """Join two ports by their JACK names; succeeds also where they are joined already."""

    source: str
    target: str
    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class DisconnectPorts:
    """Part two ports by their JACK names."""

    source: str
    target: str
    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class SetProcessing:
    """Switch the host's audio processing off or on, around a change of many effects."""

    on: bool
    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class WriteTransport:
    """Set the transport: rolling or not, beats in a bar (1-16), and beats a minute (20-300)."""

    rolling: bool
    bpb: float
    bpm: float
    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class ReadBypass:
    """Ask whether an instance is there and bypassed."""

    instance: int
    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class ReadParameter:
    """Ask for the value of a parameter."""

    instance: int
    symbol: str
    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class ReadPlugin:
    """Ask for a plugin's parameters and presets."""

    uri: str
    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class ReadPresets:
    """Ask for a plugin's presets."""

    uri: str
    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class ReadEffects:
    """Ask for everything that is loaded, at once; only where the bridge says it can ("effects")."""

    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class ReadLoad:
    """Ask what the engine needs of the processor; only where the bridge says it can ("effects"), elsewhere `Probe`."""

    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class ReadLevels:
    """Ask how loud it is at the sound card's ports; only where the bridge says it can ("levels")."""

    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class OpenJack:
    """Have the bridge make its own JACK client; the stock one knows no ports without, and ours needs none."""

    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class CloseJack:
    """Have the bridge give up its own JACK client, so that it can make one with another server."""

    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


@dataclass(frozen=True, slots=True)
class ReadHardware:
    """Ask for the sound card's ports: there are none where JACK is gone."""

    deadline_s: ClassVar[float] = REPLY_DEADLINE_S


EngineRequest = (
    KeepPreset
    | Probe | AddEffect | RemoveEffect | WriteBypass | WriteParameters | WritePreset | ConnectPorts | DisconnectPorts
    | SetProcessing | WriteTransport | ReadBypass | ReadParameter | ReadPlugin | ReadPresets | ReadEffects
    | ReadLoad | ReadLevels | OpenJack | CloseJack | ReadHardware
)  # fmt: skip

# Those that change nothing, whatever becomes of them.
Question = (
    Probe | ReadBypass | ReadParameter | ReadPlugin | ReadPresets | ReadEffects | ReadLoad | ReadLevels | OpenJack
    | CloseJack | ReadHardware
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FoundEffect:
    """An effect as the engine has it."""

    uri: str
    bypassed: bool
    values: dict[str, float]
    preset: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Everything the engine has: effects by instance, and connections by JACK names."""

    effects: dict[int, FoundEffect] = field(default_factory=dict)
    connections: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class EngineLoad:
    """What the engine needs of the processor, in percent, and how often it was late since it runs."""

    cpu_percent: float
    xruns: int


@dataclass(frozen=True, slots=True)
class EngineLevels:
    """The highest amplitude of late at the sound card's inputs and outputs, by port; 1.0 is full scale."""

    inputs: tuple[float, ...]
    outputs: tuple[float, ...]


# What a successful reply carries, by request: ReadBypass bool, ReadParameter float, ReadPlugin Plugin, ReadPresets
# tuple[Preset, ...], ReadEffects Found, Probe float (percent), ReadLoad EngineLoad, ReadLevels EngineLevels,
# ReadHardware tuple[str, ...]; everything else None.
Answer = None | bool | float | Plugin | tuple[object, ...] | Found | EngineLoad | EngineLevels


@dataclass(frozen=True, slots=True)
class Done:
    """The engine did it."""

    answer: Answer = None


@dataclass(frozen=True, slots=True)
class Denied:
    """The engine refused, with its code (0: none) and the reason in plain words.

    `garbled` says that the reply could not be understood at all: whether it was done is not known.
    """

    reason: str
    code: int = 0
    garbled: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No reply in time: it may have been done, may not, or may yet be."""


EngineReply = Done | Denied | TimedOut

# mod-host: instance exists already; instance does not exist; symbol does not exist.
CODE_INSTANCE_EXISTS = -2
CODE_NO_INSTANCE = -3
CODE_NO_SYMBOL = -103
# Also mod-host: no JACK client could be made; the ports could not be connected.
CODE_NO_JACK = -201
CODE_NOT_CONNECTED = -205
