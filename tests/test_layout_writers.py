"""The files for the apps, read back by other means than they were written with."""

import json
import re
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from typing import Any

import py2tosc
import pytest
from hypothesis import given, settings
from layout_rigs import HARD_NAMES, grounds, shipped_ground
from lupa.lua51 import LuaRuntime
from test_layout_model import SLOW

from controld.layouts.grid import SIZES
from controld.layouts.ground import Ground
from controld.layouts.model import Frame, Kind, Layout, Page, Tabs, Widget
from controld.layouts.open_stage_control import open_stage_control, plain
from controld.layouts.pages import build_layout
from controld.layouts.touchosc import make_document, touchosc
from controld.screen_colors import SHADES, ink_on, screen_color


def one_page(*widgets: Widget, names: tuple[str, ...] = ("Page",)) -> Layout:
    """Return a layout of one page each of these names."""
    pages = tuple(Tabs(name, (Page(name, widgets),)) for name in names)
    return Layout("t", 1000, 800, 80, 40, (), Tabs("controld", pages, follows="/pedalboard"), Frame(0, 0, 1000, 640))


_PLAYED = {"button", "fader", "text"}
SWITCH = Widget(Kind.TOGGLE, Frame(0, 0, 200, 100), "drive", "Boss", "/effect/drive/active", "/effect/drive/toggle")
FADER = Widget(Kind.FADER, Frame(0, 100, 80, 300), "gain", address="/effect/drive/gain/normalized",
               marks=((0.0, "-60 dB"), (0.5, "-24 dB"), (1.0, "12 dB")), start=0.25)  # fmt: skip
VALUE = Widget(Kind.TEXT, Frame(0, 400, 80, 40), "-45 dB", address="/effect/drive/gain/text")
NEXT = Widget(Kind.PRESS, Frame(300, 0, 80, 40), "next", sends="/pedalboard", value="next")
CLEAN = Widget(Kind.PRESS, Frame(400, 0, 80, 40), "Clean", address="/snapshot/1", label_address="/snapshot/1/name")


class TestOpenStageControl:
    def widgets(self, layout: Layout) -> dict[str, dict[str, Any]]:
        """Return the session's widgets by address."""

        def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
            yield node
            for child in [*node.get("widgets", ()), *node.get("tabs", ())]:
                yield from walk(child)

        session = json.loads(open_stage_control(layout))
        assert (session["type"], session["content"]["type"]) == ("session", "root")
        return {node.get("address", ""): node for node in walk(session["content"]) if node["type"] in _PLAYED}

    def test_a_switch_shows_only_what_it_is_told(self) -> None:
        """It is decoupled, its numbers are whole, and it says which state it wants."""
        button = self.widgets(one_page(SWITCH))["/effect/drive/active"]
        assert button["decoupled"] is True
        assert (button["mode"], button["on"], button["off"], button["typeTags"]) == ("toggle", 1, 0, "i")

    def test_a_fader_is_a_share_and_its_words_stand_beside_it(self) -> None:
        """All digits are sent, nothing jumps under the finger, the scale is written in the parameter's unit."""
        widgets = self.widgets(one_page(FADER, VALUE))
        fader = widgets["/effect/drive/gain/normalized"]
        assert (fader["range"], fader["snap"], fader["horizontal"]) == ({"min": 0, "max": 1}, False, False)
        assert fader["decimals"] >= 4
        assert all(words in fader["html"] for words in ("-60 dB", "-24 dB", "12 dB"))
        assert "default" not in fader  # it would be sent to the rig when the page opens
        assert widgets["/effect/drive/gain/text"]["bypass"] is True

    def test_a_press_with_a_word_and_one_with_a_lamp(self) -> None:
        """A word is sent as text; a lamp is lit by the rig, and its label is the rig's."""
        widgets = self.widgets(one_page(NEXT, CLEAN))
        assert (widgets["/pedalboard"]["on"], widgets["/pedalboard"]["typeTags"]) == ("next", "s")
        assert widgets["/snapshot/1"]["decoupled"] is True
        assert widgets["/snapshot/1"]["label"] == "OSC{/snapshot/1/name, Clean, false}"

    @SLOW
    @given(grounds())
    def test_every_widget_is_written_once_and_in_its_place(self, ground: Ground) -> None:
        """Places are shares of the room, ids are never used twice."""
        layout = build_layout(ground, SIZES["ipad"])
        text = open_stage_control(layout)
        seen: list[str] = []

        def walk(node: dict[str, Any]) -> int:
            seen.append(node["id"])
            if "left" in node and node["type"] != "panel":
                left, top, width, height = (float(node[key].rstrip("%")) for key in ("left", "top", "width", "height"))
                assert left >= 0
                assert top >= 0
                assert left + width <= 100.001
                assert top + height <= 100.001
            own = node["type"] in {"button", "fader", "text"}
            return own + sum(map(walk, [*node.get("widgets", ()), *node.get("tabs", ())]))

        assert walk(json.loads(text)["content"]) == len(list(layout.widgets()))
        assert len(set(seen)) == len(seen)

    @pytest.mark.parametrize("name", HARD_NAMES)
    def test_names_are_only_names(self, name: str) -> None:
        """Nothing in a name is a property, a script or markup to the program; to the eye it stays what it is."""
        widget = Widget(Kind.TEXT, Frame(0, 0, 80, 40), name, name)
        text = open_stage_control(one_page(widget, names=(name,)))
        for magic in ("@{", "#{", "JS{", "VAR{", "OSC{/x"):
            assert magic not in text
        assert plain(name).replace("\u200b", "") == name
        assert "<b>" not in "".join(re.findall(r'"html": ".*"', text))  # the program makes labels safe itself

    def test_the_page_says_that_it_is_there(self) -> None:
        """At once and again: a daemon that was restarted tells it everything."""
        root = json.loads(open_stage_control(one_page(SWITCH)))["content"]
        assert root["onCreate"].count("send('/controld/words')") == 2


class TestTouchOsc:
    def test_the_file_is_zlib_over_xml_of_the_known_version(self) -> None:
        """As the format has it: a root element `lexml` with one node."""
        data = touchosc(one_page(SWITCH))
        assert data[:2] == b"\x78\x9c"
        tree = ET.fromstring(zlib.decompress(data))
        assert (tree.tag, tree.get("version")) == ("lexml", "6")
        assert [node.get("type") for node in tree.findall("node")] == ["GROUP"]

    def test_a_press_lights_nothing(self) -> None:
        """The button only sends a press, its lamp only receives, and lies below without taking the finger."""
        nodes = nodes_of(one_page(SWITCH))
        press, lamp = nodes["press"], nodes["lamp"]
        assert (flag(press, "send"), flag(press, "receive"), trigger(press)) == ("1", "0", [("x", "RISE")])
        assert path_of(press) == "/effect/drive/toggle"
        assert (flag(lamp, "send"), flag(lamp, "receive"), trigger(lamp)) == ("0", "1", [])
        assert path_of(lamp) == "/effect/drive/active"
        assert prop(lamp, "interactive") == "0"
        assert argument(press) == ("CONSTANT", "FLOAT", "1")

    def test_a_fader_sends_and_receives_without_sending_back(self) -> None:
        """No feedback, the share of its scale, moved from where it stands."""
        fader = nodes_of(one_page(FADER))["fader"]
        assert [flag(fader, key) for key in ("send", "receive", "feedback")] == ["1", "1", "0"]
        assert argument(fader) == ("VALUE", "FLOAT", "x")
        assert prop(fader, "response") == "1"
        assert value(fader, "x") == "0.25"

    def test_a_text_receives_into_its_text(self) -> None:
        """What a label shows is its value `text`, and it says nothing itself."""
        label = nodes_of(one_page(VALUE))["text"]
        assert (path_of(label), argument(label)) == ("/effect/drive/gain/text", ("VALUE", "STRING", "text"))
        assert flag(label, "send") == "0"
        assert value(label, "text") == "-45 dB"

    def test_a_word_is_sent_as_text(self) -> None:
        """As the address takes it."""
        assert argument(nodes_of(one_page(NEXT))["press"]) == ("CONSTANT", "STRING", "next")

    @settings(SLOW, max_examples=6)  # py2tosc takes a second for a large rig
    @given(grounds())
    def test_any_rig_passes_the_validator_and_keeps_its_names(self, ground: Ground) -> None:
        """py2tosc finds nothing to say, reads the file back as it was, and each frame lies within its parent."""
        layout = build_layout(ground, SIZES["phone-upright"])
        document = py2tosc.loads(touchosc(layout))
        assert not document.validate()
        tabs = {control.get("tabLabel") for control in document.find_all(type="GROUP")}
        assert {page.name for page in layout.tabs.pages()} <= tabs
        told = {each.default for control in document.find_all(type="LABEL") for each in control.values}
        assert {name for board in ground.pedalboards for name in board.snapshot_names() if _fits_xml(name)} <= told
        for control in document.root.walk():
            for child in control.children:
                assert 0 <= child.frame.x <= child.frame.x + child.frame.w <= control.frame.w
                assert 0 <= child.frame.y <= child.frame.y + child.frame.h <= control.frame.h

    def test_the_same_rig_makes_the_same_file(self) -> None:
        """So that a layout can be kept under version control."""
        layout = build_layout(shipped_ground(), SIZES["tablet"])
        assert touchosc(layout) == touchosc(layout)


class TestScripts:
    """TouchOSC's scripts, in Lua 5.1 with what the app adds as far as they use it."""

    def test_the_document_says_hello_and_goes_on_saying_that_it_is_there(self) -> None:
        """With the port it listens at, and every five seconds."""
        sent: list[tuple[object, ...]] = []
        clock = [0.0]
        lua = LuaRuntime()
        lua.globals().sendOSC = lambda *args: sent.append(args)
        lua.globals().getMillis = lambda: clock[0]
        lua.execute(script_of(make_document(one_page(SWITCH), 9007).root))
        lua.globals().init()
        assert sent == [("/controld/hello", 9007), ("/controld/words", 1)]
        for clock[0] in (1000.0, 4999.0, 5001.0, 6000.0):
            lua.globals().update()
        assert sent[2:] == [("/controld/words", 1)]

    @pytest.mark.parametrize("name", HARD_NAMES)
    def test_the_pages_follow_the_pedalboard(self, name: str) -> None:
        """The tab of the pedalboard that is told is turned to, whatever it is called."""
        document = make_document(one_page(SWITCH, names=("First", name)))
        pager = document.find(name="controld", type="PAGER")
        assert pager is not None
        lua = LuaRuntime(encoding=None)
        lua.execute("self = {values = {page = 7}}\n" + script_of(pager))
        told = lua.eval(
            "function(name) onReceiveOSC({'/pedalboard', {{tag = 's', value = name}}}); return self.values.page end"
        )
        assert told(name.encode()) == 1
        assert told(b"First") == 0
        assert told(b"Nobody's") == 0


class TestColors:
    def test_every_name_of_a_led_has_a_shade(self) -> None:
        """Also those that nobody used so far."""
        from controld.midi_colors import COLORS

        assert set(SHADES) == set(COLORS)

    def test_what_is_written_is_readable(self) -> None:
        """Black on light colours, white on dark ones; unknown words are grey."""
        assert (ink_on("#ffffff"), ink_on("#000000"), ink_on("#f2a71b")) == ("#000000", "#ffffff", "#000000")
        assert screen_color("#123456") == "#123456"
        assert screen_color("nonsense") == screen_color("grey")


def _fits_xml(name: str) -> bool:
    return name.isprintable() and "]]>" not in name


def nodes_of(layout: Layout) -> dict[str, ET.Element]:
    """Return the nodes of a file by name, of several of one name the first that has a message, else the first."""
    found: dict[str, ET.Element] = {}
    for node in ET.fromstring(zlib.decompress(touchosc(layout))).iter("node"):
        name = prop(node, "name")
        if name not in found or (found[name].find("messages/osc") is None and node.find("messages/osc") is not None):
            found[name] = node
    return found


def prop(node: ET.Element, key: str) -> str:
    """Return a property's value."""
    return next(
        (each.findtext("value") or "" for each in node.findall("properties/property") if each.findtext("key") == key),
        "",
    )


def value(node: ET.Element, key: str) -> str:
    """Return the default of a control's value."""
    return next(each.findtext("default") or "" for each in node.findall("values/value") if each.findtext("key") == key)


def flag(node: ET.Element, key: str) -> str:
    """Return a flag of the node's only message."""
    (message,) = node.findall("messages/osc")
    return message.findtext(key) or ""


def trigger(node: ET.Element) -> list[tuple[str, str]]:
    """Return value and condition of what makes the message be sent."""
    return [(each.findtext("var") or "", each.findtext("condition") or "") for each in node.iter("trigger")]


def path_of(node: ET.Element) -> str:
    """Return the message's address."""
    return "".join(each.findtext("value") or "" for each in node.findall("messages/osc/path/partial"))


def argument(node: ET.Element) -> tuple[str, str, str]:
    """Return type, conversion and value of the message's only argument."""
    (partial,) = node.findall("messages/osc/arguments/partial")
    return partial.findtext("type") or "", partial.findtext("conversion") or "", partial.findtext("value") or ""


def script_of(control: py2tosc.Control) -> str:
    """Return a control's script."""
    return str(control.get("script"))
