"""Which address may be meant by one that is not there.

Pure. Comparing words costs, and whoever is mad sends many; so an address is compared segment by segment, each with the
few words that can stand there, and takes a fraction of a millisecond.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

_CUTOFF = 0.6  # as everywhere a hint is given


def near_address(address: str, effects: Mapping[str, Iterable[str]], others: Iterable[str]) -> str:
    """Return the address that is nearest to one that is not there, "" where none is near.

    `effects` are the effects with what each has, `others` all other addresses without numbers.
    """
    _, room, effect, *rest = [*address.split("/"), ""]
    if not _near(room, ["effect"]):
        return _near(address, others)
    name = effect if effect in effects else _near(effect, effects)
    if not name:
        return ""
    word = _near(rest[0], effects[name])
    return f"/effect/{name}/{word}" if word else ""


def _near(written: str, words: Iterable[str]) -> str:
    folded = {word.casefold(): word for word in words}
    close = get_close_matches(written.casefold(), folded, n=1, cutoff=_CUTOFF)
    return folded[close[0]] if close else ""
