"""From facts to events: one table says which fact is told under which name, and with what.

Pure. What is only asked for is not told: an event says what is. (A wish that failed is told as what it fell back to.)
"""

from collections.abc import Callable
from dataclasses import dataclass

from controld import changes as facts
from controld.changes import State, StateChange
from controld.engine_figures import EngineLoadChanged
from controld.rpc import shapes
from controld.rpc.answers import Result
from controld.rpc.call import Catalogue
from controld.session.look import Look


@dataclass(frozen=True, slots=True)
class EventKind:
    """An event: `when` says in words when it is told, `members` what is in it."""

    name: str
    when: str
    members: tuple[str, ...]


EVENTS: dict[str, EventKind] = {
    kind.name: kind
    for kind in (
        EventKind("plugin_loaded", "the engine holds a new effect", ("instance_id", "uri", "name", "x", "y")),
        EventKind("plugin_unloaded", "an effect is gone", ("instance_id", "uri")),
        EventKind("plugin_renamed", "an effect has another name", ("instance_id", "before")),
        EventKind("plugin_moved", "an effect stands elsewhere in the drawing", ("instance_id", "x", "y")),
        EventKind("parameter_changed", "a parameter was confirmed, or fell back",
                  ("instance_id", "parameter", "port", "value", "state")),
        EventKind("bypass_changed", "a bypass was confirmed, or fell back", ("instance_id", "bypassed", "state")),
        EventKind("preset_changed", "a preset was loaded, or refused", ("instance_id", "preset", "state")),
        EventKind("preset_saved", "a preset was kept, or could not be", ("instance_id", "preset", "state")),
        EventKind("connection_created", "two ports are joined", ("connection_id", "source", "target")),
        EventKind("connection_removed", "two ports are parted", ("connection_id", "source", "target")),
        EventKind("pedalboard_created", "there is a new pedalboard", ("id", "name", "description")),
        EventKind("pedalboard_loaded", "a pedalboard was loaded",
                  ("id", "name", "plugins_loaded", "connections_created", "system_io_setup")),
        EventKind("pedalboard_progress", "a step of a change of pedalboard is done, of one that takes a while",
                  ("id", "name", "done", "total")),
        EventKind("pedalboard_saved", "a pedalboard is on the disk, or could not be written",
                  ("id", "name", "saved_path", "state")),
        EventKind("pedalboard_changed", "the current pedalboard is another, or has other contents",
                  ("id", "name", "state", "plugins", "snapshots")),
        EventKind("pedalboard_renamed", "a pedalboard has another name", ("id", "name", "before")),
        EventKind("pedalboard_removed", "a pedalboard is gone", ("id", "name")),
        EventKind("snapshot_created", "there is a new snapshot", ("snapshot_id", "snapshot_name", "name")),
        EventKind("snapshot_saved", "a snapshot holds now what is played", ("snapshot_id", "snapshot_name", "name")),
        EventKind("snapshot_applied", "a snapshot was recalled",
                  ("snapshot_id", "snapshot_name", "parameters_applied")),
        EventKind("snapshot_renamed", "a snapshot has another name", ("snapshot_name", "before")),
        EventKind("snapshot_removed", "a snapshot is gone", ("snapshot_name",)),
        EventKind("snapshots_ordered", "the snapshots are in another order", ("snapshots",)),
        EventKind("banks_changed", "there are other banks", ("banks",)),
        EventKind("bank_changed", "another bank is counted in", ("bank", "index", "pedalboards")),
        EventKind("favorites_changed", "there are other favourites", ("favorites",)),
        EventKind("page_changed", "the surfaces show another page", ("page", "index", "before")),
        EventKind("variable_changed", "a variable of the rig has another value", ("name", "value")),
        EventKind("tempo_changed", "the tempo or the transport is another", ("bpm", "rolling")),
        EventKind("mute_changed", "the outputs were parted or joined, or could not be", ("on", "state")),
        EventKind("tuner_changed", "the tuner is shown or put away", ("on",)),
        EventKind("engine_state_changed", "the engine went, came back, or is whole again", ("state", "reason")),
        EventKind("engine_load_changed", "the engine told its load", ("cpu_percent", "xruns")),
        EventKind("engine_repaired", "the engine had lost something, and has it again", ("what",)),
        EventKind("surface_state_changed", "a surface's device came or went", ("surface", "connected")),
    )
}  # fmt: skip
Told = tuple[str, tuple[object, ...]] | None
Teller = Callable[["EventTeller", StateChange], Told]


class EventTeller:
    """Makes events of facts; knows of each thing that is told when it is done whether it was asked for."""

    def __init__(self, look: Callable[[], Look], catalogue: Catalogue) -> None:
        self.look = look
        self.catalogue = catalogue
        self.loading = self.recalling = False

    def tell(self, change: StateChange) -> list[tuple[str, Result]]:
        """Return the events that tell of a fact, in order: none, one, or two."""
        told = (teller(self, change) for teller in TELLERS.get(type(change), ()))
        return [(each[0], dict(zip(EVENTS[each[0]].members, each[1], strict=True))) for each in told if each]


def _only_done(name: str, members: Callable[..., tuple[object, ...]]) -> Teller:
    """Tell a fact once it is confirmed."""

    def teller(_self: EventTeller, change: StateChange) -> Told:
        done = getattr(change, "state", State.CONFIRMED) is State.CONFIRMED
        return (name, members(change)) if done else None

    return teller


def _settled(name: str, members: Callable[..., tuple[object, ...]]) -> Teller:
    """Tell a fact once it is confirmed or failed."""

    def teller(_self: EventTeller, change: StateChange) -> Told:
        return None if getattr(change, "state", None) is State.ASKED else (name, members(change))

    return teller


def _held(asked: float, confirmed: float | None) -> float:
    return asked if confirmed is None else confirmed


def _added(self: EventTeller, change: StateChange) -> Told:
    assert isinstance(change, facts.EffectAdded)
    if change.state is not State.CONFIRMED:
        return None
    effect = self.look().effects.get(change.effect)
    told = effect.plugin.name if effect is not None and effect.plugin else ""
    name = (self.catalogue.plugins or {}).get(change.uri, {}).get("name") or told or change.effect
    return "plugin_loaded", (change.effect, change.uri, name, *change.position)


def _loaded(self: EventTeller, change: StateChange) -> Told:
    assert isinstance(change, facts.PedalboardChanged)
    was, self.loading = self.loading, change.state is State.ASKED
    if not was or change.state is not State.CONFIRMED:
        return None
    look = self.look()
    plugins = sum(effect.present for effect in look.effects.values())
    pairs = look.pedalboard.connections
    joined = sum(look.joined(*pair) for pair in pairs)
    outside = any(port.startswith("system:") for pair in pairs for port in pair)
    return "pedalboard_loaded", (change.pedalboard, change.pedalboard, plugins, joined, outside)


def _saved_board(self: EventTeller, change: StateChange) -> Told:
    assert isinstance(change, facts.PedalboardSaved)
    if change.state is State.ASKED:
        return None
    board = self.look().peek(change.pedalboard)
    path = board.path if board else ""
    return "pedalboard_saved", (change.pedalboard, change.pedalboard, path, change.state.value)


def _applied(self: EventTeller, change: StateChange) -> Told:
    assert isinstance(change, facts.SnapshotChanged)
    was, self.recalling = self.recalling, change.state is State.ASKED
    if not was or change.state is not State.CONFIRMED or not change.index:
        return None
    snapshot = self.look().pedalboard.snapshots[change.index - 1]
    applied = sum(len(recall.parameters) for recall in snapshot.effects.values())
    return "snapshot_applied", (change.index - 1, change.snapshot, applied)


def _engine(_self: EventTeller, change: StateChange) -> Told:
    assert isinstance(change, facts.EngineChanged)
    return "engine_state_changed", (change.state.value, change.reason)


def _joined_as(c: facts.ConnectionMade | facts.ConnectionRemoved) -> tuple[object, ...]:
    return shapes.connection_id(c.source, c.target), c.source, c.target


TELLERS: dict[type, tuple[Teller, ...]] = {
    facts.EffectAdded: (_added,),
    facts.EffectRemoved: (_only_done("plugin_unloaded", lambda c: (c.effect, c.uri)),),
    facts.EffectRenamed: (_only_done("plugin_renamed", lambda c: (c.effect, c.before)),),
    facts.EffectMoved: (_only_done("plugin_moved", lambda c: (c.effect, *c.position)),),
    facts.ParameterChanged: (_settled("parameter_changed", lambda c: (
        c.effect, c.symbol, c.symbol, _held(c.value, c.confirmed), c.state.value)),),
    facts.BypassChanged: (_settled("bypass_changed", lambda c: (
        c.effect, c.bypassed if c.confirmed is None else c.confirmed, c.state.value)),),
    facts.PresetChanged: (_settled("preset_changed", lambda c: (c.effect, c.preset, c.state.value)),),
    facts.PresetSaved: (_settled("preset_saved", lambda c: (c.effect, c.preset, c.state.value)),),
    facts.ConnectionMade: (_only_done("connection_created", _joined_as),),
    facts.ConnectionRemoved: (_only_done("connection_removed", _joined_as),),
    facts.PedalboardCreated: (_only_done("pedalboard_created", lambda c: (c.pedalboard, c.pedalboard, c.description)),),
    facts.PedalboardChanged: (_loaded, _settled("pedalboard_changed", lambda c: (
        c.pedalboard, c.pedalboard, c.state.value, list(c.effects), list(c.snapshots)))),
    facts.PedalboardSaved: (_saved_board,),
    facts.PedalboardRenamed: (_only_done("pedalboard_renamed", lambda c: (c.pedalboard, c.pedalboard, c.before)),),
    facts.PedalboardRemoved: (_only_done("pedalboard_removed", lambda c: (c.pedalboard, c.pedalboard)),),
    facts.SnapshotCreated: (_only_done("snapshot_created", lambda c: (c.index - 1, c.snapshot, c.snapshot)),),
    facts.SnapshotSaved: (_only_done("snapshot_saved", lambda c: (c.index - 1, c.snapshot, c.snapshot)),),
    facts.SnapshotChanged: (_applied,),
    facts.SnapshotRenamed: (_only_done("snapshot_renamed", lambda c: (c.snapshot, c.before)),),
    facts.SnapshotRemoved: (_only_done("snapshot_removed", lambda c: (c.snapshot,)),),
    facts.SnapshotsOrdered: (_only_done("snapshots_ordered", lambda c: (list(c.snapshots),)),),
    facts.BanksChanged: (_only_done("banks_changed", lambda c: (
        [{"title": name, "pedalboards": list(boards)} for name, boards in c.banks],)),),
    facts.BankChanged: (_only_done("bank_changed", lambda c: (c.bank, c.index - 1, list(c.pedalboards))),),
    facts.FavouritesChanged: (_only_done("favorites_changed", lambda c: (list(c.favourites),)),),
    facts.PageChanged: (_only_done("page_changed", lambda c: (c.page, c.index - 1, c.before)),),
    facts.TempoChanged: (_only_done("tempo_changed", lambda c: (c.bpm, c.rolling)),),
    facts.MuteChanged: (_settled("mute_changed", lambda c: (c.on, c.state.value)),),
    facts.TunerChanged: (_only_done("tuner_changed", lambda c: (c.on,)),),
    facts.EngineChanged: (_engine,),
    EngineLoadChanged: (_only_done("engine_load_changed", lambda c: (c.cpu_percent, c.xruns)),),
    facts.Repaired: (_only_done("engine_repaired", lambda c: (list(c.what),)),),
    facts.LoadProgressed: (_only_done("pedalboard_progress", lambda c: (
        c.pedalboard, c.pedalboard, c.done, c.total)),),
    facts.VariableChanged: (_only_done("variable_changed", lambda c: (c.name, c.value)),),
    facts.SurfaceChanged: (_only_done("surface_state_changed", lambda c: (c.surface, c.connected)),),
}  # fmt: skip
