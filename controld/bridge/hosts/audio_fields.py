"""The fields of audio requests: looked up and converted, with the bridge's own wording where they are wrong.

Pure. Shared by the hosts.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol, TypeVar

from controld.bridge.hosts.base import AudioError

Fields = Mapping[str, object]
Members = dict[str, object]
T = TypeVar("T")
Entry = tuple[tuple[str, ...], Callable[[T, Fields], Members]]
"""A method of the audio API: the fields it must have, and what it does."""


class AudioMethods(Protocol):
    """What a host answers by itself; what no host of ours has is answered for it."""

    def reset_xruns(self, fields: Fields, /) -> Members: ...  # noqa: D102
    def data(self, fields: Fields, /) -> Members: ...  # noqa: D102
    def levels(self, fields: Fields, /) -> Members: ...  # noqa: D102
    def buffer_size(self, fields: Fields, /) -> Members: ...  # noqa: D102
    def set_buffer_size(self, fields: Fields, /) -> Members: ...  # noqa: D102
    def sample_rate(self, fields: Fields, /) -> Members: ...  # noqa: D102
    def hardware_ports(self, fields: Fields, /) -> Members: ...  # noqa: D102
    def port_alias(self, fields: Fields, /) -> Members: ...  # noqa: D102
    def connect(self, fields: Fields, /) -> Members: ...  # noqa: D102
    def connect_midi_outputs(self, fields: Fields, /) -> Members: ...  # noqa: D102
    def disconnect(self, fields: Fields, /) -> Members: ...  # noqa: D102
    def disconnect_all(self, fields: Fields, /) -> Members: ...  # noqa: D102


A = TypeVar("A", bound=AudioMethods)

LEVELS: Final = "get_audio_levels"  # ours: the stock bridge does not know it
_UINT32 = range(2**32)


def checked(methods: Mapping[str, Entry[T]], method: str, fields: Fields) -> Callable[[T, Fields], Members]:
    """Return what a method does.

    Raises:
        AudioError: for a method that is not there, and for a field that is missing.
    """
    entry = methods.get(method)
    if entry is None:
        raise unknown_method(method)
    required, run = entry
    if not set(required) <= fields.keys():
        message = f"{method} missing {' or '.join(map(repr, required))} field"
        raise AudioError(message)
    return run


def unknown_method(method: str) -> AudioError:
    """Return the error for a method that is not there."""
    return AudioError(f"Unknown audio command method: {method}")


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


def methods_of(audio: type[A]) -> Mapping[str, Entry[A]]:
    """Return each method of the audio API with the fields it must have, done by a host's own class."""
    return {
        "init_jack": ((), _always("success", value=True)),
        "close_jack": ((), _always("success", value=True)),
        "reset_xruns": ((), audio.reset_xruns),
        "get_jack_data": ((), audio.data),
        LEVELS: ((), audio.levels),
        "get_jack_buffer_size": ((), audio.buffer_size),
        "set_jack_buffer_size": (("size",), audio.set_buffer_size),
        "get_jack_sample_rate": ((), audio.sample_rate),
        "get_jack_hardware_ports": (("is_audio", "is_output"), audio.hardware_ports),
        "get_jack_port_alias": (("port_name",), audio.port_alias),
        "connect_jack_ports": (("port1", "port2"), audio.connect),
        "connect_jack_midi_output_ports": (("port",), audio.connect_midi_outputs),
        "disconnect_jack_ports": (("port1", "port2"), audio.disconnect),
        "disconnect_all_jack_ports": (("port",), audio.disconnect_all),
        "has_midi_beat_clock_sender_port": ((), _always("has_port", value=False)),
        "has_serial_midi_input_port": ((), _always("has_port", value=False)),
        "has_serial_midi_output_port": ((), _always("has_port", value=False)),
        "has_midi_merger_output_port": ((), _always("has_port", value=False)),
        "has_midi_broadcaster_input_port": ((), _always("has_port", value=False)),
        "has_duox_split_spdif": ((), _always("has_feature", value=False)),
    }


def _always(name: str, *, value: bool) -> Callable[[object, Fields], Members]:
    return lambda _audio, _fields: {name: value}
