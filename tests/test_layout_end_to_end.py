"""The real CLI makes a layout of the shipped rig, and what its widgets would send is played on the real daemon."""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import py2tosc
import pytest
from rig_process import RigProcess, Tablet
from shipped_rig import playing

Node = dict[str, Any]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RigProcess]:
    """The shipped rig, playing."""
    with playing(tmp_path_factory.mktemp("rig")) as rig:
        yield rig


@pytest.fixture
def tablet(rig: RigProcess) -> Iterator[Tablet]:
    """A tablet that has said what the generated pages say when they open."""
    with Tablet(rig.osc_port) as client:
        client.send("/controld/words")
        client.wait("/snapshot/1/name", "Clean")
        yield client


def made(rig: RigProcess, app: str, *options: str) -> bytes:
    """Return the layout that the command line writes."""
    path = rig.folder / "made"
    config = str(rig.folder / "controld.yaml")
    done = rig.tool("layout", app, "-o", str(path), "--config", config, *options)
    assert done.returncode == 0, done.stderr
    assert str(path) in done.stdout
    return path.read_bytes()


def widgets_of(session: bytes) -> dict[str, Node]:
    """Return the widgets of an Open Stage Control session by address and, of buttons, label."""

    def walk(node: Node) -> Iterator[Node]:
        yield node
        for child in [*node.get("widgets", ()), *node.get("tabs", ())]:
            yield from walk(child)

    found: dict[str, Node] = {}
    for node in walk(json.loads(session)["content"]):
        if node["type"] in {"button", "fader", "text"} and "address" in node:
            found.setdefault(node["address"], node)
    return found


def touch(tablet: Tablet, widget: Node, shown: object) -> None:
    """Send what Open Stage Control sends for a touch of a button that shows this."""
    convert = {"i": int, "f": float, "s": str}[widget["typeTags"]]
    if widget["mode"] == "toggle":
        tablet.send(widget["address"], convert(widget["off" if shown == widget["on"] else "on"]))
    else:
        tablet.send(widget["address"], convert(widget["on"]))
        if widget["mode"] == "push":
            tablet.send(widget["address"], convert(widget["off"]))


class TestOpenStageControl:
    def test_every_switch_is_answered_by_its_lamp(self, rig: RigProcess, tablet: Tablet) -> None:
        """Press each effect's switch twice: on, and off again, as the engine confirms it."""
        widgets = widgets_of(made(rig, "open-stage-control", "--pedalboard", "Clean to Lead"))
        switches = [each for each in widgets.values() if each["address"].endswith("/active")]
        assert len(switches) == 5
        for widget in switches:
            before = tablet.newest(widget["address"])[0]
            for shown in (before, 1 - int(str(before))):
                touch(tablet, widget, shown)
                tablet.wait(widget["address"], 1 - int(str(shown)))

    def test_a_fader_moves_the_rig_and_its_text_follows(self, rig: RigProcess, tablet: Tablet) -> None:
        """From the share to the value in the parameter's unit, and in words."""
        widgets = widgets_of(made(rig, "open-stage-control", "--pedalboard", "Clean to Lead"))
        fader = widgets["/effect/wah/freq/normalized"]
        assert "/effect/wah/freq/text" in widgets
        tablet.send(fader["address"], float(fader["range"]["max"]))
        tablet.wait("/effect/wah/freq", 20000.0)
        tablet.wait("/effect/wah/freq/text", "20000 Hz")
        tablet.send(fader["address"], 0.5)
        tablet.wait("/effect/wah/freq/text", "447 Hz")

    def test_the_current_snapshot_is_the_one_that_is_lit(self, rig: RigProcess, tablet: Tablet) -> None:
        """A grid with one light, moved by what its buttons send."""
        widgets = widgets_of(made(rig, "open-stage-control", "--pedalboard", "Clean to Lead"))
        grid = [widgets[f"/snapshot/{number}"] for number in (1, 2, 3)]
        for place in (2, 1, 0):
            touch(tablet, grid[place], 0)
            for number in (1, 2, 3):
                tablet.wait(f"/snapshot/{number}", int(number == place + 1))

    def test_tempo_tuner_and_the_next_board(self, rig: RigProcess, tablet: Tablet) -> None:
        """What stands in the header and on the page of the rig."""
        widgets = widgets_of(made(rig, "open-stage-control"))
        touch(tablet, widgets["/tuner"], 0)
        tablet.wait("/tuner", 1)
        touch(tablet, widgets["/tuner"], 1)
        tablet.wait("/tuner", 0)
        touch(tablet, widgets["/pedalboard/2"], 0)
        tablet.wait("/pedalboard", "Ambient Swells")
        tablet.wait("/snapshot/2/name", "Swell")
        touch(tablet, widgets["/pedalboard/1"], 0)
        tablet.wait("/pedalboard", "Clean to Lead")

    def test_the_controls_of_the_profile_do_what_their_rules_say(self, rig: RigProcess, tablet: Tablet) -> None:
        """A button of the tablet's own profile is called what it does, and does it."""
        widgets = widgets_of(made(rig, "open-stage-control"))
        assert widgets["/fx/1"]["label"] == "OSC{/fx/1/label, drive, false}"
        for active in (1, 0):
            touch(tablet, widgets["/fx/1"], 0)
            tablet.wait("/effect/drive/active", active)
            tablet.wait("/fx/1", active)


class TestTouchOsc:
    def test_what_its_buttons_send_is_done_and_told_where_its_lamps_listen(
        self, rig: RigProcess, tablet: Tablet
    ) -> None:
        """The press of every effect, from the file itself."""
        document = py2tosc.loads(made(rig, "touchosc", "--pedalboard", "Clean to Lead", "--page", "play"))
        parts = [
            {str(child.get("name")): child for child in group.children} for group in document.find_all(type="GROUP")
        ]
        played = [(path_of(each["press"]), path_of(each["lamp"])) for each in parts if each.keys() >= {"press", "lamp"}]
        effects = [(press, lamp) for press, lamp in played if press.endswith("/toggle") and press.startswith("/effect")]
        assert len(effects) == 5
        for press, lamp in effects:
            before = int(str(tablet.newest(lamp)[0]))
            for expected in (1 - before, before):
                tablet.send(press, 1.0)
                tablet.wait(lamp, expected)

    def test_the_port_for_answers_is_the_one_the_rig_answers_at(self, rig: RigProcess, tmp_path: Path) -> None:
        """9001 where the configuration says nothing of it; or what is asked for."""
        for options, port in (((), 9001), (("--reply-port", "9100"), 9100)):
            xml = zlib.decompress(made(rig, "touchosc", *options)).decode("utf-8")
            assert f"sendOSC('/controld/hello', {port})" in xml


class TestTheCommand:
    def test_a_mistake_is_told_in_one_line(self, rig: RigProcess) -> None:
        """What is wrong and what would be right; nothing is written."""
        for options, words in (
            (("--pedalboard", "Clean to Led"), "did you mean `Clean to Lead`"),
            (("--size", "tablte"), "did you mean `tablet`"),
            (("--page", "Delya"), "there is no page `Delya`"),
            (("-o", "/nowhere/at/all"), "cannot be written"),
        ):
            config = str(rig.folder / "controld.yaml")
            done = rig.tool("layout", "touchosc", "-o", str(rig.folder / "never"), "--config", config, *options)
            assert done.returncode == 1
            assert words in done.stderr
            assert len(done.stderr.splitlines()) == 1
        assert not (rig.folder / "never").exists()

    def test_standard_output(self, rig: RigProcess) -> None:
        """The file alone, for pipes."""
        done = rig.tool("layout", "open-stage-control", "-o", "-", "--config", str(rig.folder / "controld.yaml"))
        assert json.loads(done.stdout)["type"] == "session"


def path_of(control: py2tosc.Control) -> str:
    """Return the address that a control sends to or listens at; "" where it has none."""
    return "".join(str(partial.value) for message in control.messages for partial in getattr(message, "path", ()))
