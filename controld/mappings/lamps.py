"""How a control looks: the rule it shows, drawn in that rule's styles and colours, with its text.

Pure. What is known of the rule's targets is in `mappings.lights`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controld.changes import State
from controld.feedback import Feedback
from controld.mappings.lights import STYLES, shown_of
from controld.mappings.profile import Control
from controld.mappings.rule import Look, Rule
from controld.mappings.target import (
    BypassTarget,
    Key,
    MorphTarget,
    ParameterTarget,
    PresetTarget,
    Target,
    TempoTarget,
    VariableTarget,
)
from controld.mappings.texts import Template, parameter_words, value_words
from controld.mappings.view import BEAT, MORPH, TEMPO, View


@dataclass(slots=True, eq=False)
class Lamp:
    """What one rule shows on its control: the targets whose state is shown, the first that has one, and a text."""

    rule: Rule
    targets: tuple[Target, ...] = field(init=False)
    _drawn: tuple[tuple[Target, bool], ...] = field(init=False)  # each with whether the control shows a position
    text: Template | None = field(init=False)

    def __post_init__(self) -> None:
        look = self.rule.look
        followed = None if look.value is None else _target_of(look.value)
        self.targets = self.rule.targets if followed is None else (followed,)
        self._drawn = tuple((target, _is_moved(target)) for target in self.targets)
        self.text = Template(look.text) if look.text else None

    def keys(self) -> tuple[Key, ...]:
        """Return what the look depends on, without the rule's condition."""
        keys = {_indexed(target, key): None for target in self.targets for key in target.follows()}
        return tuple(keys | dict.fromkeys(self.text.keys if self.text is not None else ()))

    def feedback(self, control: str, hardware: Control, view: View) -> Feedback | None:
        """Return how `control` looks for the first target that has a state; None where there is nothing to show."""
        for target, is_moved in self._drawn:
            shown = shown_of(target, view)
            if shown is not None:
                value, state, origin = shown
                style, color = "", ""
                if not is_moved:
                    style, color = _drawn(self.rule.look, hardware, state, lit=value >= 0.5)
                text = "" if self.text is None else self.text.render(view, self._words(target, view))
                return Feedback(control, value, state, style, color, text, origin, force=state is State.FAILED)
        if self.text is None:
            return None
        return Feedback(control, 0.0, State.CONFIRMED, "off", text=self.text.render(view, self._words(None, view)))

    def _words(self, target: Target | None, view: View) -> Mapping[str, str]:
        words = {"name": self.rule.name}
        if isinstance(target, ParameterTarget):
            fact = view.parameter(target.effect, target.symbol)
            return words if fact is None else {**words, **parameter_words(fact)}
        value = ""
        if isinstance(target, VariableTarget) and target.name in view.variables:
            value = value_words(view.variables[target.name])
        elif isinstance(target, PresetTarget):
            value = next(
                (view.presets[each].preset for each in view.effects_of(target.effect) if each in view.presets), ""
            )
        return {**words, "value": value, "label": value, "unit": ""} if value else words


def _target_of(key: Key) -> Target | None:
    """Return a target that shows what a look follows instead of the rule's own."""
    match key:
        case ("parameter", effect, symbol):
            return ParameterTarget(effect, symbol)
        case ("bypass", effect):
            return BypassTarget((effect,))
        case ("variable", name):
            return VariableTarget(name)
        case _:
            return None


def _indexed(target: Target, key: Key) -> Key:
    """Return the key under which the facts come that a target follows."""
    if key[0] == "morph":
        return MORPH
    if key == ("transport",):
        return TEMPO
    return BEAT if isinstance(target, TempoTarget) and target.tap else key


def _is_moved(target: Target) -> bool:
    """Tell whether the control shows a position instead of being lit."""
    if isinstance(target, ParameterTarget):
        return target.to is None and target.toggle is None
    return isinstance(target, MorphTarget)


def dark(control: str) -> Feedback:
    """Return the look of a control that drives nothing now."""
    return Feedback(control, 0.0, State.CONFIRMED, "off")


def _drawn(look: Look, hardware: Control, state: State, *, lit: bool) -> tuple[str, str]:
    """Return style and colour; a colour's name stands for "on" in that colour."""
    word = (look.lit or "on") if lit else (look.idle or "off")
    if state is State.ASKED:
        word = look.pending or "dim"
    elif state is State.FAILED:
        has_red = hardware.light is not None and ("red" in hardware.light.colors or hardware.light.rgb)
        word = look.failed or ("red" if has_red else word)
    return (word, look.color) if word in STYLES else ("on", word)
