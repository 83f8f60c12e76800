"""Showing: from facts to how controls look and what displays say.

Pure; time is an argument. Every control is listed under the facts its look depends on, conditions and texts included,
so that a fact costs only those that follow it. A wish is shown as pending only when it takes long.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from controld.changes import (
    BeatPassed,
    PageChanged,
    ParameterChanged,
    PedalboardChanged,
    PresetChanged,
    SnapshotChanged,
    State,
    StateChange,
)
from controld.feedback import Feedback
from controld.mappings.bindings import Binding, can_show
from controld.mappings.displays import Displays, Screen
from controld.mappings.index import Index
from controld.mappings.lamps import dark
from controld.mappings.profile import Kind, SourceType
from controld.mappings.target import Key
from controld.mappings.view import BEAT, LOAD, PAGE, PEDALBOARD, View, keys_of

# A wish that the engine confirms sooner than this is not shown as pending: a light that only flickers tells nothing.
PENDING_AFTER_S = 0.03
# How long a light that follows the tempo is lit on each beat; half of the shortest beat there is.
FLASH_S = 0.1
_FAMILIES = (PresetChanged, SnapshotChanged, PedalboardChanged)


class Showing:
    """The lights and displays of all surfaces."""

    def __init__(self, bindings: Mapping[str, Binding], view: View) -> None:
        self.view = view
        self.displays = Displays()
        self._bindings = bindings
        self._by_key: Index[Binding] = Index()
        self._by_page: dict[str, list[Binding]] = {}
        self._pending: dict[str, float] = {}  # control -> when its look is to be told
        self._dark_s: float | None = None  # when the flash of a beat ends
        for name, binding in bindings.items():
            if binding.control is not None and _is_display(binding):
                self.displays.add(name, binding.control)
            if can_show(binding.control):
                self._list(binding)
        self._by_key.settle(view)

    def _list(self, binding: Binding) -> None:
        keys: dict[Key, None] = {}
        for lamp in binding.all_lamps():
            condition = lamp.rule.condition
            keys |= dict.fromkeys([*lamp.keys(), *(keys_of(condition) if condition is not None else ())])
        for key in keys:
            self._by_key.add(key, binding)
        for page in {bound.rule.page for bound in binding.every if bound.rule.page}:
            self._by_page.setdefault(page, []).append(binding)

    @property
    def waits(self) -> bool:
        """Tell whether a look is still to be told."""
        return bool(self._pending)

    @property
    def wants_load(self) -> bool:
        """Tell whether a text names what the engine needs."""
        return bool(self._by_key.of(LOAD)) or bool(self.displays.readers_of(LOAD))

    @property
    def wants_beats(self) -> bool:
        """Tell whether a light flashes with the tempo."""
        return bool(self._by_key.of(BEAT))

    def follow(self, facts: Iterable[tuple[Key, StateChange]], now: float) -> list[Feedback]:
        """Return how what follows these facts looks, each once; the view has taken all of them already."""
        touched: dict[Binding, None] = {}
        failed: set[str] = set()
        screens: dict[str, Screen] = {}
        is_whole = False
        for key, change in facts:
            followers = self._by_key.of(key)
            hand = None
            if type(change) is ParameterChanged:
                hand = change.origin if change.state is State.ASKED else None
            elif isinstance(change, _FAMILIES) and change.state is State.FAILED:
                # The device may have lit the switch that asked, which is not the one this fact is about any more.
                failed |= {binding.name for binding in followers}
            for binding in followers:
                # The hand's own fader is not shown its past while the wish is on its way; a surface with many clients
                # knows whose hand it is, and spares that one by itself.
                if binding.surface != hand or binding.is_switch:
                    touched[binding] = None
            if key is PEDALBOARD or key is PAGE or key is BEAT:
                is_whole = True
                touched |= dict.fromkeys(self._whole(key, change, now))
            if self.displays.screens:
                screens |= {screen.name: screen for screen in self.displays.readers_of(key)}
        looks: list[Feedback] = []
        for binding in sorted(touched, key=_in_profile) if is_whole else touched:
            look = self.look(binding)
            look.force |= binding.name in failed
            if not self._is_too_early(look, now):
                looks.append(look)
        return looks + self._told(screens.values()) if screens else looks

    def _whole(self, key: Key, change: StateChange, now: float) -> Iterable[Binding]:
        """Return what has to be looked at for more than the keys it is listed under."""
        if key is PEDALBOARD:
            self._by_key.settle(self.view)
            return (binding for binding in self._bindings.values() if binding.lamps)
        if isinstance(change, PageChanged):
            return [each for page in (change.before, change.page) for each in self._by_page.get(page, ())]
        if isinstance(change, BeatPassed):
            self._dark_s = now + FLASH_S
        return ()

    def control_pressed(self, names: Iterable[str], now: float) -> None:
        """Take controls that were pressed or released: what a condition makes of that is told by the next `tick`."""
        for name in names:
            for binding in self._by_key.of(("control", name)):
                self._pending[binding.name] = min(now, self._pending.get(binding.name, now))

    def look_again(self, names: Iterable[str], now: float) -> None:
        """Take controls that were lit or moved without us: their true look is told soon, though no fact may follow."""
        for name in names:
            if can_show(self._bindings[name].control):
                self._pending.setdefault(name, now + PENDING_AFTER_S)

    def has_text(self, control: str) -> bool:
        """Tell whether a text can be shown there: displays can, and whatever an OSC surface draws."""
        binding = self._bindings.get(control)
        if binding is None or binding.control is None:
            return False
        source = binding.control.source
        return _is_display(binding) or (source is not None and source.type is SourceType.OSC)

    def show(self, control: str, text: str, until_s: float | None) -> list[Feedback]:
        """Show a text on a display; None: as its standing text. Returns what it shows then, where that is another."""
        self.displays.show(control, text, until_s)
        return self._told([self.displays.screens[control]])

    def notice(self, text: str, now: float) -> list[Feedback]:
        """Cover every display with a text for a while."""
        self.displays.notice(text, now)
        return self._told(self.displays.screens.values())

    def tick(self, now: float) -> list[Feedback]:
        """Return what time alone changes: lights still pending, the end of a flash, texts that had their time."""
        if self._dark_s is not None and self._dark_s <= now:
            self._dark_s, self.view.beat = None, 0
            self._pending |= {binding.name: now for binding in self._by_key.of(BEAT)}
        names = [name for name, at_s in self._pending.items() if at_s <= now]
        for name in names:
            del self._pending[name]
        looks = [self.look(self._bindings[name]) for name in names]
        ends_s = self.displays.ends_s
        if ends_s is not None and ends_s <= now:
            self.displays.expire(now)
            looks += self._told(self.displays.screens.values())
        return looks

    def deadline(self) -> float | None:
        """Return when `tick` should be called, in seconds."""
        if self._dark_s is None and not self._pending and self.displays.ends_s is None:
            return None
        ends = [end for end in (self._dark_s, self.displays.ends_s) if end is not None]
        return min([*ends, *self._pending.values()])

    def full(self, surface: str) -> list[Feedback]:
        """Return how every control of a surface should look, in the order of its profile."""
        bindings = [each for each in self._bindings.values() if each.surface == surface and can_show(each.control)]
        return [self.look(binding) for binding in bindings]

    def correction(self, control: str) -> list[Feedback]:
        """Return the true look of a control that may have changed by itself; empty where it shows nothing."""
        binding = self._bindings.get(control)
        if binding is None or not binding.lamps:
            return []
        return [replace(self.look(binding), force=True)]

    def look(self, binding: Binding) -> Feedback:
        """Return the look by the first rule that applies, natural gestures before others; dark where none does."""
        look = self._light(binding)
        if binding.name in self.displays.screens:
            # A label that shows nothing any more is told so; "" would leave it as it is.
            look.text = self.displays.tell(binding.name, self.view) or look.text or " " * (not _is_display(binding))
        return look

    def _light(self, binding: Binding) -> Feedback:
        control = binding.control
        if control is None or control.kind is Kind.DISPLAY:
            return Feedback(binding.name, 0.0, State.CONFIRMED)
        for lamp in binding.lamps:
            if lamp.rule.condition is None or self.view.holds(lamp.rule.condition):
                look = lamp.feedback(binding.name, control, self.view)
                if look is not None:
                    return look
        return dark(binding.name)

    def take_over(self, old: "Showing") -> None:
        """Go on showing what another showed."""
        self.displays.take_over(old.displays)
        self._by_key.settle(self.view)
        self._dark_s = old._dark_s  # noqa: SLF001 - its own kind

    def _told(self, screens: Iterable[Screen]) -> list[Feedback]:
        changed = [self._bindings.get(name) for name in self.displays.changed(self.view, screens)]
        return [self.look(binding) for binding in changed if binding is not None]

    def _is_too_early(self, look: Feedback, now: float) -> bool:
        """Tell whether a pending look should wait: a light for a moment, the hand's own fader until it is settled."""
        if look.state is not State.ASKED:
            self._pending.pop(look.control, None)
            return False
        if look.style:
            self._pending.setdefault(look.control, now + PENDING_AFTER_S)
            return True
        return look.origin == look.control.partition(".")[0]


def _is_display(binding: Binding) -> bool:
    return binding.control is not None and binding.control.kind is Kind.DISPLAY


def _in_profile(binding: Binding) -> int:
    return binding.order
