"""From a request's bytes to a reply's text: what section 2 of the protocol's notes says, and our extensions to it.

No sockets here. The order of dispatch is the stock bridge's; the extensions come last, so that no request that means
something to the stock bridge means anything else here.
"""

from collections.abc import Callable, Mapping
from typing import Final

import controld
from controld.bridge.api_catalogue import CatalogueApi
from controld.bridge.api_desk import INVALID, UNREACHABLE, Desk, Fields, PluginError, Reply
from controld.bridge.api_instances import InstancesApi
from controld.bridge.api_stock import StockApi
from controld.bridge.hosts.audio_fields import LEVELS, unknown_method
from controld.bridge.hosts.base import AudioError, Host
from controld.bridge.jsoncpp import ConversionError, as_text, dumps, loads

PROTOCOL: Final = 1
CAPABILITIES: Final = ("batch", "events", "effects", "presets", "transport", "levels")
MAX_BATCH: Final = 512  # commands; what the largest rig needs to be restored, and some 20 ms of a virtual host
SIMULATED: Final = frozenset({"virtual"})  # hosts that make no sound

_STATUS_TEXTS = {
    True: ("healthy", "Service is healthy, all connections established"),
    False: ("unhealthy", "Service is unhealthy, cannot connect to mod-host"),
}


class Dispatcher:
    """Answers requests, one after the other; `publish` gets the events in the order they happened."""

    def __init__(self, host: Host, publish: Callable[[Reply], None], *, stock: bool = False) -> None:
        """Answer for `host`; with `stock` as the stock bridge does, faults included."""
        self._stock = stock
        self._desk = Desk(host, (lambda event: publish(event) if "data" in event else None) if stock else publish)
        catalogue = CatalogueApi(self._desk)
        instances = StockApi(self._desk, catalogue) if stock else InstancesApi(self._desk, catalogue)
        self._methods = {**catalogue.methods, **instances.methods}
        extensions = {"info": self._info, "effects": self._effects, "batch": self._batch}
        self._extensions: Mapping[str, Callable[[Fields], Reply]] = {} if stock else extensions

    def publish_host_events(self) -> None:
        """Publish what happened in the host by itself."""
        self._desk.client = ""
        self._desk.publish_host_events()

    def answer(self, data: bytes, client: str) -> str:
        """Do the request of `client` (its identity in hex) and return the reply; any bytes are answered."""
        self.publish_host_events()
        try:
            request = loads(data)
        except ValueError:
            request = None
        self._desk.client = client
        reply = self._reply(request)
        self._desk.publish_host_events()
        return dumps(reply)

    def health(self, data: bytes) -> str:
        """Return the reply of the health socket, after asking the host."""
        try:
            request = loads(data)
        except ValueError:
            request = None
        if not isinstance(request, Mapping):
            return dumps({"error": "Invalid JSON format"})
        if request.get("action") != "health":
            return dumps({"error": "Invalid health request format"})
        healthy = self._desk.host.healthy()
        status, message = _STATUS_TEXTS[healthy]
        connected = {"command_connected": healthy, "feedback_connected": healthy}
        return dumps({"status": status, "message": message, **connected})

    def _reply(self, request: object) -> Reply:
        reply: Reply = self._dispatch(request) if isinstance(request, Mapping) else {"error": INVALID}
        return reply if "success" in reply or "error" in reply else {**reply, "success": True}

    def _dispatch(self, request: Fields) -> Reply:
        action = request.get("action")
        if action == "plugin":
            return self._api("Plugin", request, self._plugin_method)
        if action == "audio":
            return self._api("Audio", request, self._audio_method)
        if "command" in request or {"name", "args"} <= request.keys():
            return self._command(request)
        extension = self._extensions.get(action) if isinstance(action, str) else None
        return extension(request) if extension else {"error": INVALID}

    def _api(self, kind: str, request: Fields, call: Callable[[str, Fields], Reply]) -> Reply:
        if "method" not in request:
            return {"error": f"{kind} command failed: {kind} command missing 'method' field"}
        try:
            return call(as_text(request["method"]), request)
        except (PluginError, AudioError, ConversionError) as error:
            return {"error": f"{kind} command failed: {error}"}

    def _plugin_method(self, method: str, request: Fields) -> Reply:
        handler = self._methods.get(method)
        if handler is None:
            message = f"Unknown command method: {method}"
            raise PluginError(message)
        return handler(request)

    def _audio_method(self, method: str, request: Fields) -> Reply:
        if self._stock and method == LEVELS:
            raise unknown_method(method)
        return self._desk.host.audio(method, request)

    def _command(self, request: Fields) -> Reply:
        try:
            line = as_text(request["command"]) if "command" in request else self._structured_line(request)
            line.encode()
        except ValueError:  # an array where a text belongs, or half a surrogate pair
            return {"error": INVALID}
        if "\0" in line:  # would end the command for mod-host and start another that nobody waits for
            return {"error": INVALID}
        reply = self._desk.execute(line)
        return {"error": UNREACHABLE} if reply is None else {"raw": reply, "status": reply}

    def _structured_line(self, request: Fields) -> str:
        args = request["args"]
        if isinstance(args, Mapping):
            args = [args[key] for key in sorted(args)]
        return " ".join(map(self._word, [request["name"], *(args if isinstance(args, list) else ())]))

    def _word(self, value: object) -> str:
        """Return an argument as text; a boolean as the number mod-host reads, where the stock bridge writes "true"."""
        return str(int(value)) if isinstance(value, bool) and not self._stock else as_text(value)

    def _info(self, _request: Fields) -> Reply:
        host = self._desk.host.name
        simulated = host in SIMULATED
        return {
            "bridge": "controld",
            "version": controld.__version__,
            "protocol": PROTOCOL,
            "host": host,
            "audio": not simulated,
            "sound": "none: simulated host" if simulated else "JACK",
            "capabilities": list(CAPABILITIES),
            "client": self._desk.client,
        }

    def _effects(self, _request: Fields) -> Reply:
        effects = {
            str(number): {
                "uri": effect.uri,
                "bypassed": effect.bypassed,
                "preset": effect.preset,
                "values": dict(effect.values),
            }
            for number, effect in self._desk.host.effects().items()
        }
        return {"effects": effects, "connections": self._desk.host.connections()}

    def _batch(self, request: Fields) -> Reply:
        commands = request.get("commands")
        if not isinstance(commands, list):
            return {"error": INVALID}
        if len(commands) > MAX_BATCH:
            return {"error": f"Batch of {len(commands)} commands refused: at most {MAX_BATCH} are done at once"}
        return {"results": [self._batched(command) for command in commands]}

    def _batched(self, command: object) -> Reply:
        if isinstance(command, str):
            return self._reply({"command": command})
        nested = isinstance(command, Mapping) and command.get("action") == "batch"
        return {"error": INVALID} if nested else self._reply(command)
