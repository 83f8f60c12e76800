"""What `controld monitor` prints: the steps as they come, aligned, in colour on a terminal.

Shell (it writes to a stream). `NO_COLOR` is honoured; times are in seconds since the daemon started, and after each
step that follows an input, how long that was ago.
"""

import json
import os
from collections.abc import Iterable
from typing import TextIO

from controld.control import Answer
from controld.errors import ControldError, nearest

_COLORS = {
    "in": "36",
    "control": "36",
    "rule": "35",
    "action": "35",
    "request": "33",
    "reply": "33",
    "state": "32",
    "light": "32",
    "out": "34",
    "note": "31",
}
# A step later than this after the last input is not its consequence any more.
SAME_CAUSE_S = 2.0
# More messages in a row are counted, not printed.
LONGEST_ROW = 8


class WatchError(ControldError):
    """What should be watched cannot be; the text says why."""


class _Printer:
    """Prints records; a long row of messages that go out (a new tablet's full state) is cut short."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        self._stream, self._color = stream, color
        self._cause_s = float("-inf")
        self._row = 0

    def note(self, kind: str, t: float) -> None:
        if kind == "in":
            self._cause_s = t

    def take(self, kind: str, t: float, text: str) -> None:
        if kind != "out":
            self.end()
        self._row = self._row + 1 if kind == "out" else 0
        if self._row <= LONGEST_ROW:
            print(_line(kind, t, t - self._cause_s, text, color=self._color), file=self._stream, flush=True)

    def end(self) -> None:
        if self._row > LONGEST_ROW:
            print(f"{'':28}out      ... and {self._row - LONGEST_ROW} more", file=self._stream, flush=True)


def watch(
    status: Answer,
    records: Iterable[Answer],
    stream: TextIO,
    *,
    as_json: bool = False,
    only: frozenset[str] = frozenset(),
) -> None:
    """Print records until they end. Raises WatchError where `only` names a kind that there is none of."""
    for kind in only:
        if kind not in _COLORS:
            hint = nearest(kind, _COLORS) or f"there are {', '.join(_COLORS)}"
            raise WatchError(f"no step is called `{kind}` ({hint})")
    if not as_json:
        print(_header(status), file=stream, flush=True)
    printer = _Printer(stream, color=stream.isatty() and not os.environ.get("NO_COLOR"))
    for record in records:
        kind, t = str(record["kind"]), _seconds(record["t"])
        printer.note(kind, t)
        if only and kind not in only:
            continue
        if as_json:
            print(json.dumps(record), file=stream, flush=True)
        else:
            printer.take(kind, t, str(record["text"]))
    printer.end()


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _line(kind: str, t: float, after_s: float, text: str, *, color: bool) -> str:
    after = f"+{after_s * 1000:7.2f} ms" if 0 < after_s < SAME_CAUSE_S else ""
    shown = f"\x1b[{_COLORS.get(kind, '0')}m{kind:<8}\x1b[0m" if color else f"{kind:<8}"
    return f"{t:12.6f}  {after:>12}  {shown} {text}"


def _header(status: Answer) -> str:
    surfaces = status.get("surfaces")
    lines = [f"# {status['pedalboard']} / {status['snapshot'] or '-'}, engine {status['engine']}"]
    if isinstance(surfaces, dict):
        lines += [f"# {name}: {words}" for name, words in surfaces.items()]
    files = status.get("files")
    if isinstance(files, dict) and files.get("words"):
        lines.append(f"# {files['words']}")
    counters = status.get("counters")
    if isinstance(counters, dict):
        seen = [f"{name} {count}" for name, count in _flat(counters)]
        lines.append(f"# counted so far: {', '.join(seen) or 'nothing out of the ordinary'}")
    return "\n".join(lines)


def _flat(counters: dict[str, object]) -> list[tuple[str, object]]:
    flat: list[tuple[str, object]] = []
    for name, count in counters.items():
        if isinstance(count, dict):
            flat += [(f"{name} {kind}", number) for kind, number in count.items() if number]
        elif count:
            flat.append((name.replace("_", " "), count))
    return flat
