"""The pedalboards of a rig, their order and their banks.

Shell: it reads files, by the function it is given.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from controld.document import Node
from controld.errors import nearest
from controld.session.board_names import BoardNames
from controld.session.model import Bank, Pedalboard
from controld.session.schema import compile_banks, compile_pedalboard
from controld.shape import Report
from controld.shape_parameters import Symbols
from controld.shape_parameters import known as known_names

DEFAULT_BOARD = "Default"  # as the Session Manager calls it


@dataclass(frozen=True, slots=True)
class Boards:
    """Pedalboards in playing order and banks; `complete` unless a file could not be read at all.

    `nodes` are the files as they are written, by the path of each.
    """

    pedalboards: tuple[Pedalboard, ...]
    nodes: dict[Path, Node]
    complete: bool
    banks: tuple[Bank, ...] = ()
    others: Mapping[str, BoardNames] = field(default_factory=dict)  # those that the library has, by name

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the pedalboards, in playing order, and those of the library."""
        own = [board.name for board in self.pedalboards]
        return tuple(dict.fromkeys([*own, *sorted(self.others)]))


def read_boards(
    paths: Iterable[Path],
    read: Callable[[Path], Node | None],
    report: Report,
    symbols: Symbols,
    default_bpm: float,
) -> Boards:
    """Return the pedalboards of some files, in order of name."""
    boards: dict[str, Pedalboard] = {}
    nodes: dict[Path, Node] = {}
    complete = True
    for path in paths:
        node = read(path)
        if node is None:
            complete = False
            continue
        nodes[path] = node
        board = compile_pedalboard(node, report, symbols, default_bpm)
        if board is not None and board.name in boards:
            place, other = node.get("name") or node, boards[board.name].path
            report.error(place, f"another pedalboard is called `{board.name}` too", f"in {other}")
        elif board is not None:
            boards[board.name] = board
    return Boards(tuple(boards[name] for name in sorted(boards)), nodes, complete)


def with_default(boards: Boards, bpm: float) -> Boards:
    """Return the pedalboards with an empty one called `DEFAULT_BOARD`, unless there is one of that name."""
    if DEFAULT_BOARD in boards.names:
        return boards
    return replace(boards, pedalboards=(*boards.pedalboards, Pedalboard(DEFAULT_BOARD, tempo_bpm=bpm)))


def in_banks(boards: Boards, node: Node | None, report: Report) -> Boards:
    """Return the pedalboards in the order of the first bank of a file, those outside it after, and all banks."""
    if node is None:
        return boards
    by_name = {board.name: board for board in boards.pedalboards}
    written = compile_banks(node, report)
    for each in (each for bank in written.values() for each in bank):
        if boards.complete and each.text not in boards.names:
            hint = nearest(each.text, boards.names) or known_names(boards.names)
            report.error(each, f"there is no pedalboard `{each.text}`", hint)
    banks = tuple(
        Bank(name, tuple(dict.fromkeys(each.text for each in nodes if each.text in boards.names)))
        for name, nodes in written.items()
    )
    first = banks[0].pedalboards if banks else ()
    ordered = tuple(by_name[name] for name in dict.fromkeys([*first, *by_name]) if name in by_name)
    return replace(boards, pedalboards=ordered, banks=banks)
