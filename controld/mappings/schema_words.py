"""Words of the mapping language that have no table of their own: what is not built yet, and the usual colours.

Pure. A word listed under `NOT_BUILT_YET` is refused by name, so that nobody hunts for a slip of the pen in a rule that
is right. Building one means taking it out here and giving it a field.
"""

from collections.abc import Mapping

NOT_BUILT_YET: Mapping[str, frozenset[str]] = {
    "rig": frozenset({"includes", "osc", "midi", "rpc", "network"}),
    "surface": frozenset({"id", "usb", "tcp"}),
    "pedalboard": frozenset({"includes"}),
}  # fmt: skip

# Colour names that are right even where no profile at hand has them: mappings are written before devices are bought.
COLORS = frozenset({
    "red", "orange", "amber", "yellow", "lime", "green", "teal", "cyan", "turquoise", "blue", "indigo", "violet",
    "purple", "magenta", "pink", "rose", "white", "warm", "grey", "gray", "brown", "gold",
})  # fmt: skip
