"""The methods about the effects of the pedalboard: loading and removing them, parameters, bypasses and presets.

Pure.
"""

from collections.abc import Callable, Mapping

from controld.actions import LoadPreset, SetBypass, SetParameter
from controld.changes import (
    BypassChanged,
    EffectAdded,
    EffectRemoved,
    ParameterChanged,
    PedalboardChanged,
    PresetChanged,
    PresetSaved,
    State,
    StateChange,
)
from controld.errors import hinted
from controld.rpc import shapes
from controld.rpc.answers import CallFailed, Code, Outcome, Result, done
from controld.rpc.call import Call, Members, engine_away, gone
from controld.rpc.registry import ANY, BOOLEAN, ID, NUMBER, OBJECT, TEXT, Member, Method, Parameter
from controld.session.edits import CreateEffect, DeleteEffect, SavePreset
from controld.session.state import BYPASS, EffectState
from controld.values import Level

_GROUP = "Effects on the pedalboard"


# What is on the pedalboard


def _known_plugins(call: Call, then: Callable[[Mapping[str, Members]], Outcome]) -> Outcome:
    """Go on with the list of plugins, or without it where no engine can be asked."""
    if engine_away(call):
        return then(call.catalogue.plugins or {})
    return call.with_plugins(then)


def _instances(call: Call) -> Outcome:
    def tell(plugins: Mapping[str, Members]) -> Outcome:
        effects = call.look.effects.values()
        found = {each.name: shapes.instance(call.look, each, plugins.get(each.uri, {})) for each in effects}
        return done(instances=found)

    return _known_plugins(call, tell)


def _info(call: Call) -> Outcome:
    def tell(plugins: Mapping[str, Members]) -> Outcome:
        effect = call.effect()
        return done(plugin=shapes.instance(call.look, effect, plugins.get(effect.uri, {})))

    return _known_plugins(call, tell)


def _load(call: Call) -> Outcome:
    levels = _levels(call.args["parameters"])
    return _known_plugins(call, lambda plugins: _create(call, levels, plugins.get(call.text("uri"), {})))


def _create(call: Call, levels: dict[str, Level], info: Members) -> Outcome:
    uri, made = call.text("uri"), [""]

    def judge(change: StateChange, reason: str) -> Result | None:
        if isinstance(change, EffectAdded) and change.origin == call.origin and not made[0] and change.uri == uri:
            made[0] = change.effect
        if isinstance(change, EffectRemoved) and change.effect == made[0]:
            raise CallFailed(Code.INSTANCE_NOT_FOUND, f"{made[0]} was removed meanwhile", instance_id=made[0])
        if not isinstance(change, EffectAdded) or change.effect != made[0] or change.state is State.ASKED:
            return None
        effect = call.look.effects.get(change.effect)
        if change.state is State.FAILED or effect is None:
            raise CallFailed(Code.PLUGIN_NOT_FOUND, reason or f"the engine could not load {uri}", uri=uri)
        return done(instance_id=effect.name, plugin=shapes.instance(call.look, effect, info))

    action = CreateEffect(
        uri,
        call.text("name"),
        (call.number("x"), call.number("y")),
        call.args["bypassed"] is True,
        call.text("preset"),
        levels,
    )
    return call.follow(action, (EffectAdded, EffectRemoved, PedalboardChanged), judge, {"uri": uri})


def _levels(given: object) -> dict[str, Level]:
    levels: dict[str, Level] = {}
    for symbol, value in given.items() if isinstance(given, dict) else ():
        if isinstance(value, bool) or not isinstance(value, int | float):
            text = f"the value of '{symbol}' has to be a number"
            raise CallFailed(Code.INVALID_PARAMETERS, text, parameter="parameters")
        levels[str(symbol)] = Level(Parameter(symbol, NUMBER, "").read(value))  # type: ignore[arg-type]
    return levels


def _unload(call: Call) -> Outcome:
    name = call.effect().name

    def judge(change: StateChange, reason: str) -> Result | None:
        if not isinstance(change, EffectRemoved) or change.effect != name or change.state is State.ASKED:
            return None
        if change.state is State.FAILED:
            raise CallFailed(Code.BRIDGE_ERROR, reason or f"the engine would not remove {name}", instance_id=name)
        return done(instance_id=name)

    return call.follow(DeleteEffect(name), (EffectRemoved,), judge, {"instance_id": name})


# Values


def _set_parameter(call: Call) -> Outcome:
    effect, symbol, value = call.effect(), call.text("parameter"), call.number("value")
    if symbol == BYPASS:
        return _bypass(call, effect, bypassed=value != 0)
    cell = effect.cells.get(symbol)
    if cell is None and effect.plugin is not None:
        raise _no_parameter(effect, symbol)
    scale = cell.scale if cell else None
    if scale is not None and not scale.minimum <= value <= scale.maximum:
        text = f"{value:g} is outside {scale.minimum:g} to {scale.maximum:g} {scale.unit}".rstrip()
        ends = {"minimum": scale.minimum, "maximum": scale.maximum}
        raise CallFailed(Code.INVALID_PARAMETERS, f"{effect.name}/{symbol}: {text}", parameter="value", **ends)
    # As a move of a sweep: only the newest of many counts, and none of them keeps a player's switch waiting.
    action = SetParameter(effect.name, symbol, Level(value), continuous=True)
    return _follow_cell(call, action, effect, symbol, value)


def _no_parameter(effect: EffectState, symbol: str) -> CallFailed:
    known = [each for each in effect.cells if each != BYPASS]
    text = hinted(f"{effect.name} has no parameter `{symbol}`", symbol, known)
    return CallFailed(Code.INVALID_PARAMETERS, text, parameter="parameter")


def _follow_cell(
    call: Call, action: SetParameter | SetBypass, effect: EffectState, symbol: str, value: float
) -> Outcome:
    asked = {"instance_id": effect.name, "parameter": symbol, "asked": value}

    def judge(change: StateChange, reason: str) -> Result | None:
        gone(call, effect, change)
        if isinstance(change, ParameterChanged):
            if change.effect != effect.name or change.symbol != symbol:
                return None
        elif not (isinstance(change, BypassChanged) and symbol == BYPASS and change.effect == effect.name):
            return None
        return _judge_cell(effect, symbol, asked, reason)

    kinds = (BypassChanged, ParameterChanged, PedalboardChanged, EffectRemoved)
    return call.follow(action, kinds, judge, asked)


def _judge_cell(effect: EffectState, symbol: str, asked: Result, reason: str) -> Result | None:
    """Answer once nothing of it is on its way: `value` is what is, which a newer wish may have made another."""
    cell = effect.cells.get(symbol)
    if cell is None:
        if effect.plugin is None:
            return None
        raise _no_parameter(effect, symbol)
    if cell.state is State.FAILED:
        text = reason or f"the engine refused it: {cell.failure}"
        raise CallFailed(Code.BRIDGE_ERROR, text, **asked, value=cell.confirmed)
    if cell.state is not State.CONFIRMED or cell.sent is not None:
        return None
    return done(**asked, value=cell.confirmed)


def _get_parameter(call: Call) -> Outcome:
    effect, symbol = call.effect(), call.text("parameter")
    cell = effect.cells.get(symbol)
    if cell is None:
        raise _no_parameter(effect, symbol)
    held = cell.asked if cell.confirmed is None else cell.confirmed
    scale = cell.scale
    limits = {} if scale.maximum == float("inf") else {"minimum": scale.minimum, "maximum": scale.maximum}
    return done(instance_id=effect.name, parameter=symbol, value=held, asked=cell.asked, state=cell.state.value,
                **limits)  # fmt: skip


def _set_bypass(call: Call) -> Outcome:
    return _bypass(call, call.effect(), bypassed=call.args["bypassed"] is True)


def _bypass(call: Call, effect: EffectState, *, bypassed: bool) -> Outcome:
    return _follow_cell(call, SetBypass((effect.name,), bypassed), effect, BYPASS, float(bypassed))


# Presets


def _load_preset(call: Call) -> Outcome:
    effect = call.effect()
    wanted = call.text("preset_uri") or call.text("label")

    def judge(change: StateChange, reason: str) -> Result | None:
        gone(call, effect, change)
        if not isinstance(change, PresetChanged) or change.effect != effect.name or change.state is State.ASKED:
            return None
        if change.state is State.FAILED:
            text = reason or effect.preset_failure or "the engine refused it"
            raise CallFailed(Code.BRIDGE_ERROR, text, instance_id=effect.name, asked=wanted)
        return done(instance_id=effect.name, asked=wanted, **_preset_of(effect, change.preset))

    kinds = (PresetChanged, PedalboardChanged, EffectRemoved)
    return call.follow(LoadPreset(effect.name, wanted), kinds, judge, {"instance_id": effect.name, "asked": wanted})


def _preset_of(effect: EffectState, label: str) -> Result:
    uris = {each.label: each.uri for each in (effect.plugin.presets if effect.plugin else ())}
    return {"preset": label, "preset_uri": uris.get(label, "")}


def _save_preset(call: Call) -> Outcome:
    effect, label = call.effect(), call.text("preset_name")

    def judge(change: StateChange, reason: str) -> Result | None:
        gone(call, effect, change)
        if not isinstance(change, PresetSaved) or change.effect != effect.name or change.state is State.ASKED:
            return None
        if change.state is State.FAILED:
            text = reason or "the engine would not keep it"
            raise CallFailed(Code.BRIDGE_ERROR, text, instance_id=effect.name, preset=label)
        call.catalogue.presets.pop(effect.uri, None)
        return done(instance_id=effect.name, **_preset_of(effect, change.preset))

    kinds = (PresetSaved, PedalboardChanged, EffectRemoved)
    return call.follow(SavePreset(effect.name, label), kinds, judge, {"instance_id": effect.name, "preset": label})


# The table

_INSTANCE = Parameter("instance_id", ID, "The effect: its name on the pedalboard, or its number in the engine.",
                      required=True, aliases=("instance",))  # fmt: skip
_SYMBOL = Parameter("parameter", TEXT, "The parameter's LV2 symbol; `:bypass` for the bypass.", required=True,
                    aliases=("port", "symbol"))  # fmt: skip
_URI = Parameter("uri", TEXT, "The plugin's LV2 URI.", required=True, aliases=("plugin_uri",))
_ID_BACK = Member("instance_id", TEXT, "The effect's name on the pedalboard.")
_ASKED = Member("asked", NUMBER, "What was asked.")
_IS = Member("value", NUMBER, "What is, as the engine confirmed it; a newer wish may have made it another.")
_PLUGIN = Member("plugin", OBJECT, "The effect: `uri`, `name`, `x`, `y`, `enabled`, `preset`, `parameters` ...")
_ENGINE_CODES = (Code.INVALID_PARAMETERS, Code.INSTANCE_NOT_FOUND, Code.BRIDGE_ERROR, Code.TIMEOUT)
_ASK_CODES = (Code.BRIDGE_ERROR, Code.TIMEOUT)

METHODS = (
    Method("load_plugin", _GROUP, _load, "Add a plugin to the pedalboard.",
           (_URI,
            Parameter("x", NUMBER, "Where it stands in a drawing.", default=0.0),
            Parameter("y", NUMBER, "Where it stands in a drawing.", default=0.0),
            Parameter("parameters", OBJECT, "Values by symbol; the others stand at the plugin's defaults."),
            Parameter("name", TEXT, "What the pedalboard calls it; else a name is made.", aliases=("instance_id",)),
            Parameter("preset", TEXT, "A preset to begin with, by its label."),
            Parameter("bypassed", BOOLEAN, "Whether it begins bypassed.", default=False)),
           (_ID_BACK, _PLUGIN), (Code.INVALID_PARAMETERS, Code.PLUGIN_NOT_FOUND, *_ASK_CODES), waits=True,
           aliases=("add_plugin",)),
    Method("unload_plugin", _GROUP, _unload, "Remove an effect from the pedalboard, with its connections.",
           (_INSTANCE,), (_ID_BACK,), _ENGINE_CODES, waits=True, aliases=("remove_plugin",)),
    Method("get_plugin_info", _GROUP, _info, "Tell of an effect on the pedalboard.", (_INSTANCE,), (_PLUGIN,),
           (Code.INSTANCE_NOT_FOUND, *_ASK_CODES)),
    Method("list_instances", _GROUP, _instances, "Tell of all effects on the pedalboard.", (),
           (Member("instances", OBJECT, "By `instance_id` what `get_plugin_info` tells."),), _ASK_CODES),
    Method("set_parameter", _GROUP, _set_parameter, "Set a parameter, in the plugin's own unit.",
           (_INSTANCE, _SYMBOL, Parameter("value", NUMBER, "The value; outside its range it is refused.",
                                          required=True)),
           (_ID_BACK, Member("parameter", TEXT, "The symbol."), _ASKED, _IS), _ENGINE_CODES, waits=True),
    Method("get_parameter", _GROUP, _get_parameter, "Tell a parameter's value.", (_INSTANCE, _SYMBOL),
           (_ID_BACK, Member("parameter", TEXT, "The symbol."), _ASKED,
            Member("value", NUMBER, "What is, or what was asked where the engine has not said yet."),
            Member("state", TEXT, "`asked`, `confirmed` or `failed`."),
            Member("minimum", NUMBER, "Where the engine tells the range.", always=False),
            Member("maximum", NUMBER, "Where the engine tells the range.", always=False)),
           (Code.INVALID_PARAMETERS, Code.INSTANCE_NOT_FOUND)),
    Method("set_bypass", _GROUP, _set_bypass, "Bypass an effect or make it active.",
           (_INSTANCE, Parameter("bypassed", BOOLEAN, "Whether sound passes unprocessed.", required=True)),
           (_ID_BACK, Member("parameter", TEXT, "`:bypass`."), Member("asked", NUMBER, "1 for bypassed."),
            Member("value", NUMBER, "What is: 1 for bypassed.")), _ENGINE_CODES, waits=True),
    Method("load_preset", _GROUP, _load_preset, "Load a preset of an effect.",
           (_INSTANCE, Parameter("preset_uri", TEXT, "Its URI or its label.", aliases=("uri", "preset")),
            Parameter("label", TEXT, "Its label; counts where no URI is given.")),
           (_ID_BACK, Member("asked", TEXT, "What was asked."), Member("preset", TEXT, "The label of what is loaded."),
            Member("preset_uri", TEXT, "Its URI.")), _ENGINE_CODES, waits=True, one_of=("preset_uri", "label")),
    Method("save_preset", _GROUP, _save_preset, "Keep how an effect is played as a preset of its plugin.",
           (_INSTANCE, Parameter("preset_name", TEXT, "Its label.", required=True, aliases=("label", "name")),
            Parameter("uri", TEXT, "Taken, and not needed: the engine gives the URI."),
            Parameter("directory", ANY, "Taken, and not needed: the engine knows where to.")),
           (_ID_BACK, Member("preset", TEXT, "Its label."), Member("preset_uri", TEXT, "Its URI, where it is known.")),
           _ENGINE_CODES, waits=True),
)  # fmt: skip
