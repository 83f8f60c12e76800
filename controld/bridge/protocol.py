"""The modhost-bridge protocol as a client speaks it: requests to JSON, JSON to replies.

Pure. Effects are addressed by raw mod-host commands with instance numbers of our own, because the stock bridge's plugin
methods all address instance 0; only its two read-only questions about plugins are used. Whether something was done is
taken from mod-host's own words in `status`, never from `success`, which a stock bridge sets for refusals as well.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from json import dumps
from json.encoder import encode_basestring_ascii
from math import isfinite

from controld.bridge.modhost_protocol import READ_BUFFER_BYTES, format_command, verdict
from controld.bridge.protocol_values import (
    BYPASS,
    instance_id,
    items,
    members,
    number,
    parse_json,
    read_found,
    read_plugin,
    read_presets,
    text,
)
from controld.session.requests import (
    AddEffect,
    Answer,
    CloseJack,
    ConnectPorts,
    Denied,
    DisconnectPorts,
    Done,
    EngineLevels,
    EngineLoad,
    EngineReply,
    EngineRequest,
    KeepPreset,
    OpenJack,
    Probe,
    ReadBypass,
    ReadEffects,
    ReadHardware,
    ReadLevels,
    ReadLoad,
    ReadParameter,
    ReadPlugin,
    ReadPresets,
    RemoveEffect,
    SetProcessing,
    TimedOut,
    WriteBypass,
    WriteParameters,
    WritePreset,
    WriteTransport,
)

# What a bridge says when mod-host is gone or was silent for a second: the command may still be done, later.
HOST_GONE = "Failed to communicate with mod-host"
# The commonest reply, byte for byte as jsoncpp prints it.
STOCK_DONE = b'{\n\t"raw" : "resp 0",\n\t"status" : "resp 0",\n\t"success" : true\n}'

MAX_LEVELS = 64  # meters that are taken each way: more than any sound card on a stage

INFO_REQUEST = b'{"action": "info"}'
_AUDIO = b'{"action": "audio", "method": "%b"}'
# What is asked in the same words each time.
_WHOLE_QUESTIONS: Mapping[EngineRequest, bytes] = {
    ReadEffects(): b'{"action": "effects"}',
    ReadLoad(): _AUDIO % b"get_jack_data",
    ReadLevels(): _AUDIO % b"get_audio_levels",
    OpenJack(): _AUDIO % b"init_jack",
    CloseJack(): _AUDIO % b"close_jack",
    ReadHardware(): b'{"action": "audio", "method": "get_jack_hardware_ports", "is_audio": true, "is_output": true}',
}

_SYMBOL = re.compile(r":?[A-Za-z_]\w{0,200}\Z", re.ASCII)
_API_ERROR = re.compile(r"\A(Plugin|Audio) command failed: ")
_DONE = Done()
_TIMED_OUT = TimedOut()


@dataclass(frozen=True, slots=True)
class BridgeInfo:
    """What a bridge says of itself; a stock bridge, which does not know the question, says nothing."""

    capabilities: frozenset[str] = frozenset()
    description: str = ""


def format_number(value: float) -> str:
    """Return a number with 7 significant digits, which is what a 32-bit float keeps, and never with an exponent.

    Raises:
        ValueError: for a value that is not finite.
    """
    digits = f"{value:.7g}"
    if "e" not in digits and isfinite(value):
        return digits
    if not isfinite(value):
        message = f"{value} is not a number a parameter can have"
        raise ValueError(message)
    return f"{value:.0f}" if abs(value) >= 1 else f"{Decimal(digits):f}"


def command_line(request: EngineRequest) -> str | None:
    """Return the mod-host command of a request; None where the bridge is asked in another way.

    "" says that there is nothing to do.

    Raises:
        ValueError: where mod-host cannot be given this text or number; the text is one sentence.
    """
    match request:
        case WriteParameters():
            return _write_line(request.instance, request.values)
        case WriteBypass(instance, bypassed):
            return f"bypass {instance:d} {bypassed:d}"
        case ReadBypass(instance):
            return f"param_get {instance:d} {BYPASS}"
        case ReadParameter(instance, symbol):
            return format_command("param_get", instance, symbol)
        case AddEffect(instance, uri):
            return format_command("add", uri, instance)
        case RemoveEffect(instance):
            return f"remove {instance:d}"
        case WritePreset(instance, uri):
            return format_command("preset_load", instance, uri)
        case ConnectPorts(source, target):
            return format_command("connect", source, target)
        case DisconnectPorts(source, target):
            return format_command("disconnect", source, target)
        case SetProcessing(on):
            return f"feature_enable processing {on:d}"
        case WriteTransport(rolling, bpb, bpm):
            return f"transport {rolling:d} {format_number(bpb)} {format_number(bpm)}"
        case Probe():
            return "cpu_load"
        case KeepPreset() | ReadPlugin() | ReadPresets() | ReadEffects() | ReadLoad() | ReadLevels():
            return None
        case OpenJack() | CloseJack() | ReadHardware():
            return None


def _write_line(instance: int, values: Mapping[str, float]) -> str:
    if len(values) == 1:
        ((symbol, value),) = values.items()
        return _single_head(instance, symbol) + format_number(value)
    if not values:
        return ""
    for symbol in values:
        _check_symbol(symbol)
    pairs = " ".join([f"{symbol} {format_number(value)}" for symbol, value in values.items()])
    line = f"params_flush {instance:d} 0 {len(values)} {pairs}"
    return line if len(line) % READ_BUFFER_BYTES else line + " "


@lru_cache(maxsize=4096)
def _single_head(instance: int, symbol: str) -> str:
    """Return the command that sets a parameter, up to the value; a sweep asks for it a thousand times a second."""
    _check_symbol(symbol)
    return f"param_set {instance:d} {symbol} "


def _check_symbol(symbol: str) -> None:
    if not _SYMBOL.match(symbol):
        message = f"{symbol!r} is not the symbol of a parameter"
        raise ValueError(message)


def encode_command(line: str) -> bytes:
    """Return the request that has the bridge's host do one command."""
    return b'{"command": %b}' % encode_basestring_ascii(line).encode()


def encode_batch(lines: Sequence[str]) -> bytes:
    """Return the request that has the bridge's host do several commands, in order; only where it offers "batch"."""
    return b'{"action": "batch", "commands": [%b]}' % ", ".join(map(encode_basestring_ascii, lines)).encode()


def encode_question(request: EngineRequest) -> bytes:
    """Return the request that asks what no mod-host command tells."""
    asked_at_once = _WHOLE_QUESTIONS.get(request)
    if asked_at_once is not None:
        return asked_at_once
    if isinstance(request, KeepPreset):
        name = instance_id(request.instance, request.uri)
        members = {"action": "plugin", "method": "save_preset", "instance_id": name, "preset": {"label": request.label}}
        return dumps(members).encode()
    method = "get_plugin_presets" if isinstance(request, ReadPresets) else "get_plugin_essentials"
    uri = request.uri if isinstance(request, ReadPlugin | ReadPresets) else ""
    return dumps({"action": "plugin", "method": method, "plugin_uri": uri}).encode()


def decode_reply(request: EngineRequest, body: bytes) -> EngineReply:
    """Return what a frame says about `request`.

    Where the bridge could not reach its host the reply is `TimedOut`, since the command may still be done. Whatever
    cannot be understood is `Denied`, with its beginning in the reason.
    """
    if body == STOCK_DONE and type(request) not in _READERS and type(request) not in _STRUCTURED:
        return _DONE
    return _read_reply(request, parse_json(body), body)


def decode_batch(requests: Sequence[EngineRequest], body: bytes) -> list[EngineReply]:
    """Return what a frame says about each request of a batch, in order."""
    reply = parse_json(body)
    results = items(members(reply).get("results"))
    if len(results) != len(requests):
        return [_read_error(reply) or _nonsense(body)] * len(requests)
    return [_read_reply(request, result, body) for request, result in zip(requests, results, strict=True)]


def decode_info(body: bytes) -> BridgeInfo:
    """Return what a bridge says of itself; what it says otherwise counts as nothing."""
    reply = members(parse_json(body))
    words = items(reply.get("capabilities"))
    name = text(reply.get("bridge"))
    sound = text(reply.get("sound"))
    description = f"{name} {text(reply.get('version'))} with host {text(reply.get('host'))}" if name else ""
    if description and sound:
        description += f" (sound: {sound})"
    return BridgeInfo(frozenset(filter(None, map(text, words))), description)


def _read_reply(request: EngineRequest, reply: object, body: bytes) -> EngineReply:
    if not isinstance(reply, dict):
        return _nonsense(body)
    error = _read_error(reply)
    if error is not None:
        return error
    read_answer = _STRUCTURED.get(type(request))
    if read_answer is not None:
        answer = read_answer(request, reply)
        return _nonsense(body) if answer is None else Done(answer)
    status = reply.get("status", reply.get("raw"))
    return _read_status(request, status) if isinstance(status, str) else _nonsense(body)


def _read_error(reply: object) -> EngineReply | None:
    error = members(reply).get("error")
    if not isinstance(error, str):
        return None
    if error == HOST_GONE:
        return _TIMED_OUT
    return Denied(f"the bridge says: {_API_ERROR.sub('', text(error))}")


def _read_status(request: EngineRequest, status: str) -> EngineReply:
    # Which command it was only matters for those whose codes are inverted, and no request becomes one of these.
    judged = verdict("", status)
    if not judged.ok:
        return Denied(text(judged.reason), judged.code or 0)
    read_answer = _READERS.get(type(request))
    if read_answer is None:
        return _DONE
    answer = read_answer(judged.value)
    return _nonsense(status.encode(errors="replace")) if answer is None else Done(answer)


def _nonsense(body: bytes) -> Denied:
    return Denied(f"the bridge answered nonsense: {body[:80].decode(errors='replace')!a}", garbled=True)


def _float(value: str) -> float | None:
    try:
        return number(float(value))
    except ValueError:
        return None


def _bypassed(value: str) -> bool | None:
    found = _float(value)
    return None if found is None else found != 0.0


# What the text after "resp 0" is read as, for the requests that ask something.
_READERS: Mapping[type, Callable[[str], Answer]] = {Probe: _float, ReadParameter: _float, ReadBypass: _bypassed}


def _read_plugin(request: EngineRequest, reply: Mapping[str, object]) -> Answer:
    return read_plugin(request.uri if isinstance(request, ReadPlugin) else "", reply)


def _read_load(reply: Mapping[str, object]) -> Answer:
    cpu_percent, xruns = number(reply.get("cpu_load")), number(reply.get("xruns"))
    return None if cpu_percent is None else EngineLoad(cpu_percent, int(xruns or 0))


def _read_levels(reply: Mapping[str, object]) -> Answer:
    inputs, outputs = (_amplitudes(reply.get(name)) for name in ("input_levels", "output_levels"))
    return None if inputs is None or outputs is None else EngineLevels(inputs, outputs)


def _amplitudes(found: object) -> tuple[float, ...] | None:
    if not isinstance(found, list):
        return None
    return tuple(max(0.0, number(each) or 0.0) for each in found[:MAX_LEVELS])


def _read_ports(reply: Mapping[str, object]) -> Answer:
    ports = reply.get("ports")
    return tuple(filter(None, map(text, ports))) if isinstance(ports, list) else None


_STRUCTURED: Mapping[type, Callable[[EngineRequest, Mapping[str, object]], Answer]] = {
    ReadPlugin: _read_plugin,
    ReadPresets: lambda _request, reply: read_presets(reply),
    KeepPreset: lambda _request, reply: True if reply.get("status") == "ok" else None,
    ReadEffects: lambda _request, reply: read_found(reply),
    ReadLoad: lambda _request, reply: _read_load(reply),
    ReadLevels: lambda _request, reply: _read_levels(reply),
    ReadHardware: lambda _request, reply: _read_ports(reply),
    **dict.fromkeys((OpenJack, CloseJack), lambda _request, reply: reply.get("success") is True),
}
