"""What mod-ui saves as JSON: snapshots.json (or the older presets.json) and addressings.json.

Pure: text in, values out. JSON gives its values no places, so a mistake is told by the way to it
(`snapshots[2].data.drive.ports`).
"""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from controld.document import shortened
from controld.errors import ConfigError, Problem
from controld.importers.bundle import BYPASS, Addressing, SavedEffect, SavedSnapshot

_KINDS: Mapping[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}


class _Reader:
    """Looks into one file's values, and says where something is not as mod-ui writes it."""

    def __init__(self, path: str) -> None:
        self.path = path

    def fail(self, place: str, message: str) -> ConfigError:
        where = f"{place}: " if place else ""
        return ConfigError([Problem(self.path, 0, 0, f"{where}{message}")])

    def load(self, text: str) -> Any:
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise ConfigError([Problem(self.path, error.lineno, error.colno, f"not JSON: {error.msg}")]) from error
        except (RecursionError, ValueError) as error:
            raise self.fail("", f"not JSON: {shortened(str(error))}") from error

    def take(self, value: Any, kind: type, place: str) -> Any:
        if not isinstance(value, kind):
            raise self.fail(place, f"expected {_KINDS[kind]}, found {shortened(json.dumps(value))}")
        return value

    def number(self, value: Any, place: str) -> float:
        if not isinstance(value, int | float):  # true and false are numbers here: mod-ui writes both
            raise self.fail(place, f"expected a number, found {shortened(json.dumps(value))}")
        try:
            return float(value)
        except OverflowError:
            return math.inf


def read_snapshots(text: str, path: str) -> tuple[tuple[SavedSnapshot, ...], int]:
    """Return the snapshots of a file, and the number (from 0) of the one that was current.

    Raises:
        ConfigError: it is no JSON, or not what mod-ui writes.
    """
    reader = _Reader(path)
    top = reader.load(text)
    is_old = isinstance(top, list)  # presets.json: the list alone
    listed = top if is_old else reader.take(reader.take(top, dict, "").get("snapshots", []), list, "snapshots")
    snapshots = tuple(
        _snapshot(each, f"snapshots[{index}]", reader) for index, each in enumerate(listed) if each is not None
    )
    current = 0 if is_old else top.get("current", 0)
    fits = isinstance(current, int) and 0 <= current < len(snapshots)
    return snapshots, current if fits else 0


def _snapshot(value: Any, place: str, reader: _Reader) -> SavedSnapshot:
    entry = reader.take(value, dict, place)
    effects = reader.take(entry.get("data", {}), dict, f"{place}.data")
    return SavedSnapshot(
        reader.take(entry.get("name", ""), str, f"{place}.name"),
        {instance: _effect(each, f"{place}.data.{instance}", reader) for instance, each in effects.items()},
    )


def _effect(value: Any, place: str, reader: _Reader) -> SavedEffect:
    entry = reader.take(value, dict, place)
    bypassed = entry.get("bypassed")
    if isinstance(bypassed, int):
        bypassed = bool(bypassed)
    ports = reader.take(entry.get("ports", {}), dict, f"{place}.ports")
    properties = reader.take(entry.get("parameters", {}), dict, f"{place}.parameters")
    return SavedEffect(
        None if bypassed is None else reader.take(bypassed, bool, f"{place}.bypassed"),
        {symbol: reader.number(each, f"{place}.ports.{symbol}") for symbol, each in ports.items()},
        reader.take(entry.get("preset") or "", str, f"{place}.preset"),
        {uri: str(each[0] if isinstance(each, list) and each else each) for uri, each in properties.items()},
    )


def read_addressings(text: str, path: str) -> tuple[Addressing, ...]:
    """Return what MOD's own knobs, switches and CV ports move.

    Raises:
        ConfigError: it is no JSON, or not what mod-ui writes.
    """
    reader = _Reader(path)
    top = reader.take(reader.load(text), dict, "")
    return tuple(each for actuator, value in top.items() for each in _addressings(actuator, value, reader))


def _addressings(actuator: str, value: Any, reader: _Reader) -> Iterator[Addressing]:
    listed = value.get("addrs", []) if isinstance(value, dict) else value  # CV ports of plugins have a name beside
    for index, each in enumerate(reader.take(listed, list, actuator)):
        place = f"{actuator}[{index}]"
        entry = reader.take(each, dict, place)
        ends = [
            None if (end := entry.get(key)) is None else reader.number(end, f"{place}.{key}")
            for key in ("minimum", "maximum")
        ]
        low, high = ends
        port = reader.take(entry.get("port", ""), str, f"{place}.port")
        is_whole = low is None or high is None or not math.isfinite(high - low) or high <= low or port == BYPASS
        page, momentary = entry.get("page"), entry.get("momentary")
        yield Addressing(
            actuator,
            reader.take(entry.get("instance", ""), str, f"{place}.instance").removeprefix("/graph/").lstrip("/"),
            port,
            reader.take(entry.get("label") or "", str, f"{place}.label"),
            None if is_whole else low,
            None if is_whole else high,
            bool(entry.get("tempo")),
            page if isinstance(page, int) else None,
            str(entry.get("group") or ""),
            momentary if isinstance(momentary, int) else 0,
        )
