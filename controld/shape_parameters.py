"""Checks of written parameters against what is known of plugins before any engine runs.

Pure. Pedalboards and mappings both name parameters; both are checked here while their places are known.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from controld.document import Node
from controld.shape import Report, listed
from controld.values import Level, convert_unit

# URI -> parameter symbol -> unit ("" for none). A plugin that is absent is not known, and nothing is said of it.
Symbols = Mapping[str, Mapping[str, str]]


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


def check_unit(
    node: Node, level: Level, effect: str, symbol: str, uris: Iterable[str], symbols: Symbols, report: Report
) -> None:
    """Report a level whose unit fits none of the units the parameter has on the plugins of `uris`."""
    if not level.unit or level.unit == "%":
        return
    plugins = [symbols.get(uri, {}) for uri in uris]
    own = {plugin[symbol] for plugin in plugins if symbol in plugin}
    if not own or any(symbol not in plugin for plugin in plugins):
        return
    if all(convert_unit(level.value, level.unit, unit) is None for unit in own):
        named = listed(sorted(f"the unit {unit}" if unit else "no unit" for unit in own))
        hint = "a bare number or `%` always fits"
        report.error(node, f"`{level}` does not fit `{effect}/{symbol}`, which has {named}", hint)


def known(names: Iterable[str]) -> str:
    """Return the hint that lists what there is."""
    some = sorted(names)
    shown = ", ".join(some[:12]) + (", ..." if len(some) > 12 else "")
    return f"known: {shown}" if some else "there are none"
