"""A layout as a document of TouchOSC (https://hexler.net/touchosc): a `.tosc` file.

Pure. The format is zlib over XML; py2tosc (of the extra `layouts`) writes it and knows its rules. A switch is three
controls one on another: a lamp that only receives, its texts, and an invisible button that only sends. So a press never
lights anything: the rig's answer does.
"""

import zlib
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5

from controld.errors import ControldError, to_install
from controld.layouts.model import Frame, Kind, Layout, Page, Tabs, Widget
from controld.mappings.labels import in_xml

if TYPE_CHECKING:
    from py2tosc import Control, Document, OscMessage

REPLY_PORT: Final = 9001
KEEP_MS: Final = 5000
_BACKGROUND, _INK, _DIM = "#0d0f13", "#e9ecf2", "#9aa3b2"

# The script language is Lua 5.1 with functions of TouchOSC's own; each script is alone in its world.
_ROOT_SCRIPT: Final = """\
local told = 0
local function greet()
  sendOSC('/controld/hello', %(port)d)
  sendOSC('/controld/words', 1)
  told = getMillis()
end
function init()
  greet()
end
function update()
  if getMillis() - told > %(keep)d then
    sendOSC('/controld/words', 1)
    told = getMillis()
  end
end
"""
_FOLLOW_SCRIPT: Final = """\
local names = {%(names)s}
function onReceiveOSC(message, connections)
  if message[1] == '%(address)s' and message[2][1] then
    for index = 1, #names do
      if names[index] == message[2][1].value then
        self.values.page = index - 1
      end
    end
  end
  return false
end
"""


def touchosc(layout: Layout, reply_port: int = REPLY_PORT) -> bytes:
    """Return the `.tosc` file; the document says hello by itself and asks for answers at `reply_port`.

    Raises:
        ControldError: py2tosc is not installed, or it finds the document wrong.
    """
    document = make_document(layout, reply_port)
    issues = [str(issue) for issue in document.validate()]
    if issues:
        raise ControldError(f"the TouchOSC document is not right: {'; '.join(issues[:3])}")
    return zlib.compress(document.dumps().encode("utf-8"))


def make_document(layout: Layout, reply_port: int = REPLY_PORT) -> "Document":
    """Return the document as py2tosc has it. Raises ControldError where py2tosc is not installed."""
    try:
        import py2tosc
    except ImportError as error:
        raise ControldError(
            f"TouchOSC layouts are written with py2tosc, which is not installed ({to_install('layouts')})"
        ) from error
    script = _ROOT_SCRIPT % {"port": reply_port, "keep": KEEP_MS}
    header = _group("header", Frame(0, 0, layout.width, layout.header_height), map(_control, layout.header))
    room = Frame(0, layout.header_height, layout.width, layout.height - layout.header_height)
    root = py2tosc.group(
        name="controld", frame=(0, 0, layout.width, layout.height), color=_BACKGROUND, outline=False, script=script,
        interactive=True, children=[header, _pager(layout.tabs, room, layout.bar)],
    )  # fmt: skip
    numbers = count()
    for control in root.walk():
        control.id = str(
            uuid5(NAMESPACE_URL, f"controld:{layout.title}:{next(numbers)}")
        )  # the same rig, the same file
        _clean(control)
    return py2tosc.Document(root=root)


def _clean(control: "Control") -> None:
    """Have only texts that XML can hold in a CDATA section, which py2tosc writes as they are."""
    for holder in control.properties.values():
        if isinstance(holder.value, str):
            holder.value = _in_xml(holder.value)
    for each in control.values:
        if isinstance(each.default, str):
            each.default = _in_xml(each.default)


def _in_xml(text: str) -> str:
    return in_xml(text).replace("]]>", "]] >")


def _pager(tabs: Tabs, room: Frame, bar: int) -> "Control":
    import py2tosc

    inner = Frame(0, bar, room.w, room.h - bar)
    pages = [_tab(entry, inner, bar) for entry in tabs.entries]
    follow: dict[str, object] = {}
    if tabs.follows:
        names = ", ".join(_lua(entry.name) for entry in tabs.entries if isinstance(entry, Tabs))
        follow["script"] = _FOLLOW_SCRIPT % {"names": names, "address": tabs.follows}
    return py2tosc.pager(
        name=tabs.name, frame=_places(room), color=_BACKGROUND, outline=False, tabbar=True, tabbar_size=bar,
        text_size_off=bar // 3, text_size_on=bar // 3, children=pages, **follow,
    )  # fmt: skip


def _tab(entry: Page | Tabs, room: Frame, bar: int) -> "Control":
    if isinstance(entry, Tabs):
        children: Sequence[Control] = [_pager(entry, Frame(0, 0, room.w, room.h), bar)]
    else:
        children = [_control(widget) for widget in entry.widgets]
    page = _group(entry.name, room, children)
    for key, color in (("tabColorOn", entry.color), ("tabColorOff", "#20242c"), ("textColorOn", "#000000"),
                       ("textColorOff", _INK)):  # fmt: skip
        page.set(key, color)
    page.set("tabLabel", entry.name)
    return page


def _group(name: str, frame: Frame, children: "Sequence[Control] | Iterator[Control]") -> "Control":
    import py2tosc

    return py2tosc.group(
        name=name, frame=_places(frame), color=_BACKGROUND, outline=False, background=False, interactive=True,
        children=list(children),
    )  # fmt: skip


def _control(widget: Widget) -> "Control":
    makers = {Kind.TOGGLE: _switch, Kind.PRESS: _switch, Kind.FADER: _fader, Kind.TEXT: _text}
    return makers[widget.kind](widget)


def _switch(widget: Widget) -> "Control":
    import py2tosc
    from py2tosc import ui

    whole = (0, 0, widget.frame.w, widget.frame.h)
    lamp = py2tosc.button(
        name="lamp", frame=whole, color=widget.color, interactive=False, button_type=py2tosc.ButtonType.TOGGLE_PRESS,
        corner_radius=8.0, outline_style=py2tosc.OutlineStyle.FULL,
        messages=[_heard(widget.address)] if widget.address else [],
    )  # fmt: skip
    if isinstance(widget.value, str):
        argument = ui.const(widget.value)
    else:
        argument = ui.const(f"{widget.value:g}", conversion="FLOAT")
    press = py2tosc.button(
        name="press", frame=whole, background=False, outline=False, release=False,
        messages=[ui.osc(_literal(widget.target), args=[argument], on="RISE", receive=False)],
    )  # fmt: skip
    return _group(widget.label or "switch", widget.frame, [lamp, *_texts(widget), press])


def _texts(widget: Widget) -> Iterator["Control"]:
    """Yield a switch's label, and its note below it."""
    height = widget.frame.h
    foot = int(height * 0.28) if widget.note else 0
    yield _label(widget.label, Frame(0, foot // 2, widget.frame.w, height - foot), widget.text_px, widget.label_address)
    if widget.note:
        note = Frame(0, height - foot, widget.frame.w, foot)
        yield _label(widget.note, note, min(max(int(widget.text_px * 0.42), 10), 17), color=_DIM)


def _text(widget: Widget) -> "Control":
    if not widget.note:
        return _label(widget.label, widget.frame, widget.text_px, widget.address)
    return _group(widget.label, widget.frame, _texts(widget))


def _label(text: str, frame: Frame, size: int, address: str = "", color: str = _INK) -> "Control":
    import py2tosc

    return py2tosc.label(
        name="text", frame=_places(frame), background=False, outline=False, interactive=False, text_size=size,
        text_color=color, values=[py2tosc.Value("text", default=text), py2tosc.Value("touch", default=False)],
        messages=[_heard(address, "text", "STRING")] if address else [],
    )  # fmt: skip


def _fader(widget: Widget) -> "Control":
    import py2tosc
    from py2tosc import ui

    steps = widget.steps or max(2 * len(widget.marks) - 1, 2)
    fader = py2tosc.fader(
        name="fader", frame=(0, 0, widget.frame.w, widget.frame.h), color=widget.color, corner_radius=8.0,
        orientation=py2tosc.Orientation.NORTH if widget.upright else py2tosc.Orientation.EAST,
        response=py2tosc.Response.RELATIVE, grid_steps=steps,
        values=[py2tosc.Value("x", default=widget.start), py2tosc.Value("touch", default=False)],
        messages=[ui.osc(_literal(widget.address), feedback=False, no_duplicates=True)],
    )  # fmt: skip
    return _group(widget.label or "fader", widget.frame, [fader, *_marks(widget)])


def _marks(widget: Widget) -> Iterator["Control"]:
    """Yield the words of a fader's scale, at their height on its right side, or below it where it lies."""
    w, h = widget.frame.w, widget.frame.h
    tall = min(h, 16)
    for share, words in widget.marks:
        across = w // max(len(widget.marks), 1)
        if widget.upright:
            place = Frame(w // 2, round((1 - share) * (h - tall)), w // 2, tall)
        else:
            place = Frame(round(share * (w - across)), h - tall, across, tall)
        yield _label(words, place, widget.text_px, color=_DIM)


def _heard(address: str, key: str = "x", conversion: str = "FLOAT") -> "OscMessage":
    from py2tosc import ui

    argument = ui.value(key, conversion=conversion)
    return ui.osc(_literal(address), args=[argument], triggers=[], send=False, receive=True)


def _literal(address: str) -> str:
    """Return an address in which py2tosc finds no braces to fill in."""
    return address.replace("{", "{{").replace("}", "}}")


def _lua(text: str) -> str:
    """Return a string of Lua 5.1: what is not plain stands as decimal escapes of its UTF-8 bytes."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b"\"\\'%]" else f"\\{byte:03d}" for byte in text.encode("utf-8")
    ).join('""')


def _places(frame: Frame) -> tuple[int, int, int, int]:
    return frame.x, frame.y, frame.w, frame.h
