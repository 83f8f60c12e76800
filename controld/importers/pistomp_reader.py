"""Single controls of a pi-Stomp's configuration, from located YAML.

Pure. Mistakes are reported with their places; keys that the importer does not know are told as notes.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from controld.document import Node
from controld.importers.outcome import Notes
from controld.importers.pistomp_values import Analog, Blend, Encoder, Switch
from controld.shape import Report

_YES, _NO = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})
# Keys that are known to have no equivalent, and what there is instead.
_WHY = {"external_midi": "rules send to other gear: `when: {event: pedalboard-loaded}`, `do: {send: ...}`"}
_SWITCH_KEYS = frozenset({
    "id", "adc_input", "gpio_input", "gpio_output", "debounce_input", "ledstrip_position", "bypass", "color", "disable",
    "longpress", "midi_CC", "preset", "tap_tempo",
})  # fmt: skip
_ANALOG_KEYS = frozenset({"adc_input", "id", "type", "midi_CC", "threshold", "autosync", "disable"})
_ENCODER_KEYS = frozenset({"id", "type", "midi_CC", "longpress", "shortpress", "disable"})
_BLEND_KEYS = frozenset({"name", "input_id", "interpolation", "stops"})

_T = TypeVar("_T")


class Reader:
    """Reads located values, and reports those that pi-Stomp could not use either."""

    def __init__(self, report: Report, notes: Notes | None = None) -> None:
        self.report = report
        self.notes = notes if notes is not None else Notes()

    # Places

    def nodes(self, parent: Node, key: str) -> tuple[Node, ...]:
        """Return the mappings of a list; nothing where it is absent or empty."""
        node = parent.get(key)
        if node is None or (node.items is None and node.value is None and node.entries is None):
            return ()
        if node.items is None:
            self.report.error(node, f"expected `{key}` as a list, found {node.describe()}")
            return ()
        for each in node.items:
            if each.entries is None:
                self.report.error(each, f"expected `key: value` below `{key}`, found {each.describe()}")
        return tuple(each for each in node.items if each.entries is not None)

    def each(self, parent: Node, key: str, read: Callable[[Node], _T | None]) -> Iterator[_T]:
        """Yield what a list holds."""
        for node in self.nodes(parent, key):
            found = read(node)
            if found is not None:
                yield found

    def unknown(self, node: Node, keys: frozenset[str], what: str) -> None:
        """Tell of keys that pi-Stomp does not read."""
        for key, _ in node.entries or ():
            if key.text not in keys:
                why = _WHY.get(key.text, "the importer knows no such key")
                self.notes.miss(f"`{key.text}` in {what} ({node.path}:{key.line})", why)

    # Values

    def number(self, node: Node, key: str, low: int, high: int) -> int | None:
        """Return a whole number, None where it is absent or `None`."""
        found = node.get(key)
        if found is None or found.text in {"", "None", "null", "~"}:
            return None
        if isinstance(found.value, bool) or not isinstance(found.value, int) or not low <= found.value <= high:
            self.report.error(found, f"expected `{key}` from {low} to {high}, found {found.describe()}")
            return None
        return found.value

    def flag(self, node: Node, key: str) -> bool:
        """Return true or false in any of YAML 1.1's words, which pi-Stomp reads."""
        found = node.get(key)
        word = "" if found is None else found.text.lower()
        if found is not None and word not in _YES | _NO | {""}:
            self.report.error(found, f"expected `{key}` as true or false, found {found.describe()}")
        return word in _YES

    def words(self, node: Node, key: str) -> tuple[str, ...]:
        """Return words: one, several in a text, or a list."""
        found = node.get(key)
        if found is None or (found.kind.name == "SCALAR" and found.value is None):
            return ()
        words = [word for each in found.each() for word in each.text.split()]
        if found.entries is not None or not words:
            self.report.error(found, f"expected `{key}` as a name or a list of names, found {found.describe()}")
        return tuple(dict.fromkeys(words))

    def channel(self, hardware: Node) -> int | None:
        """Return the MIDI channel as musicians count; pi-Stomp writes it so, and takes 0 for 1."""
        midi = hardware.get("midi")
        number = None if midi is None else self.number(midi, "channel", 0, 16)
        return None if number is None else max(number, 1)

    # Controls

    def switch(self, node: Node) -> Switch | None:
        """Return a footswitch of default_config.yml."""
        number = self.number(node, "id", 0, 127)
        if number is None:
            self.report.error(node, "a footswitch needs an `id`", "as in `id: 0`")
            return None
        return self.over(Switch(number), node)

    def over(self, switch: Switch, node: Node) -> Switch:
        """Return a footswitch with the keys of a node laid over it."""
        self.unknown(node, _SWITCH_KEYS, f"footswitch {switch.id}")
        keys = node.names()
        changes: dict[str, Any] = {}
        if "midi_CC" in keys:
            changes |= {"controller": self.number(node, "midi_CC", 0, 127), "preset": None}
        if "longpress" in keys:
            changes |= {"groups": self.words(node, "longpress")}
        if "preset" in keys:
            changes |= {"preset": self._preset(node)}
        relay = node.get("bypass")
        color = node.get("color")
        return replace(
            switch,
            **changes,
            relay=relay is not None and relay.value is not None,
            color=color.text if color is not None else switch.color,
            disabled=switch.disabled or self.flag(node, "disable"),
            taps=switch.taps or bool(self.words(node, "tap_tempo")),
        )

    def _preset(self, node: Node) -> int | str | None:
        found = node.get("preset")
        if found is None or found.text in {"UP", "DOWN"}:
            return None if found is None else found.text
        return self.number(node, "preset", 0, 9999)

    def analog(self, node: Node) -> Analog | None:
        """Return a knob or pedal; None where it is disabled or sends nothing."""
        self.unknown(node, _ANALOG_KEYS, "an analog controller")
        controller = self.number(node, "midi_CC", 0, 127)
        kind = node.get("type")
        if self.flag(node, "disable") or controller is None:
            if controller is None:
                self.notes.miss(
                    f"the analog controller in {node.path}:{node.line}", "without `midi_CC` it sends nothing"
                )
            return None
        return Analog(controller, self.number(node, "id", 0, 127), kind is not None and kind.text == "EXPRESSION")

    def encoder(self, node: Node) -> Encoder | None:
        """Return an encoder; None where it is disabled."""
        self.unknown(node, _ENCODER_KEYS, "an encoder")
        number = self.number(node, "id", 0, 127)
        if number is None or self.flag(node, "disable"):
            if number is None:
                self.report.error(node, "an encoder needs an `id`", "as in `id: 1`")
            return None
        kind, push = node.get("type"), node.get("shortpress")
        arguments = push.get("args") if push is not None else None
        return Encoder(
            number,
            self.number(node, "midi_CC", 0, 127),
            kind is not None and kind.text == "VOLUME",
            " ".join(self.words(node, "longpress")),
            self.number(arguments, "cc", 0, 127) if arguments is not None else None,
        )

    def blend(self, node: Node) -> Blend | None:
        """Return snapshots to blend; None where the control or the stops are not said."""
        self.unknown(node, _BLEND_KEYS, "blend_snapshots")
        name, number = node.get("name"), self.number(node, "input_id", 0, 127)
        stops = self._stops(node)
        if name is None or not name.text or number is None or len(stops) < 2:
            self.report.error(node, "a blend needs `name`, `input_id` and at least two `stops`")
            return None
        easing = node.get("interpolation")
        return Blend(name.text, number, tuple(stops), easing.text if easing is not None else "linear")

    def _stops(self, node: Node) -> list[tuple[float, int | str]]:
        stops = node.get("stops")
        if stops is None:
            return []
        if stops.items is not None:
            step = 1 / max(len(stops.items) - 1, 1)
            return [(index * step, _stop(each)) for index, each in enumerate(stops.items)]
        found: dict[float, int | str] = {}
        for key, value in stops.entries or ():
            try:
                position = float(key.text)
            except ValueError:
                position = -1.0
            if not 0 <= position <= 1:
                self.report.error(key, f"expected a position from 0.0 to 1.0, found {key.describe()}")
            found[position] = _stop(value)
        return sorted(found.items())


def _stop(node: Node) -> int | str:
    return node.value if isinstance(node.value, int) and not isinstance(node.value, bool) else node.text
