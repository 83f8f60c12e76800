"""A layout as a session of Open Stage Control (https://openstagecontrol.ammd.net), version 1.29.

Pure. A session is JSON: a tree of widgets, each an object of properties. Names, defaults and meanings of the properties
are those of the program's widget reference, and were tried in the program itself.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from controld.layouts.model import Frame, Kind, Layout, Page, Tabs, Widget
from controld.screen_colors import ink_on

VERSION: Final = "1.29.8"  # of the program; an older number makes it convert the session first
KEEP_MS: Final = 5000  # how often the page says that it is there
PAGES_ID: Final = "pages"

Json = dict[str, object]

_BACKGROUND: Final = "#0d0f13"
_INK: Final = "#e9ecf2"
_CSS: Final = """\
:host { --nav-height: %(bar)dpx; }
.navigation .tablink { font-size: %(tab)dpx; font-weight: 500; white-space: nowrap; letter-spacing: 0; }
"""
_NOTE: Final = '<p class="note">%s</p>'
_NOTE_CSS: Final = """\
label { position: relative; top: -%(up)dpx; }
.html { position: absolute; left: 0; right: 0; bottom: %(gap)dpx; text-align: center; pointer-events: none; }
.html .note { font-size: %(px)dpx; line-height: 1.2; margin: 0 6rem; opacity: .7; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; color: inherit; }
"""
_MARKS_CSS: Final = """\
.html { position: absolute; inset: 6px; pointer-events: none; z-index: 2; }
.html p { position: absolute; font-size: %(px)dpx; line-height: 1.1; color: #fff;
  text-shadow: 0 0 3px #000, 0 0 2px #000; }
.html .up { left: 0; right: 0; text-align: center; }
.html .flat { top: 0; }
"""
# What the program would take for a property of its own: `@{id.value}`, `OSC{/address}`, `JS{...}`, `#{...}`.
_MAGIC: Final = re.compile(r"(@|#|\$|OSC|JS|VAR|IMPORT)\{")


def open_stage_control(layout: Layout) -> str:
    """Return the session's JSON."""
    writer = _Writer(layout)
    content: Json = {
        "type": "root",
        "id": "root",
        "colorBg": _BACKGROUND,
        "padding": 0,
        "css": _CSS % {"tab": max(layout.bar // 3, 13), "bar": layout.bar},
        "onCreate": f"send('/controld/words')\nsetInterval('controld', () => send('/controld/words'), {KEEP_MS})\n",
        "widgets": list(writer.content()),
    }
    session = {"createdWith": "controld", "version": VERSION, "type": "session", "content": content}
    return json.dumps(session, indent=1, ensure_ascii=False) + "\n"


@dataclass(slots=True)
class _Writer:
    layout: Layout
    _used: int = field(default=0)

    def content(self) -> Iterator[Json]:
        layout = self.layout
        head = layout.header_height / layout.height
        header = Frame(0, 0, layout.width, layout.header_height)
        yield self._panel("header", 0.0, head, [self._widget(each, header) for each in layout.header])
        yield self._panel(PAGES_ID, head, 1 - head, []) | {"tabs": [self._entry(each) for each in layout.tabs.entries]}
        yield from self._followers(layout.tabs, PAGES_ID)

    def _panel(self, name: str, top: float, height: float, widgets: list[Json]) -> Json:
        return {
            "type": "panel", "id": name, "left": 0, "top": _percent(top), "width": "100%", "height": _percent(height),
            "padding": 0, "scroll": False, "lineWidth": 0, "alphaStroke": 0, "colorBg": _BACKGROUND, "bypass": True,
            "widgets": widgets,
        }  # fmt: skip

    def _entry(self, entry: Page | Tabs) -> Json:
        tab: Json = {
            "type": "tab", "id": self._id("tab"), "label": plain(entry.name), "colorWidget": entry.color, "padding": 0,
            "scroll": False, "colorBg": _BACKGROUND, "bypass": True,
        }  # fmt: skip
        if isinstance(entry, Tabs):
            return tab | {"tabs": [self._entry(each) for each in entry.entries]}
        return tab | {"widgets": [self._widget(each, self.layout.page) for each in entry.widgets]}

    def _followers(self, tabs: Tabs, panel: str) -> Iterator[Json]:
        """Yield what turns to the tab of the pedalboard that is loaded."""
        if tabs.follows:
            names = json.dumps([entry.name for entry in tabs.entries if isinstance(entry, Tabs)], ensure_ascii=False)
            script = f"var at = {_unread(names)}.indexOf(value)\nif (at >= 0) set('{panel}', at, {{send: false}})\n"
            yield {
                "type": "variable",
                "id": self._id("follow"),
                "address": tabs.follows,
                "bypass": True,
                "onValue": script,
            }

    def _widget(self, widget: Widget, room: Frame) -> Json:
        frame = widget.frame
        places: Json = {
            "left": _percent(frame.x / room.w), "top": _percent(frame.y / room.h),
            "width": _percent(frame.w / room.w), "height": _percent(frame.h / room.h),
        }  # fmt: skip
        return {"id": self._id(widget.kind.value), **places, **_WRITERS[widget.kind](widget)}

    def _id(self, word: str) -> str:
        self._used += 1
        return f"{word}{self._used}"


def _button(widget: Widget) -> Json:
    """Write a switch: with a lamp it shows what it is told, and nothing of what was pressed."""
    if widget.kind is Kind.TOGGLE:
        mode: Json = {"mode": "toggle", "on": 1, "off": 0, "typeTags": "i", "decoupled": True}
    elif widget.address:
        mode = {"mode": "push", "on": widget.value, "off": 0, "typeTags": "i", "decoupled": True}
    elif isinstance(widget.value, str):
        mode = {"mode": "tap", "on": plain(widget.value), "typeTags": "s"}
    else:
        mode = {"mode": "tap", "on": widget.value, "typeTags": "f"}
    # A toggle says which state it wants; that is the lamp's own address here.
    address = widget.address or widget.sends
    css = f":host {{ font-size: {widget.text_px}px; font-weight: 600; }}\n"
    if widget.note:
        note = max(int(widget.text_px * 0.42), 10)
        css += _NOTE_CSS % {"px": min(note, 17), "gap": max(widget.frame.h // 16, 2), "up": min(note, 17) // 2}
    return {
        "type": "button", "label": _live(widget), "html": _note(widget.note), "address": address, **mode,
        "colorWidget": widget.color, "colorText": _INK,
        "colorTextOn": ink_on(widget.color), "alphaFillOff": 0.16, "alphaFillOn": 1, "alphaStroke": 0.55,
        "lineWidth": 2, "borderRadius": 8, "wrap": "soft", "css": css,
    }  # fmt: skip


def _fader(widget: Widget) -> Json:
    return {
        "type": "fader", "address": widget.address, "typeTags": "f", "decimals": 5, "horizontal": not widget.upright,
        "range": {"min": 0, "max": 1}, "steps": widget.steps or "", "snap": False, "design": "compact", "knobSize": 14,
        "colorWidget": widget.color, "colorKnob": _INK, "alphaFillOff": 0.14, "alphaFillOn": 0.75, "alphaStroke": 0.4,
        "borderRadius": 8, "html": "".join(_marks(widget)), "css": _MARKS_CSS % {"px": widget.text_px + 1},
    }  # fmt: skip


def _marks(widget: Widget) -> Iterator[str]:
    """Yield the words of a fader's scale, each beside its place."""
    ways = ("bottom", "Y", "") if widget.upright else ("left", "X", "-")
    for share, words in widget.marks:
        place, axis, sign = ways
        style = f"{place}:{share:.2%};transform:translate{axis}({sign}{share:.2%})"
        yield f'<p class="{"up" if widget.upright else "flat"}" style="{style}">{_safe(words)}</p>'


def _text(widget: Widget) -> Json:
    lines = f":host {{ font-size: {widget.text_px}px; font-weight: 500; }}\n"
    if widget.note:
        note = max(int(widget.text_px * 0.7), 10)
        lines += _NOTE_CSS % {"px": note, "gap": 0, "up": note // 2}
    shown: Json = {"address": widget.address} if widget.address else {}
    return {
        "type": "text", **shown, "default": plain(widget.label), "html": _note(widget.note), "bypass": True,
        "colorText": _INK, "colorWidget": widget.color, "alphaStroke": 0, "alphaFillOff": 0, "wrap": "soft",
        "css": lines,
    }  # fmt: skip


_WRITERS: Final = {Kind.TOGGLE: _button, Kind.PRESS: _button, Kind.FADER: _fader, Kind.TEXT: _text}


def _live(widget: Widget) -> str:
    """Return a label, which follows what the rig tells where there is an address for it."""
    if not widget.label_address:
        return plain(widget.label) or " "
    first = widget.label if not re.search(r"[,{}\[\]]", widget.label) else ""
    return f"OSC{{{widget.label_address}, {first}, false}}"


def plain(text: str) -> str:
    """Return a text in which the program finds nothing to replace: a space without width parts what it looks for."""
    return _MAGIC.sub("\\1\u200b{", text)


def _unread(code: str) -> str:
    """Return a string of a script in which nothing is replaced, with the same meaning."""
    return _MAGIC.sub(r"\1\\u007b", code)


def _note(text: str) -> str:
    return _NOTE % _safe(text) if text else ""


def _safe(text: str) -> str:
    """Return a text as HTML."""
    return plain(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def _percent(share: float) -> str:
    return f"{share * 100:.4f}%"
