"""The notes that rules send: which message begins one, which ends it, and what a list owes when it ends early.

Pure. A note off, or a note on without velocity, ends the note (MIDI 1.0).
"""

from collections.abc import Iterator, Sequence

from controld.actions import SendMidi
from controld.mappings.target import SendTarget, Target
from controld.midi_stream import NOTE_OFF, NOTE_ON

# The surface, the channel from 0, and the number.
Note = tuple[str, int, int]


def begun_note(target: Target) -> Note | None:
    """Return the note that a message begins; None where it begins none."""
    found = _note(target)
    return None if found is None or found[1] else found[0]


def ended_note(target: Target) -> Note | None:
    """Return the note that a message ends; None where it ends none."""
    found = _note(target)
    return found[0] if found is not None and found[1] else None


def owed_ends(targets: Sequence[Target], done: int) -> Iterator[SendTarget]:
    """Yield the messages of a list that end a note which its first `done` targets began, and that were not sent yet."""
    begun = {note for target in targets[:done] if (note := begun_note(target))}
    for target in targets[done:] if begun else ():
        if isinstance(target, SendTarget) and ended_note(target) in begun:
            yield target


def _note(target: Target) -> tuple[Note, bool] | None:
    message = target.message if isinstance(target, SendTarget) else None
    if not isinstance(message, SendMidi) or len(message.data) != 3:
        return None
    status, number, velocity = message.data
    kind = status & 0xF0
    if kind not in {NOTE_ON, NOTE_OFF}:
        return None
    return (message.surface, status & 0x0F, number), kind == NOTE_OFF or not velocity
