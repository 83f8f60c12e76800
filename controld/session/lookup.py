"""How the session finds what an action points at, and how it says that it cannot.

Pure.
"""

from collections.abc import Sequence

from controld.actions import Pick, Seek
from controld.errors import hinted
from controld.values import Level, Scale


class Refusal(Exception):
    """Why an action cannot be done; `subject` is what was asked for."""

    def __init__(self, subject: str, reason: str) -> None:
        super().__init__(reason)
        self.subject, self.reason = subject, reason


def unit_refusal(effect: str, symbol: str, scale: Scale, level: Level) -> Refusal:
    """Return the refusal of a level whose unit is not the parameter's."""
    unit = f"is in {scale.unit}" if scale.unit else "has no unit"
    return Refusal(f"{effect}/{symbol}", f"`{level}` does not fit: {effect}/{symbol} {unit}")


def pick_of(pick: Pick, names: Sequence[str], current: int, last: int, subject: str) -> int:
    """Return the number (from 1) of what a pick points at; next and previous go round."""
    match pick:
        case Seek.NEXT:
            return current % len(names) + 1
        case Seek.PREVIOUS:
            return (current - 2) % len(names) + 1 if current else len(names)
        case Seek.LAST:
            if not last:
                raise Refusal(subject, f"there is no {subject} before this one")
            return last
        case Seek.CURRENT:
            if not current:
                raise Refusal(subject, f"no {subject} is current")
            return current
        case Seek():
            raise Refusal(subject, f"`{pick.value}` points at no {subject}")
        case int():
            if not 1 <= pick <= len(names):
                raise Refusal(subject, f"there is no {subject} {pick}: they are numbered 1 to {len(names)}")
            return pick
    if pick not in names:
        raise Refusal(subject, hinted(f"there is no {subject} `{pick}`", pick, names))
    return list(names).index(pick) + 1


def around(names: Sequence[str], name: str, count: int) -> list[str]:
    """Return the nearest `count` names on each side of one, as next and previous go; of an unknown one, both ends."""
    if not names:
        return []
    place = names.index(name) if name in names else -1
    near = [names[(place + step) % len(names)] for step in range(1, count + 1)]
    near += [names[(max(place, 0) - step) % len(names)] for step in range(1, count + 1)]
    return [each for each in dict.fromkeys(near) if each != name]
