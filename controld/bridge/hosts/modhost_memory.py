"""What a mod-host holds, as far as it can be known from outside: mod-host lists nothing, so what passes is remembered.

Pure. Commands that were accepted, values that were read back, and feedback go in; effects, connections and events come
out. Words are read as mod-host reads them, and values are kept as it keeps them: `param_set` clamps, `params_flush`
does not and passes over what an effect does not have.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from controld.bridge.hosts.base import HostEffect, HostEvent
from controld.bridge.hosts.catalogue import ENABLED, Plugin
from controld.bridge.hosts.virtual_numbers import atof, atoi, single
from controld.bridge.modhost_protocol import verdict

BYPASS: Final = ":bypass"
READ_ERROR: Final = 6e-5  # `param_get` prints four decimals
_SINGLE: Final = 2.0**-23  # and keeps 24 bits
# As JACK names the sound card's ports; what one plays to is an input.
_HARDWARE_INPUTS: Final = ("system:playback_", "system:midi_playback_")
_HARDWARE_OUTPUTS: Final = ("system:capture_", "system:midi_capture_")

Pair = tuple[str, str]


@dataclass(slots=True)
class Loaded:
    """One instance; `plugin` is None where nobody knows what it is. `values` has also the bypass, as ":bypass"."""

    plugin: Plugin | None
    values: dict[str, float] = field(default_factory=dict)
    preset: str = ""

    @property
    def uri(self) -> str:
        """The plugin's URI, "" where that is not known."""
        return self.plugin.uri if self.plugin else ""

    def shown(self) -> HostEffect:
        """Return it as a bridge shows it."""
        values = {symbol: value for symbol, value in self.values.items() if symbol != BYPASS}
        return HostEffect(self.uri, self.values.get(BYPASS, 0.0) > 0.5, self.preset, values)


class Memory:
    """What is loaded, by instance, and what is joined; `plugins` are those whose ranges are known."""

    def __init__(self, plugins: Callable[[], Mapping[str, Plugin]]) -> None:
        self.loaded: dict[int, Loaded] = {}
        self.transport: dict[str, object] = {"rolling": False, "bpb": 4.0, "bpm": 120.0}
        self._plugins = plugins
        self._pairs: dict[Pair, None] = {}  # a set that keeps its order
        self._events: list[HostEvent] = []

    def take_events(self) -> list[HostEvent]:
        """Return what changed since the last call, oldest first."""
        events, self._events = self._events, []
        return events

    def pairs(self) -> list[Pair]:
        """Return the connections that were asked for and are not known to be gone, oldest first."""
        return list(self._pairs)

    def effects(self) -> dict[int, HostEffect]:
        """Return what is loaded, in order of instance."""
        return {number: self.loaded[number].shown() for number in sorted(self.loaded)}

    def observe(self, name: str, words: list[str], reply: str) -> None:
        """Take note of a command that mod-host answered; one that was refused changed nothing."""
        change = _CHANGES.get(name)
        if change is not None and verdict(name, reply).ok:
            change(self, words)

    def hear(self, event: HostEvent) -> None:
        """Take note of feedback, and pass it on as nobody's doing."""
        number, symbol, value = event.get("effect_id"), event.get("symbol"), event.get("value")
        effect = self.loaded.get(number) if isinstance(number, int) else None
        if event["type"] == "param_set" and effect and isinstance(symbol, str) and isinstance(value, float):
            effect.values[symbol] = value
        if event["type"] == "transport":
            now: dict[str, object] = {name: event[name] for name in self.transport}
            if now == self.transport:  # what a command changed was told with it
                return
            self.transport = now
        self._events.append({**event, "client": ""})
        if effect and event["type"] == "param_set" and symbol == BYPASS and isinstance(number, int):
            self._follow_bypass(number, client="")

    def restore(self, number: int, uri: str, preset: str = "") -> None:
        """Take an instance for what it was known as before; its values are to be read."""
        self.loaded[number] = Loaded(self._plugin(uri) if uri else None, {BYPASS: 0.0}, preset)
        if uri:
            self._emit("effect_added", client="", effect_id=number, uri=uri)

    def found(self, number: int, values: Mapping[str, float]) -> None:
        """Take values that were read back (four decimals), and tell those that are others than remembered."""
        effect = self.loaded[number]
        for symbol, value in values.items():
            old = effect.values.get(symbol)
            if old is None or not reads_as(old, value):
                self._write(number, symbol, value, client="")

    def forget(self, number: int) -> None:
        """Take note that an instance is gone without having been removed by a command that passed."""
        self._drop(number, client="")

    def set_preset(self, number: int, uri: str, values: Mapping[str, float]) -> None:
        """Take note of a preset that was loaded, with the values that were read afterwards."""
        effect = self.loaded.get(number)
        if effect is None:
            return
        exact = _preset_values(effect.plugin, uri)
        for symbol, read in values.items():
            value = exact[symbol] if symbol in exact and reads_as(exact[symbol], read) else read
            old = effect.values.get(symbol)
            if old is None or not reads_as(old, value):
                self._write(number, symbol, value)
        effect.preset = uri
        self._emit("preset_load", effect_id=number, uri=uri)

    def set_transport(self, **values: object) -> None:
        """Take note of a change of the transport; mod-host tells it too, but late: with what it has to tell next."""
        self.transport |= values
        self._events.append({"type": "transport", **self.transport})

    def join(self, one: str, other: str) -> None:
        """Take note of a connection; JACK has it from output to input, whatever the order it was asked in."""
        pair = self._oriented(one, other)
        if pair not in self._pairs:
            self._pairs[pair] = None
            self._emit("connected", source=pair[0], target=pair[1])

    def part(self, pairs: Iterable[Pair]) -> None:
        """Take note of connections that are gone, each given in either order."""
        for one, other in pairs:
            for pair in ((one, other), (other, one)):
                if pair in self._pairs:
                    del self._pairs[pair]
                    self._emit("disconnected", source=pair[0], target=pair[1])

    def tell_scan(self, count: int, added: int, removed: int) -> None:
        """Tell that the installed plugins were looked at."""
        event: HostEvent = {"plugin_count": count, "plugins_added": added, "plugins_removed": removed}
        self._events.append({"type": "plugins_rescanned", **event})

    def tell_map(self, kind: str, number: int, symbol: str, **fields: object) -> None:
        """Tell that a controller was mapped or is no more; mod-host itself tells only what it learned."""
        self._events.append({"type": kind, "effect_id": number, "symbol": symbol, **fields})

    def touching(self, prefix: str) -> list[Pair]:
        """Return the connections of the port, or of the ports, whose name begins so."""
        return [pair for pair in self._pairs if pair[0].startswith(prefix) or pair[1].startswith(prefix)]

    def add(self, uri: str, number: int) -> None:
        """Take note of a plugin that was loaded; it has its defaults, and is active."""
        plugin = self._plugin(uri)
        values = {control.symbol: control.default for control in plugin.controls}
        values |= {control.symbol: 1.0 for control in plugin.controls if control.designation == ENABLED}
        self.loaded[number] = Loaded(plugin, {BYPASS: 0.0, **values})
        self._emit("effect_added", effect_id=number, uri=uri)

    def remove(self, number: int) -> None:
        """Take note of an instance that was removed, or of all (-1)."""
        for each in list(self.loaded) if number == -1 else [number]:
            self._drop(each)

    def bypass(self, number: int, bypassed: bool) -> None:
        """Take note of a bypass; a plugin's lv2:enabled port follows it."""
        if number in self.loaded:
            self._write(number, BYPASS, float(bypassed))
            self._follow_bypass(number)

    def set(self, number: int, symbol: str, value: float) -> None:
        """Take note of a parameter that was set and clamped."""
        effect = self.loaded.get(number)
        if effect is None:
            return
        control = effect.plugin.control_by_symbol.get(symbol) if effect.plugin else None
        self._write(number, symbol, control.clamped(value) if control else value)

    def flush(self, number: int, words: list[str]) -> None:
        """Take note of "<count> <symbol> <value> ..." for an instance."""
        effect = self.loaded.get(number)
        if effect is None:
            return
        known = effect.plugin.control_by_symbol if effect.plugin else {}
        for symbol, value in zip(words[1::2], words[2::2], strict=False):
            if symbol in known or symbol == BYPASS or not known:
                self._write(number, symbol, single(atof(value)))

    def enable(self, number: int, bypassed: bool) -> None:
        """Take note of what `multi_bypass` moves: only the lv2:enabled port."""
        effect = self.loaded.get(number)
        control = effect.plugin.enabled_control if effect and effect.plugin else None
        if control:
            self._write(number, control.symbol, 0.0 if bypassed else 1.0)

    def _plugin(self, uri: str) -> Plugin:
        return self._plugins().get(uri) or Plugin(uri=uri, name=uri)

    def _drop(self, number: int, client: str | None = None) -> None:
        self.part(self.touching(f"effect_{number}:"))
        if self.loaded.pop(number, None) is not None:
            self._emit("effect_removed", client, effect_id=number)

    def _write(self, number: int, symbol: str, value: float, client: str | None = None) -> None:
        self.loaded[number].values[symbol] = value
        self._emit("param_set", client, effect_id=number, symbol=symbol, value=value)

    def _follow_bypass(self, number: int, client: str | None = None) -> None:
        effect = self.loaded[number]
        control = effect.plugin.enabled_control if effect.plugin else None
        if control:
            value = 0.0 if effect.values[BYPASS] > 0.5 else 1.0
            if effect.values.get(control.symbol) != value:
                self._write(number, control.symbol, value, client)

    def _oriented(self, one: str, other: str) -> Pair:
        return (other, one) if self._is_input(one) or self._is_output(other) else (one, other)

    def _is_input(self, port: str) -> bool:
        plugin, symbol = self._owner(port)
        return port.startswith(_HARDWARE_INPUTS) or bool(
            plugin and symbol in {*plugin.audio_inputs, *plugin.midi_inputs}
        )

    def _is_output(self, port: str) -> bool:
        plugin, symbol = self._owner(port)
        return port.startswith(_HARDWARE_OUTPUTS) or bool(
            plugin and symbol in {*plugin.audio_outputs, *plugin.midi_outputs}
        )

    def _owner(self, port: str) -> tuple[Plugin | None, str]:
        client, _, symbol = port.partition(":")
        digits = client.removeprefix("effect_")
        effect = self.loaded.get(int(digits)) if digits != client and digits.isdecimal() else None
        return (effect.plugin if effect else None), symbol

    def _emit(self, kind: str, client: str | None = None, **fields: object) -> None:
        self._events.append({"type": kind, **fields, **({} if client is None else {"client": client})})


def reads_as(value: float, read: float) -> bool:
    """Return whether `param_get`, with four decimals of 32 bits, may say `read` of a value that was set."""
    return abs(single(value) - read) <= READ_ERROR + _SINGLE * abs(value)


def _preset_values(plugin: Plugin | None, uri: str) -> Mapping[str, float]:
    presets = plugin.presets if plugin else ()
    return next((preset.values for preset in presets if preset.uri == uri), {})


def _counted(words: list[str], step: int = 1) -> list[str]:
    return words[1 : 1 + step * max(0, atoi(words[0]))]


def _multi_add(memory: Memory, words: list[str]) -> None:
    named = _counted(words, 2)
    for uri, number in zip(named[::2], named[1::2], strict=False):
        if atoi(number) not in memory.loaded:  # those are refused, silently
            memory.add(uri, atoi(number))


def _multi_set(memory: Memory, words: list[str]) -> None:
    named = _counted(words[2:])
    for number in named:
        if len(named) == 1:
            memory.set(atoi(number), words[0], single(atof(words[1])))
        else:
            memory.flush(atoi(number), ["1", words[0], words[1]])


def _multi_flush(memory: Memory, words: list[str]) -> None:
    named = _counted(words[1:])
    for number in named:
        memory.flush(atoi(number), words[2 + len(named) :])


def _each(change: Callable[[int], None], words: list[str]) -> None:
    for word in _counted(words):
        change(atoi(word))


def _map(memory: Memory, words: list[str]) -> None:
    number, channel, controller = (atoi(words[at]) for at in (0, 2, 3))
    memory.tell_map("midi_mapped", number, words[1], channel=channel, controller=controller)


def _transport(memory: Memory, words: list[str]) -> None:
    bpb, bpm = (single(atof(word)) for word in words[1:3])
    memory.set_transport(rolling=atoi(words[0]) != 0, bpb=bpb, bpm=bpm)


_CHANGES: Mapping[str, Callable[[Memory, list[str]], None]] = {
    "add": lambda memory, words: memory.add(words[0], atoi(words[1])),
    "preload": lambda memory, words: memory.add(words[0], atoi(words[1])),
    "remove": lambda memory, words: memory.remove(atoi(words[0])),
    "bypass": lambda memory, words: memory.bypass(atoi(words[0]), atoi(words[1]) != 0),
    "param_set": lambda memory, words: memory.set(atoi(words[0]), words[1], single(atof(words[2]))),
    "params_flush": lambda memory, words: memory.flush(atoi(words[0]), words[2:]),
    "pre_run": lambda memory, words: memory.flush(atoi(words[0]), words[2:]),
    "midi_map": _map,
    "midi_unmap": lambda memory, words: memory.tell_map("midi_unmapped", atoi(words[0]), words[1]),
    "connect": lambda memory, words: memory.join(words[0], words[1]),
    "connect_safe": lambda memory, words: memory.join(words[0], words[1]),
    "disconnect": lambda memory, words: memory.part([(words[0], words[1])]),
    "disconnect_safe": lambda memory, words: memory.part([(words[0], words[1])]),
    "disconnect_all": lambda memory, words: memory.part([pair for pair in memory.pairs() if words[0] in pair]),
    "transport": _transport,
    "set_bpm": lambda memory, words: memory.set_transport(bpm=single(atof(words[0]))),
    "set_bpb": lambda memory, words: memory.set_transport(bpb=single(atof(words[0]))),
    "multi_add": _multi_add,
    "multi_preload": _multi_add,
    "multi_remove": lambda memory, words: _each(memory.remove, words),
    "multi_bypass": lambda memory, words: _each(lambda number: memory.enable(number, atoi(words[0]) != 0), words[1:]),
    "multi_param_set": _multi_set,
    "multi_params_flush": _multi_flush,
    "multi_pre_run": _multi_flush,
}
