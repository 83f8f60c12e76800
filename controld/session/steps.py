"""The steps in which a pedalboard is edited, each with the step that takes it back.

Pure, on values alone: a step knows nothing of the engine. `apply` returns the pedalboard with the step done and the
step that undoes it, or raises Refusal and nothing was done. Taking back what the engine would not do, undo and redo are
all the same: a step applied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from controld.errors import hinted
from controld.session.history import Step, Wish
from controld.session.lookup import Refusal
from controld.session.model import EffectRecall, EffectSetup, Pedalboard, Snapshot

Pair = tuple[str, str]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class EffectIn:
    """An effect comes, or comes back with all that named it.

    `place` (here and below) is where in its list a thing stands, from 0; None for the end. `wish` is how it was played
    when it went, `instance` the number it had in the engine (0: none yet).
    """

    setup: EffectSetup
    place: int | None = None
    connections: tuple[tuple[int, Pair], ...] = ()
    roles: Mapping[str, int] = field(default_factory=dict)
    recalls: Mapping[str, EffectRecall] = field(default_factory=dict)  # by snapshot
    globals: frozenset[Pair] = frozenset()
    wish: Wish | None = None
    instance: int = 0

    def apply(self, board: Pedalboard) -> tuple[Pedalboard, Step]:
        """Add the effect; its name must be free."""
        name = self.setup.name
        _check_free(name, name, board)
        connections = list(board.connections)
        for place, pair in self.connections:
            if pair not in connections:
                connections.insert(place, pair)
        roles = dict(board.roles)
        for role, place in self.roles.items():
            roles[role] = _inserted(roles.get(role, ()), place, name)
        heir = replace(
            board,
            effects=_inserted(board.effects, self.place, self.setup),
            connections=tuple(connections),
            roles=roles,
            snapshots=tuple(_with_recall(each, name, self.recalls.get(each.name)) for each in board.snapshots),
            global_parameters=board.global_parameters | self.globals,
        )
        return heir, EffectOut(name)


@dataclass(frozen=True, slots=True)
class EffectOut:
    """An effect goes, with its connections, and from roles, snapshots and globals."""

    name: str
    wish: Wish | None = None
    instance: int = 0

    def apply(self, board: Pedalboard) -> tuple[Pedalboard, Step]:
        """Remove the effect; the step back remembers everything that named it."""
        name = self.name
        place = _place(board.effect_names(), name, "effect", board)
        gone = [(at, pair) for at, pair in enumerate(board.connections) if touches(pair, name)]
        back = EffectIn(
            board.effects[place],
            place,
            tuple(gone),
            {role: names.index(name) for role, names in board.roles.items() if name in names},
            {each.name: each.effects[name] for each in board.snapshots if name in each.effects},
            frozenset(pair for pair in board.global_parameters if pair[0] == name),
            self.wish,
            self.instance,
        )
        heir = replace(
            board,
            effects=_without(board.effects, place),
            connections=tuple(pair for pair in board.connections if not touches(pair, name)),
            roles={role: tuple(each for each in names if each != name) for role, names in board.roles.items()},
            snapshots=tuple(_with_recall(each, name, None) for each in board.snapshots),
            global_parameters=board.global_parameters - back.globals,
        )
        return heir, back


@dataclass(frozen=True, slots=True)
class EffectName:
    """An effect has another name, everywhere on the pedalboard."""

    before: str
    after: str

    def apply(self, board: Pedalboard) -> tuple[Pedalboard, Step]:
        """Rename the effect; the new name must be free."""
        before, after = self.before, self.after
        place = _place(board.effect_names(), before, "effect", board)
        _check_free(after, before, board)

        def named(name: str) -> str:
            return after if name == before else name

        heir = replace(
            board,
            effects=_changed(board.effects, place, replace(board.effects[place], name=after)),
            connections=tuple(renamed_pair(pair, before, after) for pair in board.connections),
            roles={role: tuple(map(named, names)) for role, names in board.roles.items()},
            snapshots=tuple(
                replace(each, effects={named(name): recall for name, recall in each.effects.items()})
                for each in board.snapshots
            ),
            global_parameters=frozenset((named(name), symbol) for name, symbol in board.global_parameters),
            links={renamed_pair(pair, before, after): link for pair, link in board.links.items()},
        )
        return heir, EffectName(after, before)


@dataclass(frozen=True, slots=True)
class EffectPlace:
    """An effect stands elsewhere in the drawing."""

    name: str
    position: tuple[float, float]

    def apply(self, board: Pedalboard) -> tuple[Pedalboard, Step]:
        """Move the effect."""
        place = _place(board.effect_names(), self.name, "effect", board)
        setup = board.effects[place]
        moved = _changed(board.effects, place, replace(setup, position=self.position))
        return replace(board, effects=moved), EffectPlace(self.name, setup.position)


@dataclass(frozen=True, slots=True)
class Joined:
    """Two ports are joined."""

    pair: Pair
    place: int | None = None

    def apply(self, board: Pedalboard) -> tuple[Pedalboard, Step]:
        """Add the connection, which must not be there."""
        if self.pair in board.connections:
            raise Refusal(_arrow(self.pair), "they are connected already")
        return replace(board, connections=_inserted(board.connections, self.place, self.pair)), Parted(self.pair)


@dataclass(frozen=True, slots=True)
class Parted:
    """Two ports are parted."""

    pair: Pair

    def apply(self, board: Pedalboard) -> tuple[Pedalboard, Step]:
        """Remove the connection, which must be there."""
        if self.pair not in board.connections:
            near = hinted("they are not connected", _arrow(self.pair), map(_arrow, board.connections))
            raise Refusal(_arrow(self.pair), near)
        place = board.connections.index(self.pair)
        connections = tuple(pair for pair in board.connections if pair != self.pair)
        return replace(board, connections=connections), Joined(self.pair, place)


@dataclass(frozen=True, slots=True)
class SnapshotIn:
    """A snapshot comes."""

    snapshot: Snapshot
    place: int | None = None

    def apply(self, board: Pedalboard) -> tuple[Pedalboard, Step]:
        """Add the snapshot; its name must be free."""
        name = self.snapshot.name
        if name in board.snapshot_names():
            raise Refusal("snapshot", f"`{board.name}` has a snapshot `{name}` already")
        return replace(board, snapshots=_inserted(board.snapshots, self.place, self.snapshot)), SnapshotOut(name)


@dataclass(frozen=True, slots=True)
class SnapshotOut:
    """A snapshot goes."""

    name: str

    def apply(self, board: Pedalboard) -> tuple[Pedalboard, Step]:
        """Remove the snapshot."""
        place = _place(board.snapshot_names(), self.name, "snapshot", board)
        return replace(board, snapshots=_without(board.snapshots, place)), SnapshotIn(board.snapshots[place], place)


@dataclass(frozen=True, slots=True)
class SnapshotName:
    """A snapshot has another name."""

    before: str
    after: str

    def apply(self, board: Pedalboard) -> tuple[Pedalboard, Step]:
        """Rename the snapshot; the new name must be free."""
        names = board.snapshot_names()
        place = _place(names, self.before, "snapshot", board)
        if self.after in names:
            raise Refusal("snapshot", f"`{board.name}` has a snapshot `{self.after}` already")
        renamed = _changed(board.snapshots, place, replace(board.snapshots[place], name=self.after))
        return replace(board, snapshots=renamed), SnapshotName(self.after, self.before)


@dataclass(frozen=True, slots=True)
class SnapshotOrder:
    """The snapshots are in another order."""

    names: tuple[str, ...]

    def apply(self, board: Pedalboard) -> tuple[Pedalboard, Step]:
        """Put them in order; each must be named once."""
        known = board.snapshot_names()
        if sorted(known) != sorted(self.names):
            raise Refusal("snapshots", f"expected each of {', '.join(known) or 'none'} once")
        by_name = {snapshot.name: snapshot for snapshot in board.snapshots}
        return replace(board, snapshots=tuple(by_name[name] for name in self.names)), SnapshotOrder(known)


@dataclass(frozen=True, slots=True)
class Globals:
    """Other parameters are recalled by no snapshot."""

    parameters: frozenset[Pair]

    def apply(self, board: Pedalboard) -> tuple[Pedalboard, Step]:
        """Take these parameters, of effects that are there."""
        for effect, _symbol in sorted(self.parameters):
            _place(board.effect_names(), effect, "effect", board)
        return replace(board, global_parameters=self.parameters), Globals(board.global_parameters)


def touches(pair: Pair, effect: str) -> bool:
    """Tell whether a connection begins or ends at an effect."""
    return any(end.partition(":")[0] == effect for end in pair)


def renamed_pair(pair: Pair, before: str, after: str) -> Pair:
    """Return a connection in which an effect has another name."""
    source, target = (f"{after}:{end.partition(':')[2]}" if end.partition(":")[0] == before else end for end in pair)
    return source, target


def _arrow(pair: Pair) -> str:
    return f"{pair[0]} -> {pair[1]}"


def _check_free(name: str, subject: str, board: Pedalboard) -> None:
    """Raise Refusal where an effect cannot be called so, because another is, or a program at the end of a cable."""
    if name in board.effect_names():
        raise Refusal(subject, f"`{board.name}` has an effect `{name}` already")
    if any(touches(pair, name) for pair in board.connections):
        raise Refusal(subject, f"`{board.name}` is connected to another program that is called `{name}`")


def _place(names: Sequence[str], name: str, what: str, board: Pedalboard) -> int:
    if name not in names:
        subject = name if what == "effect" else what
        raise Refusal(subject, hinted(f"`{board.name}` has no {what} `{name}`", name, names))
    return names.index(name)


def _inserted(items: tuple[_T, ...], place: int | None, item: _T) -> tuple[_T, ...]:
    at = len(items) if place is None else place
    return (*items[:at], item, *items[at:])


def _without(items: tuple[_T, ...], place: int) -> tuple[_T, ...]:
    return (*items[:place], *items[place + 1 :])


def _changed(items: tuple[_T, ...], place: int, item: _T) -> tuple[_T, ...]:
    return (*items[:place], item, *items[place + 1 :])


def _with_recall(snapshot: Snapshot, effect: str, recall: EffectRecall | None) -> Snapshot:
    """Return a snapshot with what it says of an effect; None for nothing."""
    effects = {name: each for name, each in snapshot.effects.items() if name != effect}
    return replace(snapshot, effects=effects if recall is None else {**effects, effect: recall})
