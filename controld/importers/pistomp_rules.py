"""What the controls of a pi-Stomp do, as rules.

Pure. Source of the facts: pi-stomp's `pistomp/footswitch.py` (presses and long presses), `pistomp/taptempo.py`
and `modalapi/modhandler.py` (what the names of long presses call).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from controld.importers.board import Board
from controld.importers.bundle import BYPASS
from controld.importers.emit import remark
from controld.importers.mod_controls import Moved, moved_by, parameter_action
from controld.importers.names import clean
from controld.importers.pistomp_controls import LATCHING, SURFACE, Panel
from controld.importers.pistomp_values import PiStomp, Switch
from controld.importers.rules import Action, proposal, rule
from controld.mappings.schema_words import COLORS

Look = Mapping[str, object] | str

TAP_PAGE = "tap"
_TAP_MODE = "toggle_tap_tempo_enable"
# What the name of a long press does. pi-Stomp 3.1 has no names for pedalboards; they are taken for what they say.
GROUPS: Mapping[str, Action] = {
    "next_snapshot": {"snapshot": "next"},
    "previous_snapshot": {"snapshot": "previous"},
    "next_pedalboard": {"pedalboard": "next"},
    "previous_pedalboard": {"pedalboard": "previous"},
    "set_mod_tap_tempo": {"tempo": "tap"},
    "toggle_tuner_enable": {"tuner": "toggle"},
}


@dataclass(slots=True)
class Rules:
    """Writes the rules of one configuration; `board` is the pedalboard that came with it, if one did.

    `open` are the controls of which nothing says what they move: their rules wait as comments.
    """

    config: PiStomp
    panel: Panel
    switches: str
    board: Board | None
    open: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the rules, in the order of the controls."""
        moved = self._moved()
        lines = [*remark("-- presses " + "-" * 40, 2)]
        for switch in self.config.switches:
            if switch.id in self.panel.switches:
                lines += self._press(switch, moved)
        lines += self._long_presses()
        lines += self._positions(moved)
        return lines

    def pages(self) -> list[str]:
        """Return the page of tap tempo, where the configuration can reach it."""
        taps = [switch for switch in self.config.switches if switch.taps and not switch.disabled]
        pressed = [self._name(switch) for switch in taps if switch.id in self.panel.switches]
        toggles = self._group(_TAP_MODE) if pressed else []
        if not toggles:
            why = "no long press turns it on, so pi-Stomp never takes a press for a tap"
            if self.switches == LATCHING:
                why = "pi-Stomp's own program taps, and sends nothing then"
            for switch in taps:
                self.config.notes.miss(f"tap tempo on footswitch {switch.id}", why)
            return []
        told = "While this page is up, the switch taps the tempo; the same long press puts the page away again."
        lines = ["", *remark(told), "pages:", f"  {TAP_PAGE}:", "    rules:"]
        for name in pressed:
            lines += rule(f"{name} press", [{"tempo": "tap"}], indent=6)
        return [*lines, *rule(toggles, [{"page": "back"}], indent=6)]

    # Presses

    def _press(self, switch: Switch, moved: Mapping[int, list[Moved]]) -> list[str]:
        name, look = self._name(switch), self._look(switch)
        if switch.relay:
            why = "the true bypass is a relay in the pi-Stomp, out of reach of MIDI"
            self.config.notes.miss(f"`bypass` of footswitch {switch.id}", why)
        if switch.preset is not None:
            ways: dict[object, object] = {"UP": "next", "DOWN": "previous"}
            to = ways.get(switch.preset, switch.preset + 1 if isinstance(switch.preset, int) else 1)
            return rule(name, [{"snapshot": to}], look=look)
        if switch.controller is None:
            return []
        targets = moved.get(switch.controller, [])
        if self.board is None or not targets:
            return self._open_press(name, look)
        return self._bound_press(name, look, targets, self.board)

    def _open_press(self, name: str, look: Look) -> list[str]:
        self.open.append(name)
        role = name.removeprefix(f"{SURFACE}.")
        return proposal(rule(name, [{"bypass": f"role:{role}"}], look=look))

    def _bound_press(self, name: str, look: Look, targets: list[Moved], board: Board) -> list[str]:
        role = name.removeprefix(f"{SURFACE}.")
        stomps = [board.names[each.instance] for each in targets if each.symbol == BYPASS]
        actions: list[Action] = [{"bypass": f"role:{role}"}] if stomps else []
        if stomps:
            board.roles[role] = stomps
        for each in targets:
            low, high = each.binding.low, each.binding.high
            action = None if each.symbol == BYPASS else self._driven(board, each)
            if action is not None:
                ends = ["0 %", "100 %"] if low is None or high is None else [low, high]
                actions.append({"parameter": action["parameter"], "toggle": ends})
        return rule(name, actions, look=look) if actions else []

    def _look(self, switch: Switch) -> Look:
        color = switch.color.lower()
        if not color or color in {"none", "null"}:
            return ""
        if color in COLORS:
            return {"color": color}
        self.config.notes.miss(
            f"the colour `{clean(switch.color, '?')}` of footswitch {switch.id}", "no palette has it"
        )
        return ""

    # Long presses

    def _long_presses(self) -> Iterator[str]:
        groups = list(dict.fromkeys(group for switch in self.config.switches for group in switch.groups))
        told = False
        for group in groups:
            action = {"page": TAP_PAGE} if group == _TAP_MODE else GROUPS.get(group)
            if group == _TAP_MODE and not any(switch.taps for switch in self.config.switches):
                self.config.notes.miss(f"the long press `{group}`", "no footswitch has `tap_tempo`")
            elif action is None:
                self.config.notes.miss(f"the long press `{clean(group, '?')}`", _why_not(group))
            elif when := self._group(group):
                yield from () if told else ("", *remark("-- long presses " + "-" * 35, 2))
                told = True
                yield from rule(when, [action], look="none")
        for encoder in self.config.encoders:
            if encoder.longpress:
                what = f"the long press `{clean(encoder.longpress, '?')}` of encoder {encoder.id}"
                self.config.notes.miss(what, "the push of an encoder sends no MIDI")

    def _group(self, group: str) -> list[str]:
        """Return what has to happen for a group: one switch held, or any two of several held together."""
        members = [switch for switch in self.config.switches if group in switch.groups and not switch.disabled]
        if self.switches == LATCHING:
            if members:
                why = "a latching switch tells nothing of how long it is held; pi-Stomp's own program acts on it"
                self.config.notes.miss(f"the long press `{clean(group, '?')}`", why)
            return []
        if any(switch.relay for switch in members):
            self.config.notes.change(
                f"pi-Stomp ignores the long press `{group}` on the switch of its relay; here it acts"
            )
        names = [self._name(switch) for switch in members]
        if len(names) == 1:
            return [f"{names[0]} hold"]
        return [f"{one} + {other} hold" for one, other in combinations(names, 2)]

    # Positions

    def _moved(self) -> dict[int, list[Moved]]:
        """Return what the pedalboard binds to each controller; tell of bindings that no control here can reach."""
        if self.board is None:
            return {}
        found: dict[int, list[Moved]] = {}
        for (channel, controller), targets in moved_by(self.board).items():
            if channel == self.config.channel and controller in self.panel.by_controller:
                found[controller] = targets
                continue
            for each in targets:
                name = self.board.names.get(each.instance, "the pedalboard")
                what = f"CC {controller} on channel {channel} for `{name}` ({each.symbol})"
                self.config.notes.miss(what, "no control of this pi-Stomp sends it")
        return found

    def _positions(self, moved: Mapping[int, list[Moved]]) -> Iterator[str]:
        pressed = set(self.panel.switches.values())
        turned = {name: kind for name, kind in self.panel.kinds.items() if name not in pressed}
        if turned:
            yield from ("", *remark("-- pedals, knobs and encoders " + "-" * 21, 2))
        blended = {self.panel.by_input.get(blend.input) for blend in self.config.blends}
        for name, (controller, kind, _) in turned.items():
            actions = [each for target in moved.get(controller, []) if (each := self._position(target))]
            if actions:
                yield from rule(f"{SURFACE}.{name}", actions)
            if actions or name in blended:
                continue
            self.open.append(f"{SURFACE}.{name}")
            action: Action = {"bypass": "EFFECT"} if kind == "button" else {"parameter": "EFFECT/PARAMETER"}
            yield from proposal(rule(f"{SURFACE}.{name}", [action]))

    def _position(self, target: Moved) -> Action | None:
        assert self.board is not None
        if target.symbol == BYPASS:
            return {"bypass": self.board.names[target.instance], "to": "control"}
        return self._driven(self.board, target)

    def _driven(self, board: Board, target: Moved) -> Action | None:
        if not target.instance:
            self.config.notes.miss(f"CC {target.binding.controller} on `{target.symbol}`", "no control drives it here")
            return None
        return parameter_action(board, target.instance, target.symbol, target.binding.low, target.binding.high)

    def _name(self, switch: Switch) -> str:
        return f"{SURFACE}.{self.panel.switches.get(switch.id, f'fs{switch.id + 1}')}"


def _why_not(group: str) -> str:
    if group == "toggle_bypass":
        return "it switches pi-Stomp's relay or sound card; `{bypass: [...]}` with your effects comes near"
    return "pi-Stomp does nothing of that name that a rule could do"
