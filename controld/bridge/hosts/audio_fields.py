"""The fields of audio requests: looked up and converted, with the bridge's own wording where they are wrong.

Pure. Shared by the hosts.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from controld.bridge.hosts.base import AudioError

Fields = Mapping[str, object]
Members = dict[str, object]
T = TypeVar("T")
Entry = tuple[tuple[str, ...], Callable[[T, Fields], Members]]
"""A method of the audio API: the fields it must have, and what it does."""

_UINT32 = range(2**32)


def checked(methods: Mapping[str, Entry[T]], method: str, fields: Fields) -> Callable[[T, Fields], Members]:
    """Return what a method does.

    Raises:
        AudioError: for a method that is not there, and for a field that is missing.
    """
    entry = methods.get(method)
    if entry is None:
        message = f"Unknown audio command method: {method}"
        raise AudioError(message)
    required, run = entry
    if not set(required) <= fields.keys():
        message = f"{method} missing {' or '.join(map(repr, required))} field"
        raise AudioError(message)
    return run


def as_text_field(value: object) -> str:
    """Return a text, or raise AudioError."""
    if isinstance(value, str):
        return value
    message = "Value is not convertible to string."
    raise AudioError(message)


def as_boolean(value: object) -> bool:
    """Return a truth value, or raise AudioError."""
    if value is None or isinstance(value, bool | int | float):
        return bool(value)
    message = "Value is not convertible to bool."
    raise AudioError(message)


def as_unsigned(value: object) -> int:
    """Return a number of 32 bits without a sign, or raise AudioError."""
    if not isinstance(value, bool | int | float):
        message = "Value is not convertible to UInt."
        raise AudioError(message)
    if int(value) not in _UINT32:
        message = "LargestInt out of UInt range"
        raise AudioError(message)
    return int(value)
