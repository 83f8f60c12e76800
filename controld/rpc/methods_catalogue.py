"""The methods about the plugins there are: lists, everything known of one, and presets.

Pure. What the engine told once is kept until it is another engine (`call.Catalogue`).
"""

from collections.abc import Callable, Mapping

from controld.errors import hinted
from controld.rpc import shapes
from controld.rpc.answers import CallFailed, Code, Outcome, Result, done
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
    return _detail(call, call.text("uri"), lambda detail: done(plugin=detail))


def _bulk(call: Call) -> Outcome:
    wanted = call.args["uris"]
    uris = [str(uri) for uri in wanted] if isinstance(wanted, list) else []
    if not uris or len(uris) > _MAX_BULK:
        raise CallFailed(Code.INVALID_PARAMETERS, f"'uris' has to list 1 to {_MAX_BULK} URIs", parameter="uris")
    found: dict[str, object] = {}

    def next_one() -> Outcome:
        while len(found) < len(dict.fromkeys(uris)):
            uri = next(each for each in uris if each not in found)
            if call.catalogue.plugins is not None and uri not in call.catalogue.plugins:
                found[uri] = {"error": f"Plugin not found: {uri}"}
                continue
            return _detail(call, uri, lambda detail, uri=uri: _took(uri, detail))  # type: ignore[misc]
        return done(plugins=found)

    def _took(uri: str, detail: Result) -> Outcome:
        found[uri] = detail
        return next_one()

    return call.with_plugins(lambda _plugins: next_one())


def _detail(call: Call, uri: str, then: Callable[[Result], Outcome]) -> Outcome:
    """Answer with everything known of a plugin; what is not known yet is asked for."""
    catalogue = call.catalogue

    def with_list(plugins: Mapping[str, Members]) -> Outcome:
        if uri not in plugins:
            text = hinted(f"the engine has no plugin `{uri}`", uri, plugins)
            raise CallFailed(Code.PLUGIN_NOT_FOUND, text, uri=uri)
        if uri in catalogue.essentials:
            return with_presets()
        return call.ask("plugin", "get_plugin_essentials", take_essentials, plugin_uri=uri)

    def take_essentials(reply: Members) -> Outcome:
        found = reply.get("essentials")
        catalogue.essentials[uri] = found if isinstance(found, dict) else {}
        return with_presets()

    def with_presets() -> Outcome:
        if uri in catalogue.presets:
            return tell()
        return call.ask("plugin", "get_plugin_presets", take_presets, plugin_uri=uri)

    def take_presets(reply: Members) -> Outcome:
        found = reply.get("presets")
        catalogue.presets[uri] = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
        return tell()

    def tell() -> Outcome:
        info = (catalogue.plugins or {}).get(uri, {})
        return then(shapes.plugin_detail(uri, info, catalogue.essentials[uri], catalogue.presets[uri]))

    return call.with_plugins(with_list)


def _show_presets(call: Call) -> Outcome:
    if call.given("instance_id"):
        effect = call.effect()
        return done(instance_id=effect.name, presets=shapes.preset_list(effect.plugin), current=effect.preset)

    def tell(detail: Result) -> Outcome:
        presets = detail["presets"]
        found = [{**each, "name": each["label"]} for each in presets] if isinstance(presets, list) else []
        return done(presets=found)

    return _detail(call, call.text("uri"), tell)


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
