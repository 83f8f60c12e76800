"""From a rig to its layout: which pages there are, and what stands on them.

Pure. A pedalboard has a page to play (its effects and snapshots), the faders its files speak of, and all parameters by
effect; the rig has a page of its own (pedalboards, banks, commands), and so have the controls of its OSC surface.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from controld.errors import ControldError, hinted
from controld.layouts.cells import Cell, Section, button, fader, fitting, in_rows, in_strips, strip, strips_in
from controld.layouts.grid import GAP, Measures, measures_of, split
from controld.layouts.ground import Ground, Knob
from controld.layouts.model import Frame, Kind, Layout, Page, Tabs, Widget
from controld.mappings.labels import rule_label, symbol_label
from controld.mappings.profile import Control
from controld.mappings.profile import Kind as ControlKind
from controld.osc_pattern import is_pattern
from controld.screen_colors import NEUTRAL, SHADES, screen_color
from controld.session.model import Pedalboard

RIG_PAGE, CONTROLS_PAGE = "Rig", "Controls"
PLAY_PAGE, FADERS_PAGE, EFFECTS_GROUP = "Play", "Faders", "Effects"
_MUTE, _TUNER, _TAP = SHADES["red"], SHADES["cyan"], SHADES["amber"]


def build_layout(
    ground: Ground, size: tuple[int, int], boards: Sequence[str] = (), pages: Sequence[str] = ()
) -> Layout:
    """Return the layout of a rig for a device of `size`; of some pedalboards and pages only where they are named.

    Raises:
        ControldError: there is no such pedalboard or page.
    """
    measures = measures_of(size)
    wanted = _chosen(ground, boards)
    bars, tabs = 0, Tabs("", ())
    while bars == 0 or _depth(tabs) > bars:  # each bar takes room from the pages, which may make more of them
        bars = max(bars + 1, _depth(tabs))
        tabs = _grouped(_tabs(ground, wanted, _room(measures, bars), measures, pages), measures.tabs)
    title = wanted[0].name if len(wanted) == 1 else "controld"
    return Layout(title, *size, measures.header, measures.bar, tuple(_header(measures)), tabs, _room(measures, bars))


def _room(measures: Measures, bars: int) -> Frame:
    return Frame(0, 0, measures.width, measures.height - measures.header - bars * measures.bar)


def _chosen(ground: Ground, names: Sequence[str]) -> list[Pedalboard]:
    by_name = {board.name: board for board in ground.pedalboards}
    for name in names:
        if name not in by_name:
            raise ControldError(hinted(f"there is no pedalboard `{name}`", name, by_name))
    if not by_name:
        raise ControldError("the rig has no pedalboard that a layout could be made for")
    return [by_name[name] for name in names] or list(ground.pedalboards)


def _tabs(ground: Ground, boards: list[Pedalboard], room: Frame, measures: Measures, names: Sequence[str]) -> Tabs:
    """Return all pages, pedalboard by pedalboard; with `names` those that are called so."""
    shared = [*_control_pages(ground, room, measures), *_rig_pages(ground, room, measures)]
    by_board = [(board, list(_board_pages(ground, board, room, measures))) for board in boards]
    if names:
        every = [page for _, pages in by_board for page in pages] + shared
        _check(names, every)
        folded = {name.casefold() for name in names}
        by_board = [(board, [page for page in pages if _is_named(page, folded)]) for board, pages in by_board]
        shared = [page for page in shared if _is_named(page, folded)]
    if len(by_board) == 1:
        return Tabs("controld", (*by_board[0][1], *shared))
    entries = [Tabs(board.name, tuple(pages), SHADES["white"]) for board, pages in by_board if pages]
    # Only where the tabs stand as the pedalboards are numbered can they follow the rig.
    names_in_order = tuple(entry.name for entry in entries)
    follows = "/pedalboard" if names_in_order and ground.numbered[: len(entries)] == names_in_order else ""
    return Tabs("controld", (*entries, *shared), follows=follows)


def _is_named(page: Page, folded: set[str]) -> bool:
    """Tell whether a page is asked for: by its name, by that name without its number, or by an effect on it."""
    parts = {page.name.casefold(), page.name.rpartition(" ")[0].casefold()}
    return bool(folded & (parts | {part.strip().casefold() for part in page.name.split("·")}))


def _check(names: Sequence[str], pages: list[Page]) -> None:
    for name in names:
        if not any(_is_named(page, {name.casefold()}) for page in pages):
            known = dict.fromkeys(page.name for page in pages)
            raise ControldError(hinted(f"there is no page `{name}`: {', '.join(known)}", name, known))


# The pages of a pedalboard


def _board_pages(ground: Ground, board: Pedalboard, room: Frame, measures: Measures) -> Iterator[Page]:
    yield from _numbered(PLAY_PAGE, in_rows(list(_play(ground, board)), room, measures), SHADES["white"])
    by_effect = list(_effect_pages(ground, board, room, measures))
    chosen = ground.chosen(board)
    if chosen and len(by_effect) > 1:
        cells = [fader(knob, ground.effect_color(board, knob.effect), with_effect=True) for knob in chosen]
        pages = [in_strips(part, room, measures) for part in _parts(cells, strips_in(room, measures))]
        yield from _numbered(FADERS_PAGE, pages, SHADES["white"])
    yield from by_effect


def _play(ground: Ground, board: Pedalboard) -> Iterator[Section]:
    roles = {effect: role for role, effects in board.roles.items() for effect in effects}
    cells = []
    for effect in board.effects:
        plugin = ground.plugins.get(effect.uri)
        note = roles.get(effect.name) or (plugin.name if plugin is not None else "")
        cells.append(_bypass(effect.name, note, ground.effect_color(board, effect.name)))
    yield Section(tuple(cells))
    yield Section(tuple(
        button(Kind.PRESS, name, address=f"/snapshot/{number}", label_address=f"/snapshot/{number}/name",
               note=f"snapshot {number}", color=ground.snapshot_color(board, number))
        for number, name in enumerate(board.snapshot_names(), 1)
    ))  # fmt: skip


def _bypass(effect: str, note: str, color: str) -> Cell:
    address = f"/effect/{effect}"
    return button(Kind.TOGGLE, effect, address=f"{address}/active", sends=f"{address}/toggle", note=note, color=color)


def _effect_pages(ground: Ground, board: Pedalboard, room: Frame, measures: Measures) -> Iterator[Page]:
    """Yield pages with all parameters; small effects share one, large ones go on to the next."""
    most = strips_in(room, measures)
    page: list[Cell] = []
    names: dict[str, str] = {}
    for effect in board.effects:
        color = ground.effect_color(board, effect.name)
        knobs = ground.knobs(effect)
        parts: list[list[Knob]] = _parts(knobs, most - 1) or [[]]
        for number, part in enumerate(parts, 1):
            if page and len(page) + 1 + len(part) > most:
                yield _page_of(page, names, room, measures)
                page, names = [], {}
            page += [_bypass(effect.name, "", color), *(fader(knob, color) for knob in part)]
            names[f"{effect.name} {number}" if len(parts) > 1 else effect.name] = color
    if page:
        yield _page_of(page, names, room, measures)


def _page_of(cells: Sequence[Cell], names: dict[str, str], room: Frame, measures: Measures) -> Page:
    return Page(" · ".join(names), tuple(in_strips(cells, room, measures)), next(iter(names.values())), EFFECTS_GROUP)


def _parts(things: Sequence, most: int) -> list[list]:  # type: ignore[type-arg]
    """Divide things into parts of at most `most`, as even as can be."""
    count = -(-len(things) // most)
    return [list(things[len(things) * part // count : len(things) * (part + 1) // count]) for part in range(count)]


def _numbered(name: str, pages: Sequence[Sequence[Widget]], color: str) -> Iterator[Page]:
    for number, widgets in enumerate(pages, 1):
        yield Page(f"{name} {number}" if len(pages) > 1 else name, tuple(widgets), color, name)


# The pages of the rig


def _rig_pages(ground: Ground, room: Frame, measures: Measures) -> Iterator[Page]:
    sections = [
        Section(tuple(_entries("pedalboard", ground.numbered))),
        Section(tuple(_entries("bank", ground.banks))),
        Section(tuple(
            button(Kind.PRESS, name, sends="/page", value=name, note="page", color=SHADES["violet"])
            for name in ground.pages
        )),
        Section((
            button(Kind.PRESS, "previous board", sends="/pedalboard", value="previous", color=NEUTRAL),
            button(Kind.PRESS, "next board", sends="/pedalboard", value="next", color=NEUTRAL),
            button(Kind.PRESS, "undo", sends="/undo", color=NEUTRAL),
            button(Kind.PRESS, "redo", sends="/redo", color=NEUTRAL),
            button(Kind.TOGGLE, "play", address="/transport", sends="/transport/toggle", color=SHADES["green"]),
            button(Kind.TOGGLE, "mute", address="/mute", sends="/mute/toggle", color=_MUTE),
            button(Kind.PRESS, "panic", sends="/panic", color=_MUTE),
        )),
    ]  # fmt: skip
    yield from _numbered(RIG_PAGE, in_rows(sections, room, measures), NEUTRAL)


def _entries(what: str, names: Sequence[str]) -> Iterator[Cell]:
    for number, name in enumerate(names, 1):
        address = f"/{what}/{number}"
        yield button(Kind.PRESS, name, address=address, label_address=f"{address}/name", note=f"{what} {number}",
                     color=SHADES["blue" if what == "pedalboard" else "teal"])  # fmt: skip


def _control_pages(ground: Ground, room: Frame, measures: Measures) -> Iterator[Page]:
    """Yield the controls of OSC surfaces, called what their rules do: switches, then faders."""
    switches: list[Cell] = []
    faders: list[Cell] = []
    addresses = [control.source.address for control in ground.controls.values() if control.source is not None]
    for name, control in ground.controls.items():
        source = control.source
        if source is None or is_pattern(source.address) or addresses.count(source.address) > 1 or source.argument > 1:
            continue
        if control.kind in _SWITCHES:
            switches.append(_switch(ground, name, control, source.address))
        elif control.kind in _FADERS and control.calibrate is None:
            label, color = _look_of(ground, name)
            faders.append(strip(label, symbol_label(control.name), source.address, "", color, None))
    pages = in_rows([Section(tuple(switches))], room, measures) if switches else []
    pages += [in_strips(part, room, measures) for part in _parts(faders, strips_in(room, measures))]
    yield from _numbered(CONTROLS_PAGE, pages, NEUTRAL)


_SWITCHES = frozenset({ControlKind.BUTTON, ControlKind.LATCH})
_FADERS = frozenset({ControlKind.FADER, ControlKind.KNOB, ControlKind.PEDAL})


def _switch(ground: Ground, name: str, control: Control, address: str) -> Cell:
    label, color = _look_of(ground, name)
    note = symbol_label(control.name)
    return button(Kind.PRESS, label, address=address, label_address=f"{address}/label", note=note, color=color)


def _look_of(ground: Ground, control: str) -> tuple[str, str]:
    """Return what a control is called and how it is coloured, by its first rule."""
    for rule in ground.rules:
        if any(trigger.control == control for trigger in rule.triggers):
            return rule_label(rule), screen_color(rule.look.color)
    return symbol_label(control.partition(".")[2]), NEUTRAL


# Around the pages


def _header(measures: Measures) -> Iterator[Widget]:
    """Yield what is always seen: pedalboard and snapshot, the tempo to tap, the tuner, and mute where there is room."""
    room = Frame(0, 0, measures.width, measures.header)
    narrow = measures.width < 600
    shares = [3.2, 1.3, 1.1] if narrow else [3.2, 2.2, 1.3, 1.1, 1.1]
    places = [place.inset(GAP // 2) for place in split(room, shares)]
    board = places.pop(0)
    size = min(int(board.h * 0.42), 34)
    yield Widget(Kind.TEXT, board, "controld", address="/pedalboard", color=SHADES["white"], text_px=size)
    if not narrow:
        yield Widget(Kind.TEXT, places.pop(0), "", address="/snapshot", color=_TAP, text_px=size)
    yield from (_in_header(place, cell) for place, cell in zip(places, _HEADER, strict=False))


def _in_header(place: Frame, widget: Widget) -> Widget:
    return replace(widget, frame=place, text_px=min(fitting("tuner", place, 0.4), 26))


_NOWHERE = Frame(0, 0, 1, 1)
_HEADER = (
    Widget(Kind.PRESS, _NOWHERE, "tap", "tap", sends="/tempo/tap", label_address="/tempo/text", color=_TAP),
    Widget(Kind.TOGGLE, _NOWHERE, "tuner", address="/tuner", sends="/tuner/toggle", color=_TUNER),
    Widget(Kind.TOGGLE, _NOWHERE, "mute", address="/mute", sends="/mute/toggle", color=_MUTE),
)


def _grouped(tabs: Tabs, most: int) -> Tabs:
    """Return tabs of which no bar has more than `most`: neighbours are put together where there are too many."""
    entries = [_grouped(entry, most) if isinstance(entry, Tabs) else entry for entry in tabs.entries]
    if len(entries) > most:
        entries = [_grouped(entry, most) if isinstance(entry, Tabs) else entry for entry in _by_group(entries)]
    if len(entries) <= most:
        return replace(tabs, entries=tuple(entries))
    parts = [Tabs(f"{part[0].name} – {part[-1].name}", tuple(part), part[0].color) for part in _parts(entries, most)]
    return _grouped(replace(tabs, entries=tuple(parts), follows=""), most)


def _by_group(entries: Sequence[Page | Tabs]) -> Iterator[Page | Tabs]:
    """Yield neighbours of one group as tabs of their own, but for those that are all of one group already."""
    parts = [(name, [*part]) for name, part in groupby(entries, lambda entry: getattr(entry, "group", ""))]
    for name, part in parts:
        if name and 1 < len(part) < len(entries):
            yield Tabs(name, tuple(part), part[0].color)
        else:
            yield from part


def _depth(tabs: Tabs) -> int:
    return 1 + max((_depth(entry) for entry in tabs.entries if isinstance(entry, Tabs)), default=0)
