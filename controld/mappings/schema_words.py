"""Words of the mapping language that have no table of their own: what is not built yet, and the usual colours.

Pure. A word listed under `NOT_BUILT_YET` is refused by name, so that nobody hunts for a slip of the pen in a rule that
is right. Building one means taking it out here and giving it a field.
"""

from collections.abc import Mapping

NOT_BUILT_YET: Mapping[str, frozenset[str]] = {
    "file": frozenset({"pages", "variables", "tests", "roles", "includes", "panic"}),
    "rig": frozenset({"includes", "osc", "midi", "rpc", "network", "panic", "preload", "variables"}),
    "engine": frozenset({"address"}),
    "surface": frozenset({"id", "usb", "tcp"}),
    "rule": frozenset({"mode"}),
    "when": frozenset({"midi", "event"}),
    "gesture": frozenset({"hold-release", "repeat", "toe", "heel"}),
    "action": frozenset({
        "bank", "morph", "page", "tempo", "transport", "show", "tuner", "mute", "set", "undo", "redo", "panic",
        "resync",
    }),
    "parameter": frozenset({"cycle", "over", "deadzone", "smooth", "takeover", "acceleration", "release"}),
    "bypass": frozenset({"over"}),
    "snapshot": frozenset({"save", "over"}),
    "if": frozenset({"page", "variable", "control"}),
    "feedback": frozenset({"value", "text"}),
    "pedalboard": frozenset({"roles", "mappings", "global", "includes"}),
}  # fmt: skip

# Colour names that are right even where no profile at hand has them: mappings are written before devices are bought.
COLORS = frozenset({
    "red", "orange", "amber", "yellow", "lime", "green", "cyan", "blue", "purple", "magenta", "pink", "white",
})  # fmt: skip
