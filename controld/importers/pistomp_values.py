"""A pi-Stomp's configuration as plain values.

Pure. Source of the facts: pi-stomp (https://github.com/TreeFallSound/pi-stomp): the comments of
`setup/config_templates/default_config_pistomptre.yml`, the schema in `pistomp/config.py`, and what `hardware.py` and
`footswitch.py` beside it do with it. Where these differ, what the program does counts.
"""

from dataclasses import dataclass, field

from controld.importers.outcome import Notes


@dataclass(frozen=True, slots=True)
class Switch:
    """A footswitch. `controller` is None where it sends no MIDI; `preset` a snapshot's number from 0, UP or DOWN."""

    id: int
    controller: int | None = None
    groups: tuple[str, ...] = ()
    preset: int | str | None = None
    relay: bool = False
    color: str = ""
    disabled: bool = False
    taps: bool = False


@dataclass(frozen=True, slots=True)
class Analog:
    """A knob or expression pedal; `id` is None where none is given."""

    controller: int
    id: int | None = None
    is_pedal: bool = False


@dataclass(frozen=True, slots=True)
class Encoder:
    """An endless knob. pi-Stomp keeps its position and sends that; a `volume` one turns the sound card instead."""

    id: int
    controller: int | None = None
    volume: bool = False
    longpress: str = ""
    push: int | None = None  # the controller its push sends, where one is configured


@dataclass(frozen=True, slots=True)
class Blend:
    """Snapshots blended by a control while the snapshot `name` is current. A stop is a number from 0, or a name."""

    name: str
    input: int
    stops: tuple[tuple[float, int | str], ...]
    easing: str = "linear"


@dataclass(frozen=True, slots=True)
class PiStomp:
    """The whole configuration; `channel` is 1-16."""

    version: str = ""
    channel: int = 1
    switches: tuple[Switch, ...] = ()
    analogs: tuple[Analog, ...] = ()
    encoders: tuple[Encoder, ...] = ()
    blends: tuple[Blend, ...] = ()
    notes: Notes = field(default_factory=Notes)
