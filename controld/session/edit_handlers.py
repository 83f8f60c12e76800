"""Which part of a session does an edit, and which edits a player can take back.

Pure: two tables.
"""

from collections.abc import Callable

from controld.session.editing import Editing
from controld.session.edits import (
    AddFavourite,
    AddToBank,
    CreateEffect,
    CreatePedalboard,
    CreateSnapshot,
    DeleteEffect,
    DeletePedalboard,
    DuplicatePedalboard,
    ImportPedalboard,
    MakeConnection,
    MoveEffect,
    OrderSnapshots,
    RemoveConnection,
    RemoveFavourite,
    RemoveFromBank,
    RemoveSnapshot,
    RenameEffect,
    RenamePedalboard,
    RenameSnapshot,
    ResetPedalboard,
    SavePedalboard,
    SavePedalboardAs,
    SetBanks,
    SetGlobals,
)
from controld.session.keeping import Keeping

# What is taken back by `undo`. A library is no instrument: what is kept there is kept until somebody says otherwise.
UNDOABLE_EDITS: tuple[type, ...] = (
    CreateEffect, DeleteEffect, RenameEffect, MoveEffect, MakeConnection, RemoveConnection, CreateSnapshot,
    RenameSnapshot, RemoveSnapshot, OrderSnapshots, SetGlobals, CreatePedalboard, ResetPedalboard,
)  # fmt: skip


def edit_handlers(editing: Editing, keeping: Keeping) -> dict[type, Callable[..., None]]:
    """Return what does each kind of edit."""
    snapshots = editing.snapshots
    return {
        CreateEffect: editing.create_effect,
        DeleteEffect: editing.delete_effect,
        RenameEffect: editing.rename_effect,
        MoveEffect: editing.move_effect,
        MakeConnection: editing.connect,
        RemoveConnection: editing.disconnect,
        SetGlobals: editing.set_globals,
        CreateSnapshot: snapshots.create,
        RenameSnapshot: snapshots.rename,
        RemoveSnapshot: snapshots.remove,
        OrderSnapshots: snapshots.order,
        CreatePedalboard: keeping.create,
        SavePedalboard: keeping.save,
        SavePedalboardAs: keeping.save_as,
        RenamePedalboard: keeping.rename,
        DuplicatePedalboard: keeping.duplicate,
        DeletePedalboard: keeping.delete,
        ResetPedalboard: keeping.reset,
        ImportPedalboard: keeping.take_in,
        SetBanks: keeping.set_banks,
        AddToBank: keeping.add_to_bank,
        RemoveFromBank: keeping.remove_from_bank,
        AddFavourite: keeping.add_favourite,
        RemoveFavourite: keeping.remove_favourite,
    }
