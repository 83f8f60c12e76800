"""The methods about snapshots. Clients count them from 0 and name them by that number or by name.

Pure.
"""

from controld.actions import Pick, RecallSnapshot, SaveSnapshot, Seek
from controld.changes import (
    PedalboardChanged,
    SnapshotChanged,
    SnapshotCreated,
    SnapshotRemoved,
    SnapshotRenamed,
    SnapshotSaved,
    State,
    StateChange,
)
from controld.errors import hinted
from controld.rpc import shapes
from controld.rpc.answers import CallFailed, Code, Outcome, Result, done
from controld.rpc.call import Call
from controld.rpc.registry import ANY, ID, OBJECT, TEXT, WHOLE, Member, Method, Parameter
from controld.session.edits import CreateSnapshot, RemoveSnapshot, RenameSnapshot

_GROUP = "Snapshots"


def _number(call: Call, wanted: object) -> int:
    """Return the number, from 1, of a snapshot that is named by its id or name. Raises CallFailed."""
    names = call.look.pedalboard.snapshot_names()
    if isinstance(wanted, dict):
        wanted = wanted.get("name", wanted.get("id"))
    if isinstance(wanted, str) and wanted in names:
        return names.index(wanted) + 1
    number = _digits(wanted)
    if 0 <= number < len(names):
        return number + 1
    text = f"`{call.look.pedalboard.name}` has no snapshot `{wanted}`"
    raise CallFailed(Code.INVALID_PARAMETERS, hinted(text, str(wanted), names), id=wanted)


def _digits(wanted: object) -> int:
    if isinstance(wanted, str) and wanted.isascii() and wanted.isdecimal() and len(wanted) < 9:
        return int(wanted)
    return wanted if isinstance(wanted, int) and not isinstance(wanted, bool) else -1


def _told(call: Call, name: str) -> Result:
    """Return a snapshot that is there now, by name, as results have it."""
    board = call.look.pedalboard
    number = board.snapshot_names().index(name) + 1
    return done(snapshot=shapes.snapshot(board, number), id=number - 1, name=name)


def _create(call: Call) -> Outcome:
    changes = call.act(CreateSnapshot(call.text("name")))
    made = next((each.snapshot for each in changes if isinstance(each, SnapshotCreated)), call.text("name"))
    return _told(call, made)


def _save(call: Call) -> Outcome:
    name, names = call.text("name"), call.look.pedalboard.snapshot_names()
    pick: Pick = Seek.CURRENT
    if name:
        if name not in names:
            return _create(call)
        pick = name
    elif not call.look.snapshot:
        return _create(call)
    changes = call.act(SaveSnapshot(pick))
    return _told(call, next(each.snapshot for each in changes if isinstance(each, SnapshotSaved)))


def _rename(call: Call) -> Outcome:
    number = _number(call, call.args["id"])
    changes = call.act(RenameSnapshot(number, call.text("title")))
    return _told(call, next(each.snapshot for each in changes if isinstance(each, SnapshotRenamed)))


def _remove(call: Call) -> Outcome:
    number = _number(call, call.args["id"])
    changes = call.act(RemoveSnapshot(number))
    return done(id=number - 1, name=next(each.snapshot for each in changes if isinstance(each, SnapshotRemoved)))


def _list(call: Call) -> Outcome:
    board, current = call.look.pedalboard, call.look.snapshot
    return done(snapshots=shapes.snapshot_names(board), current=current - 1 if current else None)


def _name(call: Call) -> Outcome:
    number = _number(call, call.args["id"])
    return done(id=number - 1, name=call.look.pedalboard.snapshot_names()[number - 1])


def _recall(call: Call) -> Outcome:
    number = _number(call, call.args["id"] if call.given("id") else call.args["snapshot"])
    board = call.look.pedalboard
    name = board.snapshot_names()[number - 1]

    def judge(change: StateChange, reason: str) -> Result | None:
        if isinstance(change, PedalboardChanged) and change.pedalboard != board.name:
            raise CallFailed(Code.BRIDGE_ERROR, f"`{change.pedalboard}` was asked for meanwhile", asked=name)
        if not isinstance(change, SnapshotChanged):
            return None
        if change.snapshot != name:
            raise CallFailed(Code.BRIDGE_ERROR, "another snapshot was asked for meanwhile", asked=name)
        if change.state is State.FAILED:
            raise CallFailed(Code.BRIDGE_ERROR, reason or "the engine refused a part of it", asked=name)
        return None if change.state is State.ASKED else _applied(call, name)

    return call.follow(RecallSnapshot(number), (SnapshotChanged, PedalboardChanged), judge, {"asked": name})


def _applied(call: Call, name: str) -> Result:
    told = _told(call, name)
    states = call.look.pedalboard.snapshots[call.look.snapshot - 1].effects if call.look.snapshot else {}
    applied = sum(len(recall.parameters) for recall in states.values())
    return {**told, "snapshot_name": name, "snapshot_id": told["id"], "parameters_applied": applied}


# The table

_ID = Parameter("id", ID, "Its number, counted from 0, or its name.", required=True, aliases=("snapshot_id",))
_TOLD = (
    Member("snapshot", OBJECT, "The snapshot: `id`, `name`, `pedalboard_id`, `plugin_states`."),
    Member("id", WHOLE, "Its number, counted from 0."),
    Member("name", TEXT, "Its name."),
)
_SHORT = _TOLD[1:]
_WRONG = (Code.INVALID_PARAMETERS,)

METHODS = (
    Method("create_snapshot", _GROUP, _create, "Keep how the pedalboard is played as a new snapshot.",
           (Parameter("name", TEXT, "Its name; else one is made.", aliases=("title",)),), _TOLD, _WRONG,
           aliases=("save_snapshot_as",)),
    Method("save_snapshot", _GROUP, _save,
           "Keep how the pedalboard is played: as the current snapshot, or as one of this name, new or not.",
           (Parameter("name", TEXT, "Its name.", aliases=("title",)),), _TOLD, _WRONG),
    Method("rename_snapshot", _GROUP, _rename, "Give a snapshot another name.",
           (_ID, Parameter("title", TEXT, "The other name.", required=True, aliases=("name", "new_name"))), _TOLD,
           _WRONG),
    Method("remove_snapshot", _GROUP, _remove, "Remove a snapshot.", (_ID,), _SHORT, _WRONG),
    Method("list_snapshots", _GROUP, _list, "List the current pedalboard's snapshots.", (),
           (Member("snapshots", OBJECT, "Names by id; ids are numbers as text, counted from 0."),
            Member("current", WHOLE, "The current one's id; null where none is.", null=True))),
    Method("get_snapshot_name", _GROUP, _name, "Tell a snapshot's name.", (_ID,), _SHORT, _WRONG),
    Method("load_snapshot", _GROUP, _recall, "Recall a snapshot.",
           (Parameter("id", ID, "Its number, counted from 0, or its name.", aliases=("snapshot_id", "name")),
            Parameter("snapshot", ANY, "The same, or the whole snapshot as it was told.")),
           (*_TOLD, Member("snapshot_name", TEXT, "Its name."), Member("snapshot_id", WHOLE, "Its number."),
            Member("parameters_applied", WHOLE, "How many values it holds.")),
           (Code.INVALID_PARAMETERS, Code.BRIDGE_ERROR, Code.TIMEOUT), waits=True, aliases=("apply_snapshot",),
           one_of=("id", "snapshot")),
)  # fmt: skip
