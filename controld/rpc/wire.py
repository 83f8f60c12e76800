"""The envelope of calls and events: bytes to a request, an answer to bytes.

Pure. Whatever bytes come in, a `Request` or a `Malformed` comes out; nothing is raised. What may not be in JSON (NaN,
infinity) is not taken in and never given out.
"""

import json
from dataclasses import dataclass
from math import isfinite

# One that is deeper is refused here, since what is echoed has to be written again.
MAX_DEPTH = 64


@dataclass(slots=True)
class Request:
    """A call: `params` are as they came, not judged yet."""

    method: str
    params: dict[str, object]
    request_id: object = None


@dataclass(slots=True)
class Malformed:
    """What is no call, and why."""

    reason: str
    request_id: object = None


def read_request(body: bytes) -> Request | Malformed:
    """Return what a frame asks for. `params` may be left out or null; members that nobody knows are passed over."""
    try:
        value = _loads(body)
    except (ValueError, RecursionError) as error:
        return Malformed(f"the request is no JSON: {_first_line(error)}")
    if not isinstance(value, dict):
        return Malformed(f"a request is a JSON object with a `method`, not {described(value)}")
    request_id = value.get("request_id")
    if isinstance(request_id, dict | list):
        request_id = None  # an id is one value; it is only echoed
    method, params = value.get("method"), value.get("params")
    if not isinstance(method, str):
        return Malformed(f"`method` has to be the name of a method, not {described(method)}", request_id)
    if params is None:
        params = {}
    if not isinstance(params, dict):
        return Malformed(f"`params` has to be an object of named parameters, not {described(params)}", request_id)
    return Request(method, params, request_id)


def answer_bytes(request_id: object, result: object, stamp: str) -> bytes:
    """Return the frame of an answer; `stamp` is the time in ISO 8601."""
    return _dumps({"request_id": request_id, "result": result, "timestamp": stamp})


def error_bytes(request_id: object, error: str, stamp: str) -> bytes:
    """Return the frame that says why there is no answer."""
    return _dumps({"request_id": request_id, "error": error, "timestamp": stamp})


def event_frames(event: str, data: dict[str, object], service: str, stamp: str) -> list[bytes]:
    """Return the two frames of an event: its name as the topic, and its JSON (`event` is for older clients)."""
    envelope: dict[str, object] = {
        "event_type": event,
        "event": event,
        "data": data,
        "source_service": service,
        "timestamp": stamp,
    }
    return [event.encode(), _dumps(envelope)]


def described(value: object) -> str:
    """Return what kind of JSON value one is, in words for a message."""
    return _KINDS.get(type(value), "something else")


_KINDS: dict[type, str] = {
    type(None): "nothing", bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list",
    dict: "an object",
}  # fmt: skip


def _loads(body: bytes) -> object:
    value: object = json.loads(body.decode(), parse_constant=_refuse_constant, parse_float=_finite)
    if _too_deep(value):
        raise ValueError(f"it is nested deeper than {MAX_DEPTH}")
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not isfinite(value):
        raise ValueError("a number in it is too large")
    return value


def _too_deep(value: object) -> bool:
    """Tell whether a value is nested deeper than is allowed, without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _dumps(value: dict[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200] if not isinstance(error, RecursionError) else "it is nested too deeply"
