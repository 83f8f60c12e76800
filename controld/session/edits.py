"""What programs ask for beyond playing: editing the pedalboard, and keeping pedalboards, banks and favourites.

Pure values, in the imperative, for `Desk.act` like the player's actions; each is answered with facts (`changes`), or
with one `Refused` and nothing changed. Effects and snapshots are those of the current pedalboard, by name; ports are
written as on the pedalboard ("drive:in", "system:capture_1"), an effect's also by its JACK name ("effect_3:in").
Only names are checked against the pedalboard here: of plugins, presets and ports the engine is the judge, so an edit is
told as asked first, then as confirmed or failed. What failed is taken back.
"""

from dataclasses import dataclass, field

from controld.actions import Pick
from controld.session.model import Bank, Pedalboard
from controld.values import Level

# The current pedalboard.


@dataclass(frozen=True, slots=True)
class CreateEffect:
    """Add a plugin; told as `EffectAdded`. `name` "" has a good one made of the plugin's name.

    A name begins with a letter and has letters, digits, `_` and `-`; `position` is x and y of a drawing. Parameters
    are clamped to their ranges, those not listed stand at the plugin's default (or as `preset` sets them).
    """

    uri: str
    name: str = ""
    position: tuple[float, float] = (0.0, 0.0)
    bypassed: bool = False
    preset: str = ""
    parameters: dict[str, Level] = field(default_factory=dict)
    created_at: str = ""  # ISO 8601; "": now


@dataclass(frozen=True, slots=True)
class DeleteEffect:
    """Remove an effect with its connections, and from roles, snapshots and globals; told as `EffectRemoved`."""

    effect: str


@dataclass(frozen=True, slots=True)
class RenameEffect:
    """Give an effect another name, everywhere on the pedalboard; told as `EffectRenamed`."""

    effect: str
    name: str


@dataclass(frozen=True, slots=True)
class MoveEffect:
    """Place an effect in the drawing of the pedalboard; told as `EffectMoved`."""

    effect: str
    position: tuple[float, float]


@dataclass(frozen=True, slots=True)
class MakeConnection:
    """Join two ports; told as `ConnectionMade`."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class RemoveConnection:
    """Part two ports; told as `ConnectionRemoved`."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class SavePreset:
    """Keep how an effect is played as a preset of its plugin, where the engine can; told as `PresetSaved`."""

    effect: str
    label: str


@dataclass(frozen=True, slots=True)
class CreateSnapshot:
    """Keep how the pedalboard is played as a new snapshot, which is current then; `name` "" has one made."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class RenameSnapshot:
    """Give a snapshot another name."""

    snapshot: Pick
    name: str


@dataclass(frozen=True, slots=True)
class RemoveSnapshot:
    """Remove a snapshot."""

    snapshot: Pick


@dataclass(frozen=True, slots=True)
class OrderSnapshots:
    """Put the snapshots in an order: each of their names once."""

    snapshots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetGlobals:
    """Say which parameters no snapshot recalls, as (effect, symbol): all of them."""

    parameters: frozenset[tuple[str, str]]


# Pedalboards. What a name is: any text with something to see in it.


@dataclass(frozen=True, slots=True)
class CreatePedalboard:
    """Make an empty pedalboard; with `load` it is the current one then."""

    name: str
    description: str = ""
    load: bool = True


@dataclass(frozen=True, slots=True)
class SavePedalboard:
    """Keep the current pedalboard with how it is played, in its place; told as `PedalboardSaved`."""


@dataclass(frozen=True, slots=True)
class SavePedalboardAs:
    """Keep the current pedalboard with how it is played under a new name, and go on with that one."""

    name: str


@dataclass(frozen=True, slots=True)
class RenamePedalboard:
    """Give a pedalboard of the library another name, in banks too."""

    pedalboard: str
    name: str


@dataclass(frozen=True, slots=True)
class DuplicatePedalboard:
    """Keep a copy of a pedalboard, as it was saved, under another name; the one that plays goes on."""

    pedalboard: str
    name: str


@dataclass(frozen=True, slots=True)
class DeletePedalboard:
    """Remove a pedalboard of the library; one of a file goes back to how its file has it."""

    pedalboard: str


@dataclass(frozen=True, slots=True)
class ResetPedalboard:
    """Go back to the current pedalboard as it was saved; `undo` returns to what was played."""


@dataclass(frozen=True, slots=True)
class ImportPedalboard:
    """Add a pedalboard to the library, under its name or one like it where that is taken."""

    pedalboard: Pedalboard


@dataclass(frozen=True, slots=True)
class SetBanks:
    """Say which banks there are: all of them, in order, each with names of pedalboards."""

    banks: tuple[Bank, ...]


@dataclass(frozen=True, slots=True)
class AddToBank:
    """Add a pedalboard to the end of a bank; the bank is made where there is none such."""

    bank: str
    pedalboard: str


@dataclass(frozen=True, slots=True)
class RemoveFromBank:
    """Take a pedalboard out of a bank."""

    bank: str
    pedalboard: str


@dataclass(frozen=True, slots=True)
class AddFavourite:
    """Mark a plugin, by its URI, as a favourite."""

    uri: str


@dataclass(frozen=True, slots=True)
class RemoveFavourite:
    """Mark a plugin as a favourite no more."""

    uri: str


BoardEdit = (
    CreateEffect | DeleteEffect | RenameEffect | MoveEffect | MakeConnection | RemoveConnection | SavePreset
    | CreateSnapshot | RenameSnapshot | RemoveSnapshot | OrderSnapshots | SetGlobals
)  # fmt: skip
LibraryEdit = (
    CreatePedalboard | SavePedalboard | SavePedalboardAs | RenamePedalboard | DuplicatePedalboard | DeletePedalboard
    | ResetPedalboard | ImportPedalboard | SetBanks | AddToBank | RemoveFromBank | AddFavourite | RemoveFavourite
)  # fmt: skip
Edit = BoardEdit | LibraryEdit
