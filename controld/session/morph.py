"""Morphs: a control that stands between snapshots.

Pure. A morph blends every parameter in which its snapshots differ, in the parameter's own scale; what has steps
(toggled, enumerations, integers), bypasses and presets are those of the nearer stop. What a snapshot does not name
counts as the pedalboard has it at its start; parameters in which all stops agree, and global ones, are left alone.

Exactly at a stop that snapshot is the current one, asked and then confirmed like a recalled one; in between none is.
"""

from dataclasses import dataclass, field

from controld.actions import MorphSnapshots
from controld.changes import MorphChanged
from controld.session.boards import Boards
from controld.session.context import Context
from controld.session.history import Positions
from controld.session.lookup import Refusal
from controld.session.model import EffectRecall, EffectSetup, Pedalboard
from controld.session.parameters import Parameters
from controld.session.ramps import between
from controld.session.state import BYPASS, EffectState
from controld.values import Level, Scale, clamp

# How far beyond the middle between two stops a control goes before what has steps switches: a foot at rest trembles.
HYSTERESIS = 0.02


@dataclass(frozen=True, slots=True)
class Track:
    """What one number of an effect is at each stop."""

    symbol: str
    values: tuple[float, ...]
    scale: Scale
    stepped: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """What an effect is at each stop; `presets` is empty where they do not differ."""

    effect: str
    tracks: tuple[Track, ...]
    presets: tuple[str, ...] = ()


@dataclass(slots=True)
class Morph:
    """A morph of a pedalboard: where its stops are, what differs between them, and where it stands."""

    board: Pedalboard
    stops: tuple[float, ...]
    lanes: tuple[Lane, ...]
    names: tuple[str, ...] = ()
    position: float | None = None
    near: int | None = field(default=None)  # the stop whose switches are set

    def turn(self, position: float) -> None:
        """Take a position, and choose the nearer stop: the one there was unless another is clearly nearer."""
        self.position = position
        nearest = min(range(len(self.stops)), key=lambda index: abs(self.stops[index] - position))
        if self.near is not None and nearest != self.near:
            gap = abs(self.stops[nearest] - self.stops[self.near])
            nearer_by = abs(self.stops[self.near] - position) - abs(self.stops[nearest] - position)
            if nearer_by <= 2 * min(HYSTERESIS, gap / 8):
                return
        self.near = nearest

    def segment(self, position: float) -> tuple[int, int, float]:
        """Return the stops on both sides, and the share of the way from the one to the other."""
        after = next((index for index, stop in enumerate(self.stops) if stop >= position), len(self.stops) - 1)
        before = max(0, after - 1)
        if self.stops[after] <= position or after == before or self.stops[after] == self.stops[before]:
            return after, after, 0.0
        if position <= self.stops[before]:
            return before, before, 0.0
        return before, after, (position - self.stops[before]) / (self.stops[after] - self.stops[before])


class Morphs:
    """The morphs that were played on the current pedalboard, by the names of their snapshots."""

    def __init__(self, context: Context, parameters: Parameters, boards: Boards) -> None:
        self._context = context
        self._parameters = parameters
        self._boards = boards
        self._known: dict[tuple[str, ...], Morph] = {}
        self._moved: Morph | None = None  # the one under a foot, which says itself where it is

    @property
    def positions(self) -> Positions:
        """Where each morph stands; None for nowhere."""
        return {names: morph.position for names, morph in self._known.items()}

    def move(self, action: MorphSnapshots, origin: str) -> None:
        """Move a morph to a position."""
        morph = self._morph(action)
        self._context.history.note_positions(self.positions)
        position = clamp(action.position, 0.0, 1.0)
        before, after, share = morph.segment(position)
        morph.turn(position)
        asked_presets = [self._blend(lane, morph, (before, after, share), origin) for lane in morph.lanes]
        snapshot = morph.names[before] if before == after else ""
        if snapshot != self._boards.snapshot_name:
            self._moved = morph
            self._boards.select(snapshot, origin)
            self._moved = None
        for other in self._known.values():
            if other is not morph:
                self._place(other, snapshot, origin)
        if any(asked_presets) or (snapshot and self._boards.pending):
            self._context.executor.pursue()
        self._context.tell(MorphChanged(morph.names, position, origin))

    def follow(self, snapshot: str, origin: str) -> None:
        """Take that a snapshot ("": none) becomes the current one: the morphs that have it stand there."""
        self._context.history.note_positions(self.positions)
        for morph in self._known.values():
            if morph is not self._moved:
                self._place(morph, snapshot, origin)

    def restore(self, positions: Positions, origin: str) -> None:
        """Put the morphs back where they stood."""
        for names, morph in self._known.items():
            position = positions.get(names)
            if morph.position != position:
                morph.position, morph.near = position, None
                self._context.tell(MorphChanged(names, position, origin))

    def clear(self) -> None:
        """Forget the morphs: the pedalboard is another."""
        for names, morph in self._known.items():
            if morph.position is not None:
                self._context.tell(MorphChanged(names, None))
        self._known.clear()

    def facts(self) -> list[MorphChanged]:
        """Return where each morph stands."""
        return [MorphChanged(names, morph.position) for names, morph in self._known.items()]

    def _place(self, morph: Morph, snapshot: str, origin: str) -> None:
        position = morph.stops[morph.names.index(snapshot)] if snapshot in morph.names else None
        if position != morph.position:
            morph.position = position
            morph.near = None
            self._context.tell(MorphChanged(morph.names, position, origin))

    # Blending

    def _blend(self, lane: Lane, morph: Morph, segment: tuple[int, int, float], origin: str) -> bool:
        """Ask for an effect's state; return whether that takes a preset, and so a plan."""
        effect = self._context.effects.get(lane.effect)
        if effect is None or effect.missing:
            return False
        near = morph.near or 0
        before, after, share = segment
        label = lane.presets[near] if lane.presets else ""
        loads = bool(label) and label != effect.preset
        if loads:
            self._parameters.ask_preset(effect, label, origin)
        for track in lane.tracks:
            value = track.values[near]
            if not track.stepped:
                value = between(track.scale, track.values[before], track.values[after], share)
            cell = effect.cells[track.symbol]
            if loads and track.symbol != BYPASS:
                self._parameters.pin(effect, track.symbol, value, origin)
            elif value != cell.asked:
                self._parameters.write(effect, track.symbol, cell, value, origin, continuous=not track.stepped)
        return loads

    def _morph(self, action: MorphSnapshots) -> Morph:
        board = self._context.pedalboard
        if len(action.stops) < 2:
            raise Refusal("morph", "a morph needs two snapshots or more")
        numbers = tuple(self._boards.pick(pick) for _, pick in action.stops)
        names = tuple(board.snapshots[number - 1].name for number in numbers)
        stops = tuple(position for position, _ in action.stops)
        known = self._known.get(names)
        if known is not None and known.board is board and known.stops == stops:
            return known
        lanes = tuple(filter(None, (self._lane(setup, board, numbers) for setup in board.effects)))
        morph = Morph(board, stops, lanes, names)
        if known is not None:
            morph.position = known.position
        elif self._boards.snapshot_name in names:
            morph.position = stops[names.index(self._boards.snapshot_name)]
        if all(effect.plugin is not None for effect in self._context.effects.values()):
            self._known[names] = morph
        return morph

    def _lane(self, setup: EffectSetup, board: Pedalboard, numbers: tuple[int, ...]) -> Lane | None:
        """Return what an effect is at each stop, None where that is the same at all."""
        effect = self._context.effects[setup.name]
        recalls = [board.snapshots[number - 1].effects.get(setup.name, EffectRecall()) for number in numbers]
        tracks = []
        for symbol in dict.fromkeys(symbol for recall in recalls for symbol in recall.parameters):
            track = _track(effect, setup, symbol, recalls)
            if track is not None and (setup.name, symbol) not in board.global_parameters:
                tracks.append(track)
        bypasses = tuple(float(setup.bypassed if each.bypassed is None else each.bypassed) for each in recalls)
        if len(set(bypasses)) > 1:
            tracks.append(Track(BYPASS, bypasses, effect.cells[BYPASS].scale, stepped=True))
        presets = tuple(setup.preset if recall.preset is None else recall.preset for recall in recalls)
        if len(set(presets)) == 1:
            presets = ()
        return Lane(setup.name, tuple(tracks), presets) if tracks or presets else None


def _track(effect: EffectState, setup: EffectSetup, symbol: str, recalls: list[EffectRecall]) -> Track | None:
    cell = effect.cells.get(symbol)
    if cell is None or cell.scale.trigger:
        return None
    start = _value(cell.scale, setup.parameters.get(symbol), cell.scale.default)
    values = tuple(_value(cell.scale, recall.parameters.get(symbol), start) for recall in recalls)
    return Track(symbol, values, cell.scale, cell.scale.stepped) if len(set(values)) > 1 else None


def _value(scale: Scale, level: Level | None, otherwise: float) -> float:
    """Return a written level as this scale can have it."""
    value = None if level is None else scale.resolve(level)
    return otherwise if value is None else scale.snap(value)
