"""Commands for effects and their parameters, one at a time and many at once.

Pure. Words in, codes out; the codes are those of `modhost_protocol.ERROR_REASONS`.
"""

from collections.abc import Mapping

from controld.bridge.hosts.catalogue import ENABLED
from controld.bridge.hosts.virtual_numbers import atof, atoi, single
from controld.bridge.hosts.virtual_rig import BYPASS, Command, Effect, Outcome, Rig
from controld.bridge.modhost_protocol import FEW_ARGUMENTS

OK = 0
INSTANCE_INVALID = -1
INSTANCE_EXISTS = -2
NO_INSTANCE = -3
NO_PLUGIN = -101
NO_SYMBOL = -103
BAD_COUNT = -302
OUT_OF_MEMORY = -901
INVALID = -902

MAX_INSTANCES = 10000  # mod-host accepted 9999 and refused 10000, whatever its README says
ALL = -1

Setting = tuple[str, float]


def _load(rig: Rig, uri: str, number: int, *, active: bool) -> int:
    if not 0 <= number < MAX_INSTANCES:
        return INSTANCE_INVALID
    if number in rig.effects:
        return INSTANCE_EXISTS
    plugin = rig.plugin(uri)
    if plugin is None:
        return NO_PLUGIN
    values = {control.symbol: control.default for control in (BYPASS, *plugin.controls)}
    values |= {control.symbol: 1.0 for control in plugin.controls if control.designation == ENABLED}
    rig.effects[number] = Effect(plugin, values)
    rig.emit("effect_added", effect_id=number, uri=uri)
    rig.follow_transport(number)
    rig.activate(number, active)
    return number


def _unload(rig: Rig, number: int) -> int:
    for each in list(rig.effects) if number == ALL else [number]:
        if each in rig.effects:
            rig.remove(each)
    return OK


def _activate(rig: Rig, number: int, active: bool) -> int:
    if number not in rig.effects:
        return NO_INSTANCE
    rig.activate(number, active)
    return OK


def _bypass(rig: Rig, words: list[str]) -> Outcome:
    number = atoi(words[0])
    if number not in rig.effects:
        return NO_INSTANCE
    rig.write_bypass(number, atoi(words[1]) != 0)
    return OK


def _set(rig: Rig, number: int, symbol: str, value: float) -> int:
    effect = rig.effects.get(number)
    if effect is None:
        return NO_INSTANCE
    control = effect.control(symbol)
    if control is None:
        return NO_SYMBOL
    rig.write(number, symbol, control.clamped(value))
    return OK


def _get(rig: Rig, words: list[str]) -> Outcome:
    effect = rig.effects.get(atoi(words[0]))
    if effect is None:
        return NO_INSTANCE
    value = effect.values.get(words[1])
    return NO_SYMBOL if value is None else f"resp 0 {value:.4f}"


def _monitor(rig: Rig, words: list[str]) -> Outcome:
    if not rig.monitor_address:
        return INSTANCE_INVALID
    reply = _get(rig, words)
    if isinstance(reply, int):
        return reply
    return OK if words[2] in {">", ">=", "<", "<=", "==", "!="} else BAD_COUNT


def _flush(rig: Rig, numbers: list[int], settings: list[Setting]) -> int:
    """Write as mod-host does: nothing is clamped, what an effect does not have is passed over."""
    for number in numbers:
        for symbol, value in settings:
            if number in rig.effects and rig.effects[number].control(symbol):
                rig.write(number, symbol, value)
    return OK


def _params_flush(rig: Rig, words: list[str]) -> Outcome:
    number = atoi(words[0])
    settings = _settings(words[2:])
    if not isinstance(settings, list):
        return settings
    return _flush(rig, [number], settings) if number in rig.effects else NO_INSTANCE


def _settings(words: list[str]) -> list[Setting] | Outcome:
    """Return what "<count> <symbol> <value>..." says, or the reply where it says it wrongly.

    mod-host reads past the end where there are fewer words than counted; we answer instead.
    """
    count = atoi(words[0])
    if count < 0:
        return OUT_OF_MEMORY
    if len(words) < 1 + 2 * count:
        return FEW_ARGUMENTS
    return [(words[i], single(atof(words[i + 1]))) for i in range(1, 1 + 2 * count, 2)]


def _counted(words: list[str], step: int = 1) -> list[str] | Outcome:
    """Return the words that "<count> <word>..." counts, `step` of them each, or the reply where it counts wrongly."""
    count = atoi(words[0])
    if count <= 0:
        return BAD_COUNT if count == 0 else OUT_OF_MEMORY
    if len(words) < 1 + step * count:
        return FEW_ARGUMENTS
    return words[1 : 1 + step * count]


def _multi_load(rig: Rig, words: list[str], *, active: bool) -> Outcome:
    named = _counted(words, step=2)
    if not isinstance(named, list):
        return named
    codes = [_load(rig, uri, atoi(number), active=active) for uri, number in zip(named[::2], named[1::2], strict=True)]
    return codes[0] if len(codes) == 1 else OK


def _multi_remove(rig: Rig, words: list[str]) -> Outcome:
    named = _counted(words)
    if not isinstance(named, list):
        return named
    for word in named:
        _unload(rig, atoi(word))
    return OK


def _multi_activate(rig: Rig, words: list[str]) -> Outcome:
    named = _counted(words[1:])
    if not isinstance(named, list):
        return named
    codes = [_activate(rig, atoi(word), atoi(words[0]) != 0) for word in named]
    return codes[0] if len(codes) == 1 else OK


def _multi_bypass(rig: Rig, words: list[str]) -> Outcome:
    """Move only the lv2:enabled ports, as mod-host does; ":bypass" stays."""
    named = _counted(words[1:])
    if not isinstance(named, list):
        return named
    for number in map(atoi, named):
        if number in rig.effects:
            rig.write_enabled(number, atoi(words[0]) != 0)
    return OK


def _multi_set(rig: Rig, words: list[str]) -> Outcome:
    """Set one parameter of many effects; at once, where mod-host waits for its next audio cycle."""
    named = _counted(words[2:])
    if not isinstance(named, list):
        return named
    symbol, value = words[0], single(atof(words[1]))
    if len(named) == 1:
        return _set(rig, atoi(named[0]), symbol, value)
    return _flush(rig, list(map(atoi, named)), [(symbol, value)])


def _multi_flush(rig: Rig, words: list[str]) -> Outcome:
    named = _counted(words[1:])
    if not isinstance(named, list):
        return named
    rest = words[2 + len(named) :]
    settings = _settings(rest) if rest else FEW_ARGUMENTS
    if not isinstance(settings, list):
        return settings
    return _flush(rig, list(map(atoi, named)), settings)


COMMANDS: Mapping[str, Command] = {
    "add": Command(2, 2, lambda rig, words: _load(rig, words[0], atoi(words[1]), active=True)),
    "preload": Command(2, 2, lambda rig, words: _load(rig, words[0], atoi(words[1]), active=False)),
    "remove": Command(1, 1, lambda rig, words: _unload(rig, atoi(words[0]))),
    "activate": Command(2, 2, lambda rig, words: _activate(rig, atoi(words[0]), atoi(words[1]) != 0)),
    "bypass": Command(2, 2, _bypass),
    "param_set": Command(3, 3, lambda rig, words: _set(rig, atoi(words[0]), words[1], single(atof(words[2])))),
    "param_get": Command(2, 2, _get),
    "param_monitor": Command(4, 4, _monitor),
    "params_flush": Command(3, None, _params_flush),
    "pre_run": Command(3, None, _params_flush),
    "multi_add": Command(1, None, lambda rig, words: _multi_load(rig, words, active=True)),
    "multi_preload": Command(1, None, lambda rig, words: _multi_load(rig, words, active=False)),
    "multi_remove": Command(1, None, _multi_remove),
    "multi_activate": Command(2, None, _multi_activate),
    "multi_bypass": Command(2, None, _multi_bypass),
    "multi_param_set": Command(3, None, _multi_set),
    "multi_params_flush": Command(4, None, _multi_flush),
    "multi_pre_run": Command(4, None, _multi_flush),
}
