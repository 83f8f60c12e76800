"""Runs: what a rule does once it was triggered, target after target, over waits and ramps, until it is done.

Pure; time is an argument. Where a list has waits or takes its time (`over`), its mode says what a second trigger does
meanwhile. What lasts only as long as a press (`mappings.held`) is noted there, and dropped where that press is over.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from controld.actions import Action, Seek, SelectPage
from controld.changes import Refused
from controld.mappings.bindings import Bound
from controld.mappings.driving import Drive
from controld.mappings.held import Begun, HeldValues, Press
from controld.mappings.making import actions_of, values_of
from controld.mappings.notes import owed_ends
from controld.mappings.rule import Mode, Rule
from controld.mappings.target import (
    ActionTarget,
    BypassTarget,
    PageTarget,
    ParameterTarget,
    SendTarget,
    WaitTarget,
)
from controld.mappings.view import View

# How many triggers a list may wait for, or how often it may run at the same time.
MAX_RUNS = 64


@dataclass(slots=True)
class Intent:
    """An action with the one who wants it and the rule that says so.

    `passing` is what a press does and its end undoes, both of them; `begins` is the first of the two. With `begun` the
    second is only done where the first was.
    """

    action: Action
    origin: str
    rule: Rule
    passing: bool = False
    begins: bool = False
    begun: Begun | None = None


@dataclass(slots=True, eq=False)
class Run:
    """A rule on its way through its targets; `index` is the next one, due at `due_s`."""

    bound: Bound
    position: float
    detents: int
    origin: str
    press: Press | None
    due_s: float
    index: int = 0
    arrives_s: float = 0.0  # when its last ramp is where it goes
    aside: int = 0  # not 0: its rule is gone, and another stands in its place


# The place of a rule whose list runs, and which of those that stood there.
_Place = tuple[str, int]


def _place_of(run: Run) -> _Place:
    return run.bound.rule.place, run.aside


class Runs:
    """Everything that rules are doing."""

    __slots__ = ("_asides", "_moving", "_running", "_waiting", "held", "refused", "view")

    def __init__(self, view: View) -> None:
        self.view = view
        self.held = HeldValues()
        self.refused: list[Refused] = []  # triggers that came when too many others waited already
        self._running: dict[_Place, list[Run]] = {}
        self._waiting: dict[_Place, deque[Run]] = {}
        self._asides = 0
        self._moving: dict[Drive, Run] = {}  # controls that are followed softly, with what they were moved for

    def __bool__(self) -> bool:
        """Tell whether anything has still to be done."""
        return bool(self._running or self._moving)

    def begin(
        self,
        bound: Bound,
        position: float,
        detents: int,
        origin: str,
        now: float,
        intents: list[Intent],
        press: Press | None = None,
    ) -> None:
        """Do what a rule says, as far as it can be done at once; `press` is the one that does it, if it is one."""
        rule = bound.rule
        if bound.plain and not self.held.holds:
            for target in bound.plain:
                intents.append(Intent(target.action(position, detents), origin, rule))  # noqa: PERF401 - mostly one
            return
        run = Run(bound, position, detents, origin, press, now)
        if not bound.timed or self._may_begin(run, intents):
            self._go_on(run, intents)

    def end(self, press: Press, intents: list[Intent]) -> None:
        """Undo what lasts only as long as a press."""
        for rule, action, begun in self.held.end(press, self.view):
            intents.append(Intent(action, press.origin, rule, passing=True, begun=begun))

    def deadlines(self) -> Iterator[tuple[float, "Run | Drive"]]:
        """Yield when something goes on, and what."""
        for runs in self._running.values():
            for run in runs:
                yield run.due_s, run
        for drive in self._moving:
            deadline = drive.deadline()
            if deadline is not None:
                yield deadline, drive

    def go_on(self, thing: "Run | Drive", at_s: float, intents: list[Intent]) -> None:
        """Do what is due."""
        if isinstance(thing, Run):
            self._go_on(thing, intents)
            return
        run = self._moving[thing]
        position = thing.tick(at_s)
        if position is not None:
            self._act(thing.target, position, 0, run, intents)
        self._settle(thing)

    def cancel(self, intents: list[Intent]) -> None:
        """End everything, without doing the rest; but a note that a list began is ended."""
        for runs in self._running.values():
            _end_notes(runs, intents)
        self._running.clear()
        self._waiting.clear()
        for drive in list(self._moving):
            drive.lose(self.view)
        self._moving.clear()

    def take_over(self, old: "Runs") -> None:
        """Go on with what another was doing."""
        self.held, self.refused = old.held, old.refused
        self._running, self._waiting, self._moving = old._running, old._waiting, old._moving  # noqa: SLF001 - its own kind
        self._asides = old._asides  # noqa: SLF001 - its own kind

    def _may_begin(self, run: Run, intents: list[Intent]) -> bool:
        """Tell whether a list begins now, in the place of one that runs or not; one that waits for its turn is kept."""
        rule = run.bound.rule
        place = _place_of(run)
        others = self._running.get(place)
        if others and others[0].bound.rule.targets != rule.targets:
            self._step_aside(place)
            others = None
        if not others or rule.mode is Mode.RESTART:
            _end_notes(self._running.pop(place, ()), intents)
            return True
        if rule.mode is Mode.IGNORE:
            return False
        queue = self._waiting.setdefault(place, deque()) if rule.mode is Mode.QUEUE else others
        if len(queue) >= MAX_RUNS:
            words = "wait already" if rule.mode is Mode.QUEUE else "run already"
            self.refused.append(Refused(rule.name or rule.place, f"{MAX_RUNS} of it {words}", run.origin))
            return False
        if rule.mode is Mode.QUEUE:
            queue.append(run)
        return rule.mode is Mode.PARALLEL

    def _step_aside(self, place: _Place) -> None:
        """Let the list of a rule go on for itself in whose place a reload put another."""
        self._asides += 1
        running, waiting = self._running.pop(place), self._waiting.pop(place, deque())
        for run in (*running, *waiting):
            run.aside = self._asides
        self._running[place[0], self._asides] = running
        if waiting:
            self._waiting[place[0], self._asides] = waiting

    def _go_on(self, run: Run | None, intents: list[Intent]) -> None:
        while run is not None:
            if self._advance(run, intents):
                runs = self._running.setdefault(_place_of(run), [])
                if run not in runs:
                    runs.append(run)
                return
            run = self._finish(run)

    def _advance(self, run: Run, intents: list[Intent]) -> bool:
        """Do the next targets; tell whether there is something to wait for."""
        targets = run.bound.rule.targets
        while run.index < len(targets):
            target = targets[run.index]
            run.index += 1
            if isinstance(target, WaitTarget):
                run.due_s += target.duration.in_s(self.view.bpm)
                return True
            self._do(target, run, intents)
        if run.arrives_s > run.due_s:
            run.due_s = run.arrives_s
            return True
        return False

    def _finish(self, run: Run) -> Run | None:
        """Forget a run that is done; return the one that waited for it."""
        place = _place_of(run)
        runs = self._running.get(place)
        if runs is not None and run in runs:
            runs.remove(run)
            if not runs:
                del self._running[place]
        queue = self._waiting.get(place)
        if not queue:
            return None
        after = queue.popleft()
        if not queue:
            del self._waiting[place]
        after.due_s = run.due_s
        return after

    def _do(self, target: ActionTarget, run: Run, intents: list[Intent]) -> None:
        position: float | None = run.position
        detents = run.detents
        drive = run.bound.drives[run.index - 1] if run.bound.drives else None
        if drive is not None:
            if detents:
                detents = drive.turn(detents, run.origin, run.due_s)
            else:
                position = drive.move(run.position, run.origin, self.view, run.due_s)
                self._moving[drive] = run
                self._settle(drive)
        if position is not None and not (run.bound.momentary and self._hold(target, run, intents)):
            self._act(target, position, detents, run, intents)

    def _act(self, target: ActionTarget, position: float, detents: int, run: Run, intents: list[Intent]) -> None:
        if isinstance(target, ParameterTarget) and target.over is not None:
            run.arrives_s = max(run.arrives_s, run.due_s + target.over.in_s(self.view.bpm))
        if self.held.holds:
            self._disturb(target)
        actions = actions_of(target, self.view, position, detents)
        passing = isinstance(target, BypassTarget | ParameterTarget) and target.returns
        intents += [Intent(action, run.origin, run.bound.rule, passing, passing) for action in actions]

    def _disturb(self, target: ActionTarget) -> None:
        """Tell what is held that something else is done to the rig."""
        if not isinstance(target, BypassTarget | ParameterTarget):
            self.held.disturb()
        elif not target.returns:
            for key in values_of(target, self.view):
                self.held.acted(key)

    def _hold(self, target: ActionTarget, run: Run, intents: list[Intent]) -> bool:
        """Note what the press's end undoes; tell whether nothing else is to be done."""
        rule, press = run.bound.rule, run.press
        lasts = press is not None and not press.over
        if isinstance(target, SendTarget) and target.ending is not None:
            if press is None or not lasts:  # nothing will end it later
                intents.append(Intent(target.message, run.origin, rule, passing=True))
                intents.append(Intent(target.ending, run.origin, rule))
                return True
            begun, again = press.ends_with(rule, target.ending)
            if again:  # sent again (a repeat): what began before ends before
                intents.append(Intent(target.ending, run.origin, rule, passing=True, begins=True))
            intents.append(Intent(target.message, run.origin, rule, passing=True, begins=True, begun=begun))
            return True
        if isinstance(target, PageTarget) and target.hold:
            if press is not None and lasts:
                page = SelectPage(target.page, press.control)
                begun, _ = press.ends_with(rule, SelectPage(Seek.BACK, press.control))
                intents.append(Intent(page, run.origin, rule, passing=True, begins=True, begun=begun))
            return True
        if isinstance(target, BypassTarget | ParameterTarget) and target.returns:
            if press is None or not lasts:
                return True  # the press is over, and so would this be
            over = target.over if isinstance(target, ParameterTarget) else None
            until_s = 0.0 if over is None else run.due_s + over.in_s(self.view.bpm)
            for key in values_of(target, self.view):
                self.held.take(press, rule, key, self.view, until_s)
        return False

    def _settle(self, drive: Drive) -> None:
        if drive.deadline() is None:
            self._moving.pop(drive, None)


def _end_notes(runs: Iterable[Run], intents: list[Intent]) -> None:
    """Send what ends the notes that lists began which do not come to their end."""
    for run in runs:
        rule = run.bound.rule
        intents += [Intent(target.message, run.origin, rule) for target in owed_ends(rule.targets, run.index)]
