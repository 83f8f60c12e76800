"""Ports as a pedalboard names them: what may be joined to what.

Pure.
"""

import re

from controld.errors import nearest
from controld.session.lookup import Refusal
from controld.session.model import Pedalboard

SYSTEM = "system"  # JACK's client of the sound card
PORT = r"[^\s:][^:]*:[^:]*[^\s:]"
_PORT = re.compile(rf"{PORT}(:[^:]*[^\s:])*")  # of another program it may have more of them
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def wrong_side(end: str, *, is_source: bool) -> str:
    """Return why a port of the sound card is on the wrong side of a connection; "" where it is not."""
    if not end.startswith(f"{SYSTEM}:{'playback_' if is_source else 'capture_'}"):
        return ""
    return f"`{end}` is {'a destination: it plays' if is_source else 'a source: it records'}"


def check_pair(pair: tuple[str, str], board: Pedalboard) -> None:
    """Raise Refusal where two ports cannot be joined, as far as their names tell."""
    subject = f"{pair[0]} -> {pair[1]}"
    for end, is_source in zip(pair, (True, False), strict=True):
        client = end.partition(":")[0]
        if not _PORT.fullmatch(end) or _CONTROL.search(end):
            raise Refusal(subject, f"expected a port as `client:port`, for example `drive:in`, found `{end[:200]}`")
        reason = wrong_side(end, is_source=is_source)
        if reason:
            raise Refusal(subject, f"{reason} (a connection goes from source to destination)")
        names = board.effect_names()
        hint = nearest(client, [*names, SYSTEM]) if client not in {*names, SYSTEM} else ""
        if hint:  # anything else may be another JACK client
            raise Refusal(subject, f"`{end}` belongs to no effect of this pedalboard ({hint})")
