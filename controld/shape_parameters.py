"""Checks of written parameters against what is known of plugins before any engine runs.

Pure. Pedalboards and mappings both name parameters; both are checked here while their places are known.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from controld.document import Node
from controld.shape import Report, listed
from controld.values import Level, Scale, clamp, convert_unit, same_value

# URI -> parameter symbol -> its scale. A plugin that is absent is not known, and nothing is said of it.
Symbols = Mapping[str, Mapping[str, Scale]]


def check_symbol(node: Node, effect: str, symbol: str, uris: Iterable[str], symbols: Symbols, report: Report) -> None:
    """Report a symbol that no plugin of `uris` has; nothing where one of them is not known."""
    plugins = [symbols.get(uri) for uri in uris]
    if any(plugin is None or symbol in plugin for plugin in plugins):
        return
    names = sorted({name for plugin in plugins for name in plugin or ()})
    folded = {name.lower(): name for name in names}  # plugins write GAIN, Gain and gain
    close = get_close_matches(symbol.lower(), folded, n=1, cutoff=0.6)
    hint = f"did you mean `{folded[close[0]]}`?" if close else known(names)
    report.error(node, f"`{effect}` has no parameter `{symbol}`", hint)


def check_level(
    node: Node, level: Level, effect: str, symbol: str, uris: Iterable[str], symbols: Symbols, report: Report
) -> None:
    """Report a level whose unit the parameter has on no plugin of `uris`, and warn of one outside all their ranges."""
    scales = _scales(uris, symbols, symbol)
    if level.unit != "%" and _check_unit(node, level, effect, symbol, scales, report):
        _check_range(node, level, effect, symbol, scales, report)


def warn_of_trigger(node: Node, effect: str, symbol: str, uri: str, symbols: Symbols, report: Report) -> None:
    """Warn of a stored parameter that is a moment and no state: whatever recalls it, plays it."""
    scale = symbols.get(uri, {}).get(symbol)
    if scale is not None and scale.trigger:
        hint = "nothing that is saved has it; a rule can play it"
        report.warn(node, f"`{effect}/{symbol}` is a trigger, which happens each time it is recalled", hint)


def check_step(
    node: Node, by: Level, effect: str, symbol: str, uris: Iterable[str], symbols: Symbols, report: Report
) -> None:
    """Report a step whose unit the parameter has on no plugin of `uris`."""
    if by.unit != "%":
        _check_unit(node, by, effect, symbol, _scales(uris, symbols, symbol), report)


def _scales(uris: Iterable[str], symbols: Symbols, symbol: str) -> list[Scale]:
    """Return a parameter's scales on several plugins; none where one of them is not known."""
    plugins = [symbols.get(uri, {}) for uri in uris]
    return [plugin[symbol] for plugin in plugins] if all(symbol in plugin for plugin in plugins) else []


def _check_range(node: Node, level: Level, effect: str, symbol: str, scales: list[Scale], report: Report) -> None:
    values = [(scale, value) for scale in scales if (value := scale.resolve(level)) is not None]
    if not values or any(same_value(clamp(value, scale.minimum, scale.maximum), value) for scale, value in values):
        return
    ends = listed(sorted({f"{scale.minimum:g} to {scale.maximum:g} {scale.unit}".rstrip() for scale, _ in values}))
    report.warn(node, f"`{level}` is outside the range of `{effect}/{symbol}`", f"it goes from {ends}")


def _check_unit(node: Node, level: Level, effect: str, symbol: str, scales: list[Scale], report: Report) -> bool:
    own = {scale.unit for scale in scales}
    if not own or not level.unit:
        return True
    if all(convert_unit(level.value, level.unit, unit) is None for unit in own):
        named = listed(sorted(f"the unit {unit}" if unit else "no unit" for unit in own))
        hint = "a bare number or `%` always fits"
        report.error(node, f"`{level}` does not fit `{effect}/{symbol}`, which has {named}", hint)
        return False
    return True


def known(names: Iterable[str]) -> str:
    """Return the hint that lists what there is."""
    some = sorted(names)
    shown = ", ".join(some[:12]) + (", ..." if len(some) > 12 else "")
    return f"known: {shown}" if some else "there are none"
