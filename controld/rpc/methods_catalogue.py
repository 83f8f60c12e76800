"""The methods about the plugins there are: lists, everything known of one, and presets.

Pure. What the engine told once is kept until it is another engine (`call.Catalogue`).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from controld.bridge.protocol_values import items, members
from controld.errors import hinted
from controld.rpc import shapes
from controld.rpc.answers import CallFailed, Code, Outcome, Question, Result, done
from controld.rpc.call import Call, Members
from controld.rpc.registry import ID, LIST, OBJECT, TEXT, Member, Method, Parameter

_GROUP = "Plugins"
_MAX_BULK = 2000


def _list_plugins(call: Call) -> Outcome:
    return call.with_plugins(lambda found: done(plugins=[shapes.plugin_listed(info) for info in found.values()]))


def _available(call: Call) -> Outcome:
    return call.with_plugins(
        lambda found: done(plugins={uri: shapes.plugin_listed(info) for uri, info in found.items()})
    )


def _by_uri(call: Call) -> Outcome:
    return _detailed(call, call.text("uri"), lambda detail: done(plugin=detail))


def _bulk(call: Call) -> Outcome:
    wanted = call.args["uris"]
    uris = tuple(dict.fromkeys(map(str, wanted))) if isinstance(wanted, list) else ()
    if not uris or len(uris) > _MAX_BULK:
        raise CallFailed(Code.INVALID_PARAMETERS, f"'uris' has to list 1 to {_MAX_BULK} URIs", parameter="uris")
    return call.with_plugins(lambda plugins: _learn_all(call, uris, 0, plugins))


def _learn_all(call: Call, uris: Sequence[str], start: int, plugins: Mapping[str, Members]) -> Outcome:
    """Ask for what is not known of plugins from a place on, one after the other; then tell everything."""
    for place in range(start, len(uris)):
        question = _question(call, uris[place], partial(_learn_all, call, uris, place, plugins))
        if uris[place] in plugins and question is not None:
            return question
    return done(plugins={uri: _told(call, uri, plugins) for uri in uris})


def _told(call: Call, uri: str, plugins: Mapping[str, Members]) -> Result:
    """Return everything known of a plugin, or why there is nothing."""
    catalogue = call.catalogue
    error = catalogue.refused.get(uri) or ("" if uri in plugins else f"Plugin not found: {uri}")
    if error:
        return {"error": error}
    essentials, presets = catalogue.essentials.get(uri, {}), catalogue.presets.get(uri, [])
    return shapes.plugin_detail(uri, plugins[uri], essentials, presets)


def _question(call: Call, uri: str, then: Callable[[], Outcome]) -> Question | None:
    """Return the question whose answer is missing of a plugin: first its controls, then its presets; None for none."""
    catalogue = call.catalogue

    def take(method: str, reply: Members) -> Outcome:
        error = reply.get("error")
        if isinstance(error, str):
            catalogue.refused[uri] = error
        elif method == "get_plugin_presets":
            catalogue.presets[uri] = [dict(members(each)) for each in items(reply.get("presets"))]
        else:
            catalogue.essentials[uri] = members(reply.get("essentials"))
        return then()

    if uri in catalogue.refused or (uri in catalogue.essentials and uri in catalogue.presets):
        return None
    method = "get_plugin_presets" if uri in catalogue.essentials else "get_plugin_essentials"
    body = {"action": "plugin", "method": method, "plugin_uri": uri}
    return Question(body, lambda reply: take(method, reply))


def _detailed(call: Call, uri: str, then: Callable[[Result], Outcome]) -> Outcome:
    """Go on with everything known of a plugin; what is not known yet is asked for."""

    def with_list(plugins: Mapping[str, Members]) -> Outcome:
        if uri not in plugins:
            text = hinted(f"the engine has no plugin `{uri}`", uri, plugins)
            raise CallFailed(Code.PLUGIN_NOT_FOUND, text, uri=uri)
        question = _question(call, uri, lambda: with_list(plugins))
        if question is not None:
            return question
        told = _told(call, uri, plugins)
        if "error" in told:
            raise CallFailed(Code.BRIDGE_ERROR, f"the engine refused it: {told['error']}", uri=uri)
        return then(told)

    return call.with_plugins(with_list)


def _show_presets(call: Call) -> Outcome:
    if call.given("instance_id"):
        effect = call.effect()
        return done(instance_id=effect.name, presets=shapes.preset_list(effect.plugin), current=effect.preset)

    def tell(detail: Result) -> Outcome:
        presets = [members(each) for each in items(detail["presets"])]
        return done(presets=[{**each, "name": each.get("label", "")} for each in presets])

    return _detailed(call, call.text("uri"), tell)


# The table

_URI = Parameter("uri", TEXT, "The plugin's LV2 URI.", required=True, aliases=("plugin_uri",))
_ASK_CODES = (Code.BRIDGE_ERROR, Code.TIMEOUT)

METHODS = (
    Method("get_plugin_info_by_uri", _GROUP, _by_uri, "Tell everything known of a plugin.", (_URI,),
           (Member("plugin", OBJECT, "`ports`, `presets`, `control_inputs` with their ranges, `author` ..."),),
           (Code.PLUGIN_NOT_FOUND, *_ASK_CODES)),
    Method("get_plugins_bulk", _GROUP, _bulk, "Tell everything known of many plugins.",
           (Parameter("uris", LIST, "The plugins' LV2 URIs.", required=True),),
           (Member("plugins", OBJECT, "By URI what `get_plugin_info_by_uri` tells, or `{error}`."),),
           (Code.INVALID_PARAMETERS, *_ASK_CODES)),
    Method("list_plugins", _GROUP, _list_plugins, "List the plugins there are.", (),
           (Member("plugins", LIST, "Plugins: `uri`, `name`, `brand`, `category`, `version`, counts of `ports` ..."),),
           _ASK_CODES),
    Method("get_available_plugins", _GROUP, _available, "List the plugins there are, by URI.", (),
           (Member("plugins", OBJECT, "By URI what `list_plugins` tells."),), _ASK_CODES),
    Method("show_presets", _GROUP, _show_presets, "List the presets of an effect, or of a plugin.",
           (Parameter("instance_id", ID, "The effect.", aliases=("instance",)),
            Parameter("uri", TEXT, "The plugin's LV2 URI.", aliases=("plugin_uri",))),
           (Member("presets", LIST, "Presets: `uri` and `name`."),
            Member("instance_id", TEXT, "The effect, where one was named.", always=False),
            Member("current", TEXT, "The loaded one's label, where an effect was named.", always=False)),
           (Code.INSTANCE_NOT_FOUND, Code.PLUGIN_NOT_FOUND, *_ASK_CODES), one_of=("instance_id", "uri")),
)  # fmt: skip
