"""The methods about pedalboards: making, loading, keeping, and telling of them.

Pure.
"""

from collections.abc import Callable, Sequence

from controld.actions import LoadPedalboard
from controld.changes import (
    EffectRemoved,
    PedalboardChanged,
    PedalboardCreated,
    PedalboardRemoved,
    PedalboardSaved,
    State,
    StateChange,
)
from controld.rpc import shapes
from controld.rpc.answers import CallFailed, Code, Outcome, Result, done
from controld.rpc.call import Call
from controld.rpc.registry import BOOLEAN, LIST, OBJECT, TEXT, WHOLE, Member, Method, Parameter
from controld.session.board_json import from_members, to_members
from controld.session.board_members import BoardFormError
from controld.session.edits import (
    CreatePedalboard,
    DeleteEffect,
    DeletePedalboard,
    DuplicatePedalboard,
    ImportPedalboard,
    RenamePedalboard,
    ResetPedalboard,
    SavePedalboard,
    SavePedalboardAs,
)
from controld.session.model import Pedalboard

_GROUP = "Pedalboards"


def _told(call: Call, name: str) -> Result:
    """Return a pedalboard that is there now as results have it: itself, and its main members beside it."""
    current = call.look.pedalboard
    board = current if name == current.name else call.look.peek(name) or current
    whole = shapes.board(call.look, board, call.catalogue.plugins or {})
    return {"pedalboard": whole, "id": board.name, "name": board.name, "plugins": whole["plugins"],
            "connections": whole["connections"]}  # fmt: skip


class _Loading:
    """Judges whether a pedalboard is loaded: the current one, and confirmed."""

    def __init__(self, call: Call, name: str, **more: object) -> None:
        self._call, self._name, self._more = call, name, more

    def __call__(self, change: StateChange, reason: str) -> Result | None:
        """Return the result once it is loaded. Raises CallFailed where it is given up."""
        if not isinstance(change, PedalboardChanged):
            return None
        if change.pedalboard != self._name:
            text = reason or f"`{change.pedalboard}` was asked for meanwhile"
            raise CallFailed(Code.BRIDGE_ERROR, text, asked=self._name, current=change.pedalboard)
        if change.state is State.FAILED:
            raise CallFailed(Code.BRIDGE_ERROR, reason or "it could not be loaded", asked=self._name)
        if change.state is State.ASKED:
            return None
        loaded = sum(effect.present for effect in self._call.look.effects.values())
        return done(plugins_loaded=loaded, **_told(self._call, self._name), **self._more)


def _create(call: Call) -> Outcome:
    name = call.text("name")
    changes = call.act(CreatePedalboard(name, call.text("description")))
    made = next((each.pedalboard for each in changes if isinstance(each, PedalboardCreated)), name)
    return call.until(changes, (PedalboardChanged,), _Loading(call, made, pedalboard_id=made), {"asked": made})


def _load(call: Call) -> Outcome:
    if call.given("pedalboard_data"):
        return _take_in(call, _described(call.args["pedalboard_data"]), lambda _changes, name: _load_named(call, name))
    return _load_named(call, call.board("id", "name", "bundlepath").name)


def _load_named(call: Call, name: str) -> Outcome:
    changes = call.act(LoadPedalboard(name))
    return call.until(changes, (PedalboardChanged,), _Loading(call, name), {"asked": name})


def _reset(call: Call) -> Outcome:
    name = call.look.pedalboard.name
    return call.until(call.act(ResetPedalboard()), (PedalboardChanged,), _Loading(call, name), {"asked": name})


def _reset_session(call: Call) -> Outcome:
    """Empty the pedalboard as it is played; what is kept of it stays, and `reset_pedalboard` brings it back."""
    left = set(call.look.effects)
    if not left:
        return done(**_told(call, call.look.pedalboard.name))
    changes = [change for name in sorted(left) for change in call.act(DeleteEffect(name))]

    def judge(change: StateChange, reason: str) -> Result | None:
        if isinstance(change, EffectRemoved) and change.state is State.FAILED:
            raise CallFailed(Code.BRIDGE_ERROR, reason or f"the engine would not remove {change.effect}")
        if isinstance(change, EffectRemoved) and change.state is State.CONFIRMED:
            left.discard(change.effect)
        return None if left else done(**_told(call, call.look.pedalboard.name))

    return call.until(changes, (EffectRemoved,), judge, {})


class _Keeping:
    """Judges whether a pedalboard is kept on the disk."""

    def __init__(self, call: Call, name: str, **more: object) -> None:
        self._call, self._name, self._more = call, name, more

    def __call__(self, change: StateChange, reason: str) -> Result | None:
        """Return the result once it is kept. Raises CallFailed where the disk does not take it."""
        if not isinstance(change, PedalboardSaved) or change.pedalboard != self._name or change.state is State.ASKED:
            return None
        if change.state is State.FAILED:
            text = reason or f"`{self._name}` cannot be written now; it is tried again"
            raise CallFailed(Code.BRIDGE_ERROR, text, asked=self._name)
        told = _told(self._call, self._name)
        board = self._call.look.peek(self._name)
        path = board.path if board else ""
        return done(**told, **self._more, saved_id=self._name, title=self._name, path=path,
                    bundlepath=path or self._name)  # fmt: skip


def _until_kept(call: Call, changes: Sequence[StateChange], name: str, **more: object) -> Outcome:
    keeping = _Keeping(call, name, **more)
    return call.until(changes, (PedalboardSaved,), keeping, {"asked": name}, engine=False)


def _save(call: Call) -> Outcome:
    return _until_kept(call, call.act(SavePedalboard()), call.look.pedalboard.name)


def _save_current(call: Call) -> Outcome:
    title, current = call.text("title"), call.look.pedalboard.name
    title = title or current
    if call.args["as_new"] is True or (title != current and call.look.is_in_file(current)):
        changes = call.act(SavePedalboardAs(title))  # one of a file of a person's keeps its name
    else:
        changes = call.act(SavePedalboard())
        if title != current:
            changes = call.act(RenamePedalboard(current, title))
    return _until_kept(call, changes, title)


def _current(call: Call) -> Outcome:
    return done(**_told(call, call.look.pedalboard.name))


def _list(call: Call) -> Outcome:
    return done(pedalboards=[shapes.board_listed(call.look, name) for name in call.look.names],
                current=call.look.pedalboard.name)  # fmt: skip


def _info(call: Call) -> Outcome:
    board = call.board("id", "name", "bundlepath")
    told = _told(call, board.name)
    pairs = [list(pair) for pair in board.connections]
    return done(**{**told, "connections": pairs}, title=board.name, hardware={})


def _delete(call: Call) -> Outcome:
    name = call.board("id", "name", "bundlepath").name
    changes = call.act(DeletePedalboard(name))
    removed = any(isinstance(change, PedalboardRemoved) and change.pedalboard == name for change in changes)
    return done(deleted_id=name, removed=removed)


def _rename(call: Call) -> Outcome:
    before, name = call.board("old_name").name, call.text("new_name")
    changes = call.act(RenamePedalboard(before, name))
    return _until_kept(call, changes, name, before=before)


def _duplicate(call: Call) -> Outcome:
    board, name = call.board("name", "id", "bundlepath"), call.text("new_name")
    return _until_kept(call, call.act(DuplicatePedalboard(board.name, name)), name, pedalboard_id=name)


def _import(call: Call) -> Outcome:
    filename = call.text("filename")
    board = _described(call.machine.read_json(filename) if filename else call.args["pedalboard_data"])
    return _take_in(call, board, lambda changes, name: _until_kept(call, changes, name, imported_id=name,
                                                                   imported_path=filename))  # fmt: skip


def _described(members: object) -> Pedalboard:
    try:
        return from_members(members)
    except BoardFormError as error:
        raise CallFailed(Code.INVALID_PARAMETERS, f"this is no pedalboard: {error}", at=error.at) from error


def _take_in(call: Call, board: Pedalboard, then: Callable[[Sequence[StateChange], str], Outcome]) -> Outcome:
    changes = call.act(ImportPedalboard(board))
    return then(changes, next((each.pedalboard for each in changes if isinstance(each, PedalboardCreated)), board.name))


def _export(call: Call) -> Outcome:
    board, filename = call.board("id", "name", "bundlepath"), call.text("filename")
    data = to_members(board)
    path = call.machine.write_json(filename, data) if filename else ""
    return done(id=board.name, exported_file=path, data=data)


# The table

_WHICH = (
    Parameter("id", TEXT, "The pedalboard's id, which is its name.", aliases=("pedalboard_id",)),
    Parameter("name", TEXT, "Its name."),
    Parameter("bundlepath", TEXT, "Its path, as lists tell it."),
)
_ONE_OF = ("id", "name", "bundlepath")
_TOLD = (
    Member("pedalboard", OBJECT, "The pedalboard: `id`, `name`, `description`, `plugins`, `connections`, `snapshots`."),
    Member("id", TEXT, "Its id."),
    Member("name", TEXT, "Its name."),
    Member("plugins", LIST, "Its effects."),
    Member("connections", LIST, "Its connections."),
)
_LOADED = (*_TOLD, Member("plugins_loaded", WHOLE, "How many effects the engine holds."))
_SAVED = (
    *_TOLD,
    Member("saved_id", TEXT, "Its id."),
    Member("title", TEXT, "Its name."),
    Member("path", TEXT, "Its file, where it comes from one."),
    Member("bundlepath", TEXT, "Its file, or its name."),
)
_DATA = Parameter("pedalboard_data", OBJECT, "The pedalboard as JSON.", aliases=("data", "pedalboard"))
_KEPT_CODES = (Code.INVALID_PARAMETERS, Code.BRIDGE_ERROR, Code.TIMEOUT)
_LOAD_CODES = (Code.INVALID_PARAMETERS, Code.BRIDGE_ERROR, Code.TIMEOUT)
_NEW_NAME = Parameter("new_name", TEXT, "The other name.", required=True, aliases=("title",))

METHODS = (
    Method("create_pedalboard", _GROUP, _create, "Make an empty pedalboard and load it.",
           (Parameter("name", TEXT, "Its name.", required=True, aliases=("title",)),
            Parameter("description", TEXT, "For people.")),
           (*_LOADED, Member("pedalboard_id", TEXT, "Its id.")), _LOAD_CODES, waits=True),
    Method("load_pedalboard", _GROUP, _load, "Load a pedalboard.",
           (*_WHICH, _DATA, Parameter("is_default", BOOLEAN, "Taken, and not needed.")), _LOADED, _LOAD_CODES,
           waits=True, aliases=("load_pedalboard_bundle",), one_of=(*_ONE_OF, "pedalboard_data")),
    Method("save_pedalboard", _GROUP, _save, "Keep the current pedalboard with how it is played.", (), _SAVED,
           _KEPT_CODES),
    Method("save_current_pedalboard", _GROUP, _save_current,
           "Keep the current pedalboard under a title: as a new one, or as itself, which is renamed then.",
           (Parameter("title", TEXT, "The title; else its name.", aliases=("name",)),
            Parameter("as_new", BOOLEAN, "Whether the old one stays, and the new one is current.", default=False)),
           _SAVED, (Code.INVALID_PARAMETERS, Code.BRIDGE_ERROR, Code.TIMEOUT)),
    Method("get_current_pedalboard", _GROUP, _current, "Tell of the current pedalboard as it is played.",
           (Parameter("persist", BOOLEAN, "Taken, and without effect: to ask keeps nothing."),), _TOLD),
    Method("get_pedalboard_list", _GROUP, _list, "List the pedalboards.", (),
           (Member("pedalboards", LIST, "Pedalboards: `id`, `name`, `title`, `bundlepath` ..."),
            Member("current", TEXT, "The current one's name."))),
    Method("get_pedalboard_info", _GROUP, _info, "Tell of a pedalboard without loading it.", _WHICH,
           (*_TOLD, Member("title", TEXT, "Its name."), Member("hardware", OBJECT, "Nothing: no pedalboard says it.")),
           (Code.INVALID_PARAMETERS,), one_of=_ONE_OF),
    Method("delete_pedalboard", _GROUP, _delete,
           "Remove a pedalboard; one of a file of yours goes back to how the file has it.", _WHICH,
           (Member("deleted_id", TEXT, "Its id."),
            Member("removed", BOOLEAN, "Whether it is gone; false where its file has it yet.")),
           (Code.INVALID_PARAMETERS,), aliases=("remove_pedalboard",), one_of=_ONE_OF),
    Method("rename_pedalboard", _GROUP, _rename, "Give a pedalboard another name.",
           (Parameter("old_name", TEXT, "Its name now.", required=True, aliases=("name",)), _NEW_NAME),
           (*_SAVED, Member("before", TEXT, "Its name before.")), _KEPT_CODES),
    Method("duplicate_pedalboard", _GROUP, _duplicate, "Keep a copy of a pedalboard under another name.",
           (*_WHICH, _NEW_NAME), (*_SAVED, Member("pedalboard_id", TEXT, "The copy's id.")), _KEPT_CODES,
           aliases=("factory_copy_pedalboard",), one_of=_ONE_OF),
    Method("export_pedalboard", _GROUP, _export, "Give a pedalboard as JSON, and write it to a file.",
           (*_WHICH, Parameter("filename", TEXT, "The file; one without a folder goes to `exports` where the library "
                               "is. Else none is written.")),
           (Member("id", TEXT, "The pedalboard's id."), Member("exported_file", TEXT, "The file's path."),
            Member("data", OBJECT, "The pedalboard, as the Session Manager keeps it.")),
           (Code.INVALID_PARAMETERS, Code.BRIDGE_ERROR), one_of=_ONE_OF),
    Method("import_pedalboard", _GROUP, _import,
           "Add a pedalboard from JSON, under its name or one like it where that is taken.",
           (Parameter("filename", TEXT, "The file."), _DATA),
           (*_SAVED, Member("imported_id", TEXT, "Its id."), Member("imported_path", TEXT, "The file.")),
           _KEPT_CODES, one_of=("filename", "pedalboard_data")),
    Method("reset_pedalboard", _GROUP, _reset, "Go back to the current pedalboard as it was kept last.", (), _LOADED,
           _LOAD_CODES, waits=True),
    Method("reset_session", _GROUP, _reset_session, "Empty the current pedalboard; what is kept of it stays.", (),
           _TOLD, _LOAD_CODES, waits=True),
)  # fmt: skip
