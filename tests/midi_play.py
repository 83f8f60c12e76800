"""Short ways to play MIDI messages to a decoder, for the tests of its sources."""

from config_texts import controls

from controld.events import ControlMoved
from controld.mappings.profile import Profile
from controld.midi_codec import MidiDecoder
from controld.midi_decode import Event


def decoder_of(text: str) -> MidiDecoder:
    """Return the decoder of a surface called floor whose profile has these controls."""
    return MidiDecoder("floor", Profile("test", "", controls(text)))


def events_of(midi: MidiDecoder, *messages: str | bytes) -> list[Event]:
    """Return the events of messages in hexadecimal, at the time 5.0."""
    found: list[Event] = []
    for message in messages:
        data = bytes.fromhex(message) if isinstance(message, str) else message
        events = midi.receive(data, 5.0)
        found += [] if events is None else events if isinstance(events, tuple) else [events]
    return found


def moved(control: str, position: float) -> ControlMoved:
    """Return the event of a control of the floor that stands at a position."""
    return ControlMoved(f"floor.{control}", position, 5.0)


def pressed(control: str) -> list[Event]:
    """Return the events of a press and its release at once."""
    return [moved(control, 1.0), moved(control, 0.0)]
