"""What players write instead of a word of the language, and the hint that leads there.

Pure. Habits come from other programs, manuals and plain speech (`led`, `long`, `to: on`); spelling alone, which
`errors.nearest` judges, would lead astray or nowhere.
"""

from collections.abc import Mapping

# Words for a gesture.
GESTURES: Mapping[str, str] = {
    **dict.fromkeys(("long", "longpress", "long-press", "held", "keep"), "hold"),
    **dict.fromkeys(("tap", "click", "push", "down", "on", "pressed"), "press"),
    **dict.fromkeys(("up", "off", "released", "let-go"), "release"),
    **dict.fromkeys(("double-tap", "doubletap", "double-press", "double-click", "twice"), "double"),
    **dict.fromkeys(("turn", "moved", "changed", "sweep"), "move"),
}

# Words for what becomes of an effect.
BYPASS: Mapping[str, str] = {
    **dict.fromkeys(("on", "true", "yes", "enable", "enabled", "engaged", "1"), "active"),
    **dict.fromkeys(("off", "false", "no", "disable", "disabled", "bypass", "0"), "bypassed"),
}
SWITCH: Mapping[str, str] = {
    **dict.fromkeys(("true", "yes", "active", "enabled"), "on"),
    **dict.fromkeys(("false", "no", "bypassed", "disabled"), "off"),
}
TRANSPORT: Mapping[str, str] = {
    **dict.fromkeys(("on", "true", "play", "run"), "start"),
    **dict.fromkeys(("off", "false", "pause", "halt"), "stop"),
}

_IN_WHEN = "a gesture stands in `when`, as in `when: floor.fs1 hold 700 ms`"
_IN_FEEDBACK = "how a control looks is said by `feedback: {color: red}`"
# Keys of a rule.
RULE_KEYS: Mapping[str, str] = {
    **dict.fromkeys(("hold", "press", "release", "double", "repeat", "toe", "heel", "gesture"), _IN_WHEN),
    **dict.fromkeys(("led", "light", "color", "colour", "blink"), _IN_FEEDBACK),
    **dict.fromkeys(("then", "action", "actions", "target"), "did you mean `do`?"),
    **dict.fromkeys(("on", "trigger", "control", "source", "switch"), "did you mean `when`?"),
    "page": "that the rule counts on one page is said by `if: {page: solo}`, or by its place under `pages`",
}

# Words that stand in the place of an action.
ACTIONS: Mapping[str, str] = {
    **dict.fromkeys(("toggle", "enable", "disable", "effect", "stomp"), "an effect is switched by `bypass: drive`"),
    **dict.fromkeys(("tap", "bpm"), "as in `tempo: tap` or `tempo: 120`"),
    **dict.fromkeys(("scene", "recall"), "did you mean `snapshot`?"),
    **dict.fromkeys(("board", "patch"), "did you mean `pedalboard`?"),
    **dict.fromkeys(("midi", "cc", "program", "note", "osc", "sysex"), "as in `send: floor, midi: {program: 3}`"),
    **dict.fromkeys(("delay", "sleep", "pause"), "did you mean `wait`?"),
    **dict.fromkeys(("variable", "var"), "as in `set: solo, to: true`"),
    **dict.fromkeys(("text", "display"), 'as in `show: floor.screen, text: "{snapshot}"`'),
}


def meant(word: str, words: Mapping[str, str]) -> str:
    """Return the hint for a word that stands for another, "" where none is known."""
    other = words.get(word.casefold())
    return f"did you mean `{other}`?" if other else ""
